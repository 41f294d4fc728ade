"""Minimisers of the polynomials that line searches fit through their trials."""

import math

import numpy as np

from solvers.jit import compiled

UNKNOWN = np.nan
"""Stands in a point for a value or a slope that is not known."""


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
    numerator, denominator = slope2 + d2 - d1, slope2 - slope1 + 2.0 * d2
    if denominator == 0.0:  # a cubic that rises for ever, or flat data; one that falls for ever
        return low if numerator >= 0.0 else high
    t = t2 - (t2 - t1) * (numerator / denominator)
    if not t > low:  # also when t is NaN
        return low
    return min(t, high)


@compiled
def polynomial_minimizer(points, low, high):
    """Return the minimiser on [low, high] of the polynomial through all that is known of up to three points.

    Each row of `points` is ``(t, f, slope)``, with `UNKNOWN` for what is not known; the degree is one less than the
    number of known values and slopes. What is compared are the bounds, the points and the stationary points between
    the bounds, as in minFunc's ``polyinterp``; the first of equals wins. Without a polynomial (two points coincide,
    or data are not finite) it returns the middle.
    """
    coefficients = interpolant(points)
    best, t = np.inf, 0.5 * (low + high)
    if not np.isfinite(coefficients).all():
        return t
    candidates = np.empty(2 + points.shape[0] + coefficients.size)
    candidates[0], candidates[1] = low, high
    count = 2
    for i in range(points.shape[0]):
        candidates[count] = points[i, 0]
        count += 1
    for root in roots_between(derivative(coefficients), low, high):
        candidates[count] = root
        count += 1
    for candidate in candidates[:count]:
        if low <= candidate <= high:
            f = value_at(coefficients, candidate)
            if f < best:
                best, t = f, candidate
    return t


@compiled
def two_point_minimizer(t1, f1, slope1, t2, f2, slope2, low, high):
    """Return `polynomial_minimizer` of two points, of which exactly one value or slope is `UNKNOWN`: a parabola's.

    It is expanded about the first point, or about the second where the value at the first is unknown.
    """
    h = t2 - t1
    if h * h == 0.0:  # one point, or two whose distance has no square
        return 0.5 * (low + high)
    origin, f, slope = (t2, f2, slope2) if np.isnan(f1) else (t1, f1, slope1)
    if np.isnan(slope1):  # mirrored: what is known of the second point stands for the first
        origin, f, slope, curvature = t2, f2, slope2, (f1 - f2 + slope2 * h) / (h * h)
    elif np.isnan(slope2):
        curvature = (f2 - f1 - slope1 * h) / (h * h)
    else:
        curvature = 0.5 * (slope2 - slope1) / h
    best, t = np.inf, 0.5 * (low + high)
    if not np.isfinite(curvature):
        return t
    vertex = origin - 0.5 * slope / curvature if curvature != 0.0 else low
    for candidate in (low, high, t1, t2, vertex):
        if low <= candidate <= high:
            value = f + (candidate - origin) * (slope + curvature * (candidate - origin))
            if value < best:
                best, t = value, candidate
    return t


@compiled
def three_point_minimizer(t1, f1, slope1, t2, f2, slope2, t3, f3, slope3, low, high):
    """Return `polynomial_minimizer` of three points, of which any value or slope may be `UNKNOWN`."""
    return polynomial_minimizer(np.array([[t1, f1, slope1], [t2, f2, slope2], [t3, f3, slope3]]), low, high)


