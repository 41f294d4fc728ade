"""The search of cyclic steepest descent: a Wolfe step, then Armijo steps of the same length along the same scale.

The Armijo steps try ``t = 1`` first: their length is in the direction (`solvers.directions.cyclic_steepest_descent`).
"""

from typing import Annotated, NamedTuple

from solvers.directions.cyclic_steepest_descent import FIRST, phase
from solvers.jit import part
from solvers.options import Between
from solvers.searches import armijo, wolfe
from solvers.searches.armijo import Armijo
from solvers.searches.wolfe import Wolfe


class Cyclic(NamedTuple):
    """Settings of the alternating search; `window` is that of the Armijo steps."""

    cycle: Annotated[int, Between(0), "one Wolfe step, then cycle - 1 Armijo steps; 1: Armijo steps alone"] = 3
    window: Annotated[int, Between(0), "how many last values the decrease of an Armijo step is counted from"] = 10
    wolfe: Wolfe = Wolfe(c2=0.2, outside=Armijo())
    armijo: Armijo = Armijo()


@part
def find(ray, settings, start, reference, t, last_call):
    """Search by the rule of this iteration."""
    if phase(ray.nit, settings.cycle) == FIRST:
        return wolfe.find(ray, settings.wolfe, start, start.f, t, last_call)
    return armijo.find(ray, settings.armijo, start, reference, t if ray.nit == 0 else 1.0, last_call)
