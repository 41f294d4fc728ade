"""The search of cyclic steepest descent: a Wolfe step, then Armijo steps of the same length along the same scale.

The Armijo steps try ``t = 1`` first: their length is in the direction (`solvers.directions.cyclic_steepest_descent`).
"""

import math
from typing import Annotated, NamedTuple

from solvers.directions.cyclic_steepest_descent import FIRST, phase
from solvers.jit import part
from solvers.options import Between, Choice
from solvers.searches import armijo, wolfe
from solvers.searches.armijo import Armijo
from solvers.searches.wolfe import Wolfe


class Cyclic(NamedTuple):
    """Settings of the alternating search."""

    cycle: Annotated[int, Between(0), "one Wolfe step, then cycle - 1 Armijo steps; 1: Armijo steps alone"] = 3
    c1: Annotated[float, Between(0.0, 1.0, open_low=True, open_high=True), "sufficient decrease"] = 1e-4
    c2: Annotated[float, Between(0.0, 1.0, open_low=True, open_high=True), "curvature"] = 0.2
    interpolation: Annotated[
        int, Choice(("bisection", "cubic", "mixed")), "how the trials of a Wolfe step are placed"
    ] = wolfe.CUBIC
    backtracking: Annotated[
        int, Choice(("halving", "quadratic", "cubic")), "how a shorter Armijo step is chosen"
    ] = armijo.CUBIC
    multi: Annotated[bool, "fit the polynomial of backtracking through the last two trials"] = False
    window: Annotated[int, Between(0, 100), "how many last values the decrease of an Armijo step is counted from"] = 10
    max_trials: Annotated[int, Between(1), "evaluations per search"] = 26
    floor: Annotated[float, Between(0.0, 1e-3), "rounding of f, relative, within which slopes decide; 0: never"] = 1e-14
    progress: Annotated[float, "give up when x would move by no more than this"] = -math.inf
    unbounded: Annotated[bool, "take a value of minus infinity as the end of the run, not as illegal"] = True


@part
def find(ray, settings, start, reference, t, last_call):
    """Search by the rule of this iteration."""
    wolfe_settings = Wolfe(
        settings.c1,
        settings.c2,
        settings.interpolation,
        settings.max_trials,
        settings.floor,
        settings.backtracking,
        settings.multi,
        True,
        settings.progress,
        settings.unbounded,
    )
    if phase(ray.nit, settings.cycle) == FIRST:
        return wolfe.find(ray, wolfe_settings, start, start.f, t, last_call)
    return armijo.find(ray, wolfe.fallback(wolfe_settings), start, reference, t if ray.nit == 0 else 1.0, last_call)
