"""Why a line search found nothing: f is at its rounding floor, or g is not its gradient."""

import numpy as np

from solvers.jit import part
from solvers.ray import evaluate, is_legal
from solvers.stopping import LINE_SEARCH, NOT_FINITE, ROUNDING
from solvers.vectors import norm_inf


@part
def failure(ray, start):
    """Return the status of a search that failed, from one more evaluation, a millionth of x away.

    There a smooth f changes by the trapezoid of its slopes, ``(slope + slope_start) t / 2``, up to third order terms.
    If it does, or the change drowns in the rounding of f, the pair is consistent and the search failed for want of
    digits.
    """
    t = 1e-6 * max(1.0, norm_inf(ray.x)) / norm_inf(ray.d)
    probe = evaluate(ray, t, False)
    if not is_legal(probe):
        return NOT_FINITE
    change = probe.f - start.f
    expected = 0.5 * t * (probe.slope + start.slope)
    noise = 100.0 * np.finfo(np.float64).eps * (abs(probe.f) + abs(start.f))
    if abs(change - expected) <= 0.1 * abs(expected) + noise:
        return ROUNDING
    return LINE_SEARCH
