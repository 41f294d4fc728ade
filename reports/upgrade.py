"""The upgrade of a store that an earlier version wrote."""

import json
import sqlite3
from typing import Any

from sqlalchemy import Connection, text

from reports import schema, shared
from reports.attempt import RESULT_COLUMNS
from reports.columns import digest

_KEPT = ("title", "command", "created", "targets")


def is_schema_2(connection: Connection, names: set[str]) -> bool:
    """Whether the tables are those of schema 2: one problem and its cells."""
    if not {"run", "results", "trace", "arrays"} <= names:
        return False
    return connection.execute(text("SELECT schema FROM run")).scalar_one() == 2


def from_schema_2(connection: Connection) -> None:
    """Turn the one run of schema 2 into a study of one problem, each of its cells with one attempt."""
    for name in ("run", "trace"):
        connection.execute(text(f"ALTER TABLE {name} RENAME TO former_{name}"))
    schema.metadata.create_all(connection)
    connection.execute(schema.store.insert().values(schema=schema.VERSION))
    meta = json.loads(connection.execute(text("SELECT meta FROM former_run")).scalar_one())
    if not isinstance(meta, dict):
        raise sqlite3.DatabaseError("its meta data are no JSON object")
    rows = [dict(row) for row in connection.execute(text("SELECT * FROM results ORDER BY cell")).mappings()]
    budget = meta.get("limits") or {}
    problem = {"headline": meta.get("headline") or "", "description": meta.get("problem") or {}}
    key, seed = digest(problem), int(meta.get("seed") or 0)
    study = shared.study(
        connection,
        {
            **{name: meta[name] for name in _KEPT if name in meta},
            "run": {name: meta[name] for name in ("repeats", "seed") if name in meta},
            "problems": [key],
            "solvers": list(dict.fromkeys(row["solver"] for row in rows)),
        },
        meta.get("environment") or {},
    )
    connection.execute(schema.study.update().values(state=meta.get("state") or "unknown"))
    shared.problem(connection, study, key, problem)
    connection.execute(schema.problem.update().values(reference=meta.get("reference")))
    cells = [_cell(row, key, seed, budget) for row in rows]
    shared.cells(connection, study, cells)
    environment = connection.execute(schema.study.select()).one().environment
    for row, cell in zip(rows, cells, strict=True):
        values = {"id": row["cell"], "cell": cell["key"], "attempt": 1, "environment": environment}
        connection.execute(schema.run.insert().values(**_result(row), **values))
    names = ", ".join(column.name for column in schema.trace.columns if column.name != "run")
    connection.execute(text(f"INSERT INTO trace (run, {names}) SELECT cell, {names} FROM former_trace"))
    names = "name, dtype, shape, data"
    connection.execute(text(f"INSERT INTO array (run, {names}) SELECT cell, {names} FROM arrays"))
    for name in ("former_trace", "arrays", "results", "former_run"):
        connection.execute(text(f"DROP TABLE {name}"))


def _cell(row: dict[str, Any], problem: str, seed: int, budget: dict[str, Any]) -> dict[str, Any]:
    options = json.loads(row["options"] or "{}")
    solver = {"label": row["solver"], "name": row["method"], "options": options}
    # Repeat r ran with seed + r.
    found = {
        "problem": problem,
        "solver": solver,
        "repeat": row["repeat"],
        "seed": seed + row["repeat"],
        "budget": budget,
    }
    return {**found, "key": digest(found)}


def _result(row: dict[str, Any]) -> dict[str, Any]:
    """Values of this schema's columns; what the earlier one did not know is absent."""
    known = {name: row[name] for name in RESULT_COLUMNS if name in row}
    texts = dict.fromkeys(("verdict", "parity", "flags", "started"), "")
    state = "interrupted" if row["status"] == "INTERRUPTED" else "failed" if row["error"] else "done"
    traced = "" if row["error"] else "iterates"
    return {**texts, **known, "success": bool(row["success"]), "state": state, "traced": traced}
