"""Runs on objectives with a fault, ours and SciPy's, and their outcomes in words."""

import math
import multiprocessing
import threading
import time
import warnings
from typing import Any

import numpy as np
from fault_kinds import FAULTS, GTOL, START, Fault, Objective, true_gradient, truth
from scipy.optimize import minimize

import solvers
import workbench
from solvers import methods

VARIANTS = (
    "lbfgs:line_search=armijo",
    "lbfgs:line_search=more-thuente",
    "gd:step=bb",
    "gd:step=fixed,step_size=0.3",
    "minfunc:lbfgs",
    "minfunc:bb",
    "minfunc:newton",
)
SOLVERS = (*methods.names(), *VARIANTS)
PEERS = ("L-BFGS-B", "BFGS", "CG", "TNC", "Newton-CG", "trust-krylov")
LIMITS = {"max_iter": 500, "max_evals": 1000}


def solved(solver: str, objective: Objective, **options: Any) -> Any:
    """Return the result of a solver named as in a comparison."""
    name, _, rest = solver.partition(":")
    if name == "minfunc":
        chosen = {"Method": rest, "Display": "off", "optTol": GTOL, "progTol": 1e-12, "MaxFunEvals": 1000}
        return workbench.minfunc(objective, START, chosen)
    given = dict(each.split("=") for each in rest.split(",") if each)
    if "step_size" in given:
        given["step_size"] = float(given["step_size"])
    fun = objective.on_rows() if name == "sgd" else objective
    return solvers.minimize(fun, START, method=name, **{"gtol": GTOL, **LIMITS, **given, **options})


def outcome(solver: str, fault: Fault) -> tuple[str, Any, int]:
    """Return what came of a run in a word, its result (also of a run that an exception ended), and the calls it took.

    A warning is an exception here.
    """
    objective = Objective(fault.make)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            result = solved(solver, objective, **fault.options)
    except Exception as error:
        return f"raises {type(error).__name__}", getattr(error, "result", None), objective.calls
    return result.status.name, result, objective.calls


def returning(runs: list[tuple[str, str]], seconds: float) -> list[tuple[str, str]]:
    """Return which runs, of a solver of ours or SciPy's on a fault, come back within some seconds.

    They run in a process of their own, which is killed: nothing else ends a run on an objective that hangs.
    """
    here, there = multiprocessing.Pipe(duplex=False)
    child = multiprocessing.get_context("spawn").Process(target=_hang, args=(runs, seconds, there))
    child.start()
    try:
        found: list[tuple[str, str]] = here.recv()
    finally:
        child.kill()
        child.join()
    return found


def _hang(runs: list[tuple[str, str]], seconds: float, found: Any) -> None:
    """Make each run in a thread of its own, and send those that are done."""
    threads = {}
    for solver, fault in runs:
        target = outcome_of_peer if solver in PEERS else outcome
        threads[solver, fault] = threading.Thread(target=target, args=(solver, FAULTS[fault]), daemon=True)
        threads[solver, fault].start()
    time.sleep(seconds)
    found.send([run for run, thread in threads.items() if not thread.is_alive()])


def outcome_of_peer(method: str, fault: Fault) -> str:
    """Return what came of a run of SciPy's in words."""
    objective = Objective(fault.make)
    hess = {"hess": lambda x: truth(x, 3)[2]} if method in ("Newton-CG", "trust-krylov") else {}
    tolerance = {
        "L-BFGS-B": {"ftol": 0.0, "gtol": GTOL},
        "TNC": {"ftol": 0.0, "gtol": GTOL},
        "Newton-CG": {"xtol": 1e-9},
    }
    limit = "maxfun" if method == "TNC" else "maxiter"
    options = {limit: 500, **tolerance.get(method, {"gtol": GTOL})}
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            found = minimize(objective, START, jac=True, method=method, options=options, **hess)
    except BaseException as error:  # KeyboardInterrupt too
        return f"raises {type(error).__name__}"
    with np.errstate(all="ignore"):
        arrived = true_gradient(found.x) <= 10.0 * GTOL and math.isfinite(found.fun)
    if found.success:
        return "converged" if arrived else "**false success**"
    return "converged, unsaid" if arrived else "gives up"
