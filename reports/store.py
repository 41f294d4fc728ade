"""A store of runs as it is written: one transaction per cell, any number of writers at once."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pandas as pd
from sqlalchemy import Connection, Engine, func, insert, select, update

from reports import opening, schema, shared, status
from reports.attempt import array_row, result_row, trace_rows
from reports.columns import plain
from reports.database import reading, tidy, writing
from reports.place import Place, place, refuse_taken

STUDY_STATES = ("complete", "interrupted")


class Store:
    """A store of runs. Make it with :meth:`open` or :meth:`create`; use it as a context manager or call :meth:`close`.

    Processes that write to one store at the same time wait for each other; each has its own ``Store``.

    Attributes
    ----------
    place : reports.place.Place
        Where it is.
    """

    def __init__(self, place: Place, engine: Engine, *, write: bool) -> None:
        self.place = place
        self._engine: Engine | None = engine
        self._write = write

    @classmethod
    def open(cls, where: str | Path, *, write: bool = False) -> "Store":
        """Open the store in a run's folder, or the database that a URL names.

        Parameters
        ----------
        where : path or str
            A folder (its ``results.db``), or ``sqlite:///FILE`` or ``postgresql+psycopg://USER@HOST/NAME``.
        write : bool
            To write into it; one that is not there is made, in a folder that is empty or not there yet.

        Raises
        ------
        ValueError
            There is no store, or it is damaged or of a newer schema. A store of an older schema is upgraded.
        OSError
            It cannot be reached or written.
        """
        at = place(where)
        if not write:
            return cls(at, opening.opened(at, write=False), write=False)
        if at.file is None or not at.file.is_file():
            refuse_taken(at)
            return cls(at, opening.made(at, exclusive=False), write=True)
        return cls(at, opening.opened(at, write=True), write=True)

    @classmethod
    def create(cls, where: str | Path) -> "Store":
        """Begin the store of a new run, which must not be there yet; a database on a server is opened.

        Raises
        ------
        ValueError
            The folder exists and is not empty, or cannot be made. Nothing has been written then.
        """
        at = place(where)
        refuse_taken(at)
        return cls(at, opening.made(at, exclusive=True), write=True)

    def begin(self, document: Mapping[str, Any], environment: Mapping[str, Any]) -> int:
        """Begin a study, or go on with the one that asks for the same; return its id.

        Parameters
        ----------
        document : mapping
            A JSON object: ``run`` (with ``repeats`` and ``seed``), ``targets`` (a list of gaps), ``problems``,
            ``solvers``; and ``title``, ``command``, ``created``, which do not tell one study from another.
        environment : mapping
            The machine and the versions, a JSON object.
        """
        with self._transaction() as connection:
            return shared.study(connection, document, environment)

    def add_problem(self, study: int, key: str, document: Mapping[str, Any]) -> None:
        """Add a problem to a study, idempotent by its key, the SHA-256 of what it is.

        Parameters
        ----------
        document : mapping
            ``headline``, a line; ``description``, a JSON object, of which ``data`` describes the data set (or
            ``dataset`` beside it does); and perhaps ``label``, a short name for tables.
        """
        with self._transaction() as connection:
            shared.problem(connection, study, key, document)

    def set_reference(self, problem: str, document: Mapping[str, Any] | None) -> None:
        """Say what is known of a problem's optimum: ``f``, ``kind``, ``relative_error``, ``sentence``, ``f_start``."""
        table = schema.problem
        reference = None if document is None else plain(dict(document), "the reference")
        with self._transaction() as connection:
            change = update(table).where(table.c.key == problem).values(reference=reference)
            if connection.execute(change).rowcount == 0:
                raise ValueError(f"there is no problem {problem!r} in {self.place.words}: add it first")

    def reference(self, problem: str) -> dict[str, Any] | None:
        """What is known of a problem's optimum; None where nothing is."""
        query = select(schema.problem.c.reference).where(schema.problem.c.key == problem)
        with reading(self.place), self.engine.begin() as connection:
            found: dict[str, Any] | None = connection.execute(query).scalar()
            return found

    def add_cells(self, study: int, cells: Sequence[Mapping[str, Any]]) -> None:
        """Add the cells that a study asks for, in their order; one that is there already is the same one.

        Parameters
        ----------
        cells : sequence of mappings
            ``key``, the SHA-256 of all the rest; ``problem``, a key; ``solver`` with ``label``, ``name`` and
            ``options``; ``repeat``; ``seed``; ``budget``, the limits that the solver is held to.
        """
        with self._transaction() as connection:
            shared.cells(connection, study, cells)

    def record(
        self,
        key: str,
        result: Mapping[str, Any],
        trace: pd.DataFrame | None = None,
        arrays: Mapping[str, Any] | None = None,
    ) -> int:
        """Store an attempt at a cell in one transaction; return its number, from 1.

        Parameters
        ----------
        key : str
            That of a cell which was added.
        result : mapping
            Values of ``reports.attempt.RESULT_COLUMNS``; an absent number is NaN, an absent text empty, an absent
            ``success`` False, an absent ``state`` "done", or "failed" where there is an ``error``.
        trace : DataFrame, optional
            One row per iteration with ``reports.attempt.TRACE_COLUMNS`` (``rho`` and accuracies may be left out); row
            ``nit`` 0 is the start.
        arrays : mapping of str to array_like, optional
            Arrays of booleans, integers or floats, for example ``weights`` and ``confusion``.

        Raises
        ------
        ValueError
            An unknown or missing column, a cell that was not added, an array of objects, a closed store. The store is
            unchanged then.
        OSError
            It cannot be written (disk full, server gone). The store is unchanged then.
        """
        row = result_row(result)
        rows = trace_rows(trace)
        stored = [array_row(name, array) for name, array in (arrays or {}).items()]
        run, listed = schema.run, schema.study_cell
        with self._transaction() as connection:
            # The environment is that of the study that asks for the cell, the latest if there are several.
            query = select(schema.study.c.environment).join(listed).where(listed.c.cell == key)
            environment = connection.execute(query.order_by(schema.study.c.id.desc())).scalars().first()
            if environment is None:
                raise ValueError(f"there is no cell {key!r} in {self.place.words}: add it to a study first")
            last = connection.execute(select(func.max(run.c.attempt)).where(run.c.cell == key)).scalar_one()
            attempt = (last or 0) + 1
            values = {"cell": key, "attempt": attempt, "environment": environment, **row}
            made = shared.added(connection, run, **values)
            if rows:
                connection.execute(insert(schema.trace), [{"run": made, **entry} for entry in rows])
            if stored:
                connection.execute(insert(schema.array), [{"run": made, **entry} for entry in stored])
        return int(attempt)

    def finish(self, study: int, state: str) -> None:
        """Say how a study ended: "complete" or "interrupted"."""
        if state not in STUDY_STATES:
            raise ValueError(f"state is {state!r}, expected one of {', '.join(map(repr, STUDY_STATES))}")
        with self._transaction() as connection:
            change = update(schema.study).where(schema.study.c.id == study).values(state=state)
            if connection.execute(change).rowcount == 0:
                raise ValueError(f"there is no study {study!r} in {self.place.words}")

    def cells(self, study: int) -> pd.DataFrame:
        """The cells that a study asks for, in their order, with how often each was tried and how that ended.

        Columns: ``key``, ``problem``, ``solver`` (its label), ``repeat``, ``seed``, ``attempts``; of the last attempt
        ``state`` ("" where there is none) and ``wall_seconds``.
        """
        engine = self.engine
        with reading(self.place), engine.begin() as connection:
            return status.cells(connection, study)

    def studies(self) -> pd.DataFrame:
        """The studies, in the order in which they began: ``study``, ``title``, ``created``, ``state``."""
        engine = self.engine
        with reading(self.place), engine.begin() as connection:
            return status.studies(connection)

    @property
    def engine(self) -> Engine:
        """The engine of the open store."""
        if self._engine is None:
            raise ValueError(f"the store {self.place.words} is closed")
        return self._engine

    def compact(self) -> None:
        """Give the room of what was removed back to the disk; a server does so by itself."""
        if self.place.file is not None:
            with writing(self.place), closing(self.engine.raw_connection()) as connection:
                connection.cursor().execute("VACUUM")

    def close(self) -> None:
        """Release the store; every further call is refused."""
        if self._engine is not None:
            tidy(self._engine) if self._write else self._engine.dispose()
            self._engine = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        engine = self.engine
        if not self._write:
            raise ValueError(f"the store {self.place.words} was opened for reading: open it with write=True")
        with writing(self.place), engine.begin() as connection:
            yield connection
