"""Problems: for each problem of a run how its optimum is known, who came first, how many came there at all."""

import numpy as np
import pandas as pd

from reports import facts, gap
from reports.outcome import failed
from reports.run import Run
from reports.standing import standing

TITLE = "Problems"
ORDER = 10
COLUMNS = ("problem", "f*", "origin", "target", "first", "seconds", "reached", "failed")


def frame(run: Run) -> pd.DataFrame:
    """One row per problem: f* and its origin; the tightest target that a solver reached, which one did so first, after
    how many seconds, and how many of the ranked ones did; the solvers that failed.
    """  # noqa: D205
    return pd.DataFrame([_row(one) for one in run.each()], columns=list(COLUMNS))


def _row(run: Run) -> dict[str, object]:
    f_star = gap.optimum(run)
    row = {"problem": run.label(run.problems[0]), "f*": f_star, "origin": facts.kind(run)}
    row |= {"target": np.nan, "first": "", "seconds": np.nan, "reached": "", "failed": ", ".join(failed(run))}
    if run.results.empty or not gap.targets(run) or np.isnan(f_star):
        return row
    target, times = standing(run)
    reached = [solver for solver, seconds in times.items() if np.isfinite(seconds)]
    row |= {"target": target, "reached": f"{len(reached)} of {len(times)}"}
    return row | ({"first": reached[0], "seconds": times[reached[0]]} if reached else {})
