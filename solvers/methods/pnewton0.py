"""Preconditioned inexact Newton."""

from solvers.directions.inexact_newton import InexactNewton
from solvers.method import Method
from solvers.settings import SELECTOR, SELECTOR_DOC, line_searches

METHOD = Method(
    name="pnewton0",
    summary="newton0 with a preconditioner, by default L-BFGS",
    selector=SELECTOR,
    selector_doc=SELECTOR_DOC,
    variants=line_searches(InexactNewton(precondition=True)),
)
