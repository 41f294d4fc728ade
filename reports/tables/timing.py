"""Timing: the parts of the wall time of each solver, medians over its repeats, and what it took beside."""

import pandas as pd

from reports.quantile import quantile
from reports.ranking import flags
from reports.run import Run

TITLE = "Where the wall time went"
ORDER = 25
PARTS = {
    "wall s": "wall_seconds",
    "clock s": "seconds",
    "f and g s": "oracle_seconds",
    "solver s": "overhead_seconds",
    "monitoring s": "monitoring_seconds",
    "compile s": "compile_seconds",
    "first call s": "first_call_seconds",
    "memory MB": "memory_mb",
    "canary": "canary",
}


def frame(run: Run) -> pd.DataFrame:
    """One row per solver, NaN where a part was not measured.

    ``wall s`` is the whole cell; ``clock s``, by which solvers are compared, is ``f and g s`` + ``solver s``. Outside
    of it are ``monitoring s``, ``compile s`` and ``first call s``. ``memory MB`` is the peak; ``canary`` what a fixed
    piece of work took, relative to its median in the study: far from 1 the machine was not itself.
    """
    rows = []
    for solver, cells in run.results.groupby("solver", sort=False):
        parts = {name: cells[column].dropna().to_list() for name, column in PARTS.items()}
        medians = {name: quantile(known, 0.5) if known else float("nan") for name, known in parts.items()}
        rows.append({"solver": solver, **medians, "flags": flags(cells)})
    return pd.DataFrame(rows, columns=["solver", *PARTS, "flags"])
