"""A stored study, read into DataFrames."""

import json
import math
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import select

from reports import schema, stored
from reports.database import reading
from reports.opening import opened
from reports.place import Place, place

_DTYPE = re.compile(r"[<>|=][biuf][1248]")


@dataclass(frozen=True, eq=False)
class Run:
    """One study, as recorded. A study of one problem has that problem's data in ``meta`` too.

    Attributes
    ----------
    place : reports.place.Place
        Where the store is.
    study : int or None
        Which of the store's studies it is; None where there is no other.
    meta : dict
        What was compared: title, command, state, targets, environment; of one problem also its problem, reference,
        limits and headline.
    results : DataFrame
        One row per problem, solver and repeat, in the order of the study: the last attempt at each cell. A failed one
        has NaN numbers and its reason in ``error``.
    trace : DataFrame
        One row per iteration; ``seconds`` are solver time, monitoring excluded.
    solvers : list of str
        The solvers' labels in the order in which they first stand in the study.
    parts : dict
        For each problem, by its key, in order: what ``meta`` has of it when it is alone, and its ``label``.
    """

    place: Place
    study: int | None
    meta: dict[str, Any]
    results: pd.DataFrame
    trace: pd.DataFrame
    solvers: list[str]
    parts: dict[str, dict[str, Any]]

    @property
    def folder(self) -> Path | None:
        """The run's folder; None where the store is a database on a server."""
        return self.place.folder

    @property
    def problems(self) -> list[str]:
        """The problems' keys in the order of the study."""
        return list(self.parts)

    def label(self, problem: str) -> str:
        """The name of a problem in tables, given its key."""
        return str(self.parts[problem]["label"])

    def of(self, problem: str) -> "Run":
        """The run of one problem alone, given its key or its label.

        Raises
        ------
        ValueError
            The study has no such problem.
        """
        keys = [key for key in self.parts if problem in (key, self.label(key))]
        if not keys:
            labels = ", ".join(map(self.label, self.parts))
            raise ValueError(f"no problem {problem!r} in {self.place.words}; problems: {labels}")
        part, label = self.parts[keys[0]], self.label(keys[0])
        frames = {name: frame[frame["problem"] == label] for name, frame in self._frames().items()}
        rest = {name: value for name, value in part.items() if name != "label"}
        return replace(
            self,
            meta={**self.meta, **rest},
            parts={keys[0]: part},
            **{name: frame.reset_index(drop=True) for name, frame in frames.items()},
        )

    def each(self) -> "list[Run]":
        """The runs of its problems, one by one: itself where it has one, or none yet."""
        return [self] if len(self.parts) <= 1 else [self.of(problem) for problem in self.problems]

    def _frames(self) -> dict[str, pd.DataFrame]:
        return {"results": self.results, "trace": self.trace}

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
            No such cell, or one of each of several problems; or the record is damaged.
        """
        cells = self.results
        mine = cells[(cells["solver"] == solver) & (cells["repeat"] == repeat)]
        if len(mine) == 0:
            known = ", ".join(self.solvers)
            raise ValueError(f"no cell {solver!r}, repeat {repeat} in {self.place.words}; solvers: {known}")
        if len(mine) > 1:
            raise ValueError(f"{len(mine)} problems have a cell {solver!r}, repeat {repeat}: ask run.of(problem)")
        run, array = schema.run, schema.array
        query = select(array).join(run).where(run.c.cell == mine["key"].item(), run.c.attempt == mine["attempt"].item())
        engine = opened(self.place, write=False)
        try:
            with reading(self.place), engine.begin() as connection:
                return {row.name: _array(row.dtype, row.shape, row.data) for row in connection.execute(query)}
        finally:
            engine.dispose()


def load(where: str | Path, study: int | None = None) -> Run:
    """Read a study from a store.

    Parameters
    ----------
    where : path or str
        A run's folder, as ``workbench compare`` made it, or the URL of a database.
    study : int, optional
        Which of its studies, by default the latest.

    Raises
    ------
    ValueError
        There is no store or no such study, its schema is unknown, or it is damaged.
    OSError
        It cannot be reached.
    """
    at = place(where)
    engine = opened(at, write=False)
    try:
        with reading(at), engine.begin() as connection:
            known = stored.studies(connection)
            chosen = study if study is not None else max(known, default=None)
            if chosen in known:
                meta = stored.meta(connection, chosen)
                parts = stored.parts(connection, chosen)
                results, solvers = stored.results(connection, chosen, parts), stored.solvers(connection, chosen)
                trace = stored.trace(connection, chosen, parts)
                run = Run(at, chosen if len(known) > 1 else None, meta, results, trace, solvers, parts)
                return run.of(run.problems[0]) if len(parts) == 1 else run
    finally:
        engine.dispose()
    raise ValueError(stored.absent(study, known, at.words))


def _array(dtype: str, shape: str, data: bytes) -> np.ndarray:
    if not _DTYPE.fullmatch(dtype):
        raise TypeError(f"an array of dtype {dtype!r}")
    sizes = json.loads(shape)
    if len(data) != np.dtype(dtype).itemsize * math.prod(sizes):
        raise ValueError(f"an array of shape {shape} in {len(data)} bytes")
    return np.frombuffer(data, dtype=dtype).reshape(sizes).copy()
