"""Merging stores: the union of their studies, problems, cells and attempts, each of them once."""

import math
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
from sqlalchemy import Connection, Row, func, insert, select, update

from reports import schema, shared
from reports.columns import digest
from reports.database import reading, writing
from reports.opening import opened
from reports.place import is_url, place, refuse_taken
from reports.replacing import replacing
from reports.store import Store

_ATTEMPT = [column for column in schema.run.columns if column.name not in ("id", "attempt", "environment")]
_STATES = ("running", "interrupted", "complete")
_AT_ONCE = 10_000


class _Attempt(NamedTuple):
    """An attempt in one of the stores, in the order in which they are numbered on."""

    started: str
    source: int
    number: int
    id: int
    environment: Any
    values: dict[str, Any]


def merge(out: str | Path, sources: Sequence[str | Path]) -> pd.DataFrame:
    """Put everything of the stores `sources` into `out`, whole or not at all.

    A study that asks for the same is the same study. An attempt that is the same in several stores is one attempt; the
    others are numbered on in the order in which they started. Of two references of one problem the better one stays.

    Parameters
    ----------
    out : path or str
        A folder that is empty or not there yet, or the URL of a database, which may hold studies already.
    sources : sequence of path or str
        Folders or URLs.

    Returns
    -------
    DataFrame
        One row per source: ``source``; its ``studies``, ``cells`` and ``attempts``; and how many attempts are ``new``.

    Raises
    ------
    ValueError, OSError
        A store cannot be read, or `out` is taken or cannot be written. Nothing has been merged then.
    """
    with ExitStack() as stack:
        connections = []
        for at in map(place, sources):
            engine = opened(at, write=False)
            stack.callback(engine.dispose)
            stack.enter_context(reading(at))
            connections.append(stack.enter_context(engine.begin()))
        words = [place(source).words for source in sources]
        if is_url(out):
            return _merged(out, words, connections)
        refuse_taken(place(out))
        with replacing(Path(out).resolve()) as draft:
            return _merged(draft, words, connections)


def _merged(out: str | Path, words: list[str], connections: list[Connection]) -> pd.DataFrame:
    with Store.open(out, write=True) as store, writing(store.place), store.engine.begin() as target:
        for source in connections:
            _copy_studies(source, target)
        attempts = [one for index, source in enumerate(connections) for one in _attempts(source, index)]
        seen = {_identity(one) for one in _attempts(target, 0)}
        new = [0] * len(connections)
        for one in sorted(attempts, key=lambda one: one[:3]):
            if (identity := _identity(one)) not in seen:
                seen.add(identity)
                new[one.source] += 1
                _copy_attempt(one, connections[one.source], target)
        counts = [
            [_count(source, table) for table in (schema.study, schema.cell, schema.run)] for source in connections
        ]
    rows = [(word, *count, added) for word, count, added in zip(words, counts, new, strict=True)]
    return pd.DataFrame(rows, columns=["source", "studies", "cells", "attempts", "new"])


def _copy_studies(source: Connection, target: Connection) -> None:
    """Copy the studies with their problems and planned cells."""
    study, environment = schema.study, schema.environment
    query = select(study, environment.c.document.label("machine")).join(environment).order_by(study.c.id)
    for row in source.execute(query):
        known = target.execute(select(study.c.state).where(study.c.digest == row.digest)).scalar()
        copy = shared.study(target, row.document, row.machine)
        state = max(
            filter(None, (known, row.state)), key=lambda state: _STATES.index(state) if state in _STATES else -1
        )
        target.execute(update(study).where(study.c.id == copy).values(state=state))
        for problem in source.execute(_listed(schema.problem, schema.study_problem, row.id)):
            data = source.execute(select(schema.dataset).where(schema.dataset.c.id == problem.dataset)).one_or_none()
            beside = {} if data is None else {"dataset": data.document}
            shared.problem(target, copy, problem.key, {**problem.document, **beside})
            _refer(target, problem)
        shared.cells(
            target,
            copy,
            [_cell(source, cell) for cell in source.execute(_listed(schema.cell, schema.study_cell, row.id))],
        )


def _listed(table: Any, listed: Any, study: int) -> Any:
    return select(table).join(listed).where(listed.c.study == study).order_by(listed.c.place)


def _cell(source: Connection, cell: Row[Any]) -> dict[str, Any]:
    solver = source.execute(select(schema.solver).where(schema.solver.c.id == cell.solver)).one()
    words = {"label": solver.label, "name": solver.name, "options": solver.options}
    return {**cell._mapping, "solver": words}


def _refer(target: Connection, problem: Row[Any]) -> None:
    """Keep the better reference of two."""
    table = schema.problem
    known = target.execute(select(table.c.reference).where(table.c.key == problem.key)).scalar_one()
    if _quality(problem.reference) > _quality(known):
        target.execute(update(table).where(table.c.key == problem.key).values(reference=problem.reference))


def _quality(reference: Mapping[str, Any] | None) -> tuple[float, ...]:
    """The larger the better: known, certified, with a smaller error, lower."""
    f = (reference or {}).get("f")
    if reference is None or f is None or math.isnan(f):
        return (0.0,) if reference is None else (0.5,)
    error = reference.get("relative_error")
    return 1.0, float(reference.get("kind") == "certificate"), -(math.inf if error is None else error), -f


def _attempts(connection: Connection, source: int) -> list[_Attempt]:
    run, environment = schema.run, schema.environment
    query = select(run, environment.c.document).join(environment).order_by(run.c.id)
    return [
        _Attempt(
            row.started, source, row.attempt, row.id, row.document, {name.name: row._mapping[name] for name in _ATTEMPT}
        )
        for row in connection.execute(query)
    ]


def _identity(one: _Attempt) -> str:
    """What tells an attempt from another, also where none says when it started."""
    return digest([one.environment, {name: str(value) for name, value in one.values.items()}])


def _copy_attempt(one: _Attempt, source: Connection, target: Connection) -> None:
    run = schema.run
    last = target.execute(select(func.max(run.c.attempt)).where(run.c.cell == one.values["cell"])).scalar_one()
    where = shared.environment_of(target, one.environment)
    copy = shared.added(target, run, **one.values, attempt=(last or 0) + 1, environment=where)
    for table in (schema.trace, schema.array):
        for rows in source.execute(select(table).where(table.c.run == one.id)).mappings().partitions(_AT_ONCE):
            target.execute(insert(table), [{**row, "run": copy} for row in rows])


def _count(connection: Connection, table: Any) -> int:
    return int(connection.execute(select(func.count()).select_from(table)).scalar_one())
