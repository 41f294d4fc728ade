"""The loop of every line-search method: propose a direction, search along it, learn from the step, ask to stop.

The loop is written once and specialised to its parts by a closure. It works on arrays that its caller owns, so that it
can hand control back in the middle of a run (for the clock, Ctrl-C, a callback) and be called again.
"""

import importlib
from typing import Any, NamedTuple

import numpy as np

from solvers.best import Best, leave_any, leave_lower, none_yet
from solvers.diagnosis import Suspicion, consistency, failure, is_due, observed, questioned, unsuspected
from solvers.directions import NEVER, Here, Step
from solvers.jit import by_presence, clock, compiled, part
from solvers.problem import COUNTED, END, ILLEGAL, end_of, is_over
from solvers.ray import MOST_ILLEGAL, Ray, Trial, is_legal
from solvers.searches.fixed import Fixed
from solvers.shared_search import evaluable, searching
from solvers.stopping import NOT_FINITE, ROUNDING, RUNNING, TIME, exhausted, no_descent, outcome, reached, standstill
from solvers.trace import LastStep, record
from solvers.vectors import along, difference, dot, norm_inf, overwrite, scaled


class State(NamedTuple):
    """The arrays of a run: where it is, where it was, and its counters.

    `x0` is where it began; `d` and `g_old` are the direction of the last step and the gradient where that began; `H`
    the last Hessian (None where the method uses none); `recent` the last values of f, a ring for a non-monotone search.
    `nfev` has the places of `solvers.problem`. `nit` is written last in a step: whatever interrupts a run finds the row
    of the trace for it. `best` is the lowest of the points that a non-monotone run has left for a higher one, with f
    and g there.
    """

    x: np.ndarray
    x0: np.ndarray
    g: np.ndarray
    d: np.ndarray
    g_old: np.ndarray
    H: np.ndarray | None
    recent: np.ndarray
    nit: np.ndarray
    nfev: np.ndarray
    best: Best


class Progress(NamedTuple):
    """The numbers of a run: how far it is, and what the next iteration needs of the last.

    `fresh` says that the next direction has no past, `taken` that there is a step to learn from; `suspicion` is what
    the steps say of the gradient.
    """

    status: int
    seconds: float
    f: float
    f_old: float
    slope: float
    t: float
    fresh: bool
    taken: bool
    suspicion: Suspicion


@part
def start(status, f, seconds):
    """Return the numbers of a run that was evaluated once, at its start."""
    return Progress(status, seconds, f, f, 0.0, 1.0, True, False, unsuspected())


def last_step(progress, state):
    """Return what else is known of the last iteration."""
    return LastStep(progress.slope, state.d.copy(), state.nfev.copy(), progress.suspicion.rho)


@part
def reference_value(recent, nit, f):
    """Return the value that a sufficient decrease is counted from: the largest of the last few."""
    recent[nit % recent.size] = f
    return recent.max()


@part
def present_value(recent, nit, f):
    """Return the value itself, for a search that no earlier one concerns."""
    return f


@compiled
def move(x, s):
    """Add `s` to `x` in place; return the largest entry of `s`, and whether any entry of `x` changed."""
    largest, moved = 0.0, False
    for i in range(x.size):
        new = x[i] + s[i]
        moved = moved or new != x[i]
        largest = max(largest, abs(s[i]))
        x[i] = new
    return largest, moved


@part
def never(settings, nit):
    """Return that no Hessian is wanted."""
    return NEVER


@part
def unscaled(problem):
    """Return that the first direction of a run has no length of its own."""
    return False


@part
def _empty_hessian(H):
    return np.empty((0, 0))


@part
def _nothing(H):
    return None


@part
def _write_over(kept, H):
    if H.size > 0:
        kept[:] = H


@part
def _leave(kept, H):
    return None


empty_hessian = by_presence(_empty_hessian, _nothing)
keep = by_presence(_write_over, _leave)
"""What to do with the Hessian of an accepted trial: it is empty if it was not evaluated."""


NO_LIMIT = int(np.iinfo(np.int64).max)


