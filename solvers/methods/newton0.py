"""Inexact (Hessian-free) Newton."""

from solvers.directions.inexact_newton import InexactNewton
from solvers.method import Method
from solvers.settings import SELECTOR, SELECTOR_DOC, line_searches

METHOD = Method(
    name="newton0",
    summary="Newton by linear conjugate gradients, no Hessian formed",
    selector=SELECTOR,
    selector_doc=SELECTOR_DOC,
    variants=line_searches(InexactNewton()),
)
