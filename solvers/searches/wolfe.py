"""Bracketing line search for the strong Wolfe conditions, with cubic interpolation.

Nocedal & Wright (2006), Algorithms 3.5 (bracketing) and 3.6 (zoom), with the safeguards of minFunc: an extrapolation at
least 1 % beyond and at most 10 times the last step; in the zoom, a trial twice close to an end of the bracket is moved
a tenth of the width inside.
"""

from typing import Annotated, NamedTuple

import numpy as np

from solvers.interpolation import cubic_minimizer
from solvers.jit import part
from solvers.options import Between, Choice
from solvers.ray import Found, evaluate, is_legal
from solvers.searches.armijo import is_sufficient

BISECTION, CUBIC = range(2)


class Wolfe(NamedTuple):
    """Settings of the strong-Wolfe search."""

    c1: Annotated[float, Between(0.0, 1.0, open_low=True, open_high=True), "sufficient decrease"] = 1e-4
    c2: Annotated[float, Between(0.0, 1.0, open_low=True, open_high=True), "curvature"] = 0.9
    interpolation: Annotated[int, Choice(("bisection", "cubic")), "how trials are placed"] = CUBIC
    max_trials: Annotated[int, Between(1), "evaluations per search"] = 30
    floor: Annotated[float, Between(0.0, 1e-3), "rounding of f, relative, within which slopes decide; 0: never"] = 1e-14


@part
def is_flat(start, trial, c2):
    """Whether the trial meets the strong curvature condition."""
    return abs(trial.slope) <= -c2 * start.slope


@part
def find(ray, settings, start, reference, t, last_call):
    """Bracket an acceptable step, then zoom in on it."""
    first_call = ray.calls[0]
    last_call = min(last_call, first_call + settings.max_trials)
    previous = start
    trial = evaluate(ray, t)
    while True:
        if trial.f == -np.inf:
            return Found(trial, True)
        if is_legal(trial):
            sufficient = is_sufficient(start, trial, reference, settings.c1, settings.floor)
            if sufficient and is_flat(start, trial, settings.c2):
                return Found(trial, True)
            rising = ray.calls[0] > first_call + 2 and trial.f >= previous.f
            if not sufficient or rising:
                return zoom(ray, settings, start, reference, previous, trial, last_call)
            if trial.slope >= 0.0:
                return zoom(ray, settings, start, reference, trial, previous, last_call)
            if ray.calls[0] >= last_call:
                return Found(trial, True)
            shortest, longest = trial.t + 0.01 * (trial.t - previous.t), 10.0 * trial.t
            if settings.interpolation == BISECTION or trial.slope == previous.slope:  # a straight line has no minimum
                t = longest
            else:
                t = cubic_minimizer(
                    previous.t, previous.f, previous.slope, trial.t, trial.f, trial.slope, shortest, longest
                )
            previous = trial
        else:  # off the domain: come back half-way to the last legal point
            if ray.calls[0] >= last_call:
                return Found(previous, previous.t > 0.0)
            t = 0.5 * (previous.t + trial.t)
        trial = evaluate(ray, t)


@part
def zoom(ray, settings, start, reference, low, high, last_call):
    """Shrink the bracket until a point inside meets both conditions.

    `low` is the best trial so far that decreases f sufficiently, and `high` lies on the side to which f falls from it.
    """
    near_the_end = False
    while ray.calls[0] < last_call:
        left, right = min(low.t, high.t), max(low.t, high.t)
        width = right - left
        if settings.interpolation == BISECTION or not is_legal(high):
            t = 0.5 * (left + right)
        else:
            t = cubic_minimizer(low.t, low.f, low.slope, high.t, high.f, high.slope, left, right)
        if min(right - t, t - left) < 0.1 * width:
            if near_the_end or t >= right or t <= left:
                t = right - 0.1 * width if abs(t - right) < abs(t - left) else left + 0.1 * width
                near_the_end = False
            else:
                near_the_end = True
        else:
            near_the_end = False
        if not left < t < right:  # the bracket is two neighbouring numbers
            break
        trial = evaluate(ray, t)
        sufficient = is_legal(trial) and is_sufficient(start, trial, reference, settings.c1, settings.floor)
        if sufficient and is_flat(start, trial, settings.c2):
            return Found(trial, True)
        if not sufficient or trial.f >= low.f:
            high = trial
        else:
            if trial.slope * (high.t - low.t) >= 0.0:
                high = low
            low = trial
    return Found(low, low.t > 0.0)
