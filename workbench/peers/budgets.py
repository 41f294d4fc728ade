"""Growing budgets: how a peer that shows no iterates is traced. It runs anew with 1, 2, 4, ... iterations.

A row of the trace is such a run. A longer one passes through the same points, so its seconds bound those of all shorter
ones: where a short run was measured slower than a longer one, the longer one's seconds are its own.
"""

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from solvers.interrupt import HeldBack
from solvers.jit import clock
from solvers.status import Status
from workbench.peers.task import Budgeted, Ending
from workbench.peers.trace import Trace

if TYPE_CHECKING:
    from solvers.driver import Observer

WORTH = 1.25
"""How much larger the last budget must be than the one before, where the time left does not allow twice as much."""


class Climb(NamedTuple):
    """Where the budgets led: the answer of the last run, its iterations and seconds, and how it ended."""

    x: np.ndarray
    nit: int
    seconds: float
    ending: Ending


def climbed(
    fitting: Budgeted,
    trace: Trace,
    *,
    max_time: float,
    most: int,
    which: Status,
    observer: "Observer | None",
    held: HeldBack,
) -> Climb:
    """Run `fitting` with growing budgets until it says that it has converged, or a limit is reached.

    Parameters
    ----------
    max_time : float
        Seconds of a single run; no run is begun that would take longer, judged by the last one.
    most : int
        The largest budget, and `which` status a run with it ends in.
    """
    budget, before = 1, np.empty(0)
    runs: list[tuple[int, float, np.ndarray]] = []
    while True:
        began = clock()
        try:
            ending = held.letting_through(fitting.fit)(budget)
        except KeyboardInterrupt:
            ending = Ending(Status.INTERRUPTED, "")
            break
        seconds = clock() - began
        x = np.array(fitting.theta(ending.found), np.float64)
        nit = max(ending.nit or budget, runs[-1][0] if runs else 1)
        runs.append((nit, seconds, x))
        if observer is not None:
            observer(nit, seconds, x)
        if ending.status != Status.ITERATIONS:
            break
        if np.array_equal(x, before):
            ending = Ending(Status.ROUNDING, f"{budget} iterations lead no further than {budget // 2}")
            break
        if budget >= most:
            ending = ending._replace(status=which, message=f"{budget} of {most}")
            break
        before = x
        affordable = math.inf if math.isinf(max_time) else budget * max_time / max(seconds, 1e-9)
        if affordable < WORTH * budget:
            ending = Ending(Status.TIME, f"{max_time:g} s do not allow more than {budget} iterations")
            break
        budget = int(min(2 * budget, most, affordable))
    shortest = math.inf
    bounded = []
    for nit, seconds, x in reversed(runs):
        shortest = min(shortest, seconds)
        bounded.append((nit, shortest, x))
    for nit, seconds, x in reversed(bounded):
        trace.add(nit, nit, seconds, x)
    if not runs:
        return Climb(np.empty(0), 0, 0.0, ending)
    return Climb(runs[-1][2], runs[-1][0], runs[-1][1], ending)
