"""Results: one row per solver and repeat, as recorded."""

import pandas as pd

from reports.run import Run

TITLE = "Results of every solver and repeat"
ORDER = 30


def frame(run: Run) -> pd.DataFrame:
    """Copy of the run's results."""
    return run.results.copy()
