"""Expected running time: evaluations until a target, those of failures included (Auger & Hansen 2005, eq. 1)."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from reports import gap
from reports.run import Run


def expected_evaluations(run: Run, cells: pd.DataFrame, traces: Sequence[pd.DataFrame], target: float) -> float:
    """Evaluations of all repeats over the number that came to `target`: what a restarted solver needs on average.

    A repeat that came there counts up to there, another with all it spent. ``inf`` where none came, NaN where it is not
    known what a failed one spent, or where the run has no f*.
    """
    if np.isnan(gap.optimum(run)):
        return float("nan")
    reached = [gap.first_at(run, trace, target, "nfev") for trace in traces]
    successes = [evaluations for evaluations in reached if np.isfinite(evaluations)]
    if not successes:
        return float("inf")
    spent = [
        _spent(nfev, trace)
        for nfev, trace, evaluations in zip(cells["nfev"], traces, reached, strict=True)
        if not np.isfinite(evaluations)
    ]
    return float((sum(successes) + sum(spent)) / len(successes))


def _spent(nfev: float, trace: pd.DataFrame) -> float:
    return float(trace["nfev"].iloc[-1]) if np.isnan(nfev) and len(trace) else nfev
