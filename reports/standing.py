"""The standing of a run of one problem: who came first to the tightest target that anyone reached."""

import numpy as np

from reports import gap
from reports.ranking import unranked
from reports.run import Run
from reports.tables.summary import summary


def standing(run: Run) -> tuple[float, dict[str, float]]:
    """Tightest target that a ranked solver reached, and the seconds to it of each ranked solver, shortest first.

    Where none reached any target it is the loosest one, and all seconds are ``inf``. The run has a target.
    """
    outside = unranked(run)
    table = summary(run).set_index("solver")
    table = table[[solver not in outside for solver in table.index]]
    wanted = sorted(gap.targets(run))
    target = next((t for t in wanted if np.isfinite(table[gap.heading(run, t)]).any()), wanted[-1])
    times = table[gap.heading(run, target)].sort_values(kind="stable")
    return target, {str(solver): float(seconds) for solver, seconds in times.items()}