def compose(first_step_type: type, search_type: type, direction_type: type) -> tuple[Any, Any, Any]:
    """Return the loop for three parts, named by the types of their settings, with its state and its memory."""
    first_step = importlib.import_module(first_step_type.__module__).first_trial_step
    search = importlib.import_module(search_type.__module__)
    direction = importlib.import_module(direction_type.__module__)
    find, propose, learn, forget = searching(search.find), direction.propose, direction.learn, direction.forget
    memory_of = direction.new_memory
    is_scaled = getattr(direction, "is_scaled", unscaled)
    wants_hessian = getattr(direction, "wants_hessian", never)

    windowed = "window" in search_type._fields  # type: ignore[attr-defined]
    reference = reference_value if windowed else present_value
    rising = windowed or search_type is Fixed
    leave = leave_lower if rising else leave_any

    @part
    def new_state(settings, x0, g0, H0, nfev):
        """Return the arrays of a run that starts at `x0`, with what was evaluated there."""
        n = x0.size
        recent = np.empty(max(1, settings.search.window) if windowed else 1)
        recent[:] = -np.inf
        zero = np.zeros(n)
        best = none_yet(n if rising else 0)
        return State(x0.copy(), x0.copy(), g0.copy(), zero, zero.copy(), H0, recent, np.zeros(1, np.int64), nfev, best)

    @part
    def new_memory(n, settings, args):
        """Return the memory of the direction."""
        return memory_of(n, settings.direction)

    def loop(problem, settings, gtol, state, memory, progress, trace, deadline, last):
        """Iterate until a rule stops the run, the clock reaches `deadline`, iteration `last`, or the trace is full."""
        began = clock()
        x, g, d, g_old, nfev = state.x, state.g.copy(), state.d.copy(), state.g_old.copy(), state.nfev
        stopping, nothing = settings.stopping, empty_hessian(state.H)
        last_call = NO_LIMIT if stopping.finish_search else stopping.max_evals // stopping.cost
        status, seconds, f, f_old = progress.status, progress.seconds, progress.f, progress.f_old
        slope, t, fresh, taken = progress.slope, progress.t, progress.fresh, progress.taken
        nfev[END] = end_of(stopping.max_time, seconds)
        suspicion, asking = progress.suspicion, stopping.progress < 0.0  # minFunc asks nothing
        nit, row, s = state.nit[0], 0, scaled(t, d)
        while status == RUNNING and nit < last:
            if taken:
                learn(memory, settings.direction, Step(t, d, s, difference(g, g_old), f_old, f, g_old, g))
                taken = False
            here = Here(problem, x, f, g, state.H, nit, nfev, stopping.max_evals, stopping.progress)
            d = propose(memory, settings.direction, here)
            slope_old, slope = slope, dot(g, d)
            status = no_descent(stopping, slope)
            if status != RUNNING:
                break
            if not -np.inf < slope < 0.0:
                forget(memory)
                d = propose(memory, settings.direction, here)
                slope = dot(g, d)
                fresh = True
                if not -np.inf < slope < 0.0:
                    d = -g
                    slope = dot(g, d)
            if is_over(nfev):
                status = TIME
                break
            if asking and nfev[ILLEGAL] >= MOST_ILLEGAL:
                status = NOT_FINITE
                break
            t = first_step(settings.first_step, fresh, is_scaled(problem), here, d, f_old, slope, slope_old, t)
            if 0.0 < -0.5 * t * slope < stopping.resolution * abs(f):
                status = ROUNDING
                break
            ray = Ray(evaluable(problem), x, d, nfev, nit, wants_hessian(settings.direction, nit), nothing)
            at_x = Trial(0.0, f, slope, g, state.H)
            decrease_from = reference(state.recent, nit, f)
            found = find(problem.search, ray, settings.search, at_x, decrease_from, t, last_call)
            if not found.ok:
                status = outcome(stopping, gtol, nit, nfev[COUNTED], f, norm_inf(g))
                if status == RUNNING and is_over(nfev):
                    status = TIME
                if status == RUNNING:
                    if asking and forget(memory):  # once more, along the gradient itself
                        fresh = True
                        continue
                    status = NOT_FINITE
                    if is_legal(found.trial) and not (asking and nfev[ILLEGAL] >= MOST_ILLEGAL):
                        status = failure(ray, at_x)
                    if asking and is_due(suspicion, status, np.nan):
                        suspicion, status = questioned(suspicion, status, ray, x, t, state.x0, last_call)
                break
            trial, first = found.trial, t
            t = trial.t
            s = scaled(t, d)
            leave(state.best, x, f, g, trial.f)
            size, moved = move(x, s)
            g_old, g = g, trial.g
            overwrite(state.g, g)
            keep(state.H, trial.H)
            f_old, f, fresh, taken = f, trial.f, False, True
            rho = consistency(f_old, f, 0.5 * t * (slope + trial.slope))
            suspicion = observed(suspicion, rho)
            grad_inf = norm_inf(g)
            status = reached(stopping, gtol, f, grad_inf)
            if status == RUNNING:
                status = standstill(stopping, size, moved, f, f_old)
            now = clock()
            if row < trace.shape[0]:
                record(trace, row, nit + 1, nfev[COUNTED], seconds + (now - began), f, grad_inf, t, rho)
                row += 1
            nit += 1
            state.nit[0] = nit
            if asking and is_due(suspicion, status, rho):
                reach = max(first, t) if np.isnan(rho) else t
                suspicion, status = questioned(suspicion, status, ray, along(x, -1.0, s), reach, state.x0, last_call)
                if row > 0:
                    record(trace, row - 1, nit, nfev[COUNTED], seconds + (clock() - began), f, grad_inf, t, rho)
            if status == RUNNING:
                status = exhausted(stopping, nit, nfev[COUNTED])
            if now >= deadline or row == trace.shape[0] > 0:
                break
        overwrite(state.d, d)
        overwrite(state.g_old, g_old)
        return Progress(status, seconds + (clock() - began), f, f_old, slope, t, fresh, taken, suspicion)

    loop.__qualname__ = f"descend[{first_step_type.__name__},{search_type.__name__},{direction_type.__name__}]"
    return loop, new_state, new_memory
