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


class Stopping(NamedTuple):
    """Settings of the stopping rules; each method takes them all."""

    gtol: Annotated[float, Between(0.0), "stop when no component of the gradient (of the mean objective) is larger"] = (
        1e-5
    )
    target: Annotated[float, "stop when f is this low"] = -math.inf
    xtol: Annotated[float, Between(0.0), "stop when no component of x moved more; 0: never"] = 0.0
    ftol: Annotated[float, Between(0.0), "stop when f fell by less, relative to max(|f|, |f_old|); 0: never"] = 0.0
    max_iter: Annotated[int, Between(0), "iterations (sgd: epochs)"] = 10_000
    max_evals: Annotated[int, Between(1), "evaluations of f and g (sgd: passes over the rows)"] = 1_000_000
    max_time: Annotated[float, Between(0.0, open_low=True), "seconds"] = math.inf


@part
def outcome(stopping, gtol, nit, nfev, f, grad_inf):
    """Return the status of a point, RUNNING if no rule applies. A NaN passes no test but the first."""
    if f == -np.inf:
        return UNBOUNDED
    if not (math.isfinite(f) and math.isfinite(grad_inf)):
        return NOT_FINITE
    if grad_inf <= gtol:
        return GRADIENT
    if f <= stopping.target:
        return TARGET
    if nfev >= stopping.max_evals:
        return EVALUATIONS
    if nit >= stopping.max_iter:
        return ITERATIONS
    return RUNNING


@part
def standstill(stopping, step_inf, f, f_old):
    """Return the status of a step that hardly moved, or was lost in the rounding of x; RUNNING if it did move."""
    if step_inf == 0.0:
        return ROUNDING
    if step_inf <= stopping.xtol:
        return STEP
    if stopping.ftol > 0.0 and abs(f_old - f) <= stopping.ftol * max(abs(f), abs(f_old)):
        return DECREASE
    return RUNNING
