"""The first trial of a line search, from the curvature of f along its direction.

It costs a Hessian-vector product, or one more gradient, and minimises the quadratic model: the scaling of scaled
conjugate gradients (Moller 1993).
"""

from typing import NamedTuple

from solvers.first_step import by_decrease, positive
from solvers.hessian_product import curvature_along
from solvers.jit import part
from solvers.problem import COUNTED
from solvers.vectors import norm_one

USES_PRODUCT = True


class CurvatureStep(NamedTuple):
    """Settings of the first trial: none."""


@part
def first_trial_step(settings, fresh, scaled, here, d, f_old, slope, slope_old, t_old):
    """Return ``-slope / d'Hd``; where the curvature is not positive, the step by the last decrease of f."""
    if fresh:
        return 1.0 if scaled else min(1.0, 1.0 / norm_one(here.g))
    here.nfev[COUNTED] += 1
    curvature = curvature_along(here.problem, here.x, here.g, d, here.nfev)
    return positive(-slope / curvature if curvature > 0.0 else by_decrease(here.f, f_old, slope))