@compiled
def interpolant(points):
    """Return the coefficients of the polynomial through `points`, highest power first; NaN where there is none.

    Gaussian elimination with partial pivoting, and no guard against bad conditioning: rows scale like powers of t,
    which makes the system of a short step look singular although its solution is accurate.
    """
    k = points.shape[0]
    n = 0
    for i in range(k):
        for column in (1, 2):
            n += not np.isnan(points[i, column])
    A = np.zeros((n, n + 1))  # the right-hand side is the last column
    row = 0
    for column in (1, 2):
        for i in range(k):
            if np.isnan(points[i, column]):
                continue
            t, power = points[i, 0], 1.0
            if column == 1:
                for j in range(n - 1, -1, -1):
                    A[row, j] = power
                    power *= t
            else:
                for j in range(n - 2, -1, -1):
                    A[row, j] = (n - 1 - j) * power
                    power *= t
            A[row, n] = points[i, column]
            row += 1
    solution = np.full(n, np.nan)
    if not np.isfinite(A).all():
        return solution
    for c in range(n):
        pivot = c
        for i in range(c + 1, n):
            if abs(A[i, c]) > abs(A[pivot, c]):
                pivot = i
        if A[pivot, c] == 0.0:
            return solution
        for j in range(c, n + 1):
            A[c, j], A[pivot, j] = A[pivot, j], A[c, j]
        for i in range(c + 1, n):
            factor = A[i, c] / A[c, c]
            for j in range(c + 1, n + 1):
                A[i, j] -= factor * A[c, j]
    for i in range(n - 1, -1, -1):
        total = A[i, n]
        for j in range(i + 1, n):
            total -= A[i, j] * solution[j]
        solution[i] = total / A[i, i]
    return solution


@compiled
def value_at(coefficients, t):
    """Return the value at `t` of a polynomial, by Horner's rule."""
    total = 0.0
    for coefficient in coefficients:
        total = total * t + coefficient
    return total


@compiled
def derivative(coefficients):
    """Return the coefficients of the derivative of a polynomial."""
    n = coefficients.size
    slopes = np.empty(max(n - 1, 0))
    for i in range(n - 1):
        slopes[i] = (n - 1 - i) * coefficients[i]
    return slopes


@compiled
def roots_between(coefficients, low, high):
    """Return the real roots of a polynomial on [low, high], in ascending order.

    Between two neighbouring roots of its derivative a polynomial is monotone and has one root at most, which a
    bracketed Newton iteration cannot miss; so the roots are found for the derivatives in turn, from the linear one on.
    """
    n = coefficients.size
    breaks = np.empty(n + 2)
    breaks[0], breaks[1] = low, high
    count = 2
    for degree in range(1, n):
        p = coefficients.copy()
        for _ in range(n - 1 - degree):
            p = derivative(p)
        slopes = derivative(p)
        found = np.empty(n + 2)
        found[0] = low
        inside = 1
        for k in range(count - 1):
            left, right = breaks[k], breaks[k + 1]
            at_left, at_right = value_at(p, left), value_at(p, right)
            if at_left == 0.0:
                root = left
            elif (at_left < 0.0) != (at_right < 0.0) and at_right != 0.0:
                root = bracketed_root(p, slopes, left, right, at_left < 0.0)
            elif at_right == 0.0 and k == count - 2:
                root = right
            else:
                continue
            found[inside] = root
            inside += 1
        found[inside] = high
        breaks, count = found, inside + 1
    return breaks[1 : count - 1].copy()


@compiled
def bracketed_root(p, slopes, left, right, rises):
    """Return the root of the polynomial `p`, monotone between `left` and `right` where it has opposite signs.

    Newton's iteration on the bracket; a step that leaves the bracket or does not halve the last one is a bisection.
    """
    t = 0.5 * (left + right)
    last = right - left
    for _ in range(200):
        value = value_at(p, t)
        if value == 0.0:
            return t
        if (value < 0.0) == rises:
            left = t
        else:
            right = t
        slope = value_at(slopes, t)
        newton = t - value / slope if slope != 0.0 else np.nan
        if not (left < newton < right) or abs(newton - t) > 0.5 * last:
            newton = 0.5 * (left + right)
        last = abs(newton - t)
        if last <= 1e-16 * abs(newton) or newton in (left, right):
            return newton
        t = newton
    return t
