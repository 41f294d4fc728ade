"""Drives a loop in slices of about 50 ms. Between slices Python owns the clock, Ctrl-C, callbacks, limits, progress."""

import contextlib
import math
import signal
from collections.abc import Callable
from typing import Any

import numpy as np

from solvers.allocation import keep_freed_memory
from solvers.engine import compiled_entry, engine_of
from solvers.interrupt import HeldBack
from solvers.jit import clock
from solvers.objective import NotEvaluable, Objective
from solvers.problem import COUNTED, ORACLE
from solvers.result import Result, build, message
from solvers.status import FAULTS, Status
from solvers.stopping import outcome
from solvers.trace import CAPACITY, new_trace, record
from solvers.verification import Again, again_at, repeats

SLICE = 0.05
FIRST_SLICE = 0.002
"""Seconds of the first slice; each is twice as long as the last, up to `SLICE`, so that short runs are seen too."""

SILENT: Any = {"over": "ignore", "invalid": "ignore", "divide": "ignore"}
"""What NumPy does while a run evaluates: what is not finite is dealt with, not warned of."""

Observer = Callable[[int, float, np.ndarray], None]
Reader = Callable[[np.ndarray], None]


def run(
    name: str,
    objective: Objective,
    settings: Any,
    x0: np.ndarray,
    callback: Callable[[Result], bool] | None = None,
    observer: Observer | None = None,
    reader: Reader | None = None,
    opening: Callable[[Result], bool] | None = None,
    memory: Any = None,
    fresh: bool = True,
) -> Result:
    """Return the outcome of a whole run. Ctrl-C ends it with what it has.

    Parameters
    ----------
    name : str
        What the solver is called in messages.
    objective : Objective
        What is minimised.
    settings : DescentSettings, StagedSettings or StochasticSettings
        How.
    x0 : ndarray of float64, shape (n,)
        The start; it is not modified.
    callback : callable, optional
        Called with the result so far after every iteration, the last included; a true return value ends the run.
    observer : callable, optional
        Called outside the clock with ``(nit, seconds, x)`` at the end of each slice; `x` is the run's own array.
    reader : callable, optional
        Called outside the clock with the new rows of the trace, an array, before the callback.
    opening : callable, optional
        Called with the result so far when f was evaluated at `x0`; a true return value ends the run.
    memory : optional
        What an earlier run of the same settings has learnt, to be used and modified; `fresh`: that is nothing yet.
    """
    keep_freed_memory()
    with HeldBack() as held:
        result = _run(name, objective, settings, x0, callback, observer, reader, opening, memory, fresh, held)
    if held.arrived and result.status != Status.INTERRUPTED and not held.nested:
        signal.raise_signal(signal.SIGINT)  # it came when the run was over: it is meant for the caller
    return result


