"""A run in stages: each continues where the last one came to, with its memory, and all are one result.

Stages on subsets of the rows come first; then those on all of them: one, unless more is asked of the point that it
reaches, or f and g are too coarse to go on and the objective has finer ones.
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from solvers.driver import Observer, run
from solvers.engine import engine_of
from solvers.objective import Objective
from solvers.result import Result, message
from solvers.stages import Stages, subsets
from solvers.status import Status
from solvers.trace import COLUMNS

ENDING = (Status.CALLBACK, Status.INTERRUPTED, Status.TIME, Status.EVALUATIONS, Status.WRONG_GRADIENT)
"""What ends a run, and not its stage alone."""
TOO_COARSE = (Status.ROUNDING, Status.LINE_SEARCH)
"""How a run ends where rounding of f hides what a step brings."""

LEARNT = 2
"""Stages after which a preconditioner is taken anew, at the point that they have come to; after the last, if fewer."""

Tighten = Callable[[Result], float | None]


def run_staged(
    name: str,
    objective: Objective,
    settings: Any,
    x0: np.ndarray,
    callback: Callable[[Result], bool] | None = None,
    observer: Observer | None = None,
    tighten: Tighten | None = None,
    finer: Callable[[Objective], Objective | None] = lambda objective: None,
    anew: Callable[[Objective, np.ndarray], Objective] = lambda objective, x: objective,
) -> Result:
    """Return the outcome of `run` after its stages, and after what follows it, as one run.

    `tighten` is called with a result whose gradient is small enough; it returns a smaller ``gtol`` to go on to, or None
    if that was all. `finer` returns the same objective with less rounding, or None; it is called where rounding ends
    the run. `anew` returns the objective with its preconditioner for a point.

    Evaluations are counted in passes over all rows, rounded up. Of a stage on a subset f and g are known on its rows
    only, so that they are NaN in the trace. The step that ends a stage leaves no pair, since its gradients would be of
    two functions.
    """
    stopping, growing = settings.stopping, getattr(settings, "stages", Stages())
    memory = engine_of(settings).new_memory(x0.size, settings, objective.problem.args)
    before, blocks = Before(0, 0.0, 0.0, 0.0), list[np.ndarray]()
    x, ended, fresh = x0, Status.RUNNING, True

    def stage(part: Objective, share: float, limits: Any) -> Result:
        nonlocal before, x, fresh, objective
        found = run(
            name,
            part,
            settings._replace(stopping=limits._replace(resolution=part.resolution / math.sqrt(share))),
            x,
            callback and _told(callback, before, share),
            observer and _seen(observer, before),
            memory=memory,
            fresh=fresh,
        )
        blocks.append(before.continued(found.trace, share))
        before = before.after(found, share)
        x, fresh = found.x, fresh and found.nit < 2
        objective = objective._replace(seconds=0.0)  # they count once
        return found

    parts = subsets(growing, objective.problem.args[0]) if growing.stages else []
    for number, rows in enumerate(parts):
        if number == LEARNT:
            objective = anew(objective, x)
        share = rows.size / objective.n_rows
        limits = stopping._replace(
            target=-math.inf,
            max_iter=min(growing.stage_iterations, stopping.max_iter - before.nit),
            max_evals=max(1, int((stopping.max_evals - 1 - before.passes) / share)),
            max_time=stopping.max_time - before.seconds,
        )
        found = stage(_on_rows(objective, rows), share, limits)
        if found.status in ENDING:
            ended = found.status
            break
    else:
        if 0 < len(parts) <= LEARNT:
            objective = anew(objective, x)
    gtol: float | None = stopping.gtol
    asked = stopping
    while gtol is not None:
        asked = stopping._replace(gtol=gtol)
        left = asked._replace(
            max_iter=0 if ended != Status.RUNNING else stopping.max_iter - before.nit,
            max_evals=max(1, int(stopping.max_evals - before.passes)),
            max_time=max(stopping.max_time - before.seconds, 1e-9),
        )
        found = stage(objective, 1.0, left)
        if found.status == Status.GRADIENT and tighten is not None:
            gtol = tighten(found)
        elif found.status in TOO_COARSE and (better := finer(objective)) is not None:
            objective, finer = better, lambda objective: None
        else:
            gtol = None
    blocks = [*(block[:-1] for block in blocks[:-1]), blocks[-1]]  # the last point of a stage is the first of the next
    found.update(seconds=before.seconds, oracle_seconds=before.oracle)
    return _whole(found, blocks, asked, ended, objective.gradient_scale)


class Before(NamedTuple):
    """What went before a stage: iterations, passes over all rows, and seconds, of which `oracle` in the objective."""

    nit: int
    passes: float
    seconds: float
    oracle: float

    def after(self, found: Result, share: float) -> "Before":
        """Return what went before the next stage."""
        return Before(
            self.nit + found.nit,
            self.passes + share * found.nfev,
            self.seconds + found.seconds,
            self.oracle + found.oracle_seconds,
        )

    def continued(self, trace: np.ndarray, share: float) -> np.ndarray:
        """Return the trace of a stage as part of the whole one."""
        trace = trace.copy()
        trace[:, COLUMNS.index("nit")] += self.nit
        passes = self.passes + share * trace[:, COLUMNS.index("nfev")]
        trace[:, COLUMNS.index("nfev")] = np.ceil(passes)
        trace[:, COLUMNS.index("seconds")] += self.seconds
        if share < 1.0:
            trace[:, [COLUMNS.index("f"), COLUMNS.index("grad_inf")]] = np.nan
        return trace


def _whole(found: Result, blocks: list[np.ndarray], stopping: Any, ended: Status, scale: float) -> Result:
    """Return the result of the last stage as that of all of them; `ended` is what ended the run before it."""
    last = dict(zip(COLUMNS, blocks[-1][-1], strict=True))
    status = found.status if found.status.success or ended == Status.RUNNING else ended
    nit, nfev = int(last["nit"]), int(last["nfev"])
    found.update(nit=nit, nfev=nfev, njev=nfev, status=status, success=status.success)
    if status != Status.UNREPEATABLE:  # its message has numbers that no one keeps
        rho = found.last_step.rho
        found["message"] = message(status, stopping, stopping.gtol * scale, last["f"], last["grad_inf"], nit, nfev, rho)
    found.__dict__["trace_blocks"] = blocks
    return found


def _on_rows(objective: Objective, rows: np.ndarray) -> Objective:
    """Return the objective on some of its rows."""
    problem, compiled = objective.problem, objective.compiled
    args = (rows, *problem.args[1:])
    compiled = compiled and compiled._replace(args=args)
    return objective._replace(problem=problem._replace(args=args), compiled=compiled, source=None)


def _told(callback: Callable[[Result], bool], before: Before, share: float) -> Callable[[Result], bool]:
    """Return the callback as a stage calls it: with what is known of the whole run."""

    def call(result: Result) -> bool:
        nfev = math.ceil(before.passes + share * result.nfev)
        result.update(nit=before.nit + result.nit, nfev=nfev, njev=nfev, seconds=before.seconds + result.seconds)
        if share < 1.0:
            result.update(fun=math.nan, jac=np.full_like(result.x, math.nan))
        return callback(result)

    return call


def _seen(observer: Observer, before: Before) -> Observer:
    return lambda nit, seconds, x: observer(before.nit + nit, before.seconds + seconds, x)
