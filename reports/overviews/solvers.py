"""Solvers: what each did over all problems of a run."""

import numpy as np
import pandas as pd

from reports import gap
from reports.outcome import broken
from reports.ranking import unranked
from reports.run import Run
from reports.standing import standing
from reports.tables.summary import verdicts

TITLE = "Solvers over all problems"
ORDER = 20
COLUMNS = ("solver", "problems", "cells", "verdicts", "failed", "first", "reached", "not ranked")


def frame(run: Run) -> pd.DataFrame:
    """One row per solver: on how many problems and in how many cells it ran, how those were judged, how many failed; on
    how many problems it was the first to the tightest target that anyone reached, on how many it came there, and on how
    many it is left out of the ranking.
    """  # noqa: D205
    rows = {
        solver: {
            "solver": solver,
            "problems": cells["problem"].nunique(),
            "cells": len(cells),
            "verdicts": verdicts(cells),
            "failed": int(broken(cells).sum()),
            **dict.fromkeys(("first", "reached", "not ranked"), 0),
        }
        for solver, cells in run.results.groupby("solver", sort=False)
    }
    for one in run.each():
        for solver in unranked(one):
            rows[solver]["not ranked"] += 1
        if one.results.empty or not gap.targets(one) or np.isnan(gap.optimum(one)):
            continue
        reached = [solver for solver, seconds in standing(one)[1].items() if np.isfinite(seconds)]
        for place, solver in enumerate(reached):
            rows[solver]["reached"] += 1
            rows[solver]["first"] += place == 0
    return pd.DataFrame(list(rows.values()), columns=list(COLUMNS))
