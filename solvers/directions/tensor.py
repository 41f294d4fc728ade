"""Third-order Newton: d is the local minimiser, from 0, of the third-order Taylor model of f.

``m(d) = f + g'd + d'Hd / 2 + T[d, d, d] / 6`` (Schnabel & Chow 1991 have such models with a T of low rank). The model
has no lower bound; where its minimiser is too far, too near, or uphill, the Newton direction for the magnitudes of the
eigenvalues of H stands in.
"""

from typing import Annotated, NamedTuple

import numpy as np

from solvers.directions import ACCEPTED, EACH, NEVER
from solvers.directions.newton import DIRECT, Newton, absolute_eigenvalue, all_finite
from solvers.engine import solver
from solvers.first_step import FirstStep
from solvers.jit import compiled, part
from solvers.linear_algebra import times
from solvers.options import Between, declared
from solvers.problem import Problem, tensor
from solvers.remarks import listening, remark
from solvers.searches.armijo import Armijo
from solvers.searches.wolfe import Wolfe
from solvers.settings import DescentSettings
from solvers.stopping import Stopping
from solvers.vectors import dot, norm_inf

ORDER = 3
INTERPRETED = True  # to compile a whole run into the direction takes minutes

FAR, NEAR = 1e5, 1e-5
"""A minimiser of the model is too far if any coordinate is larger, too near if all are smaller."""


class Tensor(NamedTuple):
    """Settings of third-order Newton: how its model is minimised, and how the searches evaluate f."""

    model_gtol: Annotated[float, Between(0.0), "largest component of the model's gradient at its minimiser"] = 1e-5
    modification: Annotated[
        int, declared(Newton())["modification"].rule, "what makes the Hessian of the model positive"
    ] = Newton().modification
    recompute: Annotated[
        int, Between(0), "every so many iterations the search evaluates the Hessian, without need; 0: never"
    ] = 0
    every_trial: Annotated[bool, "with recompute: at every trial of that search, not the first and last only"] = False


@part
def wants_hessian(settings, nit):
    """Whether the search of this iteration evaluates the Hessian, and when."""
    every = settings.recompute
    if every == 0 or (every > 1 and (nit == 0 or nit % every != 0)):
        return NEVER
    return EACH if settings.every_trial else ACCEPTED


@compiled
def model(d, f, g, H, T):
    """Return the value, gradient and Hessian of the third-order model at `d`; the gradient is 0 where that is too far.

    So that whoever minimises a model without a minimum stops there.
    """
    n = d.size
    Td = np.zeros((n, n))
    for i in range(n):
        for j in range(n):
            for k in range(n):
                Td[j, k] += T[i, j, k] * d[i]
    Hd, Tdd = times(H, d), times(Td, d)
    value = f + dot(g, d) + 0.5 * dot(d, Hd) + dot(Tdd, d) / 6.0
    gradient = g + Hd + 0.5 * Tdd
    if norm_inf(d) > FAR:
        gradient[:] = 0.0
    return value, gradient, H + Td


_run = solver(FirstStep, Wolfe, Newton)


def minimise_model(settings, progress, f, g, H, T):
    """Return the minimiser of the model that Newton's method with a Wolfe search finds from 0."""
    stopping = Stopping(gtol=settings.model_gtol, progress=progress, max_iter=500, max_evals=1000, finish_search=True)
    backtracking = Armijo(floor=0.0, progress=progress, unbounded=False)
    search = Wolfe(floor=0.0, lowest=True, progress=progress, unbounded=False, outside=backtracking)
    direction = Newton(settings.modification, DIRECT)
    chosen = DescentSettings(stopping, FirstStep(), search, direction)
    with listening(lambda text, *values: None):
        return _run(Problem(None, (f, g, H, T), model), np.zeros_like(g), chosen).x


@part
def new_memory(n, settings):
    """Nothing is kept."""
    return ()


@part
def is_scaled(problem):
    """Return that the first direction has Newton's length."""
    return True


def propose(memory, settings, here):
    """Return the minimiser of the model, or the second-order direction; NaN where the Hessian is not finite."""
    f, g, H, T = tensor(here.problem, here.x, here.nfev)
    if not all_finite(H):
        return np.full_like(g, np.nan)
    if all_finite(T):
        d = minimise_model(settings, here.progress, f, g, H, T)
        slope = dot(g, d)
        if np.abs(d).max() >= NEAR and np.abs(d).max() <= FAR and slope < 0.0 and not slope > -here.progress:
            return d
    remark("Using 2nd-Order Step")
    return absolute_eigenvalue(H, g)


@part
def learn(memory, settings, step):
    """Nothing is learnt."""


@part
def forget(memory):
    """There is nothing to drop."""
    return False
