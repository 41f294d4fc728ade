"""Quasi-Newton methods with a dense matrix."""

from solvers.directions.quasi_newton import QuasiNewton
from solvers.method import Method
from solvers.settings import SELECTOR, SELECTOR_DOC, line_searches

METHOD = Method(
    name="qnewton",
    summary="quasi-Newton with a dense matrix, six updates",
    selector=SELECTOR,
    selector_doc=SELECTOR_DOC,
    variants=line_searches(QuasiNewton()),
)
