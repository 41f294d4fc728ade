"""Drives a loop in slices of about 50 ms. Between slices Python owns the clock, Ctrl-C, callbacks, limits, progress."""

import math
import signal
from collections.abc import Callable
from typing import Any

import numpy as np

from solvers.engine import compiled_entry, engine_of
from solvers.interrupt import HeldBack
from solvers.jit import clock
from solvers.objective import Objective
from solvers.result import Result, build, message
from solvers.status import Status
from solvers.stopping import outcome
from solvers.trace import CAPACITY, new_trace, record

SLICE = 0.05
FIRST_SLICE = 0.002
"""Seconds of the first slice; each is twice as long as the last, up to `SLICE`, so that short runs are seen too."""

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
    record(first, 0, 0, state.nfev[0], progress.seconds, f, grad_inf, 0.0, math.nan)
    blocks, buffer = [first], new_trace(CAPACITY)
    status, slice_seconds = Status(status), FIRST_SLICE

    def so_far(status: Status) -> Result:
        row = blocks[-1][-1]
        f, grad_inf, nit, nfev = float(row[3]), float(row[4]), int(state.nit[0]), int(state.nfev[0])
        last_step = engine.last_step(progress, state)
        return build(
            message=message(status, stopping, gtol, f, grad_inf, nit, nfev, last_step.rho),
            success=status.success,
            status=status,
            fun=f,
            x=state.x.copy(),
            nit=nit,
            jac=state.g.copy(),
            nfev=nfev,
            njev=nfev,
            seconds=float(row[2]),
            method=name,
            trace_blocks=list(blocks),
            last_step=last_step,
        )

    if opening is not None and opening(so_far(status)) and status == Status.RUNNING:
        status = Status.CALLBACK

    while status == Status.RUNNING:
        nit = int(state.nit[0])
        last = nit + 1 if callback is not None else stopping.max_iter
        allowed = min(slice_seconds, stopping.max_time - progress.seconds)
        try:
            # Trials off the domain are part of a search: what is not finite is dealt with, not warned of.
            with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
                progress = loop(problem, settings, gtol, state, memory, progress, buffer, clock() + allowed, last)
            status = Status(progress.status)
        except KeyboardInterrupt:
            status = Status.INTERRUPTED
        except Exception as error:
            nit, nfev = int(state.nit[0]), int(state.nfev[0])
            error.add_note(f"raised while {name} evaluated the objective: iteration {nit + 1}, evaluation {nfev}")
            raise
        done = int(state.nit[0]) - nit
        if done > 0:
            blocks.append(buffer[:done].copy())
            if reader is not None:
                reader(blocks[-1])
        if observer is not None:
            observer(int(state.nit[0]), progress.seconds, state.x)
        if callback is not None and done > 0 and callback(so_far(status)) and status == Status.RUNNING:
            status = Status.CALLBACK
        if status == Status.RUNNING and held.arrived:
            status = Status.INTERRUPTED
        if status == Status.RUNNING and progress.seconds >= stopping.max_time:
            status = Status.TIME
        slice_seconds = min(2.0 * slice_seconds, SLICE)

    if status == Status.NOT_FINITE and not math.isfinite(progress.f):
        blocks[-1][-1, 3] = progress.f
    return so_far(status)
