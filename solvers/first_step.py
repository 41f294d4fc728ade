"""The first trial of a line search."""

from typing import Annotated, NamedTuple

from solvers.hessian_product import curvature_along
from solvers.jit import part
from solvers.options import Between, Choice
from solvers.problem import COUNTED
from solvers.vectors import norm_one

UNIT, DECREASE, SLOPE, DOUBLING, CURVATURE = range(5)


class FirstStep(NamedTuple):
    """Settings of the first trial."""

    first_step: Annotated[
        int,
        Choice(("unit", "decrease", "slope", "doubling", "curvature")),
        "unit: t = 1; decrease: 2 (f - f_old) / slope, at most 1; slope: t_old slope_old / slope; doubling: 2 t_old, at"
        " most 1; curvature: -slope / d'Hd, by a Hessian-vector product or one more gradient",
    ] = UNIT
    growth: Annotated[float, Between(1.0), "slope: the first trial is at most so many times the last step"] = 10.0


@part
def first_step(settings, fresh, scaled, here, d, f_old, slope, slope_old, t_old):
    """Return the first step length to try.

    A `fresh` direction (the first of a run, or after a restart) has no scale yet, unless it is `scaled` by itself: its
    first trial moves by at most 1 in the 1-norm. The others: Nocedal & Wright (2006), section 3.5, "initial step
    length", equation 3.60; with the curvature, the minimiser of the quadratic model along d.
    """
    if fresh:
        return 1.0 if scaled else min(1.0, 1.0 / norm_one(here.g))
    if settings.first_step == UNIT:
        return 1.0
    t = 0.0
    if settings.first_step == SLOPE:
        t = t_old * min(settings.growth, slope_old / slope)
    elif settings.first_step == DOUBLING:
        t = min(1.0, 2.0 * t_old)
    elif settings.first_step == CURVATURE:
        here.nfev[COUNTED] += 1
        curvature = curvature_along(here.problem, here.x, here.g, d, here.nfev)
        t = -slope / curvature if curvature > 0.0 else min(1.0, 2.0 * (here.f - f_old) / slope)
    else:
        t = min(1.0, 2.0 * (here.f - f_old) / slope)
    return 1.0 if t <= 0.0 else t
