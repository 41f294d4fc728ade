"""Dense quasi-Newton methods: ``d = -H g``, where H learns the inverse Hessian from every step.

With ``s = x_new - x_old``, ``y = g_new - g_old``, ``B = H^-1`` and ``v = sqrt(y'Hy) (s / s'y - H y / y'Hy)``:

=============== ============================================================= =======================================
bfgs            ``B - B s s'B / s'Bs + y y' / s'y``                           Nocedal & Wright (2006), equation 6.19
sr1             ``B + r r' / r's`` with ``r = y - B s``, or bfgs where B      equation 6.24
                would not stay positive definite
hoshino         ``H - H y y'H / y'Hy + s s' / s'y + phi v v'`` with           Hoshino (1972)
                ``phi = 1 / (1 + y'Hy / s'y)``
self-scaling    ``gamma (H - H y y'H / y'Hy + v v') + s s' / s'y`` with       Oren & Luenberger (1974)
                ``gamma = s'y / y'Hy``
oren            the same, with gamma and the weight of ``v v'`` chosen        Oren & Spedicato (1976)
                from ``s'y``, ``y'Hy`` and ``s'Bs``
mccormick-huang ``H + (s - H y) s' / s'y``, which is not symmetric            Huang (1970)
=============== ============================================================= =======================================

The first two keep the Cholesky factor of B (Goldfarb 1976), so that B stays positive definite; the others keep H, and
nothing guards them against a step with ``s'y <= 0``.
"""

import math
from typing import Annotated, NamedTuple

import numpy as np

from solvers.directions.damped_limited_memory_bfgs import damped
from solvers.jit import compiled, part
from solvers.linear_algebra import (
    cholesky_downdate,
    cholesky_solve,
    cholesky_update,
    lu_solve,
    times,
    times_transposed,
)
from solvers.options import Between, Choice
from solvers.remarks import remark
from solvers.vectors import dot, norm_two

BFGS, SR1, HOSHINO, SELF_SCALING, OREN, MCCORMICK_HUANG = range(6)
IDENTITY, SCALED_IDENTITY = range(2)


class QuasiNewton(NamedTuple):
    """Settings of the dense quasi-Newton methods."""

    update: Annotated[
        int, Choice(("bfgs", "sr1", "hoshino", "self-scaling", "oren", "mccormick-huang")), "the formula of H"
    ] = BFGS
    initial: Annotated[int, Choice(("identity", "scaled")), "H before the first update; scaled: times s'y / y'y"] = (
        SCALED_IDENTITY
    )
    damped: Annotated[bool, "bfgs: Powell's damping of a step of low curvature, which is skipped otherwise"] = True
    damping: Annotated[
        float, Between(0.0, 1.0, open_high=True), "y is mixed with B s where s'y is below this part of s'Bs"
    ] = 0.02


class Memory(NamedTuple):
    """`matrix` is the upper triangular R with ``R'R = B`` (bfgs, sr1) or H (the others); `learnt` counts steps."""

    matrix: np.ndarray
    learnt: np.ndarray


@part
def new_memory(n, settings):
    """Return the identity for `n` variables."""
    return Memory(np.eye(n), np.zeros(1, np.int64))


@part
def propose(memory, settings, here):
    """Return ``-H g``; before the first step, ``-g``."""
    if memory.learnt[0] == 0:
        return -here.g
    if settings.update <= SR1:
        return -cholesky_solve(memory.matrix, here.g)
    return -times(memory.matrix, here.g)


@part
def quotient(a, b):
    """Return a / b, and NaN instead of a division by zero."""
    return a / b if b != 0.0 else np.nan


@part
def scale_identity(matrix, update, s, y):
    """Multiply the identity so that the curvature along the first step is about right.

    A negative curvature counts by its size in R, and makes H negative (the run then ends for want of descent).
    """
    sy, yy = dot(s, y), dot(y, y)
    factor = math.sqrt(abs(quotient(yy, sy))) if update <= SR1 else quotient(sy, yy)
    if factor == 0.0:  # underflow, or a first step without curvature: there is no inverse
        factor = np.nan
    for i in range(s.size):
        matrix[i, i] = factor


