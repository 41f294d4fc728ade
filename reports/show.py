"""One cell in full: every attempt at it, with what was recorded."""

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

from reports import schema, stored
from reports.attempt import RESULT_COLUMNS
from reports.database import reading
from reports.opening import opened
from reports.place import place

SHORTEST = 4
"""Characters of a key that are enough to name a cell."""


def show(where: str | Path, cell: str, study: int | None = None) -> list[dict[str, Any]]:
    """Every attempt at the cells of a study that `cell` names, in order.

    Parameters
    ----------
    where : path or str
        A run's folder or the URL of a database.
    cell : str
        The beginning of a cell's key, or ``SOLVER``, ``SOLVER/PROBLEM`` or ``SOLVER/PROBLEM/REPEAT``.
    study : int, optional
        Which study, by default the latest.

    Returns
    -------
    list of dict
        ``key``, ``problem`` (its label), ``solver``, ``options``, ``repeat``, ``seed``, ``budget``, ``attempt``, and
        what was recorded; a cell that was not tried yet has ``attempt`` 0 and state "".

    Raises
    ------
    ValueError
        No cell is named so.
    """
    at = place(where)
    engine = opened(at, write=False)
    try:
        with reading(at), engine.begin() as connection:
            known = stored.studies(connection)
            chosen = study if study is not None else max(known, default=0)
            found = _rows(connection, chosen)
            labels = {key: part["label"] for key, part in stored.parts(connection, chosen).items()}
    finally:
        engine.dispose()
    if chosen not in known:
        raise ValueError(stored.absent(study, known, at.words))
    named = [{**row, "problem": labels[row["problem"]]} for row in found]
    mine = [row for row in named if cell in _names(row)]
    if not mine and len(cell) >= SHORTEST:
        mine = [row for row in named if row["key"].startswith(cell)]
    if not mine:
        solvers = ", ".join(dict.fromkeys(row["solver"] for row in named))
        raise ValueError(
            f"no cell {cell!r} in {at.words}: give {SHORTEST} characters of a key or more, or "
            f"SOLVER[/PROBLEM[/REPEAT]]; solvers: {solvers}; problems: {', '.join(labels.values())}"
        )
    return mine


def _names(row: dict[str, Any]) -> tuple[str, ...]:
    """What a cell is called, from the loosest to the strictest; labels may hold a slash, so that nothing is split."""
    solver, problem, repeat = row["solver"], row["problem"], row["repeat"]
    return solver, f"{solver}/{problem}", f"{solver}/{problem}/{repeat}"


def _rows(connection: Connection, study: int) -> list[dict[str, Any]]:
    cell, solver, run, listed = schema.cell, schema.solver, schema.run, schema.study_cell
    columns = (cell.c.key, cell.c.problem, solver.c.label, solver.c.options, cell.c.repeat, cell.c.seed, cell.c.budget)
    names = ("key", "problem", "solver", "options", "repeat", "seed", "budget", "attempt", *RESULT_COLUMNS)
    query = (
        select(*columns, run.c.attempt, *(run.c[name] for name in RESULT_COLUMNS))
        .join_from(listed, cell)
        .join(solver)
        .outerjoin(run, run.c.cell == cell.c.key)
        .where(listed.c.study == study)
        .order_by(listed.c.place, run.c.attempt)
    )
    rows = [dict(zip(names, row, strict=True)) for row in connection.execute(query)]
    for row in rows:
        if row["attempt"] is None:
            row |= {"attempt": 0, "state": ""}
    return rows
