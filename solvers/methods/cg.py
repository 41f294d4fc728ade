"""Nonlinear conjugate gradients with a line search tight enough for them."""

from solvers.directions.conjugate_gradient import ConjugateGradient
from solvers.first_step import SLOPE, FirstStep
from solvers.method import Method
from solvers.searches.armijo import Armijo
from solvers.searches.wolfe import Wolfe
from solvers.settings import DescentSettings
from solvers.stopping import Stopping

METHOD = Method(
    name="cg",
    summary="nonlinear conjugate gradients",
    selector="line_search",
    selector_doc="strong Wolfe conditions, or Armijo backtracking",
    variants={
        "wolfe": DescentSettings(Stopping(), FirstStep(SLOPE), Wolfe(c2=0.2), ConjugateGradient()),
        "armijo": DescentSettings(Stopping(), FirstStep(SLOPE), Armijo(), ConjugateGradient()),
    },
)
