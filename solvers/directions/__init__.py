"""Search directions: one per file, each a settings tuple, a memory, and four operations on it.

``new_memory(n, settings)``
    The arrays that the direction keeps between iterations, for `n` variables.
``propose(memory, settings, here)``
    The direction at the present iterate (a `Here`), a new array.
``learn(memory, settings, step)``
    Take in an accepted step (a `Step`).
``forget(memory)``
    Drop what was learnt: the next proposal is steepest descent. Returns whether there was anything to drop.

A file may say more about its direction:

``is_scaled(problem)``
    Whether the first direction of a run has a length of its own, so that its first trial is ``t = 1``; it has none, if
    nothing is said.
``ORDER``
    The highest derivative that it uses: 1 (the gradient, if nothing is said), 2 or 3.
``USES_PRODUCT = True``, ``USES_PRECONDITIONER = True``
    It calls these functions of the problem if they are given. The settings of one that uses a preconditioner have the
    option ``preconditioner: Preconditioner``.
``wants_hessian(settings, nit)``
    Whether the search of iteration `nit` (from 0) brings the Hessian of the point that it accepts: `NEVER`, `ACCEPTED`
    (evaluated at the first trial, and again at the accepted one if that is another) or `EACH` (at every trial). A file
    with this function gets in ``Here.H`` the last Hessian brought, from x0 on, which `propose` may modify.
"""

from typing import Annotated, NamedTuple

import numpy as np

from solvers.options import Choice
from solvers.problem import Problem

NEVER, ACCEPTED, EACH = range(3)
GIVEN, OWN = range(2)
Preconditioner = Annotated[
    int, Choice(("given", "own")), "given: the function of that name, if any; own: what the objective offers"
]


class Here(NamedTuple):
    """The present iterate: what a direction may look at.

    `H` is None where the method uses no Hessian. `nit` counts finished iterations (minFunc's i is ``nit + 1``);
    ``nfev[COUNTED]`` counts evaluations of the run and is raised by whoever makes one that counts (the functions of
    `solvers.problem` count true calls by themselves); `progress` is the size below which a slope is no descent (minus
    infinity: there is no such size).
    """

    problem: Problem
    x: np.ndarray
    f: float
    g: np.ndarray
    H: np.ndarray | None
    nit: int
    nfev: np.ndarray
    max_evals: int
    progress: float


class Step(NamedTuple):
    """An accepted step: ``s = t d`` and ``y = g_new - g_old``."""

    t: float
    d: np.ndarray
    s: np.ndarray
    y: np.ndarray
    f_old: float
    f_new: float
    g_old: np.ndarray
    g_new: np.ndarray
