"""Scaled conjugate gradients: the first trial of a search minimises the quadratic model along the direction."""

from solvers.curvature_step import CurvatureStep
from solvers.directions.conjugate_gradient import ConjugateGradient
from solvers.method import Method
from solvers.settings import SELECTOR, SELECTOR_DOC, line_searches

METHOD = Method(
    name="scg",
    summary="conjugate gradients, first trial by curvature along them",
    selector=SELECTOR,
    selector_doc=SELECTOR_DOC,
    variants=line_searches(ConjugateGradient(), CurvatureStep(), c2=0.2),
)
