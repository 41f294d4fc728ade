"""Cyclic steepest descent: one Wolfe step sets the length of the Armijo steps of its cycle."""

from solvers.directions.cyclic_steepest_descent import CyclicSteepestDescent
from solvers.first_step import DECREASE, FirstStep
from solvers.method import Method
from solvers.searches.cyclic import Cyclic
from solvers.settings import DescentSettings
from solvers.stopping import Stopping

METHOD = Method(
    name="csd",
    summary="cyclic steepest descent: a Wolfe step, then others as long",
    variants={"": DescentSettings(Stopping(), FirstStep(DECREASE), Cyclic(), CyclicSteepestDescent())},
)
