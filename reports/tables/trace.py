"""Trace: one row per iteration of every solver and repeat, as recorded."""

import pandas as pd

from reports.run import Run

TITLE = "Every iteration"
ORDER = 40


def frame(run: Run) -> pd.DataFrame:
    """Copy of the run's trace."""
    return run.trace.copy()
