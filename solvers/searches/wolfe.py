"""Bracketing line search for the strong Wolfe conditions.

Nocedal & Wright (2006), Algorithms 3.5 (bracketing) and 3.6 (zoom), in the form of minFunc's ``WolfeLineSearch``: an
extrapolation goes at least 1 % beyond and at most 10 times the last step; the lower of the two ends of the bracket is
the better one; a trial twice close to an end is moved a tenth of the width inside; outside the domain of f the search
goes over to Armijo backtracking. Mixed interpolation follows More & Thuente (1994), section 4.
"""

import math
from typing import Annotated, NamedTuple

import numpy as np

from solvers.interpolation import cubic_minimizer, polynomial_minimizer
from solvers.jit import part
from solvers.options import Between, Choice
from solvers.problem import COUNTED
from solvers.ray import Found, accepted, first_trial, is_legal, next_trial
from solvers.remarks import remark
from solvers.searches import armijo
from solvers.searches.armijo import Armijo, is_sufficient
from solvers.vectors import norm_inf

BISECTION, CUBIC, MIXED = range(3)


class Wolfe(NamedTuple):
    """Settings of the strong-Wolfe search."""

    c1: Annotated[float, Between(0.0, 1.0, open_low=True, open_high=True), "sufficient decrease"] = 1e-4
    c2: Annotated[float, Between(0.0, 1.0, open_low=True, open_high=True), "curvature"] = 0.9
    interpolation: Annotated[int, Choice(("bisection", "cubic", "mixed")), "how trials are placed"] = CUBIC
    max_trials: Annotated[int, Between(1), "evaluations per search"] = 26
    floor: Annotated[float, Between(0.0, 1e-3), "rounding of f, relative, within which slopes decide; 0: never"] = 1e-14
    backtracking: Annotated[
        int, Choice(("halving", "quadratic", "cubic")), "how a step outside the domain of f is shortened"
    ] = armijo.CUBIC
    multi: Annotated[bool, "fit the polynomial of that backtracking through the last two trials"] = False
    progress: Annotated[float, "give up when x would move by no more than this within the bracket"] = -math.inf
    unbounded: Annotated[bool, "take a value of minus infinity as the end of the run, not as illegal"] = True


@part
def is_flat(start, trial, c2):
    """Whether the trial meets the strong curvature condition."""
    return abs(trial.slope) <= -c2 * start.slope


@part
def find(ray, settings, start, reference, t, last_call):
    """Bracket an acceptable step, then zoom in on it."""
    first_call = ray.calls[COUNTED]
    last = min(last_call, first_call + settings.max_trials)
    by_slopes = settings.floor > 0.0  # then a point that meets both conditions is taken, whatever the order of values
    previous = start
    trial = first_trial(ray, t)
    while ray.calls[COUNTED] < last:
        if trial.f == -np.inf and settings.unbounded:
            return Found(trial, True)
        if not is_legal(trial):
            remark("Extrapolated into illegal region, switching to Armijo line-search")
            return armijo.find(ray, fallback(settings), start, start.f, 0.5 * (trial.t + previous.t), last_call)
        sufficient = is_sufficient(start, trial, start.f, settings.c1, settings.floor)
        rising = ray.calls[COUNTED] > first_call + 2 and trial.f >= previous.f
        flat = is_flat(start, trial, settings.c2)
        if sufficient and flat and (by_slopes or not rising):
            return Found(accepted(ray, trial, first_call), True)
        if not sufficient or rising or trial.slope >= 0.0:
            return zoom(ray, settings, start, previous, trial, first_call, last)
        t = extrapolated(settings, previous, trial)
        previous = trial
        trial = next_trial(ray, t)
    return best(ray, settings, start, trial if is_legal(trial) else previous, first_call)


@part
def is_lower(trial, other):
    """Whether `trial` is the better end of a bracket; between equals it is not."""
    return is_legal(trial) and not (is_legal(other) and other.f <= trial.f)


@part
def fallback(settings):
    """Return the settings of the backtracking that a step outside the domain of f is left to."""
    return Armijo(
        settings.c1,
        settings.backtracking,
        1,
        settings.max_trials if settings.progress < 0.0 else np.iinfo(np.int64).max // 2,
        settings.floor,
        settings.multi,
        settings.progress,
        settings.unbounded,
    )


@part
def extrapolated(settings, previous, trial):
    """Return a longer step than that of `trial`."""
    shortest, longest = trial.t + 0.01 * (trial.t - previous.t), 10.0 * trial.t
    if settings.interpolation == BISECTION:
        remark("Extending Braket")
        return longest
    cubic = cubic_minimizer(previous.t, previous.f, previous.slope, trial.t, trial.f, trial.slope, shortest, longest)
    if settings.interpolation == CUBIC:
        remark("Cubic Extrapolation")
        return cubic
    points = np.array([[previous.t, previous.f, previous.slope], [trial.t, np.nan, trial.slope]])
    secant = polynomial_minimizer(points, shortest, longest)
    if cubic > shortest and abs(cubic - trial.t) < abs(secant - trial.t):
        remark("Cubic Extrapolation")
        return cubic
    remark("Secant Extrapolation")
    return secant


