"""Steepest descent with a line search; `gd` has more ways to choose the step."""

from solvers.directions.steepest_descent import SteepestDescent
from solvers.first_step import DECREASE, FirstStep
from solvers.method import Method
from solvers.settings import SELECTOR, SELECTOR_DOC, line_searches

METHOD = Method(
    name="sd",
    summary="steepest descent",
    selector=SELECTOR,
    selector_doc=SELECTOR_DOC,
    variants=line_searches(SteepestDescent(), FirstStep(DECREASE)),
)
