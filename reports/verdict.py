"""The verdict of a run: who reached the tightest target that anyone reached, in which order."""

import numpy as np

from reports import gap
from reports.numerals import power, significant
from reports.outcome import failed
from reports.run import Run
from reports.tables.summary import summary


def verdict(run: Run) -> str:
    """One sentence; empty where the run has no target or no f*."""
    table = summary(run)
    wanted = sorted(gap.targets(run))
    if table.empty or not wanted or np.isnan(gap.optimum(run)):
        return ""
    target = next((t for t in wanted if np.isfinite(table[gap.heading(run, t)]).any()), None)
    if target is None:
        return f"No solver reached {gap.name(run)} {power(wanted[-1])}."
    times = table.set_index("solver")[gap.heading(run, target)].sort_values(kind="stable")
    reached = [f"{solver} after {significant(seconds)} s" for solver, seconds in times.items() if np.isfinite(seconds)]
    broken = set(failed(run))
    never = [solver for solver, seconds in times.items() if not np.isfinite(seconds) and solver not in broken]
    sentence = f"First to {gap.name(run)} {power(target)}: {', then '.join(reached)}"
    sentence += f"; never: {', '.join(never)}" if never else ""
    sentence += f"; failed: {', '.join(failed(run))}" if broken else ""
    return f"{sentence}."
