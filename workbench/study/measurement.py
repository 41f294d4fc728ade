"""One cell, measured: compiled before its clock, run, watched outside the clock, and judged by code of its own.

The wall time of a cell falls into ``compile`` (or loading compiled code, or a library), ``first call``, ``oracle`` (in
f and g), ``overhead`` (in the solver beside them) and ``monitoring``; reading the problem and judging are outside.
"""

import math
import resource
import sys
import time
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import numpy as np
from numba.core import event

from solvers.interrupt import HeldBack
from solvers.result import Result
from solvers.status import Status
from solvers.trace import COLUMNS
from workbench.comparison.contestant import Contestant, contestant
from workbench.comparison.optimum import optimum, unknown
from workbench.comparison.own_objective import OwnProblem
from workbench.comparison.preparation import prepared
from workbench.comparison.problem import Problem, in_words
from workbench.grading.memory import limited_memory
from workbench.peers.peer import Peer
from workbench.study.job import ARRAYS, TRACE, Job
from workbench.study.judgement import verdict
from workbench.study.spool import spooled
from workbench.study.watch import MAX_CURVE_POINTS, Answers, Compilations, Watch

AnyProblem = Problem | OwnProblem

SETTLE = 0.1
"""Seconds of rest before a clock starts: threads of a BLAS keep spinning for a while after their last product."""
LOST_SHARE, LOST_SECONDS = 0.1, 0.25
"""How much of the wall time of a run may be in no part of it, whichever is more."""


def perform(job: Job, answer: Answers) -> None:
    """Do a job and answer; a failure is an answer too."""
    problem: AnyProblem | None = None
    try:
        problem = spooled(Path(job.problem))
        with _memory(job):
            found = {"optimum": _optimum, "parity": _parity, "cell": _measured}[job.task](problem, job, answer)
    except KeyboardInterrupt:
        answer(state="interrupted", reason="interrupted before it came to a result")
    except MemoryError as error:
        limit = f"more than {job.max_memory:g} MB" if job.max_memory else "more memory than there is"
        answer(state="killed", reason=f"it needed {limit}{f' ({error})' if str(error) else ''}")
    except Exception as error:
        answer(state="failed", reason=problem.reason(error) if problem else in_words(error))
    else:
        answer(state="done", found=found)


def _memory(job: Job) -> AbstractContextManager[None]:
    return limited_memory(int(job.max_memory * 2**20)) if job.max_memory else nullcontext()


def _parity(problem: AnyProblem, job: Job, answer: Answers) -> dict[str, Any]:
    """Prove that a peer minimises our f; one that cannot take the problem says so when its turn comes."""
    from workbench.peers.parity import parity

    entered = contestant(job.solver)
    if entered.unfit(problem.objective):
        return {"parity": ""}
    answer.say(f"{entered.label} · proving that it minimises the same f")
    found = parity(entered.method, problem.objective)
    return {"parity": "" if found.ok else found.sentence}


def _optimum(problem: AnyProblem, job: Job, answer: Answers) -> dict[str, Any]:
    """Find what gaps are counted from."""
    try:
        best, ended = optimum(problem.objective, job.smallest, job.limits["max_time"], answer.say)
    except Exception as error:
        best, ended = unknown(problem.reason(error)), Status.NOT_FINITE
    reference = best.entry() | problem.reference() | {"smallest_gap": job.smallest}
    return {"reference": reference, "interrupted": ended == Status.INTERRUPTED}


def _measured(problem: AnyProblem, job: Job, answer: Answers) -> dict[str, Any]:
    """Run and judge one contestant."""
    entered = contestant(job.solver)
    objective = problem.objective
    unfit = entered.unfit(objective)
    if unfit:
        raise ValueError(f"{entered.method.name} {unfit}")
    answer.say(f"compiling {entered.label}, once per machine")
    compile_seconds = prepared(entered.method, objective, entered.options)
    began = time.perf_counter()
    with np.errstate(all="ignore"):
        objective(objective.x0)
    first_call = time.perf_counter() - began
    start = objective.certificate(objective.x0)
    watch, compilations = Watch(problem, entered.label, job.f_star, answer), Compilations()
    options = _options(objective, entered, job)
    time.sleep(SETTLE)
    answer(clock=True)
    with event.install_listener("numba:compile", compilations), np.errstate(all="ignore"):
        began = time.perf_counter()
        result = entered.method(objective, objective.x0, observer=watch, **options)
        wall = time.perf_counter() - began
    with HeldBack() as interrupt:
        answer.say(f"{entered.label} · evaluating what it found")
        found = judged(problem, result, job, start, options["gtol"])
        columns: dict[str, Any] = with_accuracies(problem, result, watch.points)
        arrays: dict[str, Any] = problem.arrays(result.x)
        np.savez(Path(job.folder) / TRACE, **columns)
        np.savez(Path(job.folder) / ARRAYS, **arrays)
    monitoring = wall - result.seconds if looks_itself(entered.method) else watch.seconds
    parts = _parts(result, monitoring, wall, compile_seconds, first_call)
    lost = wall - result.seconds - monitoring
    flags = [
        flag
        for flag, raised in (
            ("compiled", compilations.count),
            ("unaccounted", lost > max(LOST_SECONDS, LOST_SHARE * wall)),
        )
        if raised
    ]
    cut = {"cut_short": True} if interrupt.arrived or result.status == Status.INTERRUPTED else {}
    return {
        **found,
        **parts,
        **cut,
        "flags": ",".join(flags),
        "memory_mb": _peak_memory(),
        "gtol": options["gtol"],
        "threads": _threads(),
    }


