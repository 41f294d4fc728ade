"""Nonlinear conjugate gradients with a line search tight enough for them."""

from solvers.directions.conjugate_gradient import ConjugateGradient
from solvers.first_step import DECREASE, SLOPE, FirstStep
from solvers.method import Method
from solvers.settings import SELECTOR, SELECTOR_DOC, line_searches

_by_slope = line_searches(ConjugateGradient(), FirstStep(SLOPE), c2=0.2)

METHOD = Method(
    name="cg",
    summary="nonlinear conjugate gradients",
    selector=SELECTOR,
    selector_doc=SELECTOR_DOC,
    # Backtracking alone never lengthens a step: its first trials are not measured by the last ones.
    variants=_by_slope | {"armijo": _by_slope["armijo"]._replace(first_step=FirstStep(DECREASE))},
)
