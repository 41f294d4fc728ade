"""The loop of every line-search method: propose a direction, search along it, learn from the step, ask to stop.

The loop is written once and specialised to its parts by a closure. It works on arrays that its caller owns, so that it
can hand control back in the middle of a run (for the clock, Ctrl-C, a callback) and be called again.
"""

import importlib
from typing import Any, NamedTuple

import numpy as np

from solvers.diagnosis import failure
from solvers.directions import Step
from solvers.first_step import first_step
from solvers.jit import clock, compiled, part
from solvers.ray import Ray, Trial, is_legal
from solvers.stopping import NOT_FINITE, RUNNING, outcome, standstill
from solvers.trace import record
from solvers.vectors import dot, norm_inf

WINDOW = 100
"""How many last values are kept for a non-monotone search."""


class State(NamedTuple):
    """The arrays of a run: where it is, the gradient there, the last values of f (a ring), and two counters.

    `nit` is written last in an iteration: whatever interrupts a run finds the row of the trace for it.
    """

    x: np.ndarray
    g: np.ndarray
    recent: np.ndarray
    nit: np.ndarray
    nfev: np.ndarray


class Progress(NamedTuple):
    """The numbers of a run: how far it is, and what the first step of the next search needs."""

    status: int
    seconds: float
    f: float
    f_old: float
    slope: float
    t: float
    fresh: bool


@part
def new_state(x0, g0):
    """Return the arrays of a run that starts at `x0` with gradient `g0`."""
    return State(x0.copy(), g0.copy(), np.full(WINDOW, -np.inf), np.zeros(1, np.int64), np.ones(1, np.int64))


@part
def start(status, f, seconds):
    """Return the numbers of a run that was evaluated once, at its start."""
    return Progress(status, seconds, f, f, 0.0, 1.0, True)


@part
def reference_value(settings, recent, nit, f):
    """Return the value that a sufficient decrease is counted from: the largest of the last few."""
    recent[nit % WINDOW] = f
    largest = f
    for k in range(1, min(settings.window, nit + 1)):
        largest = max(largest, recent[(nit - k) % WINDOW])
    return largest


@part
def monotone(settings, recent, nit, f):
    """Return f: the decrease is counted from the present value."""
    return f


@compiled
def move(x, s):
    """Add `s` to `x` in place; return the largest change, which is 0 where rounding swallowed the step."""
    largest = 0.0
    for i in range(x.size):
        new = x[i] + s[i]
        largest = max(largest, abs(new - x[i]))
        x[i] = new
    return largest


def compose(search_type: type, direction_type: type) -> tuple[Any, Any]:
    """Return the loop for a line search and a direction, named by the types of their settings, and its memory."""
    search = importlib.import_module(search_type.__module__)
    direction = importlib.import_module(direction_type.__module__)
    find, propose, learn, forget = search.find, direction.propose, direction.learn, direction.forget
    memory_of = direction.new_memory
    reference_of = reference_value if "window" in search_type._fields else monotone  # type: ignore[attr-defined]

    @part
    def new_memory(n, settings, args):
        """Return the memory of the direction."""
        return memory_of(n, settings.direction)

    def loop(fun, args, settings, gtol, state, memory, progress, trace, deadline, last):
        """Iterate until a rule stops the run, the clock reaches `deadline`, iteration `last`, or the trace is full."""
        began = clock()
        x, g, nfev = state.x, state.g, state.nfev
        stopping = settings.stopping
        status, seconds, f, f_old = progress.status, progress.seconds, progress.f, progress.f_old
        slope_old, t, fresh = progress.slope, progress.t, progress.fresh
        nit, row = state.nit[0], 0
        while status == RUNNING and nit < last:
            d = propose(memory, settings.direction, g)
            slope = dot(g, d)
            if not slope < 0.0:
                forget(memory)
                d = propose(memory, settings.direction, g)
                slope = dot(g, d)
                fresh = True
            reference = reference_of(settings.search, state.recent, nit, f)
            t = first_step(settings.first_step, fresh, f, f_old, slope, slope_old, t, g)
            ray = Ray(fun, args, x, d, nfev)
            here = Trial(0.0, f, slope, g)
            found = find(ray, settings.search, here, reference, t, stopping.max_evals)
            if not found.ok:
                status = outcome(stopping, gtol, nit, nfev[0], f, norm_inf(g))
                if status == RUNNING:
                    if forget(memory):  # once more, along the gradient itself
                        fresh = True
                        continue
                    status = failure(ray, here) if is_legal(found.trial) else NOT_FINITE
                break
            trial = found.trial
            t = trial.t
            s = t * d
            moved = move(x, s)
            learn(memory, settings.direction, Step(t, d, s, trial.g - g, g, trial.g))
            g[:] = trial.g
            f_old, f, slope_old, fresh = f, trial.f, slope, False
            grad_inf = norm_inf(g)
            now = clock()
            if row < trace.shape[0]:
                record(trace, row, nit + 1, nfev[0], seconds + (now - began), f, grad_inf, t)
                row += 1
            nit += 1
            state.nit[0] = nit
            status = outcome(stopping, gtol, nit, nfev[0], f, grad_inf)
            if status == RUNNING:
                status = standstill(stopping, moved, f, f_old)
            if now >= deadline or row == trace.shape[0] > 0:
                break
        return Progress(status, seconds + (clock() - began), f, f_old, slope_old, t, fresh)

    loop.__qualname__ = f"descend[{search_type.__name__},{direction_type.__name__}]"
    return loop, new_memory
