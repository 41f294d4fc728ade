"""Limited-memory BFGS: ``d = -H g`` with H from the last pairs ``s = x_new - x_old``, ``y = g_new - g_old``.

Liu & Nocedal (1989); Nocedal & Wright (2006), Algorithm 7.4. A preconditioner of the problem, about the inverse of its
Hessian, takes the place of the identity in the initial matrix of the recursion (Nocedal & Wright, section 7.2), scaled
so that the newest pair fits.

===========  =================  =====================================================
literature   here
===========  =================  =====================================================
m            ``memory``         pairs kept (an option)
s_k, y_k     ``S[j], Y[j]``     rows of a ring, oldest overwritten
1 / rho_k    ``sy[j]``          the curvature ``s'y`` of the pair
gamma_k      ``scale[0]``       ``s'y / y'y`` of the newest pair; H_0 = gamma I
             ``scale``          ``s'y / y'Py``; H_0 = gamma P, for a preconditioner P
===========  =================  =====================================================
"""

from typing import Annotated, NamedTuple

import numpy as np

from solvers.directions import GIVEN, Preconditioner
from solvers.jit import by_presence, compiled, part
from solvers.options import Between
from solvers.problem import preconditioned
from solvers.remarks import remark
from solvers.vectors import add_row, dot, dot_row, overwrite, scaled

USES_PRECONDITIONER = True


class LimitedMemoryBFGS(NamedTuple):
    """Settings of limited-memory BFGS."""

    memory: Annotated[int, Between(1), "pairs kept"] = 100
    curvature: Annotated[float, Between(0.0, 1.0), "a pair is stored only if s'y exceeds this part of |s| |y|"] = 1e-10
    curvature_floor: Annotated[float, Between(0.0), "and only if s'y exceeds this"] = 0.0
    damped: Annotated[bool, "Powell's damping: a pair of low curvature is mixed with B s instead of skipped"] = False
    preconditioner: Preconditioner = GIVEN


class Memory(NamedTuple):
    """A ring of pairs: `ring` holds the row of the oldest pair and the number of pairs."""

    S: np.ndarray
    Y: np.ndarray
    sy: np.ndarray
    scale: np.ndarray
    ring: np.ndarray


@part
def new_memory(n, settings):
    """Return an empty ring for `n` variables."""
    m = settings.memory
    return Memory(np.empty((m, n)), np.empty((m, n)), np.empty(m), np.ones(1), np.zeros(2, np.int64))


@compiled
def newest_to_oldest(S, Y, sy, oldest, count, q):
    """Subtract from `q`, in place, what each pair takes, the newest first; return how much of each that was."""
    m = S.shape[0]
    a = np.empty(count)
    j = (oldest + count) % m
    for k in range(count - 1, -1, -1):
        j = j - 1 if j > 0 else m - 1
        a[k] = dot_row(S, j, q) / sy[j]
        add_row(q, -a[k], Y, j)
    return a


@compiled
def oldest_to_newest(S, Y, sy, oldest, a, q):
    """Add to `q`, in place, what each pair brings, the oldest first."""
    m, j = S.shape[0], oldest
    for k in range(a.size):
        add_row(q, a[k] - dot_row(Y, j, q) / sy[j], S, j)
        j = j + 1 if j < m - 1 else 0


@compiled
def two_loop(S, Y, sy, scale, oldest, count, q):
    """Replace `q` by ``H q`` (Algorithm 7.4), in 4 n multiplications and as many additions a pair."""
    a = newest_to_oldest(S, Y, sy, oldest, count, q)
    for i in range(q.size):
        q[i] *= scale
    oldest_to_newest(S, Y, sy, oldest, a, q)


@part
def apply_inverse(memory, v):
    """Return ``H v``, a new array; without pairs, a copy of `v`."""
    q = v.copy()
    two_loop(memory.S, memory.Y, memory.sy, memory.scale[0], memory.ring[0], memory.ring[1], q)
    return q


@part
def _preconditioned_direction(given, memory, here):
    S, Y, sy, oldest, count = memory.S, memory.Y, memory.sy, memory.ring[0], memory.ring[1]
    q = scaled(-1.0, here.g)
    a = newest_to_oldest(S, Y, sy, oldest, count, q)
    d = preconditioned(here.problem, here.x, q)
    if count > 0:
        newest = (oldest + count - 1) % S.shape[0]
        y = Y[newest].copy()
        yPy = dot(y, preconditioned(here.problem, here.x, y))
        if 0.0 < yPy < np.inf:  # else the preconditioner is not positive definite, or y is as good as 0
            d = scaled(sy[newest] / yPy, d)
    oldest_to_newest(S, Y, sy, oldest, a, d)
    if count == 0 and not dot(here.g, d) < 0.0:
        remark("Preconditioner is not positive definite")
        return scaled(-1.0, here.g)
    return d


@part
def _direction(nothing, memory, here):
    return apply_inverse(memory, scaled(-1.0, here.g))


_propose = by_presence(_preconditioned_direction, _direction)


@part
def propose(memory, settings, here):
    """Return ``-H g``; without pairs, ``-g``, or the preconditioner times that."""
    return _propose(here.problem.preconditioner, memory, here)


@part
def is_scaled(problem):
    """Return whether there is a preconditioner, which gives the first direction a length."""
    return problem.preconditioner is not None


@compiled
def damp(s, y, t, g_old):
    """Mix ``B s`` into `y` where ``s'y < 0.2 s'Bs`` (Powell 1978; Nocedal & Wright, Procedure 18.2), in place.

    B s needs no matrix: the step was ``s = -t H g_old``, so ``B s = -t g_old``.
    """
    sBs, sy = -t * dot(s, g_old), dot(s, y)
    if sBs > 0.0 and sy < 0.2 * sBs:
        theta = 0.8 * sBs / (sBs - sy)
        for i in range(y.size):
            y[i] = theta * y[i] - (1.0 - theta) * t * g_old[i]


@compiled
def next_row(ring, m):
    """Return the row of a ring of m rows that the next pair goes to: a free one, or else that of the oldest pair."""
    if ring[1] < m:
        ring[1] += 1
        return (ring[0] + ring[1] - 1) % m
    row = ring[0]
    ring[0] = (row + 1) % m
    return row


@compiled
def store(S, Y, sy, scale, ring, s, y, curvature, floor):
    """Append the pair, unless its curvature is too low to trust or not finite; return whether it was appended."""
    product, yy = dot(s, y), dot(y, y)
    if not (product > floor and product > curvature * np.sqrt(dot(s, s) * yy) and 0.0 < yy < np.inf):
        return False
    row = next_row(ring, S.shape[0])
    overwrite(S[row], s)
    overwrite(Y[row], y)
    sy[row] = product
    scale[0] = product / yy
    return True


@part
def take_pair(memory, settings, s, y):
    """Append the pair of a step, or say that it was skipped."""
    appended = store(
        memory.S, memory.Y, memory.sy, memory.scale, memory.ring, s, y, settings.curvature, settings.curvature_floor
    )
    if not appended:
        remark("Skipped L-BFGS updated")


@part
def learn(memory, settings, step):
    """Take in the pair of an accepted step."""
    if settings.damped:
        damp(step.s, step.y, step.t, step.g_old)
    take_pair(memory, settings, step.s, step.y)


@part
def forget(memory):
    """Drop all pairs."""
    learnt = memory.ring[1] > 0
    memory.ring[:] = 0
    memory.scale[0] = 1.0
    return learnt