@part
def bfgs(memory, settings, s, y, Bs):
    """Update R; where rounding lets the downdate fail, R stays what it was."""
    if settings.damped:
        y, mixed = damped(s, y, Bs, settings.damping)
        if mixed:
            remark("Damped Update")
    sy, sBs = dot(s, y), dot(s, Bs)
    if not (sy > 0.0 if settings.damped else sy > 1e-10) or not sBs > 0.0:
        remark("Skipping Update")
        return
    R, positive = cholesky_downdate(cholesky_update(memory.matrix, y / math.sqrt(sy)), Bs / math.sqrt(sBs))
    if positive:
        memory.matrix[:] = R


@part
def symmetric_rank_one(memory, settings, s, y, Bs):
    """Update R where the update is safe and B stays positive definite; else by BFGS.

    ``r's`` is negative then: B is changed by ``-r r' / |r's|``.
    """
    r = y - Bs
    rs = dot(s, r)
    safe = abs(rs) >= 1e-8 * norm_two(s) * norm_two(r) and rs != 0.0
    if safe and dot(s - cholesky_solve(memory.matrix, y), y) > 1e-10:
        R, positive = cholesky_downdate(memory.matrix, r / math.sqrt(abs(rs)))
        if positive:
            memory.matrix[:] = R
    else:
        remark("SR1 not positive-definite, doing BFGS Update")
        bfgs(memory, settings, s, y, Bs)


@compiled
def update_inverse(H, update, s, y):
    """Update H in place by one of the formulas for it; a division by zero makes it NaN.

    Where ``y'Hy`` is negative, and v imaginary, ``v v'`` is v times its conjugate transpose.
    """
    n = s.size
    Hy, yH = times(H, y), times_transposed(H, y)
    sy, yHy = dot(s, y), dot(yH, y)
    if sy == 0.0 or yHy == 0.0:
        H[:] = np.nan
        return
    if update == MCCORMICK_HUANG:
        for i in range(n):
            for j in range(n):
                H[i, j] = H[i, j] + s[i] * s[j] / sy - Hy[i] * s[j] / sy
        return
    gamma, phi = 1.0, 1.0
    if update == HOSHINO:
        phi = quotient(1.0, 1.0 + yHy / sy)
    elif update == SELF_SCALING:
        gamma = sy / yHy
    else:
        gamma, phi = oren_parameters(sy, yHy, dot(s, lu_solve(H, s)[0]))
    v = math.sqrt(abs(yHy)) * (s / sy - Hy / yHy)
    for i in range(n):
        for j in range(n):
            H[i, j] = gamma * (H[i, j] - Hy[i] * yH[j] / yHy + phi * v[i] * v[j]) + s[i] * s[j] / sy


@compiled
def oren_parameters(sy, yHy, sBs):
    """Return gamma and the weight of ``v v'`` (Oren & Spedicato 1976): the least condition number of the update.

    Where all three products are the same, v is zero and so is its weight.
    """
    if sy / yHy > 1.0:
        phi, omega = 1.0, 0.0
    elif sBs / sy < 1.0:
        phi, omega = 0.0, 1.0
    else:
        excess = sBs * yHy - sy * sy
        phi = omega = sy * (yHy - sy) / excess if excess != 0.0 else 0.0
    return (1.0 - omega) * sy / yHy + omega * sBs / sy, phi


@part
def learn(memory, settings, step):
    """Take in an accepted step."""
    s, y = step.s, step.y
    if memory.learnt[0] == 0 and settings.initial == SCALED_IDENTITY:
        remark("Scaling Initial Hessian Approximation")
        scale_identity(memory.matrix, settings.update, s, y)
    memory.learnt[0] += 1
    if settings.update > SR1:
        update_inverse(memory.matrix, settings.update, s, y)
        return
    Bs = times_transposed(memory.matrix, times(memory.matrix, s))
    if settings.update == BFGS:
        bfgs(memory, settings, s, y, Bs)
    else:
        symmetric_rank_one(memory, settings, s, y, Bs)


@part
def forget(memory):
    """Return to the identity."""
    learnt = memory.learnt[0] > 0
    memory.learnt[0] = 0
    memory.matrix[:] = np.eye(memory.matrix.shape[0])
    return learnt
