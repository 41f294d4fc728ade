"""Nonlinear conjugate gradients: ``d = -g + beta d_old``.

The updates are those of the survey of Hager & Zhang (2006), with ``y = g - g_old``:

==== ===================================================== ==========================
fr   ``g'g / g_old'g_old``                                 Fletcher & Reeves (1964)
pr+  ``max(0, g'y / g_old'g_old)``                         Polak & Ribiere (1969), Gilbert & Nocedal (1992)
hs   ``g'y / d'y``                                         Hestenes & Stiefel (1952)
dy   ``g'g / d'y``                                         Dai & Yuan (1999)
hz   ``max(eta, (y - 2 d y'y / d'y)'g / d'y)``             Hager & Zhang (2005), equations 1.4 to 1.6
==== ===================================================== ==========================
"""

import math
from typing import Annotated, NamedTuple

import numpy as np

from solvers.jit import compiled, part
from solvers.options import Between, Choice
from solvers.vectors import dot

FR, PR, HS, DY, HZ = range(5)


class ConjugateGradient(NamedTuple):
    """Settings of nonlinear conjugate gradients."""

    update: Annotated[int, Choice(("fr", "pr+", "hs", "dy", "hz")), "the formula of beta"] = PR
    orthogonality: Annotated[
        float,
        Between(0.0, open_low=True),
        "restart when |g'g_old| exceeds this part of g'g (Powell 1977); inf: never",
    ] = 0.2
    restart: Annotated[int, Between(0), "restart after this many iterations; 0: never"] = 0


class Memory(NamedTuple):
    """The last direction and gradients, and how many directions were made since the last restart."""

    d: np.ndarray
    g_old: np.ndarray
    made: np.ndarray


@part
def new_memory(n, settings):
    """Return a memory for `n` variables."""
    return Memory(np.zeros(n), np.zeros(n), np.zeros(1, np.int64))


@compiled
def beta(update, g, g_old, d):
    """Return the factor of the last direction; NaN, from a curvature of 0, means a restart."""
    gg, g_gold, old, dg, d_gold = dot(g, g), dot(g, g_old), dot(g_old, g_old), dot(d, g), dot(d, g_old)
    gy, dy = gg - g_gold, dg - d_gold
    if old == 0.0:  # underflow
        return np.nan
    if update == FR:
        return gg / old
    if update == PR:
        return max(0.0, gy / old)
    if dy == 0.0:
        return np.nan
    if update == HS:
        return gy / dy
    if update == DY:
        return gg / dy
    yy = gg - 2.0 * g_gold + old
    eta = -1.0 / (math.sqrt(dot(d, d)) * min(0.01, math.sqrt(old)))
    return max(eta, (gy - 2.0 * dg * yy / dy) / dy)


@part
def propose(memory, settings, g):
    """Return the conjugate direction, or ``-g`` where a restart is due."""
    made = memory.made[0]
    due = made == 0 or (settings.restart > 0 and made % settings.restart == 0)
    if not due and abs(dot(g, memory.g_old)) > settings.orthogonality * dot(g, g):
        due = True
    factor = 0.0
    if not due:
        factor = beta(settings.update, g, memory.g_old, memory.d)
    if due or not math.isfinite(factor):
        memory.made[0] = 0
        d = -g
    else:
        d = factor * memory.d - g
    memory.d[:] = d
    return d


@part
def learn(memory, settings, step):
    """Keep the gradient that the step left."""
    memory.g_old[:] = step.g_old
    memory.made[0] += 1


@part
def forget(memory):
    """Start anew from ``-g``."""
    learnt = memory.made[0] > 0
    memory.made[0] = 0
    return learnt
