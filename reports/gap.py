"""The gap of an iterate: (f - f*) / |f*|, or (f - f*) / (f(x0) - f*) where the record has f(x0); how it is written."""

from typing import Any

import numpy as np
import pandas as pd

from reports.numerals import power
from reports.run import Run


def optimum(run: Run) -> float:
    """f* of the run; NaN where the run has none."""
    return float(run.entry("reference", "f", default=np.nan))


def targets(run: Run) -> list[float]:
    """Target gaps of the run, each once, in the order asked for."""
    return list(dict.fromkeys(float(target) for target in run.entry("targets", default=[])))


def name(run: Run) -> str:
    """Word for this run's gap: "gap", or "absolute gap" where there is nothing that it could be relative to."""
    return "gap" if _scale(run) else "absolute gap"


def formula(run: Run) -> str:
    """Name the formula by which this run's gaps are computed."""
    if np.isnan(_f_start(run)):
        return "(f − f*) / |f*|" if _scale(run) else "f − f* (absolute, since f* = 0)"
    return "(f − f*) / (f(x₀) − f*)" if _scale(run) else "f − f* (absolute, since f* = f(x₀))"


def heading(run: Run, target: float, unit: str = "s") -> str:
    """Column of the seconds to `target`, or of what else `unit` says, for example "s to gap 1e-4"."""
    return f"{unit} to {name(run)} {power(target)}"


def gaps(run: Run, f: Any) -> np.ndarray:
    """Gaps of the values `f`; NaN where f or f* is unknown, negative below a reference run that was not the best."""
    return (np.asarray(f, dtype=np.float64) - optimum(run)) / (_scale(run) or 1.0)


def seconds_to(run: Run, trace: pd.DataFrame, target: float) -> float:
    """Solver seconds until one cell's `trace` first shows a gap of at most `target`."""
    return first_at(run, trace, target, "seconds")


def first_at(run: Run, trace: pd.DataFrame, target: float, column: str) -> float:
    """`column` of one cell's `trace` where that first shows a gap of at most `target`.

    ``inf`` where it never does, NaN where the run has no f*.
    """
    if np.isnan(optimum(run)):
        return float("nan")
    # NaN compares false: an iterate with unknown f has reached nothing.
    reached = np.flatnonzero(gaps(run, trace["f"]) <= target)
    return float(trace[column].iloc[reached[0]]) if reached.size else float("inf")


def _scale(run: Run) -> float:
    """What gaps are relative to; 0 where there is nothing."""
    f_star, f_start = optimum(run), _f_start(run)
    return abs(f_star) if np.isnan(f_start) else max(f_start - f_star, 0.0)


def _f_start(run: Run) -> float:
    """Value of f at the start; NaN where gaps are relative to f*."""
    return float(run.entry("reference", "f_start", default=np.nan))
