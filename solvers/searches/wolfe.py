"""Bracketing line search for the strong Wolfe conditions.

Nocedal & Wright (2006), Algorithms 3.5 (bracketing) and 3.6 (zoom), in the form of minFunc's ``WolfeLineSearch``: an
extrapolation goes at least 1 % beyond and at most 10 times the last step; the lower of the two ends of the bracket is
the better one; a trial twice close to an end is moved a tenth of the width inside. Mixed interpolation follows More &
Thuente (1994), section 4.
"""

import math
from typing import Annotated, NamedTuple

import numpy as np

from solvers.interpolation import cubic_minimizer, two_point_minimizer
from solvers.jit import by_presence, compiled, part
from solvers.options import Between, Choice
from solvers.problem import COUNTED
from solvers.ray import Found, accepted, first_trial, is_legal, is_spent, next_trial, retreat
from solvers.remarks import remark
from solvers.searches import armijo
from solvers.searches.armijo import Armijo, is_sufficient
from solvers.vectors import norm_inf

BISECTION, CUBIC, MIXED = range(3)


class Wolfe(NamedTuple):
    """Settings of the strong-Wolfe search.

    With `lowest`, as in minFunc, the better end of a bracket is the lower one, even if it does not decrease f enough,
    and only a trial below both ends is accepted.

    From a step outside the domain of f the search comes half-way back; or, if `outside` holds the settings of Armijo
    backtracking, it goes over to that.
    """

    c1: Annotated[float, Between(0.0, 1.0, open_low=True, open_high=True), "sufficient decrease"] = 1e-4
    c2: Annotated[float, Between(0.0, 1.0, open_low=True, open_high=True), "curvature"] = 0.9
    interpolation: Annotated[int, Choice(("bisection", "cubic", "mixed")), "how trials are placed"] = CUBIC
    max_trials: Annotated[int, Between(1), "evaluations per search"] = 26
    floor: Annotated[float, Between(0.0, 1e-3), "rounding of f, relative, within which slopes decide; 0: never"] = 1e-14
    lowest: bool = False
    progress: float = -math.inf
    unbounded: bool = True
    outside: Armijo | None = None


@part
def is_flat(start, trial, c2):
    """Whether the trial meets the strong curvature condition."""
    return abs(trial.slope) <= -c2 * start.slope


@part
def find(ray, settings, start, reference, t, last_call):
    """Bracket an acceptable step, then zoom in on it."""
    first_call = ray.calls[COUNTED]
    last = min(last_call, first_call + settings.max_trials)
    previous = start
    trial = first_trial(ray, t)
    while not is_spent(ray.calls, last, settings.progress):
        if trial.f == -np.inf and settings.unbounded:
            return Found(trial, True)
        if not is_legal(trial):
            if settings.outside is not None:
                remark("Extrapolated into illegal region, switching to Armijo line-search")
                return backtrack(settings.outside, ray, start, (0.5 * (trial.t + previous.t), last_call))
            trial = next_trial(ray, retreat(ray.calls, previous.t, trial.t))
            continue
        sufficient = is_sufficient(start, trial, start.f, settings.c1, settings.floor)
        rising = ray.calls[COUNTED] > first_call + 2 and trial.f >= previous.f
        flat = is_flat(start, trial, settings.c2)
        if sufficient and flat and not (settings.lowest and rising):
            return Found(accepted(ray, trial, first_call), True)
        if not sufficient or rising or trial.slope >= 0.0:
            return zoom(ray, settings, start, previous, trial, sufficient and not rising, first_call, last)
        t, said = extrapolated(
            settings.interpolation, previous.t, previous.f, previous.slope, trial.t, trial.f, trial.slope
        )
        remark(EXTRAPOLATED, said)
        previous = trial
        trial = next_trial(ray, t)
    if is_lower(trial, previous):
        previous = trial
    return Found(accepted(ray, previous, first_call), previous.t > 0.0 or settings.progress >= 0.0)


@part
def is_lower(trial, other):
    """Whether `trial` is the better end of a bracket; between equals it is not."""
    return is_legal(trial) and not (is_legal(other) and other.f <= trial.f)


@part
def _by_armijo(outside, ray, start, limits):
    t, last_call = limits
    return armijo.find(ray, outside, start, start.f, t, last_call)


@part
def _not_at_all(outside, ray, start, limits):
    return Found(start, False)


