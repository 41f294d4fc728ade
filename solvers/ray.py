"""The objective along a ray: all that a line search sees of it.

``phi(t) = f(x + t d)``, with slope ``phi'(t) = g(x + t d) . d``.
"""

import math
from typing import NamedTuple

import numpy as np
from numba import types
from numba.extending import overload

from solvers.directions import ACCEPTED, EACH, NEVER
from solvers.jit import LEAN, nanoseconds, part
from solvers.pointer import call
from solvers.problem import COUNTED, GRADIENTS, ILLEGAL, OTHER_LENGTH, Problem, came_back, gradient, hessian, is_over
from solvers.vectors import along, dot

MOST_ILLEGAL = 18
"""So many trials in a row without a finite value and slope end a run. With what a direction evaluates besides, no more
than twenty evaluations come to nothing."""
HALVED = 10
"""After so many a step is cut to a tenth, no longer to half: it lies far out, and short ones are to be tried too."""


class Ray(NamedTuple):
    """A start, a direction, and the problem there.

    `calls` counts the evaluations of the whole run in place; `nit` is the number of finished iterations; `wants` says
    at which trials the Hessian is wanted; `nothing` is the empty Hessian of the others, or None where the method has no
    use for one.
    """

    problem: Problem
    x: np.ndarray
    d: np.ndarray
    calls: np.ndarray
    nit: int
    wants: int
    nothing: np.ndarray | None


class Trial(NamedTuple):
    """A point on the ray, as far as it is known: step length, value, slope, the full gradient, and the Hessian.

    The Hessian is empty where it was not evaluated, and None where the method has no use for one.
    """

    t: float
    f: float
    slope: float
    g: np.ndarray
    H: np.ndarray | None


class Found(NamedTuple):
    """What a line search comes back with: its best trial, and whether a run can go on from there.

    A trial that is not finite, with `ok` false, says that the search has nothing else to offer.
    """

    trial: Trial
    ok: bool


def evaluate(ray, t, wanted):
    """Return the trial at `t`, with the Hessian if it is `wanted` and the method has a use for it.

    The gradient is nobody else's: an objective may hand out one buffer again and again.
    """
    body = _first_order if ray.nothing is None else _second_order
    return body(ray, t, wanted)


def _first_order(ray, t, wanted):
    ray.calls[COUNTED] += 1
    f, g = gradient(ray.problem, along(ray.x, t, ray.d), ray.calls)
    if g.size != ray.x.size:
        raise ValueError(OTHER_LENGTH)
    slope = dot(g, ray.d)
    _count_illegal(ray.calls, f, slope)
    return Trial(t, f, slope, _owned(g), None)


def _directly(ray, t, wanted):
    """The same without the calls between: each call that is compiled is compiled again with every one around it."""
    ray.calls[COUNTED] += 1
    ray.calls[GRADIENTS] += 1
    x = along(ray.x, t, ray.d)
    began = nanoseconds()
    f, g = call(ray.problem.fun, (x, *ray.problem.args))
    came_back(ray.calls, began)
    if g.size != ray.x.size:
        raise ValueError(OTHER_LENGTH)
    slope = dot(g, ray.d)
    _count_illegal(ray.calls, f, slope)
    return Trial(t, f, slope, _owned(g), None)


def _second_order(ray, t, wanted):
    ray.calls[COUNTED] += 1
    x, H = along(ray.x, t, ray.d), ray.nothing
    if wanted:
        f, g, H = hessian(ray.problem, x, ray.calls)
    else:
        f, g = gradient(ray.problem, x, ray.calls)
    if g.size != ray.x.size:
        raise ValueError(OTHER_LENGTH)
    slope = dot(g, ray.d)
    _count_illegal(ray.calls, f, slope)
    return Trial(t, f, slope, _owned(g), H)


def _owned(g):
    """Return the gradient as an array of our own: interpreted it is one, copied where the objective was checked."""
    return g


@overload(_owned, jit_options=LEAN)
def _copied(g):
    return lambda g: g.copy()


@part
def _count_illegal(calls, f, slope):
    if not (math.isfinite(f) and math.isfinite(slope)):
        calls[ILLEGAL] += 1
    elif calls[ILLEGAL] > 0:
        calls[ILLEGAL] = 0


@overload(evaluate, jit_options=LEAN)
def _typed_evaluate(ray, t, wanted):
    problem, nothing = (ray.types[ray.fields.index(name)] for name in ("problem", "nothing"))
    if not isinstance(nothing, types.NoneType):
        return _second_order
    return _first_order if isinstance(problem.types[0], types.NoneType) else _directly


@part
def first_trial(ray, t):
    """Return the first trial of a search."""
    return evaluate(ray, t, ray.wants != NEVER)


@part
def next_trial(ray, t):
    """Return one of the later trials of a search."""
    return evaluate(ray, t, ray.wants == EACH)


def accepted(ray, trial, first_call):
    """Return the trial with its Hessian, if it is wanted: evaluated once more where the search went on from the first.

    `first_call` is the count of evaluations when the search began.
    """
    body = _unchanged if ray.nothing is None else _with_hessian
    return body(ray, trial, first_call)


def _unchanged(ray, trial, first_call):
    return trial


def _with_hessian(ray, trial, first_call):
    if ray.wants == ACCEPTED and ray.calls[COUNTED] > first_call + 1 and not is_over(ray.calls):
        again = evaluate(ray, trial.t, True)
        if is_legal(again):  # an objective that does not repeat itself leaves the Hessian of before
            return again
    return trial


@overload(accepted, jit_options=LEAN)
def _typed_accepted(ray, trial, first_call):
    nothing = ray.types[ray.fields.index("nothing")]
    return _unchanged if isinstance(nothing, types.NoneType) else _with_hessian


@part
def is_spent(calls, last, progress):
    """Whether a search makes no further evaluation, `last` being the count where it ends.

    There may be none left, no time, or too many in a row that came to nothing; minFunc's searches, whose `progress` is
    not negative, know no such rule.
    """
    return calls[COUNTED] >= last or (calls[ILLEGAL] >= MOST_ILLEGAL and progress < 0.0) or is_over(calls)


@part
def retreat(calls, near, far):
    """Return a step towards `near` from one that came to nothing."""
    return near + (0.5 if calls[ILLEGAL] <= HALVED else 0.1) * (far - near)


@part
def is_legal(trial):
    """Whether value and slope are finite. A gradient with a NaN or an infinity has no finite slope."""
    return math.isfinite(trial.f) and math.isfinite(trial.slope)
