"""Cleaning a store: attempts that no report reads any more, and cells that failed, are removed."""

from pathlib import Path

import pandas as pd
from sqlalchemy import Connection, bindparam, delete, select

from reports import schema
from reports.database import writing
from reports.outcome import BROKEN
from reports.status import latest_attempts
from reports.store import Store

COLUMNS = ("cell", "solver", "repeat", "attempt", "state", "why")


def clean(where: str | Path, *, superseded: bool, failed: bool, dry_run: bool = False) -> pd.DataFrame:
    """Remove attempts, with their iterations and arrays; return what was removed, one row each.

    Parameters
    ----------
    where : path or str
        A run's folder or the URL of a database; all its studies are cleaned.
    superseded : bool
        Remove every attempt at a cell but the last.
    failed : bool
        Remove the last attempt where it failed or was interrupted, so that the cell is one that was never tried. An
        earlier attempt, if it stays, is the last one then.
    dry_run : bool
        Remove nothing, and return what would be.

    Returns
    -------
    DataFrame
        ``cell`` (its key), ``solver``, ``repeat``, ``attempt``, ``state``, ``why``.
    """
    Store.open(where).close()  # refuses what is no store, rather than making one
    with Store.open(where, write=True) as store:
        with writing(store.place), store.engine.begin() as connection:
            found = _found(connection)
            last = found["attempt"] == found["last"]
            found["why"] = ""
            found.loc[~last & superseded, "why"] = "superseded"
            found.loc[last & found["state"].isin((*BROKEN, "interrupted")) & failed, "why"] = "failed"
            found = found[found["why"] != ""]
            if not dry_run:
                gone = [{"gone": int(one)} for one in found["id"]]
                for column in (schema.trace.c.run, schema.array.c.run, schema.run.c.id) if gone else ():
                    connection.execute(delete(column.table).where(column == bindparam("gone")), gone)
        if len(found) and not dry_run:
            store.compact()
    return found[list(COLUMNS)].reset_index(drop=True)


def _found(connection: Connection) -> pd.DataFrame:
    run, cell, solver = schema.run, schema.cell, schema.solver
    last = latest_attempts().subquery()
    query = (
        select(run.c.id, run.c.cell, solver.c.label, cell.c.repeat, run.c.attempt, run.c.state, last.c.attempt)
        .join_from(run, cell)
        .join(solver)
        .join(last, last.c.cell == run.c.cell)
        .order_by(run.c.id)
    )
    names = ["id", "cell", "solver", "repeat", "attempt", "state", "last"]
    return pd.DataFrame(list(map(tuple, connection.execute(query))), columns=names)
