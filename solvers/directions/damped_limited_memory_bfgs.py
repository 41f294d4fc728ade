"""Limited-memory BFGS that damps pairs of low curvature instead of skipping them, as minFunc's option Damped does.

Powell's damping (1978; Nocedal & Wright 2006, Procedure 18.2) needs the product ``B s`` with the Hessian of the model.
It comes from the compact representation of Byrd, Nocedal & Schnabel (1994), theorem 2.3:

    ``B s = sigma s - N M^-1 N' s``,  ``N = [sigma S, Y]``,  ``M = [[sigma S'S, L], [L', -D]]``,

with the pairs in the columns of S and Y, ``sigma = y'y / s'y`` of the newest pair, L the part of ``S'Y`` below its
diagonal and D the diagonal. The oldest stored pair is left out of B, from the first one on (minFunc's choice).
"""

from typing import Annotated, NamedTuple

import numpy as np

from solvers.directions.limited_memory_bfgs import next_row, two_loop
from solvers.jit import compiled, part
from solvers.linear_algebra import lu_solve
from solvers.options import Between
from solvers.remarks import remark
from solvers.vectors import add_row, dot, overwrite


class DampedLimitedMemoryBFGS(NamedTuple):
    """Settings of damped limited-memory BFGS."""

    memory: Annotated[int, Between(1), "pairs kept"] = 100
    damping: Annotated[
        float, Between(0.0, 1.0, open_high=True), "y is mixed with B s where s'y is below this part of s'Bs"
    ] = 0.02


class Memory(NamedTuple):
    """A ring of pairs, with the products of all its rows.

    `ring` holds the row of the oldest pair and the number of pairs; ``SS[i, j]`` is ``s_i's_j``, ``SY[i, j]`` is
    ``s_i'y_j`` for pairs in the rows i and j; `sy` is the diagonal of SY, NaN instead of 0.
    """

    S: np.ndarray
    Y: np.ndarray
    SS: np.ndarray
    SY: np.ndarray
    sy: np.ndarray
    scale: np.ndarray
    ring: np.ndarray


@part
def new_memory(n, settings):
    """Return an empty ring for `n` variables."""
    m = settings.memory
    return Memory(
        np.empty((m, n)),
        np.empty((m, n)),
        np.empty((m, m)),
        np.empty((m, m)),
        np.empty(m),
        np.ones(1),
        np.zeros(2, np.int64),
    )


@part
def propose(memory, settings, here):
    """Return ``-H g``; without pairs, ``-g``. It is NaN where a pair has no curvature at all."""
    d = -here.g
    two_loop(memory.S, memory.Y, memory.sy, memory.scale[0], memory.ring[0], memory.ring[1], d)
    return d


@compiled
def model_product(S, Y, SS, SY, scale, ring, s):
    """Return ``B s``; NaN where the middle matrix M is singular."""
    m = S.shape[0]
    k = max(ring[1] - 1, 0)
    sigma = 1.0 / scale if scale != 0.0 else np.inf
    rows = np.empty(k, np.int64)
    for i in range(k):
        rows[i] = (ring[0] + 1 + i) % m
    M = np.zeros((2 * k, 2 * k))
    right = np.empty(2 * k)
    for i in range(k):
        right[i] = dot(S[rows[i]], s) * sigma
        right[k + i] = dot(Y[rows[i]], s)
        for j in range(k):
            M[i, j] = SS[rows[i], rows[j]] * sigma
            if j < i:
                M[i, k + j] = M[k + j, i] = SY[rows[i], rows[j]]
        M[k + i, k + i] = -SY[rows[i], rows[i]]
    weights, _ = lu_solve(M, right)
    correction = np.zeros(s.size)
    for i in range(k):
        add_row(correction, weights[i] * sigma, S, rows[i])
    for i in range(k):
        add_row(correction, weights[k + i], Y, rows[i])
    return sigma * s - correction


@compiled
def damped(s, y, Bs, damping):
    """Return y, or where ``s'y`` is below a part of ``s'Bs`` the mixture of y and B s, and whether it was mixed.

    A NaN in B s leaves y alone. Shared by the limited-memory and the dense updates.
    """
    sy, sBs = dot(s, y), dot(s, Bs)
    if not sy < damping * sBs:
        return y, False
    excess = sBs - sy
    theta = min(max((1.0 - damping) * sBs / excess, 0.0), 1.0) if excess != 0.0 else 0.0
    return theta * y + (1.0 - theta) * Bs, True


@compiled
def store(S, Y, SS, SY, sy, scale, ring, s, y):
    """Append a pair, in place of the oldest one if there is no room."""
    m = S.shape[0]
    row = next_row(ring, m)
    overwrite(S[row], s)
    overwrite(Y[row], y)
    for k in range(ring[1]):
        i = (ring[0] + k) % m
        SS[i, row] = SS[row, i] = dot(S[i], s)
        SY[i, row] = dot(S[i], y)
        SY[row, i] = dot(s, Y[i])
    product, yy = SY[row, row], dot(y, y)
    sy[row] = product if product != 0.0 else np.nan
    scale[0] = product / yy if yy != 0.0 else np.nan


@part
def learn(memory, settings, step):
    """Take in the pair of an accepted step."""
    Bs = model_product(memory.S, memory.Y, memory.SS, memory.SY, memory.scale[0], memory.ring, step.s)
    y, mixed = damped(step.s, step.y, Bs, settings.damping)
    if mixed:
        remark("Damped Update")
    store(memory.S, memory.Y, memory.SS, memory.SY, memory.sy, memory.scale, memory.ring, step.s, y)


@part
def forget(memory):
    """Drop all pairs."""
    learnt = memory.ring[1] > 0
    memory.ring[:] = 0
    memory.scale[0] = 1.0
    return learnt
