"""Whether g is the gradient of f, asked of the steps of a run, and of a few more points where the steps do not say.

On a step from x0 to x1 = x0 + s a smooth f changes by the trapezoid of its slopes up to a term of third order,

    rho = (f1 - f0) / (1/2 (g0 + g1).s) = 1 + O(|s|^2).

A rho far from 1 is a suspicion: the step may be long, or cross a kink. Points at 1/8, 1/64, ... of a segment settle it.
On the pieces between them the same ratio tends to 1 if g is the gradient of f, and to another constant if it is not.
"""

from typing import NamedTuple

import numpy as np

from solvers.directions import NEVER
from solvers.jit import compiled, part
from solvers.problem import COUNTED, is_over
from solvers.ray import Ray, evaluate, is_legal
from solvers.stopping import (
    DECREASE,
    GRADIENT,
    LINE_SEARCH,
    NOT_FINITE,
    ROUNDING,
    RUNNING,
    STEP,
    WRONG_GRADIENT,
)
from solvers.vectors import along, norm_inf

AT_REST = (GRADIENT, STEP, DECREASE, ROUNDING)
"""How a run ends that has, by its own numbers, arrived."""

TOLERANCE = 0.1
"""A ratio strays when it is farther than this from 1."""

AGREEMENT = 0.05
"""Two ratios agree when they differ by no more than this part of their distance from 1."""

PIECES = 4
"""So many successive pieces must stray and agree. Random noise does not shrink with the piece: there they agree less
than once in 10^6 times."""

PROBES = 12
"""At most so many evaluations settle a suspicion on one segment."""

PATIENCE = 3
"""So many steps stray before the first questioning, and twice as many before each further one: that bounds the cost."""

NOISE = 100.0 * float(np.finfo(np.float64).eps)
"""Rounding of f, relative."""

SINGLE = 3e-6
"""Relative change of f below which no suspicion is settled: fifty roundings of float32, which f may use inside."""

NEARBY = 1.0 / 16.0
"""The part of the way back to the start that is questioned where the last step is too short to tell."""


class Suspicion(NamedTuple):
    """What the steps so far say of the gradient.

    `rho` is the last ratio that could be resolved (NaN before there is one), or the one that a questioning found;
    `strays` counts the steps since the last questioning whose ratio was not near 1, and `patience` is how many of them
    it takes for the next.
    """

    rho: float
    strays: int
    patience: int


@part
def unsuspected():
    """Return what is known before the first step."""
    return Suspicion(np.nan, 0, PATIENCE)


@part
def consistency(f_old, f, promised):
    """Return the ratio of what f did to what its slopes promised; NaN where rounding of f hides it."""
    if abs(promised) > NOISE * (abs(f_old) + abs(f)):
        return (f - f_old) / promised
    return np.nan


@part
def is_confirmed(rho):
    """Whether a ratio is near 1; what is not known is not."""
    return abs(rho - 1.0) <= TOLERANCE


@part
def observed(suspicion, rho):
    """Return what is known after one more step."""
    if is_confirmed(rho):
        return Suspicion(rho, suspicion.strays, suspicion.patience)
    return Suspicion(suspicion.rho if np.isnan(rho) else rho, suspicion.strays + 1, suspicion.patience)


@part
def is_due(suspicion, status, rho):
    """Whether the gradient is to be questioned after a step with ratio `rho` that led to `status`."""
    if status == RUNNING:
        return not is_confirmed(rho) and suspicion.strays >= suspicion.patience
    if status in AT_REST:
        return not is_confirmed(suspicion.rho)
    return status == LINE_SEARCH


@part
def questioned(suspicion, status, ray, x, t, x0, last_call):
    """Return what is known, and the status, after a questioning on the step from `x` to ``x + t ray.d``.

    If that is too short to tell, a part of the way back from ``ray.x`` to the start `x0` of the run is asked.
    """
    ratio, d = np.nan, ray.d
    for _ in range(2):
        ratio = settled_ratio(Ray(ray.problem, x, d, ray.calls, ray.nit, NEVER, ray.nothing), t, last_call)
        if not np.isnan(ratio):
            break
        d, t = along(ray.x, -1.0, x0), NEARBY
        x = along(ray.x, -t, d)
    if np.isnan(ratio) or is_confirmed(ratio):
        return Suspicion(suspicion.rho, 0, 2 * suspicion.patience), status
    return Suspicion(ratio, suspicion.strays, suspicion.patience), WRONG_GRADIENT


@compiled
def promise(x1, g1, x0, g0):
    """Return the change of f from x0 to x1 by the trapezoid of its slopes."""
    total = 0.0
    for i in range(x0.size):
        total += 0.5 * (g0[i] + g1[i]) * (x1[i] - x0[i])
    return total


@part
def settled_ratio(ray, t, last_call):
    """Return the ratio on a ray, nearer than `t`: far from 1 if g is not the gradient of f; NaN if nothing can be said.

    The start itself is left out: the subgradient at a kink is none of the slopes there. Pieces where the slope changes
    accuse nobody: on a power of t the ratio is the same on each of them. Differences of x are taken as rounded, so that
    the rounding of x plays no part.
    """
    agreeing, known, last = 0, False, 1.0
    x_far, f_far, g_far, slope_far = ray.x, 0.0, ray.d, 0.0
    for _ in range(min(PROBES, last_call - ray.calls[COUNTED])):
        if is_over(ray.calls):
            return np.nan
        t *= 0.125
        x, probe = along(ray.x, t, ray.d), evaluate(ray, t, False)
        legal = is_legal(probe)
        if legal and known:
            change, promised = f_far - probe.f, promise(x_far, g_far, x, probe.g)
            if change == 0.0 or promised == 0.0:  # frozen
                return np.nan
            ratio = change / promised
            if is_confirmed(ratio):
                return ratio
            straight = abs(slope_far - probe.slope) <= TOLERANCE * abs(slope_far)
            agrees = agreeing > 0 and abs(ratio - last) <= AGREEMENT * abs(ratio - 1.0)
            floor = 10.0 * NOISE if agrees else SINGLE
            if not max(abs(change), abs(promised)) > floor * (abs(f_far) + abs(probe.f)):
                return np.nan
            agreeing, last = (agreeing + 1 if agrees else 1) if straight else 0, ratio
            if agreeing == PIECES:
                return ratio
        elif not legal:
            agreeing = 0
        known, x_far, f_far, g_far, slope_far = legal, x, probe.f, probe.g, probe.slope
    return np.nan


@part
def failure(ray, start):
    """Return the status of a search that failed, from one more evaluation, a millionth of x away.

    If f changes there as its slopes promise, or the change drowns in the rounding of f, the search failed for want of
    digits.
    """
    t = 1e-6 * max(1.0, norm_inf(ray.x)) / norm_inf(ray.d)
    probe = evaluate(ray, t, False)
    if not is_legal(probe):
        return NOT_FINITE
    change = probe.f - start.f
    promised = 0.5 * t * (probe.slope + start.slope)
    if abs(change - promised) <= TOLERANCE * abs(promised) + NOISE * (abs(probe.f) + abs(start.f)):
        return ROUNDING
    return LINE_SEARCH
