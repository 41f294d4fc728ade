"""Nonlinear conjugate gradients: ``d = -g + beta d_old``.

The updates are those of the survey of Hager & Zhang (2006), with ``y = g - g_old``:

====== ===================================================== ==========================================
fr     ``g'g / g_old'g_old``                                 Fletcher & Reeves (1964)
pr+    ``max(0, g'y / g_old'g_old)``                         Polak & Ribiere (1969), Gilbert & Nocedal (1992)
hs     ``g'y / d'y``                                         Hestenes & Stiefel (1952)
dy     ``g'g / d'y``                                         Dai & Yuan (1999)
hz     ``max(eta, (y - 2 d y'y / d'y)'g / d'y)``             Hager & Zhang (2005), equations 1.4 to 1.6
pr     ``g'y / g_old'g_old``                                 Polak & Ribiere (1969)
gn     ``max(-fr, min(pr, fr))``                             Gilbert & Nocedal (1992), equation 3.3
abs-pr ``|pr|``, up to rounding                              what minFunc computes as its Gilbert & Nocedal
====== ===================================================== ==========================================
"""

import math
from typing import Annotated, NamedTuple

import numpy as np

from solvers.jit import compiled, part
from solvers.options import Between, Choice
from solvers.remarks import remark
from solvers.vectors import dot, overwrite

FR, PR_PLUS, HS, DY, HZ, PR, GN, ABS_PR = range(8)


class ConjugateGradient(NamedTuple):
    """Settings of nonlinear conjugate gradients."""

    update: Annotated[int, Choice(("fr", "pr+", "hs", "dy", "hz", "pr", "gn", "abs-pr")), "the formula of beta"] = (
        PR_PLUS
    )
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
def difference_dot(a, b, c):
    """Return ``a'(b - c)``, which keeps digits that ``a'b - a'c`` loses where b and c are close."""
    n = a.size
    p = q = r = s = 0.0
    whole = n - n % 4
    for i in range(0, whole, 4):
        p += a[i] * (b[i] - c[i])
        q += a[i + 1] * (b[i + 1] - c[i + 1])
        r += a[i + 2] * (b[i + 2] - c[i + 2])
        s += a[i + 3] * (b[i + 3] - c[i + 3])
    for i in range(whole, n):
        p += a[i] * (b[i] - c[i])
    return (p + q) + (r + s)


@compiled
def beta(update, g, g_old, d):
    """Return the factor of the last direction; NaN, from a curvature of 0, means a restart."""
    old = dot(g_old, g_old)
    if old == 0.0:  # underflow
        return np.nan
    if update == FR:
        return dot(g, g) / old
    gy = difference_dot(g, g, g_old)
    pr = gy / old
    if update == PR_PLUS:
        return max(0.0, pr)
    if update == PR:
        return pr
    if update == GN:
        fr = dot(g, g) / old
        return max(-fr, min(pr, fr))
    if update == ABS_PR:
        same = (dot(g, g) - dot(g, g_old)) / old  # but for rounding, which decides the sign near 0
        return max(-pr, min(same, pr))
    dy = difference_dot(d, g, g_old)
    if dy == 0.0:
        return np.nan
    if update == HS:
        return gy / dy
    if update == DY:
        return dot(g, g) / dy
    gg, g_gold, dg = dot(g, g), dot(g, g_old), dot(d, g)
    yy = gg - 2.0 * g_gold + old
    eta = -1.0 / (math.sqrt(dot(d, d)) * min(0.01, math.sqrt(old)))
    return max(eta, (gy - 2.0 * dg * yy / dy) / dy)


@part
def propose(memory, settings, here):
    """Return the conjugate direction, or ``-g`` where a restart is due."""
    g = here.g
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
        if dot(g, d) > -here.progress:
            remark("Restarting CG")
            memory.made[0] = 0
            d = -g
    overwrite(memory.d, d)
    return d


@part
def learn(memory, settings, step):
    """Keep the gradient that the step left."""
    overwrite(memory.g_old, step.g_old)
    memory.made[0] += 1


@part
def forget(memory):
    """Start anew from ``-g``."""
    learnt = memory.made[0] > 0
    memory.made[0] = 0
    return learnt
