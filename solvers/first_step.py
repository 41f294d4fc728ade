"""The first trial of a line search."""

from typing import Annotated, NamedTuple

from solvers.jit import part
from solvers.options import Choice
from solvers.vectors import norm_one

UNIT, DECREASE, SLOPE = range(3)


class FirstStep(NamedTuple):
    """Settings of the first trial."""

    first_step: Annotated[
        int,
        Choice(("unit", "decrease", "slope")),
        "unit: t = 1; decrease: 2 (f - f_old) / slope, at most 1; slope: t_old slope_old / slope",
    ] = UNIT


@part
def first_step(settings, fresh, f, f_old, slope, slope_old, t_old, g):
    """Return the first step length to try.

    A `fresh` direction (the first of a run, or after a restart) has no scale yet: its first trial moves by at most 1 in
    the 1-norm. The others: Nocedal & Wright (2006), section 3.5, "initial step length", equation 3.60.
    """
    if fresh:
        return min(1.0, 1.0 / norm_one(g))
    if settings.first_step == DECREASE:
        t = min(1.0, 2.0 * (f - f_old) / slope)
    elif settings.first_step == SLOPE:
        t = t_old * min(10.0, slope_old / slope)
    else:
        t = 1.0
    return t if t > 0.0 else 1.0
