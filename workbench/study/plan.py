"""The plan of a study: which cells are done, new, or left from an earlier form of it, and what the rest may take."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from workbench.study.cells import Cell
from workbench.study.run import SETTLED

OVERHEAD = 5.0
"""Seconds of a cell beside its solver, where nothing is known: its process, loading, judging."""


@dataclass(frozen=True)
class Plan:
    """What is to be run.

    Attributes
    ----------
    table : DataFrame
        One row per cell: ``state`` (``done``, ``new``, ``again``: it was interrupted, ``stale``: of an earlier form of
        the study), ``problem``, ``solver``, ``repeat``, ``key``, ``seconds``, what it took or may take; NaN where
        nothing is known.
    pending : list of Cell
        Those to be run, in their order.
    expected, longest : float
        Seconds that these may take, NaN where none like them has run; and at most, reruns excepted.
    """

    table: pd.DataFrame
    pending: list[Cell]
    expected: float
    longest: float


def plan_of(cells: Sequence[Cell], names: dict[str, str], stored: pd.DataFrame, patience: float) -> Plan:
    """Return the plan for cells, some of which a store may have.

    Parameters
    ----------
    names : dict
        What each problem is called, by its key.
    stored : DataFrame
        What the store has: ``key, problem, solver, repeat, state, wall_seconds``, a row per cell.
    """
    known = {row.key: row for row in stored.itertuples()}
    rows, pending, guesses = [], [], []
    for cell in cells:
        row = known.get(cell.key)
        state = "new" if row is None or not row.state else "done" if row.state in SETTLED else "again"
        seconds = float(row.wall_seconds) if state == "done" and row is not None else _guess(cell, stored)
        if state != "done":
            pending.append(cell)
            guesses.append(seconds)
        entry = {"state": state, "problem": names[cell.problem], "solver": cell.solver.label, "repeat": cell.repeat}
        rows.append({**entry, "key": cell.key, "seconds": seconds})
    planned = {cell.key for cell in cells}
    for row in stored.itertuples():
        if row.key not in planned:
            entry = {"state": "stale", "problem": names.get(row.problem, row.problem[:12]), "solver": row.solver}
            rows.append({**entry, "repeat": row.repeat, "key": row.key, "seconds": float(row.wall_seconds)})
    table = pd.DataFrame(rows, columns=["state", "problem", "solver", "repeat", "key", "seconds"])
    return Plan(table, pending, _sum(guesses), patience * len(pending))


def _guess(cell: Cell, stored: pd.DataFrame) -> float:
    """Return the median seconds of the same solver on the same problem, else of that solver, else of that problem."""
    ran = stored[stored["wall_seconds"].notna()]
    same = ran["solver"] == cell.solver.label
    here = ran["problem"] == cell.problem
    for chosen in (same & here, same, here):
        if chosen.any():
            return float(statistics.median(ran.loc[chosen, "wall_seconds"])) + OVERHEAD
    return math.nan


def _sum(guesses: list[float]) -> float:
    """Return the sum, those of which nothing is known taken for the mean of the others; NaN where nothing is known."""
    known = [guess for guess in guesses if not math.isnan(guess)]
    if not guesses:
        return 0.0
    return math.nan if not known else sum(known) / len(known) * len(guesses)
