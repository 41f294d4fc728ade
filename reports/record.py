"""The run record as it is written: one folder per run, one transaction per cell.

The comparison hands every finished cell (one solver in one repeat) to a :class:`Recorder`; whatever happens later, a
cell is in the record whole or not at all.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import pandas as pd
from sqlalchemy import Connection, Engine, insert, select, update
from sqlalchemy.exc import IntegrityError, OperationalError

from reports import schema
from reports.cell import array_row, result_row, trace_rows
from reports.run import Run, load

__all__ = ["Recorder", "Run", "load"]


class Recorder:
    """Writer of one run's record. Make it with :meth:`create`; use it as a context manager or call :meth:`close`.

    Attributes
    ----------
    folder : pathlib.Path
        The run's folder.
    meta : dict
        The meta data as they stand in the record.
    """

    def __init__(self, folder: Path, meta: dict[str, Any], engine: Engine) -> None:
        self.folder = folder
        self.meta = meta
        self._engine: Engine | None = engine

    @classmethod
    def create(cls, folder: str | Path, meta: Mapping[str, Any]) -> "Recorder":
        """Begin the record of a new run.

        Parameters
        ----------
        folder : path
            Must not exist yet, or be an empty folder; its parents are made.
        meta : mapping
            A JSON object describing the run; ``schema`` and ``state`` ("running") are filled in where absent.

        Raises
        ------
        ValueError
            The folder exists and is not empty, or `meta` is no JSON object. Nothing has been written then.
        """
        folder = Path(folder)
        meta = {"schema": schema.VERSION, "state": "running", **meta}
        document = _document(meta)
        _refuse_unless_free(folder)
        made = _make(folder)
        path = folder / schema.FILE
        recorder = cls(folder, json.loads(document), schema.engine(path, write=True))
        try:
            with recorder._transaction() as connection:
                schema.metadata.create_all(connection)
                connection.execute(insert(schema.run).values(schema=schema.VERSION, meta=document))
        except BaseException:
            recorder.close()
            _remove([path, path.with_name(f"{path.name}-journal")], made)
            raise
        return recorder

    def add(
        self,
        result: Mapping[str, Any],
        trace: pd.DataFrame | None = None,
        arrays: Mapping[str, Any] | None = None,
    ) -> None:
        """Store one cell in one transaction.

        Parameters
        ----------
        result : mapping
            Values of ``reports.cell.RESULT_COLUMNS``. ``solver``, ``method`` and ``repeat`` are required; an absent
            number is NaN, an absent text empty, an absent ``success`` False: a failed solver is its name and its
            ``error``.
        trace : DataFrame, optional
            One row per iteration with ``reports.cell.TRACE_COLUMNS`` (``rho`` and accuracies may be left out); row
            ``nit`` 0 is the start. ``solver`` and ``repeat`` columns are accepted where they agree with `result`.
        arrays : mapping of str to array_like, optional
            Arrays of booleans, integers or floats, for example ``weights`` and ``confusion``.

        Raises
        ------
        ValueError
            An unknown or missing column, a cell that is already stored, an array of objects, a closed record.
            The record is unchanged then.
        OSError
            The file cannot be written (disk full, locked by another program). The record is unchanged then.
        """
        row = result_row(result)
        rows = trace_rows(trace, row)
        stored = [array_row(name, array) for name, array in (arrays or {}).items()]
        with self._transaction() as connection:
            try:
                connection.execute(insert(schema.results).values(**row))
            except IntegrityError as error:
                raise ValueError(
                    f"solver {row['solver']!r}, repeat {row['repeat']} is already in {self.folder}: record a cell once"
                ) from error
            cell = connection.exec_driver_sql("SELECT last_insert_rowid()").scalar_one()
            if rows:
                connection.execute(insert(schema.trace), [{"cell": cell, **entry} for entry in rows])
            if stored:
                connection.execute(insert(schema.arrays), [{"cell": cell, **entry} for entry in stored])

    def update_meta(self, **changes: Any) -> None:
        """Replace top-level entries of the meta data, for example ``state="complete"``."""
        with self._transaction() as connection:
            meta = {**json.loads(connection.execute(select(schema.run.c.meta)).scalar_one()), **changes}
            document = _document(meta)
            connection.execute(update(schema.run).values(meta=document))
        self.meta = json.loads(document)

    def close(self) -> None:
        """Release the file; further calls of :meth:`add` and :meth:`update_meta` are refused."""
        if self._engine is not None:
            schema.tidy(self._engine)
            self._engine = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        if self._engine is None:
            raise ValueError(f"the record of {self.folder} is closed: nothing can be added to it any more")
        try:
            with self._engine.begin() as connection:
                yield connection
        except OperationalError as error:
            raise OSError(f"{self.folder / schema.FILE} cannot be written: {error.orig}") from error


def _refuse_unless_free(folder: Path) -> None:
    if not folder.exists() and not folder.is_symlink():
        return
    if not folder.is_dir():
        raise ValueError(f"{folder} exists and is no folder: name a new folder for the run")
    if (folder / schema.FILE).exists():
        raise ValueError(f"{folder} already holds a run, which is never overwritten: name a new folder for the run")
    if any(folder.iterdir()):
        raise ValueError(f"{folder} exists and is no run: name a new or an empty folder for the run")


def _make(folder: Path) -> list[Path]:
    """Make `folder`, its parents and an empty record file; the folders made, innermost first."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    made: list[Path] = []
    try:
        for path in reversed(missing):
            path.mkdir(exist_ok=True)
            made.insert(0, path)
        # Exclusive, so that of two comparisons started into one empty folder only one goes on.
        (folder / schema.FILE).open("xb").close()
    except OSError as error:
        _remove([], made)
        raise ValueError(f"{folder} cannot be made: {error.strerror}") from error
    return made


def _remove(files: list[Path], folders: list[Path]) -> None:
    for file in files:
        file.unlink(missing_ok=True)
    for folder in folders:
        with suppress(OSError):
            folder.rmdir()


def _document(meta: Mapping[str, Any]) -> str:
    def plain(value: object) -> object:
        if isinstance(value, np.generic | np.ndarray):
            return value.tolist()
        raise ValueError(f"meta holds a {type(value).__name__}, expected what JSON can hold: {value!r:.80}")

    if meta["schema"] != schema.VERSION:
        raise ValueError(f"meta['schema'] is {meta['schema']!r}: this version writes schema {schema.VERSION}")
    return json.dumps(meta, default=plain)
