"""The loop of stochastic methods: epochs of mini-batches; after each the full objective, outside the clock."""

import math
from typing import Any, NamedTuple

import numpy as np

from solvers.best import Best, leave_lower, none_yet
from solvers.jit import clock, nanoseconds, part
from solvers.problem import COUNTED, OTHER_LENGTH, came_back, new_counters
from solvers.stochastic_gradient import average_in, shuffle, step_length, update
from solvers.stopping import NOT_FINITE, RUNNING, UNBOUNDED, outcome
from solvers.trace import LastStep, record
from solvers.vectors import norm_inf, overwrite


class State(NamedTuple):
    """The arrays of a run: the point after the last epoch, the gradient there, epochs done, counters, and the best.

    Of the counters ``nfev[COUNTED]`` are passes over the rows.
    """

    x: np.ndarray
    g: np.ndarray
    nit: np.ndarray
    nfev: np.ndarray
    best: Best


class Memory(NamedTuple):
    """What mini-batches work on: the iterate, its velocity, the order of the rows, and three counters.

    `position` is the row of `order` that comes next, `updates` how many were made, `averaged` how many points the
    `mean` holds.
    """

    iterate: np.ndarray
    mean: np.ndarray
    velocity: np.ndarray
    order: np.ndarray
    generator: np.ndarray
    position: np.ndarray
    averaged: np.ndarray
    updates: np.ndarray


class Progress(NamedTuple):
    """The numbers of a run."""

    status: int
    seconds: float
    f: float


@part
def new_state(settings, x0, g0, H0, nfev):
    """Return the arrays of a run that starts at `x0` with gradient `g0`; the evaluation there is not counted."""
    return State(x0.copy(), g0.copy(), np.zeros(1, np.int64), new_counters(), none_yet(x0.size))


@part
def start(status, f, seconds):
    """Return the numbers of a run at its start; the evaluation there was monitoring, so the clock starts at 0."""
    return Progress(status, 0.0, f)


def last_step(progress, state):
    """Return the counters; there is no direction."""
    return LastStep(math.nan, np.full_like(state.x, np.nan), state.nfev.copy(), math.nan)


@part
def new_memory(n, settings, args):
    """Return the memory for `n` variables; ``args[0]`` is the index array of all rows."""
    generator = np.empty(1, np.int64)
    generator[0] = settings.gradient.seed + 1
    zero = np.zeros(1, np.int64)
    order, still = args[0].astype(np.int64), np.zeros(n)
    return Memory(np.full(n, np.nan), still, still.copy(), order, generator, zero, zero.copy(), zero.copy())


def loop(problem, settings, gtol, state, memory, progress, trace, deadline, last):
    """Run mini-batches until a rule stops the run, the clock reaches `deadline`, or epoch `last` is done."""
    began = clock()
    status, seconds, f = progress.status, progress.seconds, progress.f
    fun = problem.fun  # not in a tuple with others: Numba warns of tuples that begin with a function
    rows, others, chosen = problem.args[0], problem.args[1:], settings.gradient
    order, iterate, velocity = memory.order, memory.iterate, memory.velocity
    n_rows = order.size
    momentum, size, max_epochs = chosen.momentum, chosen.batch_size, settings.stopping.max_iter
    if memory.updates[0] == 0:
        overwrite(iterate, state.x)
    while status == RUNNING and state.nit[0] < last:
        first = memory.position[0]
        if first == 0:
            shuffle(order, memory.generator)
        batch = order[first : min(first + size, n_rows)]
        length = step_length(chosen, state.nit[0] + first / n_rows, max_epochs)
        point = iterate - momentum * velocity if chosen.nesterov else iterate.copy()
        asked = nanoseconds()
        f_batch, g_batch = fun(point, batch, *others)
        came_back(state.nfev, asked)
        if g_batch.size != iterate.size:
            raise ValueError(OTHER_LENGTH)
        update(iterate, velocity, momentum, length, g_batch)
        memory.updates[0] += 1
        if chosen.average and state.nit[0] > 0:
            memory.averaged[0] += 1
            average_in(memory.mean, iterate, memory.averaged[0])
        memory.position[0] = first + batch.size
        if memory.position[0] == n_rows:
            memory.position[0] = 0
            state.nfev[COUNTED] += 1
            next_x = memory.mean if memory.averaged[0] > 0 else iterate
            seconds += clock() - began
            f_next, g = fun(next_x.copy(), rows, *others)
            if g.size != next_x.size:
                raise ValueError(OTHER_LENGTH)
            leave_lower(state.best, state.x, f, state.g, f_next)
            overwrite(state.x, next_x)
            overwrite(state.g, g)
            f = f_next
            began = clock()
            nit = state.nit[0] + 1
            grad_inf = norm_inf(state.g)
            if trace.shape[0] > 0:
                record(trace, 0, nit, state.nfev[COUNTED], seconds, f, grad_inf, length, np.nan)
            status = outcome(settings.stopping, gtol, nit, state.nfev[COUNTED], f, grad_inf)
            state.nit[0] = nit
            if trace.shape[0] > 0:
                break
        elif not math.isfinite(f_batch):
            status = UNBOUNDED if f_batch == -np.inf else NOT_FINITE
        if clock() >= deadline:
            break
    return Progress(status, seconds + (clock() - began), f)


def compose(settings_type: type) -> tuple[Any, Any, Any]:
    """Return the loop, its state and its memory: there is one composition."""
    return loop, new_state, new_memory
