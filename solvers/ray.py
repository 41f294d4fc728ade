"""The objective along a ray: all that a line search sees of it.

``phi(t) = f(x + t d)``, with slope ``phi'(t) = g(x + t d) . d``.
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from solvers.jit import part
from solvers.vectors import dot


class Ray(NamedTuple):
    """A start, a direction, and the function there; `calls` counts the evaluations of the whole run in place."""

    fun: Callable[..., Any]
    args: tuple[Any, ...]
    x: np.ndarray
    d: np.ndarray
    calls: np.ndarray


class Trial(NamedTuple):
    """A point on the ray, as far as it is known: step length, value, slope and the full gradient."""

    t: float
    f: float
    slope: float
    g: np.ndarray


class Found(NamedTuple):
    """What a line search comes back with: its best trial, and whether a run can go on from there.

    A trial that is not finite, with `ok` false, says that the search has nothing else to offer.
    """

    trial: Trial
    ok: bool


@part
def evaluate(ray, t):
    """Return the trial at `t`. The gradient is copied: an objective may hand out one buffer again and again."""
    ray.calls[0] += 1
    f, g = ray.fun(ray.x + t * ray.d, *ray.args)
    if g.size != ray.x.size:
        raise ValueError("the gradient changed its length from one evaluation to the next")
    return Trial(t, f, dot(g, ray.d), g.copy())


@part
def is_legal(trial):
    """Whether value and slope are finite. A gradient with a NaN or an infinity has no finite slope."""
    return math.isfinite(trial.f) and math.isfinite(trial.slope)
