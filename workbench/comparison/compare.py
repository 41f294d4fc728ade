"""The comparison: every contestant in turn, compiled before its clock starts, judged after it stopped."""

import json
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from solvers.interrupt import HeldBack
from solvers.result import Result
from solvers.status import Status
from workbench.comparison.contestant import Contestant
from workbench.comparison.preparation import prepared

if TYPE_CHECKING:
    import pandas as pd

    from workbench.comparison.own_objective import OwnProblem
    from workbench.comparison.problem import Problem

SETTLE = 0.1
"""Seconds of rest before a clock starts."""
MAX_CURVE_POINTS = 40
"""Points of a run at which accuracies are evaluated afterwards."""


@dataclass(frozen=True)
class Limits:
    """What every contestant is held to."""

    max_time: float
    max_evals: int
    gtol: float


@dataclass(frozen=True)
class Cell:
    """One contestant in one repeat: a row of results, its trace, arrays to draw, and whether Ctrl-C cut it short."""

    result: dict[str, Any]
    trace: "pd.DataFrame | None"
    arrays: dict[str, np.ndarray]
    interrupted: bool


def tolerance(objective: Any, f_star: float, smallest_gap: float) -> float:
    """Return the ``gtol`` at which a run has reached the smallest gap, at most 1e-6.

    From ``f - f* <= |g|^2 / (2 l2)`` and ``|g|^2 <= n |g|_inf^2``; the gap is counted from f* afterwards, whatever this
    says.
    """
    if objective.l2 <= 0.0 or not f_star > 0.0:
        return 1e-6
    certain = math.sqrt(2.0 * objective.l2 * smallest_gap * f_star / objective.x0.size) / objective.gradient_scale
    return min(1e-6, float(f"{certain:.1e}"))


def compile_ahead(
    problem: "Problem | OwnProblem", contestants: list[Contestant], say: Callable[[str], None] = lambda text: None
) -> dict[str, float]:
    """Compile what each contestant needs, or load it from disk; return the seconds that took, by label.

    What several contestants share is counted for the first. One that cannot be prepared has NaN here, and fails with
    its reason when its turn comes.
    """
    seconds = {}
    for contestant in contestants:
        say(f"compiling {contestant.label}, once per machine")
        try:
            seconds[contestant.label] = prepared(contestant.method, problem.objective, contestant.options)
        except Exception:
            seconds[contestant.label] = math.nan
    return seconds


def cells(
    problem: "Problem | OwnProblem",
    contestants: list[Contestant],
    limits: Limits,
    f_star: float,
    *,
    repeats: int,
    seed: int,
    compile_seconds: dict[str, float],
    say: Callable[[str], None] = lambda text: None,
) -> Iterator[Cell]:
    """Run every contestant `repeats` times, in turn, and yield each cell when it is judged.

    Parameters
    ----------
    f_star : float
        What relative gaps are counted from; NaN where it is not known.
    seed : int
        Of the contestants that draw at random; repeat r runs with ``seed + r``.
    compile_seconds : dict
        From `compile_ahead`, which must have run: nothing is compiled while a clock runs.
    say : callable
        Told about every 50 ms, outside the clock, which contestant runs and how far it is.
    """
    for repeat in range(repeats):
        for contestant in contestants:
            row = {
                "solver": contestant.label,
                "method": contestant.method.name,
                "options": json.dumps(contestant.options),
                "repeat": repeat,
                "compile_seconds": compile_seconds[contestant.label] if repeat == 0 else 0.0,
            }
            yield cell(problem, contestant, limits, f_star, row, seed + repeat, say)


def cell(
    problem: "Problem | OwnProblem",
    contestant: Contestant,
    limits: Limits,
    f_star: float,
    row: dict[str, Any],
    seed: int,
    say: Callable[[str], None],
) -> Cell:
    """Run and judge one contestant once. A failure is a cell with its reason.

    Ctrl-C ends the run, but not the judging of what it has found.
    """
    objective = problem.objective
    options: dict[str, Any] = {
        "gtol": limits.gtol,
        "max_time": limits.max_time,
        "max_evals": limits.max_evals,
        "max_iter": limits.max_evals,
    }
    if "seed" in contestant.method.options():
        options["seed"] = seed
    options |= contestant.options
    points: dict[int, np.ndarray] = {0: objective.x0}

    def observe(nit: int, seconds: float, x: np.ndarray) -> None:
        say(f"{contestant.label} · iteration {nit:,} · {seconds:.1f} s")
        if nit in points:  # sgd is amidst its next epoch, and x perhaps with it
            return
        points[nit] = x.copy()
        if len(points) > 2 * MAX_CURVE_POINTS:
            for passed in list(points)[1:-1:2]:
                del points[passed]

    # BLAS threads of the judge keep spinning for a while after their last product, on the cores that come now.
    time.sleep(SETTLE)
    try:
        with np.errstate(all="ignore"):  # a run that diverges overflows
            result = contestant.method(objective, objective.x0, observer=observe, **options)
            with HeldBack() as interrupt:
                say(f"{contestant.label} · evaluating what it found")
                found, trace = judged(problem, result, f_star), with_accuracies(problem, result, points)
                arrays = problem.arrays(result.x)
    except Exception as error:
        row["error"] = problem.reason(error)
        return Cell(row, None, {}, False)
    return Cell(row | found, trace, arrays, interrupt.arrived or result.status == Status.INTERRUPTED)


def judged(problem: "Problem | OwnProblem", result: Result, f_star: float) -> dict[str, Any]:
    """Return the numbers of a row: counts and clock from the solver, everything else recomputed outside it."""
    certificate = problem.objective.certificate(result.x)
    train, test = problem.accuracy(result.x)
    return {
        "status": result.status.name,
        "message": result.message,
        "success": bool(result.success and math.isfinite(certificate.f)),
        "nit": result.nit,
        "nfev": result.nfev,
        "seconds": result.seconds,
        "f": certificate.f,
        "grad_inf": certificate.grad_inf,
        "gap": problem.relative_gap(certificate.f, f_star),
        "gap_bound": certificate.relative_gap if math.isfinite(certificate.gap) else math.nan,
        "train_accuracy": train,
        "test_accuracy": test,
    }


def with_accuracies(problem: "Problem | OwnProblem", result: Result, points: dict[int, np.ndarray]) -> "pd.DataFrame":
    """Return the trace with the accuracies at some of the points the run came through, its last among them."""
    trace = result.history
    trace["train_accuracy"], trace["test_accuracy"] = np.nan, np.nan
    some = list(points.items())[:: math.ceil(len(points) / MAX_CURVE_POINTS)]
    for nit, x in {**dict(some), result.nit: result.x}.items():
        trace.loc[trace["nit"] == nit, ["train_accuracy", "test_accuracy"]] = problem.accuracy(x)
    return trace
