"""Gradient norm against solver seconds."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from reports.curves import SECONDS, Axis, draw_curves, draw_level
from reports.numerals import power
from reports.run import Run

TITLE = "Gradient norm"
ORDER = 30


def frame(run: Run) -> pd.DataFrame:
    """Solver, repeat, seconds and largest absolute gradient entry of every iterate where that is finite."""
    columns = run.trace[["solver", "repeat", "seconds", "grad_inf"]]
    return columns[np.isfinite(columns["grad_inf"])]


def draw(run: Run, ax: Axes | None = None) -> Axes:
    """Draw the gradient norm of every iterate over solver time, with the tolerance as a level."""
    ax = draw_curves(run, frame(run), SECONDS, Axis("grad_inf", "‖∇f‖∞"), ax)
    if _gtol(run) > 0:
        draw_level(ax, _gtol(run))
    return ax


def caption(run: Run) -> str:
    """Text under the figure: what a reader sees."""
    level = f" Dotted: gtol {power(_gtol(run))}, where a solver stops." if _gtol(run) > 0 else ""
    return f"Largest absolute entry of the gradient over solver time.{level}"


def source(run: Run) -> str:
    """Place of the numbers in the report."""
    return "trace.csv: solver, repeat, seconds, grad_inf"


def _gtol(run: Run) -> float:
    return float(run.entry("limits", "gtol", default=0.0))
