"""The first trial of a line search, from what the last one found."""

from typing import Annotated, NamedTuple

from solvers.jit import part
from solvers.options import Between, Choice
from solvers.vectors import norm_one

UNIT, DECREASE, SLOPE, DOUBLING = range(4)


class FirstStep(NamedTuple):
    """Settings of the first trial."""

    first_step: Annotated[
        int,
        Choice(("unit", "decrease", "slope", "doubling")),
        "unit: t = 1; decrease: 2 (f - f_old) / slope, at most 1; slope: t_old slope_old / slope; doubling: 2 t_old, at"
        " most 1",
    ] = UNIT
    growth: Annotated[float, Between(1.0), "slope: the first trial is at most so many times the last step"] = 10.0


@part
def first_trial_step(settings, fresh, scaled, here, d, f_old, slope, slope_old, t_old):
    """Return the first step length to try.

    A `fresh` direction (the first of a run, or after a restart) has no scale yet, unless it is `scaled` by itself: its
    first trial moves by at most 1 in the 1-norm. The others: Nocedal & Wright (2006), section 3.5, "initial step
    length", equation 3.60.
    """
    if fresh:
        return 1.0 if scaled else min(1.0, 1.0 / norm_one(here.g))
    if settings.first_step == DECREASE:
        return positive(by_decrease(here.f, f_old, slope))
    if settings.first_step == SLOPE:
        return positive(t_old * min(settings.growth, slope_old / slope))
    if settings.first_step == DOUBLING:
        return positive(min(1.0, 2.0 * t_old))
    return 1.0


@part
def by_decrease(f, f_old, slope):
    """Return the step on which the parabola with this slope falls as much as f fell in the last iteration."""
    return min(1.0, 2.0 * (f - f_old) / slope)


@part
def positive(t):
    """Return `t`, or 1 where it leads nowhere or back."""
    return 1.0 if t <= 0.0 else t
