"""Optimality: how far each solver's answer is from f*, beside the bound that is certified without f*."""

import pandas as pd

from reports import gap
from reports.run import Run

TITLE = "Distance from the optimum"
ORDER = 20


def frame(run: Run) -> pd.DataFrame:
    """One row per solver, medians over repeats: f, its gap, and the certified bound on that gap (NaN if none)."""
    medians = run.results.groupby("solver", sort=False)[["f", "gap_bound"]].median()
    return pd.DataFrame(
        {
            "solver": medians.index.to_list(),
            "f": medians["f"].to_numpy(),
            gap.name(run): gap.gaps(run, medians["f"]),
            "certified bound": medians["gap_bound"].to_numpy(),
        }
    )