backtrack = by_presence(_by_armijo, _not_at_all)


@compiled
def extrapolated(interpolation, t_old, f_old, slope_old, t, f, slope):
    """Return a longer step than `t`, and its kind."""
    shortest, longest = t + 0.01 * (t - t_old), 10.0 * t
    if interpolation == BISECTION:
        return longest, 0
    cubic = cubic_minimizer(t_old, f_old, slope_old, t, f, slope, shortest, longest)
    if interpolation == CUBIC:
        return cubic, 1
    secant = two_point_minimizer(t_old, f_old, slope_old, t, np.nan, slope, shortest, longest)
    if cubic > shortest and abs(cubic - t) < abs(secant - t):
        return cubic, 1
    return secant, 2


@part
def zoom(ray, settings, start, one, two, two_is_low, first_call, last):
    """Shrink the bracket between the trials `one` and `two` until a point inside meets both conditions.

    The better end, `low`, decreases f sufficiently, and f falls from it towards the other. The ends keep their places:
    a trial replaces one of them. For mixed interpolation `newest` is the place of the last
    trial and `old` the point that it is compared with.
    """
    near_the_end = False
    newest, old, kept = 2, one, False
    width = norm_inf(ray.d) if settings.progress >= 0.0 else 0.0
    while not is_spent(ray.calls, last, settings.progress):
        if settings.lowest:
            two_is_low = is_lower(two, one)
        low, t_high = (two, one.t) if two_is_low else (one, two.t)
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
        if trial.f == -np.inf and settings.unbounded:
            return Found(trial, True)
        better = is_legal(trial) and is_sufficient(start, trial, start.f, settings.c1, settings.floor)
        lower = trial.f < low.f
        if better and (lower or not settings.lowest) and is_flat(start, trial, settings.c2):
            return Found(accepted(ray, trial, first_call), True)
        if better and lower:
            if trial.slope * (t_high - low.t) >= 0.0:
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
    if settings.lowest:
        two_is_low = is_lower(two, one)
    low = two if two_is_low else one
    return Found(accepted(ray, low, first_call), low.t > 0.0 or settings.progress >= 0.0)


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
    last, other = (one, two) if newest == 1 else (two, one)
    t, said = mixed(old.t, old.f, old.slope, last.t, last.f, last.slope, other.t, other.f, other.slope)
    remark(MIXED_SAID, said)
    return t


EXTRAPOLATED = ("Extending Braket", "Cubic Extrapolation", "Secant Extrapolation")
MIXED_SAID = (
    "Cubic Interpolation",
    "Mixed Quad/Cubic Interpolation",
    "Quad Interpolation",
    "Bounded Cubic Extrapolation",
    "Bounded Secant Extrapolation",
)


@compiled
def mixed(ta, fa, sa, tb, fb, sb, tc, fc, sc):
    """Return the trial value of More & Thuente's four cases (section 4), and its kind.

    `b` is the newest end of the bracket, `c` the other one, and `a` the old point that `b` is compared with.
    """
    low, high = min(ta, tb), max(ta, tb)
    left, right = min(tb, tc), max(tb, tc)
    if fb > fa:
        cubic = cubic_minimizer(ta, fa, sa, tb, fb, sb, low, high)
        quadratic = two_point_minimizer(ta, fa, sa, tb, fb, np.nan, low, high)
        if abs(cubic - ta) < abs(quadratic - ta):
            return cubic, 0
        return 0.5 * (quadratic + cubic), 1
    if sa * sb < 0.0:
        cubic = cubic_minimizer(ta, fa, sa, tb, fb, sb, low, high)
        secant = two_point_minimizer(ta, fa, sa, tb, np.nan, sb, low, high)
        if abs(cubic - tb) >= abs(secant - tb):
            return cubic, 0
        return secant, 2
    if abs(sb) <= abs(sa):
        cubic = cubic_minimizer(ta, fa, sa, tb, fb, sb, left, right)
        secant = two_point_minimizer(ta, np.nan, sa, tb, fb, sb, left, right)
        nearer = left < cubic < right and abs(cubic - tb) < abs(secant - tb)
        t = cubic if nearer else secant
        bound = tb + 0.66 * (tc - tb)
        return (min(bound, t) if tb > ta else max(bound, t)), 3 if nearer else 4
    return cubic_minimizer(tb, fb, sb, tc, fc, sc, left, right), 0
