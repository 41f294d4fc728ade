"""Runs of the original minFunc, replayed with ``workbench.minfunc`` and compared iteration by iteration.

As a script it prints, for each run that deviates, the first deviation::

    PYTHONPATH=.:tests/problems python tests/conformance/replay.py [--compiled] [--all] [ID-PREFIX ...]
"""

import argparse
import contextlib
import gzip
import io
import json
import os
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

import numpy as np
from minfunc_problems import MinfuncProblem, minfunc_problem

Record = dict[str, Any]

OUTPUTS = ("f", "fg", "fgH", "fgHT")
"""Names of the true numbers of calls, by outputs requested."""

GOLDEN_RATIO = 0.6180339887498949


def records(folder: Path) -> list[Record]:
    """Return the recorded runs, in their order."""
    with gzip.open(folder / "golden.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def number(value: Any) -> float:
    """Return a recorded number; what is complex is NaN, as the problems have it."""
    if isinstance(value, str) and value.endswith("i"):
        return float("nan")
    return float(value)


@dataclass
class Iteration:
    """What one 'iter' call of the output function was told."""

    i: int
    evaluations: int
    t: float
    f: float
    gtd: float
    opt_cond: float
    x: np.ndarray


@dataclass
class Replayed:
    """One run of ``workbench.minfunc`` on a recorded problem."""

    error: str | None = None
    init: tuple[float, float, int] | None = None
    """f, the optimality condition and the evaluations that the 'init' call was told."""
    trace: list[Iteration] = field(default_factory=list)
    done: bool = False
    x: np.ndarray | None = None
    f: float = float("nan")
    exitflag: int | None = None
    output: dict[str, Any] = field(default_factory=dict)
    calls: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0


class Watched:
    """A problem's function as plain Python, which notes for each call how many outputs were requested."""

    def __init__(self, problem: MinfuncProblem) -> None:
        self.problem = problem
        self.requested: list[int] = []

    def first_calls(self, count: int) -> dict[str, int]:
        """Return how many of the first calls there were of each kind."""
        return {name: self.requested[:count].count(k) for k, name in enumerate(OUTPUTS, 1)}

    def __call__(self, x: np.ndarray, *args: Any, nargout: int) -> Any:
        if nargout > self.problem.most_outputs:
            raise TypeError(f"{self.problem.name} has {self.problem.most_outputs} outputs: {nargout} were requested")
        self.requested.append(nargout)
        outputs = self.problem.function(x, *args, nargout)
        return outputs[0] if nargout == 1 else outputs[:nargout]


class Listener:
    """An output function that keeps what it was told, and stops the run at iteration `stop_at`."""

    def __init__(self, stop_at: int | None) -> None:
        self.stop_at = stop_at
        self.init: tuple[float, float, int] | None = None
        self.trace: list[Iteration] = []
        self.done = False

    def __call__(self, x: Any, kind: str, i: int, *told: Any) -> bool:
        evaluations, f, t, gtd, _, _, opt_cond = told[:7]
        if kind == "init":
            self.init = (float(f), float(opt_cond), int(evaluations))
        elif kind == "done":
            self.done = True
        else:
            kept = Iteration(int(i), int(evaluations), float(t), float(f), float(gtd), float(opt_cond), np.array(x))
            self.trace.append(kept)
        return kind == "iter" and i == self.stop_at


def options_of(record: Record, problem: MinfuncProblem, compiled: bool) -> dict[str, Any]:
    """Return the recorded options, with the functions that stand in them as names."""
    options: dict[str, Any] = {"strict": True, "Display": "off"}
    for name, value in record["options"].items():
        function = {"@Hv": "product", "@prec": "preconditioner"}.get(value) if isinstance(value, str) else None
        options[name] = _as_wanted(getattr(problem, function), compiled) if function else value
    return options


def _as_wanted(function: Callable[..., Any], compiled: bool) -> Callable[..., Any]:
    return function if compiled else lambda *arguments: function(*arguments)


@contextlib.contextmanager
def stand_ins(record: Record) -> Iterator[None]:
    """Replace the random numbers of the run where the recorded one replaced them."""
    if "rand" not in record["shims"]:
        yield
        return
    draws = (np.arange(1, 10_001) * GOLDEN_RATIO) % 1.0
    with mock.patch("solvers.directions.barzilai_borwein.uniform_draws", return_value=draws):
        yield


def replay(record: Record, folder: Path, compiled: bool = False) -> Replayed:
    """Run ``workbench.minfunc`` as `record` was run; with `compiled`, all its callables are njit functions."""
    import workbench

    problem = minfunc_problem(record["problem"], record["start"], folder)
    watched = Watched(problem)
    listener = Listener(record.get("stop_at_iter"))
    options = options_of(record, problem, compiled) | {"outputFcn": listener}
    function = problem.function if compiled else watched
    replayed = Replayed()
    begin = time.perf_counter()
    try:
        # The original announces negative curvature even where nothing is to be displayed.
        with stand_ins(record), np.errstate(all="ignore"), contextlib.redirect_stdout(io.StringIO()):
            result = workbench.minfunc(function, problem.x0, options, *problem.args)
    except Exception as error:
        replayed.error = f"{type(error).__name__}: {error}"
        if os.environ.get("REPLAY_TRACEBACK"):
            traceback.print_exc()
    else:
        x, f, exitflag, output = result
        replayed.x, replayed.f, replayed.exitflag = np.array(x), float(f), None if exitflag is None else int(exitflag)
        replayed.output = {
            "iterations": int(output.iterations),
            "funcCount": int(output.funcCount),
            "algorithm": int(output.algorithm),
            "firstorderopt": float(output.firstorderopt),
            "message": output.message,
            "trace_len": len(output.trace),
            "trace_funcCount_last": int(output.trace["funcCount"].iloc[-1]),
        }
        replayed.calls = {name: int(output.calls[name]) for name in OUTPUTS}
        # Beyond those of the original, a claim of success is verified at one more point.
        made = len(watched.requested) if replayed.exitflag != 1 else sum(replayed.calls.values())
        if not compiled and replayed.calls != watched.first_calls(made):
            replayed.error = f"output.calls {replayed.calls} are not the true calls {watched.first_calls(made)}"
    replayed.seconds = time.perf_counter() - begin
    replayed.init, replayed.trace, replayed.done = listener.init, listener.trace, listener.done
    return replayed


class Deviation(NamedTuple):
    """Where a run is not the recorded one; iteration 0 is the start, None the exit."""

    iteration: int | None
    what: str
    expected: Any
    got: Any

    def __str__(self) -> str:
        place = "exit" if self.iteration is None else f"iteration {self.iteration}"
        return f"{place}: {self.what}: expected {self.expected}, got {self.got}"


class Allowed(NamedTuple):
    """How much of a run is comparable, and how closely."""

    iterations: int
    exit: bool
    tolerances: list[float]
    """Of x, one per comparable iteration, relative to ``max(1, |x|_inf)``."""


def has_something_comparable(record: Record) -> bool:
    """Whether the recommended test applies to the run: 737 of 785."""
    return record["status"] == "ok" and (record["comparable"]["iters"] > 0 or record["comparable"]["exit"])


def allowed(record: Record) -> Allowed:
    """Return how closely a run must follow: by its recorded sensitivity, or by what another port achieved."""
    if has_something_comparable(record):
        count = record["comparable"]["iters"]
        digits = record["sens"]["log10_dx"][:count]
        return Allowed(count, record["comparable"]["exit"], [max(1e-11, 100.0 * 10.0**log10) for log10 in digits])
    count = record["numpy_check_port"]["k_1e-8"]
    return Allowed(count, False, [1e-8] * count)


def compare(record: Record, replayed: Replayed) -> list[Deviation]:
    """Return where a replayed run deviates from the recorded one, as far as that is comparable."""
    if replayed.error is not None:
        return [Deviation(None, "error", "none", replayed.error)]
    limits = allowed(record)
    deviations = list(_compare_start(record, replayed))
    for k in range(limits.iterations):
        if k >= len(replayed.trace):
            message = f"ended: {replayed.output['message']} ({replayed.exitflag})"
            deviations.append(Deviation(k + 1, "iterations", f"at least {limits.iterations}", message))
            break
        deviations.extend(_compare_iteration(record, k, replayed.trace[k], limits.tolerances[k]))
    if limits.exit:
        deviations.extend(_compare_exit(record, replayed))
    return deviations


def _compare_start(record: Record, replayed: Replayed) -> Iterable[Deviation]:
    init = record["init"]
    if init is None or replayed.init is None:
        if (init is None) != (replayed.init is None):
            yield Deviation(0, "init call", init, replayed.init)
        return
    numerical = record["options"].get("numDiff", 0) != 0
    expected, expected_opt = number(init["f"]), number(init["optCond"])
    f, opt, evaluations = replayed.init
    if not abs(f - expected) <= 1e-12 * max(1.0, abs(expected)):
        yield Deviation(0, "f", expected, f)
    if not abs(opt - expected_opt) <= (1e-6 if numerical else 1e-12) * max(1.0, abs(expected_opt)):
        yield Deviation(0, "optCond", expected_opt, opt)
    if evaluations != init["funEvals"]:
        yield Deviation(0, "funEvals", init["funEvals"], evaluations)


def _compare_iteration(record: Record, k: int, got: Iteration, tolerance: float) -> Iterable[Deviation]:
    trace = record["trace"]
    if got.i != trace["i"][k]:
        yield Deviation(k + 1, "i", trace["i"][k], got.i)
    if got.evaluations != trace["funEvals"][k]:
        yield Deviation(k + 1, "funEvals", trace["funEvals"][k], got.evaluations)
    if "x" in trace:
        yield from _compare_x(k + 1, np.array([number(v) for v in trace["x"][k]]), got.x, tolerance)
    else:
        yield from _compare_x(k + 1, np.array([number(v) for v in trace["x5"][k]]), got.x[:5], tolerance)
        yield from _compare_x(
            k + 1, np.array([number(trace["xnorm"][k])]), np.array([np.linalg.norm(got.x)]), tolerance, "norm of x"
        )


def _compare_x(
    iteration: int | None, expected: np.ndarray, got: np.ndarray, tolerance: float, what: str = "x"
) -> Iterable[Deviation]:
    distance = np.abs(got - expected).max()
    if not distance <= tolerance * max(1.0, np.abs(expected).max()):
        relative = distance / max(1.0, np.abs(expected).max())
        yield Deviation(iteration, f"{what} ({relative:.1e} off, {tolerance:.1e} allowed)", expected, got)


def _compare_exit(record: Record, replayed: Replayed) -> Iterable[Deviation]:
    output = record["output"]
    pairs = [
        ("exitflag", record["exitflag"], replayed.exitflag),
        ("message", record["message"], replayed.output["message"]),
        ("calls", record["calls"], replayed.calls),
        ("'done' call", record["done_called"], replayed.done),
        ("'iter' calls", len(record["trace"]["i"]), len(replayed.trace)),
    ]
    for name in ("iterations", "funcCount", "algorithm", "trace_len", "trace_funcCount_last"):
        pairs.append((name, output[name], replayed.output[name]))
    for what, expected, got in pairs:
        if expected != got:
            yield Deviation(None, what, expected, got)


def as_recorded(record: Record) -> Replayed:
    """Return the recorded run itself in the form of a replayed one; what was not recorded of x is made up to fit."""
    trace = record["trace"]
    iterations = []
    for k in range(len(trace["i"])):
        if "x" in trace:
            x = np.array([number(v) for v in trace["x"][k]])
        else:
            x = np.zeros(record["n"])
            x[:5] = [number(v) for v in trace["x5"][k]]
            x[5] = np.sqrt(max(number(trace["xnorm"][k]) ** 2 - x[:5] @ x[:5], 0.0))
        values = (number(trace[name][k]) for name in ("t", "f", "gtd", "optCond"))
        iterations.append(Iteration(trace["i"][k], trace["funEvals"][k], *values, x))
    init = record["init"]
    return Replayed(
        init=None if init is None else (number(init["f"]), number(init["optCond"]), init["funEvals"]),
        trace=iterations,
        done=record["done_called"],
        x=np.array([number(v) for v in record["x"]]),
        f=number(record["f"]),
        exitflag=record["exitflag"],
        output=record["output"] | {"message": record["message"]},
        calls=dict(record["calls"]),
    )


def _options_said(record: Record) -> str:
    return ", ".join(f"{name}={value}" for name, value in record["options"].items())


def main() -> int:
    """Replay runs and print the first deviation of each that deviates."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--compiled", action="store_true", help="with njit callables")
    parser.add_argument("--all", action="store_true", help="print every deviation, not the first of each run")
    parser.add_argument("--quiet", action="store_true", help="print the ids and totals only")
    parser.add_argument("--method", help="only runs of this method")
    parser.add_argument("prefixes", nargs="*", help="beginnings of ids")
    arguments = parser.parse_args()
    shared = os.environ.get("WORKBENCH_SHARED") or Path(__file__).resolve().parents[3] / "shared"
    folder = Path(shared) / "minfunc"
    counts: dict[str, list[int]] = {}
    seconds = 0.0
    for record in records(folder):
        if arguments.prefixes and not record["id"].startswith(tuple(arguments.prefixes)):
            continue
        method = str(record["options"].get("Method", "lbfgs")).lower()
        if record["status"] != "ok" or (arguments.method and method != arguments.method):
            continue
        replayed = replay(record, folder, arguments.compiled)
        seconds += replayed.seconds
        deviations = compare(record, replayed)
        kind = "comparable" if has_something_comparable(record) else "others"
        for key in (kind, f"  {method}" if kind == "comparable" else "others: " + record["id"]):
            count = counts.setdefault(key, [0, 0])
            count[0] += not deviations
            count[1] += 1
        if deviations:
            print(record["id"], f"[{_options_said(record)}] comparable {record['comparable']}", flush=True)
            for deviation in [] if arguments.quiet else deviations if arguments.all else deviations[:1]:
                print("   ", deviation, flush=True)
    for name, (passed, total) in sorted(counts.items(), key=lambda item: item[0].strip()):
        if not name.startswith("others:"):
            print(f"{name}: {passed} of {total}")
    print(f"{seconds:.1f} s in minfunc")
    return 0 if all(passed == total for passed, total in counts.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
