"""What is stored of a study, as a run needs it: its meta data, its problems, the last attempt at each cell."""

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Connection, Select, select

from reports import schema
from reports.attempt import RESULT_COLUMNS, TRACE_COLUMNS
from reports.status import latest_attempts

_OF_A_CELL = ("problem", "key", "solver", "method", "options", "repeat", "seed", "attempt")
_DTYPES: dict[type, type] = {float: np.float64, bool: np.bool_}
_OF_A_RESULT = {"repeat": np.int64, "seed": np.int64, "attempt": np.int64}
_OF_AN_ITERATION = {"repeat": np.int64, **dict.fromkeys(TRACE_COLUMNS, np.float64), "nit": np.int64}
Parts = Mapping[str, Mapping[str, Any]]


def studies(connection: Connection) -> list[int]:
    """Ids of the studies, in the order in which they began."""
    return list(connection.execute(select(schema.study.c.id).order_by(schema.study.c.id)).scalars())


def absent(study: int | None, known: list[int], words: str) -> str:
    """Why there is no such study in the store of these words."""
    listed = f"there are {', '.join(map(str, known))}" if known else "it holds none yet"
    return f"no study {'' if study is None else f'{study} '}in {words}: {listed}"


def meta(connection: Connection, study: int) -> dict[str, Any]:
    """Title, command, time, state, targets, seed, repeats and environment of a study."""
    table, machine = schema.study, schema.environment
    query = select(table, machine.c.document.label("described")).join(machine)
    row = connection.execute(query.where(table.c.id == study)).one()
    if not isinstance(row.document, dict):
        raise TypeError("the document of the study is no JSON object")
    kept = {name: row.document[name] for name in ("title", "command", "created") if name in row.document}
    asked = row.document.get("run") or {}
    kept |= {name: asked[name] for name in ("seed", "repeats") if name in asked}
    environment = dict(row.described)
    ran_in = list(connection.execute(_last(study, schema.run.c.environment)).scalars())
    if elsewhere := sum(machine != row.environment for machine in ran_in):
        environment["cells from another environment"] = f"{elsewhere} of {len(ran_in)}"
    return {**kept, "state": row.state, "targets": row.document.get("targets") or [], "environment": environment}


def parts(connection: Connection, study: int) -> dict[str, dict[str, Any]]:
    """Label, headline, problem and reference of each problem, in order, and the limits that all its cells share."""
    problem, dataset, listed, cell = schema.problem, schema.dataset, schema.study_problem, schema.cell
    query = select(problem, dataset.c.document.label("data")).join(listed).outerjoin(dataset)
    rows = list(connection.execute(query.where(listed.c.study == study).order_by(listed.c.place)))
    budgets = select(cell.c.problem, cell.c.budget).join(schema.study_cell).where(schema.study_cell.c.study == study)
    shared: dict[str, dict[str, Any]] = {}
    for key, budget in connection.execute(budgets):
        known = shared.setdefault(key, budget)
        shared[key] = {name: value for name, value in known.items() if name in budget and budget[name] == value}
    found = {}
    for row in rows:
        description = dict(row.document.get("description") or {})
        if row.data is not None:
            description.setdefault("data", row.data)
        found[row.key] = {
            "label": _label(row.document, description),
            "headline": row.document.get("headline", ""),
            "problem": description,
            "reference": row.reference,
            "limits": shared.get(row.key, {}),
        }
    often = Counter(part["label"] for part in found.values())
    for key, part in found.items():
        if often[part["label"]] > 1:
            part["label"] = f"{part['label']} {key[:8]}"
    return found


def _label(document: Mapping[str, Any], description: Mapping[str, Any]) -> str:
    if document.get("label"):
        return str(document["label"])
    data = description.get("data")
    words = [description.get("objective"), data.get("name") if isinstance(data, dict) else None]
    return " ".join(str(word) for word in words if word) or "problem"


def solvers(connection: Connection, study: int) -> list[str]:
    """Labels of the solvers that have run, in the order of the study."""
    return list(dict.fromkeys(connection.execute(_last(study, schema.solver.c.label)).scalars()))


def results(connection: Connection, study: int, parts: Parts) -> pd.DataFrame:
    """The last attempt at each cell that was tried, in the order of the study."""
    run, cell, solver = schema.run, schema.cell, schema.solver
    of_a_cell = (cell.c.problem, cell.c.key, solver.c.label, solver.c.name, solver.c.options, cell.c.repeat,
                 cell.c.seed, run.c.attempt)  # fmt: skip
    columns = [column.label(name) for column, name in zip(of_a_cell, _OF_A_CELL, strict=True)]
    kinds = {name: run.columns[name].type.python_type for name in RESULT_COLUMNS}
    dtypes = {name: _DTYPES[kind] for name, kind in kinds.items() if kind in _DTYPES}
    query = _last(study, *columns, *(run.c[name] for name in RESULT_COLUMNS))
    frame = _frame(connection, query, {**dtypes, **_OF_A_RESULT}, parts)
    frame["options"] = [json.dumps(options) for options in frame["options"]]
    return frame.astype({"options": str})


def trace(connection: Connection, study: int, parts: Parts) -> pd.DataFrame:
    """Every iteration of those attempts."""
    cell, solver, table = schema.cell, schema.solver, schema.trace
    columns = (cell.c.problem, solver.c.label.label("solver"), cell.c.repeat)
    query = _last(study, *columns, *(table.c[name] for name in TRACE_COLUMNS))
    query = query.join(table, table.c.run == schema.run.c.id).order_by(table.c.row)
    return _frame(connection, query, _OF_AN_ITERATION, parts)


def _last(study: int, *columns: Any) -> Select[Any]:
    """Query of these columns for the last attempt at each cell of a study that was tried, in the study's order."""
    listed, cell, solver, run = schema.study_cell, schema.cell, schema.solver, schema.run
    last = latest_attempts().subquery()
    return (
        select(*columns)
        .select_from(listed)
        .join(cell)
        .join(solver)
        .join(run, run.c.cell == cell.c.key)
        .join(last, (last.c.cell == run.c.cell) & (last.c.attempt == run.c.attempt))
        .where(listed.c.study == study)
        .order_by(listed.c.place)
    )


def _frame(connection: Connection, query: Select[Any], dtypes: Mapping[str, type], parts: Parts) -> pd.DataFrame:
    found = connection.execute(query)
    frame = pd.DataFrame(list(map(tuple, found)), columns=list(found.keys()))
    frame["problem"] = [parts[key]["label"] for key in frame["problem"]]
    return frame.astype({**dtypes, "problem": str})
