"""Minimisers of the polynomials that line searches fit through their trials."""

import math

import numpy as np

from solvers.jit import compiled


@compiled
def cubic_minimizer(t1, f1, slope1, t2, f2, slope2, low, high):
    """Return the minimiser on [low, high] of the cubic through two points with their slopes.

    Nocedal & Wright (2006), equation 3.59. Without a minimiser (the cubic falls for ever, or data are not finite) it
    returns the middle, or `low` for flat data, as minFunc's ``polyinterp`` does.
    """
    if t1 == t2:
        return low
    if t2 < t1:
        t1, f1, slope1, t2, f2, slope2 = t2, f2, slope2, t1, f1, slope1
    d1 = slope1 + slope2 - 3.0 * (f1 - f2) / (t1 - t2)
    radicand = d1 * d1 - slope1 * slope2
    if radicand < 0.0:
        return 0.5 * (low + high)
    d2 = math.sqrt(radicand)
    denominator = slope2 - slope1 + 2.0 * d2
    t = t2 - (t2 - t1) * ((slope2 + d2 - d1) / denominator) if denominator != 0.0 else np.nan
    if not t > low:  # also when t is NaN
        return low
    return min(t, high)


@compiled
def quadratic_minimizer(f0, slope0, t, f, low, high):
    """Return the minimiser on [low, high] of the parabola through (0; f0, slope0) and (t; f). Equation 3.57 there."""
    square = t * t
    curvature = 2.0 * (f - f0 - slope0 * t) / square if square > 0.0 else 0.0
    if not curvature > 0.0:
        return low if f0 <= f else high
    return min(max(-slope0 / curvature, low), high)
