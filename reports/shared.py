"""Rows that studies share, each stored once: environments, data sets, problems, solvers, cells.

Called inside a writer's transaction, which holds the write lock: what is looked up here is still so when it is written.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table, func, insert, select

from reports import schema
from reports.columns import digest, plain

_WORDS_OF_A_STUDY = ("title", "command", "created")
_CELL = ("key", "problem", "solver", "repeat", "seed", "budget")


def study(connection: Connection, document: Mapping[str, Any], environment: Mapping[str, Any]) -> int:
    """Return the id of the study that asks for the same, or of a new one; it runs in this environment now."""
    document = plain(dict(document), "the study")
    targets = document.get("targets", [])
    if not isinstance(targets, list) or not all(isinstance(target, int | float) for target in targets):
        raise ValueError(f"the study's targets are {targets!r}, expected a list of gaps")
    if not isinstance(document.get("run", {}), dict):
        raise ValueError(f"the study's run is {document['run']!r}, expected an object with repeats and seed")
    where = environment_of(connection, environment)
    asked = digest({name: value for name, value in document.items() if name not in _WORDS_OF_A_STUDY})
    table = schema.study
    found = connection.execute(select(table.c.id).where(table.c.digest == asked)).scalar()
    if found is None:
        row = {"digest": asked, "document": document, "state": "running", "environment": where}
        return added(connection, table, **row)
    connection.execute(table.update().where(table.c.id == found).values(state="running", environment=where))
    return int(found)


def environment_of(connection: Connection, document: Mapping[str, Any]) -> int:
    """Return the id of the environment."""
    return _id(connection, schema.environment, document=plain(dict(document), "the environment"))


def problem(connection: Connection, study: int, key: str, document: Mapping[str, Any]) -> None:
    """Make sure that the problem is stored, and is one of the study's."""
    words: dict[str, Any] = plain(dict(document), "the problem")
    table, listed = schema.problem, schema.study_problem
    if connection.execute(select(table.c.key).where(table.c.key == key)).scalar() is None:
        data = words.pop("dataset", None) or words.get("description", {}).get("data")
        stored = None if data is None else dataset(connection, data)
        connection.execute(insert(table).values(key=key, dataset=stored, document=words, reference=None))
    _list(connection, listed, study, "problem", [key])


def dataset(connection: Connection, document: Mapping[str, Any]) -> int:
    """Return the id of the data set."""
    names = {name: str(document.get(name) or "") for name in ("name", "fingerprint")}
    return _id(connection, schema.dataset, document=document, **names)


def cells(connection: Connection, study: int, listed: Sequence[Mapping[str, Any]]) -> None:
    """Make sure that the cells are stored, and are among those that the study asks for.

    Raises
    ------
    ValueError
        A cell without all its parts, or of a problem that is not stored.
    """
    there = set(connection.execute(select(schema.cell.c.key)).scalars())
    problems = set(connection.execute(select(schema.problem.c.key)).scalars())
    solvers: dict[str, int] = {}
    new = []
    for entry in listed:
        missing = [name for name in _CELL if name not in entry]
        if missing or set(entry) - set(_CELL):
            raise ValueError(f"a cell has {', '.join(sorted(entry))}; expected are {', '.join(_CELL)}")
        if entry["problem"] not in problems:
            raise ValueError(f"a cell is of problem {entry['problem']!r}, which is not stored: add the problem first")
        if entry["key"] not in there:
            there.add(entry["key"])
            entered = plain(dict(entry["solver"]), "the solver")
            if (asked := digest(entered)) not in solvers:
                solvers[asked] = solver(connection, entered)
            values = {name: plain(entry[name], "the cell") for name in ("repeat", "seed", "budget")}
            new.append({"key": entry["key"], "problem": entry["problem"], "solver": solvers[asked], **values})
    if new:
        connection.execute(insert(schema.cell), new)
    _list(connection, schema.study_cell, study, "cell", [entry["key"] for entry in listed])


def solver(connection: Connection, document: Mapping[str, Any]) -> int:
    """Return the id of the solver with its options."""
    return _id(connection, schema.solver, **{name: document[name] for name in ("label", "name", "options")})


def _id(connection: Connection, table: Table, **row: Any) -> int:
    """Return the id of the row with these values, which is made where it is not there."""
    known = digest(row)
    found = connection.execute(select(table.c.id).where(table.c.digest == known)).scalar()
    if found is None:
        return added(connection, table, digest=known, **row)
    return int(found)


def added(connection: Connection, table: Table, **row: Any) -> int:
    """Return the id of a new row."""
    key = connection.execute(insert(table).values(**row)).inserted_primary_key
    assert key is not None
    return int(key[0])


def _list(connection: Connection, table: Table, study: int, column: str, keys: Sequence[str]) -> None:
    """Add what is new to a study's list, in order."""
    mine = table.c.study == study
    there = set(connection.execute(select(table.c[column]).where(mine)).scalars())
    place = connection.execute(select(func.count()).select_from(table).where(mine)).scalar_one()
    new = [key for key in dict.fromkeys(keys) if key not in there]
    if new:
        rows = [{"study": study, column: key, "place": place + index} for index, key in enumerate(new)]
        connection.execute(insert(table), rows)
