"""The status of a store: its studies, and the cells that each asks for, done or not."""

from pathlib import Path

import numpy as np
import pandas as pd
from sqlalchemy import Connection, Select, func, select

from reports import schema
from reports.database import reading
from reports.opening import opened
from reports.place import place

_CELLS = ("key", "problem", "solver", "repeat", "seed", "attempts", "state", "wall_seconds")


def latest_attempts() -> Select[tuple[str, int, int]]:
    """Query of each cell's last attempt: ``cell``, ``attempt``, and how many there were, ``attempts``."""
    run = schema.run
    number = func.max(run.c.attempt).label("attempt")
    return select(run.c.cell, number, func.count().label("attempts")).group_by(run.c.cell)


def overview(where: str | Path) -> pd.DataFrame:
    """One row per study of a store: its id, title, time and state, how many cells it asks for, and how those stand.

    ``cells``; ``done``; ``failed``, whose last attempt came to no result; ``interrupted``; ``open``, not tried yet.
    """
    at = place(where)
    engine = opened(at, write=False)
    try:
        with reading(at), engine.begin() as connection:
            found = studies(connection)
            states = [cells(connection, study)["state"] for study in found["study"]]
    finally:
        engine.dispose()
    found["cells"] = [len(state) for state in states]
    known = {"done": ["done"], "interrupted": ["interrupted"], "open": [""]}
    known["failed"] = [state for state in schema.STATES if state not in ("done", "interrupted")]
    for name in ("done", "failed", "interrupted", "open"):
        found[name] = [int(state.isin(known[name]).sum()) for state in states]
    return found


def cells(connection: Connection, study: int) -> pd.DataFrame:
    """One row per cell of a study; see `reports.store.Store.cells`."""
    cell, listed, run, solver = schema.cell, schema.study_cell, schema.run, schema.solver
    last = latest_attempts().subquery()
    query = (
        select(
            cell.c.key, cell.c.problem, solver.c.label, cell.c.repeat, cell.c.seed,
            func.coalesce(last.c.attempts, 0), func.coalesce(run.c.state, ""), run.c.wall_seconds,
        )
        .select_from(listed)
        .join(cell, listed.c.cell == cell.c.key)
        .join(solver, cell.c.solver == solver.c.id)
        .outerjoin(last, last.c.cell == cell.c.key)
        .outerjoin(run, (run.c.cell == cell.c.key) & (run.c.attempt == last.c.attempt))
        .where(listed.c.study == study)
        .order_by(listed.c.place)
    )  # fmt: skip
    frame = pd.DataFrame(list(connection.execute(query)), columns=list(_CELLS))
    return frame.astype({"repeat": np.int64, "seed": np.int64, "attempts": np.int64, "wall_seconds": np.float64})


def studies(connection: Connection) -> pd.DataFrame:
    """One row per study; see `reports.store.Store.studies`."""
    rows = [
        {
            "study": row.id,
            "title": str(row.document.get("title", "")),
            "created": str(row.document.get("created", "")),
            "state": row.state,
        }
        for row in connection.execute(select(schema.study).order_by(schema.study.c.id))
    ]
    return pd.DataFrame(rows, columns=["study", "title", "created", "state"])
