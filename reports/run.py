"""A stored run, read into DataFrames."""

import json
import math
import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Connection, Select, Table, select
from sqlalchemy.exc import SQLAlchemyError

from reports import schema

_DTYPES: dict[type, type] = {int: np.int64, float: np.float64, bool: np.bool_}
_DTYPE = re.compile(r"[<>|=][biuf][1248]")


@dataclass(frozen=True, eq=False)
class Run:
    """One run of a comparison, as recorded.

    Attributes
    ----------
    folder : pathlib.Path
        Where the record lies.
    meta : dict
        What was compared: title, command, problem, targets, limits, reference, environment.
    results : DataFrame
        One row per solver and repeat, in the order they ran. A failed one has NaN numbers and its reason in ``error``.
    trace : DataFrame
        One row per iteration; ``seconds`` are solver time, monitoring excluded.
    """

    folder: Path
    meta: dict[str, Any]
    results: pd.DataFrame
    trace: pd.DataFrame

    @property
    def solvers(self) -> list[str]:
        """The solvers' labels in the order they first ran."""
        return list(dict.fromkeys(self.results["solver"]))

    def entry(self, *keys: str, default: Any = None) -> Any:
        """Meta datum under nested `keys`; `default` where any of them is absent or null."""
        value: Any = self.meta
        for key in keys:
            value = value.get(key) if isinstance(value, dict) else None
        return default if value is None else value

    def arrays(self, solver: str, repeat: int) -> dict[str, np.ndarray]:
        """Arrays of one cell by name, as a fresh copy; empty for a cell that failed.

        Raises
        ------
        ValueError
            No such cell, or the record is damaged.
        """
        cells = self.results
        if not ((cells["solver"] == solver) & (cells["repeat"] == repeat)).any():
            raise ValueError(
                f"no cell {solver!r}, repeat {repeat} in {self.folder}; solvers: {', '.join(self.solvers)}"
            )
        query = (
            select(schema.arrays)
            .join(schema.results)
            .where(schema.results.c.solver == solver, schema.results.c.repeat == int(repeat))
        )
        with _opened(self.folder) as connection:
            return {row.name: _array(row.dtype, row.shape, row.data) for row in connection.execute(query)}


def load(folder: str | Path) -> Run:
    """Read the record of a run.

    Parameters
    ----------
    folder : path
        A run's folder, as ``workbench compare`` made it.

    Raises
    ------
    ValueError
        The folder is no run, its schema is unknown, or its file is damaged.
    """
    folder = Path(folder)
    with _opened(folder) as connection:
        version, document = connection.execute(select(schema.run.c.schema, schema.run.c.meta)).one()
        if version != schema.VERSION:
            raise _SchemaError(
                f"its schema is {version}, this version reads schema {schema.VERSION}: "
                "read it with the version of minfunc-workbench that wrote it"
            )
        meta = json.loads(document)
        if not isinstance(meta, dict):
            raise TypeError("its meta data are no JSON object")
        results = _frame(connection, select(schema.results).order_by(schema.results.c.cell), schema.results)
        query = select(schema.results.c.solver, schema.results.c.repeat, schema.trace).join(schema.results)
        trace = _frame(connection, query.order_by(schema.trace.c.cell, schema.trace.c.row), schema.trace)
    return Run(folder, meta, results.drop(columns="cell"), trace.drop(columns=["cell", "row"]))


class _SchemaError(Exception):
    """Why a sound file cannot be read, as half a sentence."""


@contextmanager
def _opened(folder: Path) -> Iterator[Connection]:
    path = folder / schema.FILE
    if not path.is_file():
        why = f"there is no {schema.FILE} in it" if folder.is_dir() else "there is no such folder"
        why = "it is a file" if folder.is_file() else why
        raise ValueError(f"{folder} is no run: {why}; name a folder that `workbench compare` made")
    engine = schema.engine(path, write=False)
    try:
        with engine.begin() as connection:
            yield connection
    except _SchemaError as error:
        raise ValueError(f"{path} cannot be read: {error}") from None
    except (SQLAlchemyError, sqlite3.Error, TypeError, ValueError, KeyError) as error:
        reason = str(getattr(error, "orig", error)).splitlines()[0]
        raise ValueError(f"{path} is damaged or no record of a run: {reason}") from error
    finally:
        engine.dispose()


def _frame(connection: Connection, query: Select[Any], table: Table) -> pd.DataFrame:
    found = connection.execute(query)
    frame = pd.DataFrame(found.fetchall(), columns=list(found.keys()))
    # SQLite has no NaN and returns None for it: the declared kind turns it back.
    kinds = {"repeat": int} | {column.name: column.type.python_type for column in table.columns}
    return frame.astype({name: _DTYPES[kind] for name, kind in kinds.items() if kind in _DTYPES})


def _array(dtype: str, shape: str, data: bytes) -> np.ndarray:
    if not _DTYPE.fullmatch(dtype):
        raise TypeError(f"an array of dtype {dtype!r}")
    sizes = json.loads(shape)
    if len(data) != np.dtype(dtype).itemsize * math.prod(sizes):
        raise ValueError(f"an array of shape {shape} in {len(data)} bytes")
    return np.frombuffer(data, dtype=dtype).reshape(sizes).copy()
