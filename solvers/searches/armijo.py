"""Armijo backtracking with safeguarded interpolation.

Armijo (1966); Nocedal & Wright (2006), Algorithm 3.1 and section 3.5; safeguards as in minFunc's ``ArmijoBacktrack``.
With a `window` above 1 the decrease is counted from the largest of the last values: the non-monotone rule of Grippo,
Lampariello & Lucidi (1986).
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
from solvers.vectors import norm_inf

HALVING, QUADRATIC, CUBIC = range(3)


class Armijo(NamedTuple):
    """Settings of Armijo backtracking."""

    c1: Annotated[float, Between(0.0, 1.0, open_low=True, open_high=True), "sufficient decrease"] = 1e-4
    interpolation: Annotated[int, Choice(("halving", "quadratic", "cubic")), "how a shorter step is chosen"] = CUBIC
    window: Annotated[int, Between(0, 100), "how many last values the decrease may be counted from"] = 1
    max_trials: Annotated[int, Between(1), "evaluations per search"] = 30
    floor: Annotated[float, Between(0.0, 1e-3), "rounding of f, relative, within which slopes decide; 0: never"] = 1e-14
    multi: Annotated[bool, "fit the interpolating polynomial through the last two trials instead of one"] = False
    progress: Annotated[float, "give up when x would move by no more than this"] = -math.inf
    unbounded: Annotated[bool, "take a value of minus infinity as the end of the run, not as illegal"] = True


@part
def is_sufficient(start, trial, reference, c1, floor):
    """Whether the trial lies below the Armijo line, or, where f is flat to rounding, whether its slope says so.

    The second test is the approximate Wolfe condition of Hager & Zhang (2005), equation 4.1: near a minimum the slope
    still has digits where the difference of two values has none. NaN makes both tests false.
    """
    if trial.f <= reference + c1 * trial.t * start.slope:
        return True
    flat = floor > 0.0 and abs(trial.f - reference) <= floor * abs(reference)
    return flat and trial.slope <= (2.0 * c1 - 1.0) * start.slope


@part
def find(ray, settings, start, reference, t, last_call):
    """Shorten the step until the decrease is sufficient."""
    first_call = ray.calls[COUNTED]
    last_call = min(last_call, first_call + settings.max_trials)
    trial = previous = first_trial(ray, t)
    while True:
        if trial.f == -np.inf and settings.unbounded:
            return Found(trial, True)
        if is_legal(trial) and is_sufficient(start, trial, reference, settings.c1, settings.floor):
            return Found(accepted(ray, trial, first_call), True)
        if ray.calls[COUNTED] >= last_call:
            return Found(start, False)
        shorter = shortened(settings, start, trial, previous, ray.calls[COUNTED] - first_call)
        previous = trial
        trial = next_trial(ray, shorter)
        if shorter * norm_inf(ray.d) <= settings.progress:
            remark("Backtracking Line Search Failed")
            return Found(accepted(ray, start, first_call), True)


@part
def shortened(settings, start, trial, previous, trials):
    """Return a shorter step than that of `trial`: at least a thousandth of it, at most six tenths."""
    t = trial.t
    if settings.interpolation == HALVING or not math.isfinite(trial.f):
        remark("Fixed BT")
        shorter = 0.5 * t
    else:
        shorter = interpolated(settings, start, trial, previous, trials)
    if shorter < 1e-3 * t:
        remark("Interpolated Value Too Small, Adjusting")
        shorter = 1e-3 * t
    elif shorter > 0.6 * t:
        remark("Interpolated Value Too Large, Adjusting")
        shorter = 0.6 * t
    return shorter


@part
def interpolated(settings, start, trial, previous, trials):
    """Return the minimiser on [0, t] of the polynomial through what is known of the trials."""
    t = trial.t
    by_values = settings.interpolation == QUADRATIC or not math.isfinite(trial.slope)
    both = settings.multi and trials >= 2 and math.isfinite(previous.f)
    if not both and not by_values:
        remark("Grad-Cubic BT")
        return cubic_minimizer(0.0, start.f, start.slope, t, trial.f, trial.slope, 0.0, t)
    points = np.full((3 if both else 2, 3), np.nan)
    points[0] = 0.0, start.f, start.slope
    points[1, :2] = t, trial.f
    if both:
        points[2, :2] = previous.t, previous.f
    if by_values:
        if both:
            remark("Cubic BT")
        else:
            remark("Quad BT")
    else:
        points[1, 2] = trial.slope
        if math.isfinite(previous.slope):
            remark("Grad-Quintic BT")
            points[2, 2] = previous.slope
        else:
            remark("Grad-Quartic BT")
    return polynomial_minimizer(points, 0.0, t)
