"""Armijo backtracking with safeguarded interpolation.

Armijo (1966); Nocedal & Wright (2006), Algorithm 3.1 and section 3.5. With a `window` above 1 the decrease is counted
from the largest of the last values: the non-monotone rule of Grippo, Lampariello & Lucidi (1986).
"""

from typing import Annotated, NamedTuple

import numpy as np

from solvers.interpolation import cubic_minimizer, quadratic_minimizer
from solvers.jit import part
from solvers.options import Between, Choice
from solvers.ray import Found, evaluate, is_legal

HALVING, QUADRATIC, CUBIC = range(3)


class Armijo(NamedTuple):
    """Settings of Armijo backtracking."""

    c1: Annotated[float, Between(0.0, 1.0, open_low=True, open_high=True), "sufficient decrease"] = 1e-4
    interpolation: Annotated[int, Choice(("halving", "quadratic", "cubic")), "how a shorter step is chosen"] = CUBIC
    window: Annotated[int, Between(1, 100), "how many last values the decrease may be counted from"] = 1
    max_trials: Annotated[int, Between(1), "evaluations per search"] = 30
    floor: Annotated[float, Between(0.0, 1e-3), "rounding of f, relative, within which slopes decide; 0: never"] = 1e-14


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
    last_call = min(last_call, ray.calls[0] + settings.max_trials)
    trial = evaluate(ray, t)
    while True:
        if trial.f == -np.inf:
            return Found(trial, True)
        legal = is_legal(trial)
        if legal and is_sufficient(start, trial, reference, settings.c1, settings.floor):
            return Found(trial, True)
        if ray.calls[0] >= last_call:
            return Found(start, False)
        t = trial.t
        if not legal or settings.interpolation == HALVING:
            shorter = 0.5 * t
        elif settings.interpolation == QUADRATIC:
            shorter = quadratic_minimizer(start.f, start.slope, t, trial.f, 0.0, t)
        else:
            shorter = cubic_minimizer(0.0, start.f, start.slope, t, trial.f, trial.slope, 0.0, t)
        trial = evaluate(ray, min(max(shorter, 1e-3 * t), 0.6 * t))
