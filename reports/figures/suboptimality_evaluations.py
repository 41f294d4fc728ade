"""Suboptimality against evaluations of f and g."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from reports import gap
from reports.curves import EVALUATIONS, Axis, draw_curves, draw_targets
from reports.run import Run

TITLE = "Suboptimality against evaluations"
ORDER = 20


def frame(run: Run) -> pd.DataFrame:
    """Solver, repeat, seconds, evaluations and gap of every iterate with a finite gap."""
    columns = run.trace[["solver", "repeat", "seconds", "nfev"]].assign(gap=gap.gaps(run, run.trace["f"]))
    return columns[np.isfinite(columns["gap"])]


def draw(run: Run, ax: Axes | None = None) -> Axes:
    """Draw the gap of every iterate over evaluations, with the target gaps as levels."""
    ax = draw_curves(run, frame(run), EVALUATIONS, Axis("gap", gap.formula(run)), ax)
    draw_targets(run, ax)
    return ax


def caption(run: Run) -> str:
    """Text under the figure: what a reader sees."""
    return (
        f"{gap.formula(run)} over evaluations of f with its gradient: what a solver needs when f is expensive and "
        "everything else is free. Dotted: the target gaps."
    )


def source(run: Run) -> str:
    """Place of the numbers in the report."""
    return "trace.csv: solver, repeat, nfev, f"
