"""Armijo backtracking with safeguarded interpolation.

Armijo (1966); Nocedal & Wright (2006), Algorithm 3.1 and section 3.5; safeguards as in minFunc's ``ArmijoBacktrack``.
With a `window` above 1 the decrease is counted from the largest of the last values: the non-monotone rule of Grippo,
Lampariello & Lucidi (1986).
"""

import math
from typing import Annotated, NamedTuple

import numpy as np

from solvers.interpolation import cubic_minimizer, three_point_minimizer, two_point_minimizer
from solvers.jit import compiled, part
from solvers.options import Between, Choice
from solvers.problem import COUNTED, ILLEGAL
from solvers.ray import HALVED, Found, accepted, first_trial, is_legal, is_spent, next_trial, retreat
from solvers.remarks import remark
from solvers.vectors import norm_inf

HALVING, QUADRATIC, CUBIC = range(3)


class Armijo(NamedTuple):
    """Settings of Armijo backtracking."""

    c1: Annotated[float, Between(0.0, 1.0, open_low=True, open_high=True), "sufficient decrease"] = 1e-4
    interpolation: Annotated[int, Choice(("halving", "quadratic", "cubic")), "how a shorter step is chosen"] = CUBIC
    window: Annotated[int, Between(0), "how many last values the decrease may be counted from"] = 1
    max_trials: Annotated[int, Between(1), "evaluations per search"] = 30
    floor: Annotated[float, Between(0.0, 1e-3), "rounding of f, relative, within which slopes decide; 0: never"] = 1e-14
    multi: Annotated[bool, "fit the interpolating polynomial through the last two trials instead of one"] = False
    progress: float = -math.inf
    unbounded: bool = True


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
        if is_spent(ray.calls, last_call, settings.progress):
            return Found(start, False)
        shorter = shortened(settings, start, trial, previous, ray.calls[COUNTED] - first_call)
        if ray.calls[ILLEGAL] > HALVED and settings.progress < 0.0:
            shorter = retreat(ray.calls, 0.0, trial.t)
        previous = trial
        trial = next_trial(ray, shorter)
        if shorter * norm_inf(ray.d) <= settings.progress:
            remark("Backtracking Line Search Failed")
            return Found(accepted(ray, start, first_call), True)


@part
def shortened(settings, start, trial, previous, trials):
    """Return a shorter step than that of `trial`: at least a thousandth of it, at most six tenths."""
    points = 2 if settings.multi and trials >= 2 and math.isfinite(previous.f) else 1
    shorter, said = interpolated(
        settings.interpolation,
        points,
        start.f,
        start.slope,
        trial.t,
        trial.f,
        trial.slope,
        previous.t,
        previous.f,
        previous.slope,
    )
    remark(SAID, said)
    if shorter < 1e-3 * trial.t:
        remark("Interpolated Value Too Small, Adjusting")
        return 1e-3 * trial.t
    if shorter > 0.6 * trial.t:
        remark("Interpolated Value Too Large, Adjusting")
        return 0.6 * trial.t
    return shorter


SAID = ("Fixed BT", "Quad BT", "Cubic BT", "Grad-Cubic BT", "Grad-Quartic BT", "Grad-Quintic BT")


@compiled
def interpolated(interpolation, points, f0, slope0, t, f, slope, t_old, f_old, slope_old):
    """Return the minimiser on [0, t] of the polynomial through what is known of the last trials, and its kind.

    `points` is how many of the two trials are used; what is not finite is not known.
    """
    if interpolation == HALVING or not math.isfinite(f):
        return 0.5 * t, 0
    if interpolation == QUADRATIC or not math.isfinite(slope):
        if points == 1:
            return two_point_minimizer(0.0, f0, slope0, t, f, np.nan, 0.0, t), 1
        return three_point_minimizer(0.0, f0, slope0, t, f, np.nan, t_old, f_old, np.nan, 0.0, t), 2
    if points == 1:
        return cubic_minimizer(0.0, f0, slope0, t, f, slope, 0.0, t), 3
    if not math.isfinite(slope_old):
        return three_point_minimizer(0.0, f0, slope0, t, f, slope, t_old, f_old, np.nan, 0.0, t), 4
    return three_point_minimizer(0.0, f0, slope0, t, f, slope, t_old, f_old, slope_old, 0.0, t), 5