@part
def zoom(ray, settings, start, one, two, first_call, last):
    """Shrink the bracket between the trials `one` and `two` until a point inside meets both conditions.

    The ends keep their places: a trial replaces one of them. For mixed interpolation `newest` is the place of the last
    trial and `old` the point that it is compared with.
    """
    near_the_end = False
    newest, old, kept = 2, one, False
    width = norm_inf(ray.d) if settings.progress >= 0.0 else 0.0
    while ray.calls[COUNTED] < last:
        two_is_low = is_lower(two, one)
        low, high = (two, one) if two_is_low else (one, two)
        if not kept:
            old = two if newest == 1 else one
        t = inside(settings, one, two, newest, old)
        left, right = min(one.t, two.t), max(one.t, two.t)
        if min(right - t, t - left) < 0.1 * (right - left):
            if near_the_end or t >= right or t <= left:
                remark("Interpolation close to boundary, Evaluating at 0.1 away from boundary")
                t = right - 0.1 * (right - left) if abs(t - right) < abs(t - left) else left + 0.1 * (right - left)
                near_the_end = False
            else:
                remark("Interpolation close to boundary")
                near_the_end = True
        else:
            near_the_end = False
        if not left < t < right:  # the bracket is two neighbouring numbers
            break
        trial = next_trial(ray, t)
        better = is_legal(trial) and is_sufficient(start, trial, start.f, settings.c1, settings.floor)
        flat = better and is_flat(start, trial, settings.c2)
        if flat and settings.floor > 0.0:
            return Found(accepted(ray, trial, first_call), True)
        if better and trial.f < low.f:
            if flat:
                return Found(accepted(ray, trial, first_call), True)
            if trial.slope * (high.t - low.t) >= 0.0:
                old, kept = low, True
                if two_is_low:
                    one = low
                else:
                    two = low
            newest = 2 if two_is_low else 1
        else:
            newest = 1 if two_is_low else 2
        if newest == 1:
            one = trial
        else:
            two = trial
        if abs(one.t - two.t) * width < settings.progress:
            remark("Line-search bracket has been reduced below progTol")
            break
    if ray.calls[COUNTED] >= last:
        remark("Line Search Exceeded Maximum Line Search Iterations")
    return best(ray, settings, one, two, first_call)


@part
def best(ray, settings, one, two, first_call):
    """Return the lower of two trials, which meets neither condition for certain."""
    trial = two if is_lower(two, one) else one
    return Found(accepted(ray, trial, first_call), trial.t > 0.0 or settings.progress >= 0.0)


@part
def inside(settings, one, two, newest, old):
    """Return a step between the ends of the bracket."""
    if settings.interpolation == BISECTION or not (is_legal(one) and is_legal(two)):
        remark("Bisecting")
        return 0.5 * (one.t + two.t)
    if settings.interpolation == CUBIC:
        remark("Grad-Cubic Interpolation")
        left, right = min(one.t, two.t), max(one.t, two.t)
        return cubic_minimizer(one.t, one.f, one.slope, two.t, two.f, two.slope, left, right)
    return mixed(one, two, newest, old)


@part
def mixed(one, two, newest, old):
    """Return the trial value of More & Thuente's four cases (section 4), `b` being the newest point and `a` the old."""
    a, b = old, one if newest == 1 else two
    other = two.t if newest == 1 else one.t
    left, right = min(one.t, two.t), max(one.t, two.t)
    low, high = min(a.t, b.t), max(a.t, b.t)
    if b.f > a.f:
        cubic = cubic_minimizer(a.t, a.f, a.slope, b.t, b.f, b.slope, low, high)
        points = np.array([[a.t, a.f, a.slope], [b.t, b.f, np.nan]])
        quadratic = polynomial_minimizer(points, low, high)
        if abs(cubic - a.t) < abs(quadratic - a.t):
            remark("Cubic Interpolation")
            return cubic
        remark("Mixed Quad/Cubic Interpolation")
        return 0.5 * (quadratic + cubic)
    if a.slope * b.slope < 0.0:
        cubic = cubic_minimizer(a.t, a.f, a.slope, b.t, b.f, b.slope, low, high)
        points = np.array([[a.t, a.f, a.slope], [b.t, np.nan, b.slope]])
        secant = polynomial_minimizer(points, low, high)
        if abs(cubic - b.t) >= abs(secant - b.t):
            remark("Cubic Interpolation")
            return cubic
        remark("Quad Interpolation")
        return secant
    if abs(b.slope) <= abs(a.slope):
        cubic = cubic_minimizer(a.t, a.f, a.slope, b.t, b.f, b.slope, left, right)
        points = np.array([[a.t, np.nan, a.slope], [b.t, b.f, b.slope]])
        secant = polynomial_minimizer(points, left, right)
        if left < cubic < right and abs(cubic - b.t) < abs(secant - b.t):
            remark("Bounded Cubic Extrapolation")
            t = cubic
        else:
            remark("Bounded Secant Extrapolation")
            t = secant
        bound = b.t + 0.66 * (other - b.t)
        return min(bound, t) if b.t > a.t else max(bound, t)
    return cubic_minimizer(one.t, one.f, one.slope, two.t, two.f, two.slope, left, right)
