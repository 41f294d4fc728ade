"""Preconditioned nonlinear conjugate gradients."""

from solvers.directions.preconditioned_conjugate_gradient import PreconditionedConjugateGradient
from solvers.first_step import DECREASE, FirstStep
from solvers.method import Method
from solvers.settings import SELECTOR, SELECTOR_DOC, line_searches

METHOD = Method(
    name="pcg",
    summary="preconditioned conjugate gradients, by default with L-BFGS",
    selector=SELECTOR,
    selector_doc=SELECTOR_DOC,
    variants=line_searches(PreconditionedConjugateGradient(), FirstStep(DECREASE), c2=0.2),
)
