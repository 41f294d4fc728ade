"""Steepest descent with the step length of Barzilai & Borwein (1988), which imitates a quasi-Newton step.

The length is kept in the direction, ``d = -alpha g``, so that the first trial of every search is ``t = 1``; with the
non-monotone Armijo search this is the global method of Raydan (1997).
"""

from typing import Annotated, NamedTuple

import numpy as np

from solvers.jit import part
from solvers.options import Choice
from solvers.vectors import dot

LONG, SHORT = range(2)


class BarzilaiBorwein(NamedTuple):
    """Settings of the Barzilai-Borwein length."""

    length: Annotated[int, Choice(("long", "short")), "long: s's / s'y; short: s'y / y'y"] = LONG


class Memory(NamedTuple):
    """The length of the next step, 1 until something was learnt."""

    alpha: np.ndarray


@part
def new_memory(n, settings):
    """Return a memory with ``alpha = 1``."""
    return Memory(np.ones(1))


@part
def propose(memory, settings, g):
    """Return ``-alpha g``."""
    return -memory.alpha[0] * g


@part
def learn(memory, settings, step):
    """Set alpha from the last step (equations 5 and 6); a length out of [1e-10, 1e10] is taken as 1."""
    curvature = dot(step.s, step.y)
    if settings.length == LONG:
        numerator, denominator = dot(step.s, step.s), curvature
    else:
        numerator, denominator = curvature, dot(step.y, step.y)
    alpha = numerator / denominator if denominator > 0.0 else 0.0
    memory.alpha[0] = alpha if 1e-10 < alpha <= 1e10 else 1.0


@part
def forget(memory):
    """Return to ``alpha = 1``."""
    learnt = memory.alpha[0] != 1.0
    memory.alpha[0] = 1.0
    return learnt
