"""When a run stops: the rules, in the order in which they are asked."""

import math
from typing import Annotated, NamedTuple

import numpy as np

from solvers.jit import part
from solvers.options import Between
from solvers.status import Status

RUNNING = int(Status.RUNNING)
GRADIENT = int(Status.GRADIENT)
TARGET = int(Status.TARGET)
STEP = int(Status.STEP)
DECREASE = int(Status.DECREASE)
ITERATIONS = int(Status.ITERATIONS)
EVALUATIONS = int(Status.EVALUATIONS)
TIME = int(Status.TIME)
ROUNDING = int(Status.ROUNDING)
LINE_SEARCH = int(Status.LINE_SEARCH)
NOT_FINITE = int(Status.NOT_FINITE)
UNBOUNDED = int(Status.UNBOUNDED)
FLAT_DIRECTION = int(Status.FLAT_DIRECTION)
DIRECTION = int(Status.DIRECTION)
WRONG_GRADIENT = int(Status.WRONG_GRADIENT)


class Stopping(NamedTuple):
    """Settings of the stopping rules; each method takes them all.

    For minFunc's face alone: `cost` is what one evaluation counts for in `max_evals`; with `finish_search` a line
    search may exceed `max_evals`, and one is always made. For objectives that have a finer form: where a step promises
    to change f by less than `resolution` times f, or has done so, that goes on.
    """

    gtol: Annotated[float, Between(0.0), "stop when no component of the gradient (of the mean objective) is larger"] = (
        1e-5
    )
    target: Annotated[float, "stop when f is this low"] = -math.inf
    xtol: Annotated[float, Between(0.0), "stop when no component of x moved more; 0: never"] = 0.0
    ftol: Annotated[float, Between(0.0), "stop when f fell by less, relative to max(|f|, |f_old|); 0: never"] = 0.0
    progress: Annotated[
        float, "stop when the slope, the step, or the change of f is smaller than this (minFunc's progTol); -inf: never"
    ] = -math.inf
    max_iter: Annotated[int, Between(0), "iterations (sgd: epochs)"] = 10_000
    max_evals: Annotated[int, Between(1), "evaluations of f and g (sgd: passes over the rows)"] = 1_000_000
    max_time: Annotated[float, Between(0.0, open_low=True), "seconds"] = math.inf
    cost: int = 1
    finish_search: bool = False
    resolution: float = 0.0


@part
def reached(stopping, gtol, f, grad_inf):
    """Return the status of a point, RUNNING if it is not what was looked for. A NaN passes no test but the first."""
    if f == -np.inf:
        return UNBOUNDED
    if not (math.isfinite(f) and math.isfinite(grad_inf)):
        return NOT_FINITE
    if grad_inf <= gtol:
        return GRADIENT
    if f <= stopping.target:
        return TARGET
    return RUNNING


@part
def exhausted(stopping, nit, nfev):
    """Return the status of a run that has used up what it was given, RUNNING if it has not."""
    if nfev * stopping.cost >= stopping.max_evals and not (stopping.finish_search and nit == 0):
        return EVALUATIONS
    if nit >= stopping.max_iter:
        return ITERATIONS
    return RUNNING


@part
def outcome(stopping, gtol, nit, nfev, f, grad_inf):
    """Return the status of a point by all rules that do not look back."""
    status = reached(stopping, gtol, f, grad_inf)
    return status if status != RUNNING else exhausted(stopping, nit, nfev)


@part
def no_descent(stopping, slope):
    """Return the status of a direction along which f is not known to fall, RUNNING where no rule asks."""
    if stopping.progress < 0.0:
        return RUNNING
    if slope > -stopping.progress:
        return FLAT_DIRECTION
    return RUNNING if -np.inf < slope <= 0.0 else DIRECTION


@part
def standstill(stopping, size, moved, f, f_old):
    """Return the status of a step of the given size that hardly moved x, or not at all; RUNNING if it did move."""
    if size <= stopping.progress:
        return STEP
    if abs(f - f_old) < stopping.progress:
        return DECREASE
    if not moved or abs(f - f_old) < stopping.resolution * abs(f):
        return ROUNDING
    if size <= stopping.xtol:
        return STEP
    if stopping.ftol > 0.0 and abs(f_old - f) <= stopping.ftol * max(abs(f), abs(f_old)):
        return DECREASE
    return RUNNING
