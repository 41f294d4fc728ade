"""The verdict of a run of one problem: who reached the tightest target that anyone reached, in which order."""

import numpy as np

from reports import gap
from reports.numerals import power, significant
from reports.outcome import failed
from reports.ranking import unranked
from reports.run import Run
from reports.standing import standing


def verdict(run: Run) -> str:
    """One sentence; empty where the run has no target or no f*."""
    if run.results.empty or not gap.targets(run) or np.isnan(gap.optimum(run)):
        return ""
    target, times = standing(run)
    outside = unranked(run)
    reached = [f"{solver} after {significant(seconds)} s" for solver, seconds in times.items() if np.isfinite(seconds)]
    if reached:
        broken = set(failed(run))
        never = [solver for solver, seconds in times.items() if not np.isfinite(seconds) and solver not in broken]
        sentence = f"First to {gap.name(run)} {power(target)}: {', then '.join(reached)}"
        sentence += f"; never: {', '.join(never)}" if never else ""
        sentence += f"; failed: {', '.join(failed(run))}" if broken else ""
    elif times:
        sentence = f"No solver reached {gap.name(run)} {power(target)}"
    else:
        sentence = "No solver is ranked"
    left = ", ".join(f"{solver} ({why})" for solver, why in outside.items())
    return f"{sentence}{f'; not ranked: {left}' if left else ''}."
