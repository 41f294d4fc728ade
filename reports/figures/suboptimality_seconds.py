"""Suboptimality against solver seconds."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from reports import gap
from reports.curves import FLOOR, SECONDS, Axis, draw_curves, draw_targets
from reports.numerals import power
from reports.run import Run

TITLE = "Suboptimality against seconds"
ORDER = 10


def frame(run: Run) -> pd.DataFrame:
    """Solver, repeat, seconds and gap of every iterate with a finite gap."""
    columns = run.trace[["solver", "repeat", "seconds"]].assign(gap=gap.gaps(run, run.trace["f"]))
    return columns[np.isfinite(columns["gap"])]


def draw(run: Run, ax: Axes | None = None) -> Axes:
    """Draw the gap of every iterate over solver time, with the target gaps as levels."""
    ax = draw_curves(run, frame(run), SECONDS, Axis("gap", gap.formula(run)), ax)
    draw_targets(run, ax)
    return ax


def caption(run: Run) -> str:
    """Text under the figure: what a reader sees."""
    return (
        f"{gap.formula(run)} over solver time, compilation and monitoring excluded; further left and lower is better. "
        f"The start, at 0 s, stands at the left edge. Dotted: the target gaps. "
        f"Gaps of {power(FLOOR)} and less are drawn at {power(FLOOR)}."
    )


def source(run: Run) -> str:
    """Place of the numbers in the report."""
    return "trace.csv: solver, repeat, seconds, f"
