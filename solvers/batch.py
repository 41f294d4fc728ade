"""Many problems of one kind: each is one whole run, on whichever thread is free, in slices that Python watches over."""

import math
import signal
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numba import get_num_threads, prange, threading_layer, typeof, types
from numba.extending import overload

from solvers.driver import run
from solvers.engine import engine_of, loop_pointer, solve
from solvers.interrupt import HeldBack
from solvers.jit import POINTED_AT, clock, compiled, part
from solvers.objective import Objective
from solvers.parcel import ParcelType, parcel, unpacked
from solvers.pointer import Pointer
from solvers.problem import Problem
from solvers.status import Status
from solvers.stopping import RUNNING

SLICE = 0.1
"""Seconds that a slice of problems should take."""
FIRST_SLICE = 16
"""Problems of the first slice, for each thread."""
RAISED = -2
"""In place of a status: the objective raised an error, which compiled code cannot hand to Python from a thread."""


class Ragged(NamedTuple):
    """Arrays of different lengths behind each other: problem i has ``values[first[i] : first[i + 1]]``."""

    values: np.ndarray
    first: np.ndarray


class Outcomes(NamedTuple):
    """What is known of each problem, a place for each; `x` holds the starts until the runs' ends replace them."""

    x: np.ndarray
    f: np.ndarray
    grad_inf: np.ndarray
    nit: np.ndarray
    nfev: np.ndarray
    status: np.ndarray


def not_begun(starts: np.ndarray) -> Outcomes:
    """Return the outcomes of problems that start at the rows of `starts`, which are written over."""
    count = starts.shape[0]
    nothing, none = np.full(count, np.nan), np.zeros(count, np.int64)
    return Outcomes(starts, nothing, nothing.copy(), none, none.copy(), np.full(count, int(Status.RUNNING)))


def item(each: Any, i: int) -> Any:
    """Return what problem `i` has of `each`: an array whose first axis is the problem, or a `Ragged`."""
    return each.values[each.first[i] : each.first[i + 1]] if isinstance(each, Ragged) else each[i]


@overload(item)
def _compiled_item(each, i):
    if getattr(each, "instance_class", None) is Ragged:
        return lambda each, i: each.values[each.first[i] : each.first[i + 1]]
    return lambda each, i: each[i]


def items(data: tuple[Any, ...], i: int) -> tuple[Any, ...]:
    """Return what problem `i` has of all that differs between problems."""
    return tuple(item(each, i) for each in data)


@overload(items)
def _compiled_items(data, i):
    if len(data) == 0:
        return lambda data, i: ()
    return lambda data, i: (item(data[0], i),) + items(data[1:], i)  # noqa: RUF005 - Numba has no star there


class Work(NamedTuple):
    """What a thread is given: the problems, how they are solved, and where their outcomes go."""

    advance: Pointer
    template: Problem
    data: tuple[Any, ...]
    common: tuple[Any, ...]
    settings: Any
    gtol: float
    outcomes: Outcomes


@compiled(**POINTED_AT)
def solve_one(given, deadline, i):
    """Write the outcome of problem `i` and return its status, RUNNING if the time is over."""
    if clock() >= deadline:
        return RUNNING
    advance, template, data, common, settings, gtol, outcomes = unpacked(given)
    problem = Problem(
        template.fun,
        items(data, i) + common,
        template.with_hessian,
        template.with_tensor,
        template.product,
        template.preconditioner,
        template.complex_gradient,
        template.preconditioner_args,
        template.search,
    )
    found = solve(advance, problem, outcomes.x[i].copy(), settings, gtol, deadline)
    outcomes.x[i] = found.x
    outcomes.f[i] = found.f
    outcomes.grad_inf[i] = found.grad_inf
    outcomes.nit[i] = found.nit
    outcomes.nfev[i] = found.nfev
    outcomes.status[i] = found.status
    return found.status


@part
def attempt(given, status, deadline, i):
    """Solve problem `i`, and let no error leave the thread."""
    work, pointer = unpacked(given)
    try:
        status[i] = pointer(work, deadline, i)
    except Exception:
        status[i] = RAISED


@compiled(parallel=True)
def solve_all(pointer, work, deadline, first, last):
    """Solve the problems from `first` to `last` - 1 by a pointer to `solve_one`, on as many threads as there are."""
    # A tuple that began with a function would make Numba warn.
    given, status = parcel((parcel(work), pointer)), work.outcomes.status
    for i in prange(first, last):
        attempt(given, status, deadline, i)


