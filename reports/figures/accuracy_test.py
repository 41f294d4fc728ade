"""Test accuracy against solver seconds."""

import pandas as pd
from matplotlib.axes import Axes

from reports.curves import SECONDS, Axis, draw_curves
from reports.run import Run

TITLE = "Test accuracy"
ORDER = 40


def frame(run: Run) -> pd.DataFrame:
    """Solver, repeat, seconds and test accuracy of every iterate where it was evaluated."""
    return run.trace[["solver", "repeat", "seconds", "test_accuracy"]].dropna()


def draw(run: Run, ax: Axes | None = None) -> Axes:
    """Draw the test accuracy over solver time."""
    return draw_curves(run, frame(run), SECONDS, Axis("test_accuracy", "test accuracy", log=False), ax)


def caption(run: Run) -> str:
    """Text under the figure: what a reader sees."""
    return "Share of the test set, which no solver saw, that is classified correctly, over solver time."


def source(run: Run) -> str:
    """Place of the numbers in the report."""
    return "trace.csv: solver, repeat, seconds, test_accuracy"