def looks_itself(method: Any) -> bool:
    """Whether a solver halts its own clock to look where it is.

    A peer does, and its runs with smaller budgets are a way to look; so does who works on mini-batches, after an epoch.
    """
    return isinstance(method, Peer) or "batch_size" in method.options()


def _options(objective: Any, entered: Contestant, job: Job) -> dict[str, Any]:
    options = {**job.limits, "max_iter": job.limits["max_evals"]}
    if "gtol" not in options:
        options["gtol"] = tolerance(objective, math.nan if job.f_star is None else job.f_star, job.smallest)
    if "seed" in entered.method.options():
        options["seed"] = job.seed
    return options | entered.options


def _parts(
    result: Result, monitoring: float, wall: float, compile_seconds: float, first_call: float
) -> dict[str, float]:
    """Return where the time went."""
    oracle = float(getattr(result, "oracle_seconds", math.nan))
    return {
        "compile_seconds": compile_seconds,
        "first_call_seconds": first_call,
        "seconds": result.seconds,
        "oracle_seconds": oracle,
        "overhead_seconds": result.seconds - oracle,
        "monitoring_seconds": monitoring,
        "wall_seconds": compile_seconds + first_call + wall,
    }


def judged(problem: AnyProblem, result: Result, job: Job, start: Any, gtol: float) -> dict[str, Any]:
    """Return the numbers of a row: counts and clock from the solver, everything else recomputed outside it."""
    certificate = problem.objective.certificate(result.x)
    train, test = problem.accuracy(result.x)
    gap = math.nan if job.f_star is None else problem.relative_gap(certificate.f, job.f_star)
    bound = certificate.relative_gap if math.isfinite(certificate.gap) else math.nan
    proven = min((value for value in (bound, gap if job.gap_proven else math.nan) if value == value), default=math.nan)
    return {
        "status": result.status.name,
        "message": result.message,
        "success": bool(result.success),
        "verdict": verdict(
            claimed=bool(result.success),
            f=certificate.f,
            f_start=start.f,
            grad_inf=certificate.grad_inf,
            grad_start=start.grad_inf,
            gtol=gtol,
            gap=proven,
            smallest=job.smallest,
        ),
        "traced": str(getattr(result, "traced", "iterates")),
        "nit": float(result.nit),
        "nfev": float(result.nfev),
        "f": certificate.f,
        "grad_inf": certificate.grad_inf,
        "gap": gap,
        "gap_bound": bound,
        "train_accuracy": train,
        "test_accuracy": test,
    }


def with_accuracies(problem: AnyProblem, result: Result, points: dict[int, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the columns of the trace, with the accuracies at some of the points the run came through, the last too."""
    trace = dict(zip(COLUMNS, result.trace.T, strict=True))
    accuracies = np.full((2, result.trace.shape[0]), np.nan)
    some = list(points.items())[:: math.ceil(len(points) / MAX_CURVE_POINTS)]
    for nit, x in {**dict(some), result.nit: result.x}.items():
        accuracies[:, trace["nit"] == nit] = np.array(problem.accuracy(x))[:, None]
    return {**trace, "train_accuracy": accuracies[0], "test_accuracy": accuracies[1]}


def _peak_memory() -> float:
    """Return the MB that this process held at most; the parent's are not counted in, as ``getrusage`` does."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
        return next(float(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))
    except (OSError, StopIteration):
        unit = 2**20 if sys.platform == "darwin" else 2**10
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def tolerance(objective: Any, f_star: float, smallest_gap: float) -> float:
    """Return the ``gtol`` at which a run has reached the smallest gap, at most 1e-6.

    From ``f - f* <= |g|^2 / (2 l2)`` and ``|g|^2 <= n |g|_inf^2``; the gap is counted from f* afterwards, whatever this
    says.
    """
    if objective.l2 <= 0.0 or not f_star > 0.0:
        return 1e-6
    certain = math.sqrt(2.0 * objective.l2 * smallest_gap * f_star / objective.x0.size) / objective.gradient_scale
    return min(1e-6, float(f"{certain:.1e}"))


def _threads() -> dict[str, int]:
    """Return how many threads each library uses, as it says itself."""
    from workbench.threads import in_effect

    return in_effect()