def pointer_for(work: Work) -> Pointer:
    """Return the pointer to `solve_one` for work of this type.

    Through pointers the loop of a run is compiled once, and is the same as that of single runs: inlined into each of
    the functions around it, it took several times as long.
    """
    return Pointer(solve_one, types.int64(ParcelType(typeof(work)), types.float64, types.int64))


class Batch(NamedTuple):
    """Problems of one kind: `objective` with ``args = (*items(data, i), *common)``, from row `i` of `starts`."""

    objective: Objective
    settings: Any
    starts: np.ndarray
    data: tuple[Any, ...]
    common: tuple[Any, ...]

    def problem(self, i: int) -> Objective:
        """Return the objective of problem `i`."""
        args = (*items(self.data, i), *self.common)
        pointers = self.objective.compiled
        return self.objective._replace(
            problem=self.objective.problem._replace(args=args),
            compiled=pointers and pointers._replace(args=args),
            source=None,  # an objective that binds its data would be asked about all rows
        )


def run_batch(name: str, batch: Batch, callback: Callable[[int, int], object] | None = None) -> tuple[Outcomes, float]:
    """Return the outcomes of all problems, and the seconds that they took without compilation and callbacks.

    A compiled objective is called on as many threads as Numba is allowed, each solving problems of its own. Where it or
    a part of the method is plain Python, and where Numba's threading layer is ``workqueue``, which ends the process
    when a thread starts threads (as an objective may), problems are solved one after the other.

    Parameters
    ----------
    name : str
        What the solver is called in messages.
    batch : Batch
        The problems; `max_time` of its settings is the time of them all.
    callback : callable, optional
        ``callback(done, total)`` after each slice; a return value of True ends the run.
    """
    with HeldBack() as held:
        outcomes, seconds = _run_batch(name, batch, callback, held)
    if held.arrived and not (outcomes.status == Status.INTERRUPTED).any() and not held.nested:
        signal.raise_signal(signal.SIGINT)  # it came when the run was over: it is meant for the caller
    return outcomes, seconds


def _run_batch(
    name: str, batch: Batch, callback: Callable[[int, int], object] | None, held: HeldBack
) -> tuple[Outcomes, float]:
    outcomes = not_begun(batch.starts.copy())
    stopping, total = batch.settings.stopping, batch.starts.shape[0]
    pointers, parallel = batch.objective.compiled, False
    if pointers is not None and not engine_of(batch.settings).interpreted:
        gtol = stopping.gtol * batch.objective.gradient_scale
        template = pointers._replace(args=())
        work = Work(
            loop_pointer(batch.settings, pointers), template, batch.data, batch.common, batch.settings, gtol, outcomes
        )
        pointer = pointer_for(work)
        solve_all(pointer, work, 0.0, 0, 0)  # compile, and let Numba choose its threads
        parallel = threading_layer() != "workqueue"
    done, seconds, size = 0, 0.0, FIRST_SLICE * get_num_threads() if parallel else 1
    status = Status.RUNNING
    while done < total and status == Status.RUNNING:
        last, began = min(done + size, total), clock()
        left = stopping.max_time - seconds
        if parallel:
            solve_all(pointer, work, began + left, done, last)
        for i in range(done, last):
            if not parallel or outcomes.status[i] == RAISED:
                _solve_in_python(name, batch, i, stopping.max_time - seconds - (clock() - began), outcomes)
            if outcomes.status[i] == Status.INTERRUPTED:
                break
        elapsed = clock() - began
        seconds, done = seconds + elapsed, last
        size = max(1, math.ceil(size * min(2.0, SLICE / max(elapsed, 1e-9))))
        answer = callback(done, total) if callback is not None else None
        if held.arrived:
            status = Status.INTERRUPTED
        elif seconds >= stopping.max_time:
            status = Status.TIME
        elif answer is True:
            status = Status.CALLBACK
    outcomes.status[outcomes.status == Status.RUNNING] = Status.TIME if status == Status.RUNNING else status
    return outcomes, seconds


def _solve_in_python(name: str, batch: Batch, i: int, seconds: float, outcomes: Outcomes) -> None:
    """Write the outcome of problem `i`, solved as a run of its own; an error of the objective goes to the caller."""
    if seconds <= 0.0:
        return
    settings = batch.settings._replace(stopping=batch.settings.stopping._replace(max_time=seconds))
    try:
        found = run(name, batch.problem(i), settings, batch.starts[i])
    except Exception as error:
        error.add_note(f"in problem {i} of {batch.starts.shape[0]}")
        raise
    grad_inf = float(np.abs(found.jac).max())
    for place, value in zip(outcomes, (found.x, found.fun, grad_inf, found.nit, found.nfev, found.status), strict=True):
        place[i] = value