def _run(
    name: str,
    objective: Objective,
    settings: Any,
    x0: np.ndarray,
    callback: Callable[[Result], bool] | None,
    observer: Observer | None,
    reader: Reader | None,
    opening: Callable[[Result], bool] | None,
    memory: Any,
    fresh: bool,
    held: HeldBack,
) -> Result:
    engine = engine_of(settings)
    stopping = settings.stopping
    gtol = stopping.gtol * objective.gradient_scale
    if objective.compiled is None or engine.interpreted:
        loop: Any = engine.loop
        functions: Any = {name: held.letting_through(each) for name, each in objective.problem.functions().items()}
        problem = objective.problem._replace(**functions)
        at_start: Any = held.letting_through(objective.at_start)
    else:
        loop, problem = compiled_entry(settings, objective.compiled)
        at_start = objective.at_start

    began = clock()
    try:
        with np.errstate(**SILENT):
            f, g, H, nfev = at_start(x0.copy(), engine.second_order)
    except Exception as error:
        error.add_note(f"raised while {name} evaluated the objective at x0: iteration 0, evaluation 1")
        raise
    seconds = objective.seconds + clock() - began
    grad_inf = float(np.abs(g).max(initial=0.0))
    state = engine.new_state(settings, x0, g, H, nfev)
    if memory is None:
        memory = engine.new_memory(x0.size, settings, problem.args)
    status = outcome(stopping, gtol, 0, 1, f, grad_inf)
    progress = engine.start(status, f, seconds)
    if not fresh:
        progress = progress._replace(fresh=False)
    first = new_trace(1)
    record(first, 0, 0, state.nfev[COUNTED], progress.seconds, f, grad_inf, 0.0, math.nan)
    blocks, buffer = [first], new_trace(CAPACITY)
    status, slice_seconds = Status(status), FIRST_SLICE

    again: Again | None = None

    def so_far(status: Status) -> Result:
        row = blocks[-1][-1]
        f, grad_inf, nit, nfev = float(row[3]), float(row[4]), int(state.nit[0]), int(state.nfev[COUNTED])
        x, g, last_step = state.x, state.g, engine.last_step(progress, state)
        said = message(status, stopping, gtol, f, grad_inf, nit, nfev, last_step.rho, again)
        f_best = float(state.best.f[0])
        if status in FAULTS and math.isfinite(f_best) and not f <= f_best:
            x, f, g = state.best.x, f_best, state.best.g
        return build(
            message=said,
            success=status.success,
            status=status,
            fun=f,
            x=x.copy(),
            nit=nit,
            jac=g.copy(),
            nfev=nfev,
            njev=nfev,
            seconds=max(float(row[2]), progress.seconds),
            oracle_seconds=1e-9 * int(state.nfev[ORACLE]),
            method=name,
            trace_blocks=list(blocks),
            last_step=last_step,
        )

    def verified(status: Status) -> Status:
        nonlocal again
        if not status.success:
            return status
        with np.errstate(**SILENT):
            again = held.letting_through(again_at)(objective.problem, state.x.copy())
        return status if repeats(again, status, stopping, gtol, progress.f, f) else Status.UNREPEATABLE

    def blamed(error: Exception, on: str, nit: int) -> Exception:
        """Return an exception of the user's with where it was raised, and the result so far."""
        nfev = int(state.nfev[COUNTED])
        error.add_note(f"raised while {name} {on}: iteration {nit}, evaluation {nfev}")
        if isinstance(error, NotEvaluable):
            error.add_note("where it has no value, a function compiled by Numba returns nan instead")
        with contextlib.suppress(AttributeError):
            error.result = so_far(Status.RAISED)  # type: ignore[attr-defined]
        return error

    try:
        status = verified(status)
    except KeyboardInterrupt:
        status = Status.INTERRUPTED
    except Exception as error:
        raise blamed(error, "evaluated the objective at x0 once more", 0) from error.__cause__
    if opening is not None and opening(so_far(status)) and status == Status.RUNNING:
        status = Status.CALLBACK

    while status == Status.RUNNING:
        nit = int(state.nit[0])
        last = nit + 1 if callback is not None else stopping.max_iter
        allowed = min(slice_seconds, stopping.max_time - progress.seconds)
        raised: Exception | None = None
        try:
            with np.errstate(**SILENT):
                progress = loop(problem, settings, gtol, state, memory, progress, buffer, clock() + allowed, last)
            status = verified(Status(progress.status))
        except KeyboardInterrupt:
            status = Status.INTERRUPTED
        except Exception as error:
            raised = error
        done = int(state.nit[0]) - nit
        if done > 0:
            blocks.append(buffer[:done].copy())
            if reader is not None:
                reader(blocks[-1])
        if raised is not None:
            raise blamed(raised, "evaluated the objective", int(state.nit[0]) + 1)
        if observer is not None:
            observer(int(state.nit[0]), progress.seconds, state.x)
        if callback is not None and done > 0:
            try:
                stop = callback(so_far(status))
            except Exception as error:
                raise blamed(error, "called the callback", int(state.nit[0])) from error.__cause__
            if stop and status == Status.RUNNING:
                status = Status.CALLBACK
        if status == Status.RUNNING and held.arrived:
            status = Status.INTERRUPTED
        if status == Status.RUNNING and progress.seconds >= stopping.max_time:
            status = Status.TIME
        slice_seconds = min(2.0 * slice_seconds, SLICE)

    return so_far(status)
