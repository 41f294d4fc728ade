"""Synthetic runs: their numbers are worked out by hand, no solver runs."""

import copy
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from recorded import Recorder

from reports.run import load

HOSTILE = "<script>alert(1)</script>"
F_STAR = 2.0
META = {
    "title": "softmax regression",
    "created": "2026-11-20T12:00:00+00:00",
    "command": "workbench compare --data digits --solver 'lbfgs:memory=10'",
    "state": "complete",
    "headline": "softmax regression · digits 12 + 6 × 4 · 3 classes · l2 1e-4",
    "problem": {
        "objective": "softmax",
        "l2": 1e-4,
        "data": {
            "name": "digits",
            "n_train": 12,
            "n_test": 6,
            "n_features": 4,
            "classes": ["0", "_one", "$2^{"],
            "feature_names": None,
            "image_shape": [2, 2],
        },
    },
    "targets": [1e-1, 1e-2],
    "limits": {"max_time": 30, "max_evals": 1000, "gtol": 1e-6},
    "seed": 0,
    "repeats": 2,
    "reference": {"f": F_STAR, "kind": "certificate", "relative_error": 1e-12, "sentence": "f* certified: it is 2."},
    "environment": {"python": "3.11.7", "threads": {"blas": 2}},
}
# Gaps 1, 0.5, 0.05, 0.005 against f* = 2: below 1e-1 at the third row, below 1e-2 at the fourth.
GAPS = {
    "lbfgs": [1.0, 0.5, 0.05, 0.005],
    HOSTILE: [1.0, 0.4, 0.04, 0.02],
    "_gd:$x": [1.0, 0.9, 0.8, 0.7],
}
SECONDS = {0: [0.0, 0.1, 0.2, 0.4], 1: [0.0, 0.2, 0.3, 0.6]}
WEIGHTS = np.array([[0.5, -1.0, 0.25, 2.0], [-0.5, 1.0, 0.0, -1.0], [0.0, 0.0, 0.0, 0.0]])
CONFUSION = np.array([[2, 0, 0], [1, 1, 0], [0, 0, 2]])


def trace(gaps, seconds, f_star=F_STAR):
    n = len(gaps)
    return pd.DataFrame(
        {
            "nit": range(n),
            "nfev": np.arange(1, n + 1),
            "seconds": seconds,
            "f": f_star + np.array(gaps) * (abs(f_star) or 1.0),
            "grad_inf": gaps,
            "step": [np.nan] + [1.0] * (n - 1),
            "train_accuracy": [0.3] + [np.nan] * (n - 2) + [0.9],
            "test_accuracy": [0.3] + [np.nan] * (n - 2) + [0.8],
        }
    )


def result(solver, repeat, **numbers):
    return {"solver": solver, "method": solver.partition(":")[0], "options": "{}", "repeat": repeat, **numbers}


def write_run(folder, repeats=2, **changes):
    """Record a run of four solvers; `changes` replace meta data by dotted path with "__" for dots."""
    meta = copy.deepcopy(META) | {"repeats": repeats}
    for path, value in changes.items():
        *above, last = path.split("__")
        place = meta
        for key in above:
            place = place[key]
        place[last] = value
    f_star = (meta["reference"] or {"f": F_STAR})["f"]
    with Recorder(folder, meta) as record:
        for repeat in range(repeats):
            for solver, gaps in GAPS.items():
                rows = trace(gaps, SECONDS[repeat], f_star)
                numbers = {
                    "status": "GRADIENT",
                    "message": "gradient norm below gtol",
                    "success": solver == "lbfgs",
                    "nit": 3,
                    "nfev": 4,
                    "compile_seconds": 1.5 if repeat == 0 else 0.0,
                    "seconds": rows["seconds"].iloc[-1],
                    "f": rows["f"].iloc[-1],
                    "grad_inf": gaps[-1],
                    "gap": gaps[-1],
                    "gap_bound": 3 * gaps[-1],
                    "train_accuracy": 0.9,
                    "test_accuracy": 0.8,
                }
                record.add(result(solver, repeat, **numbers), rows, {"weights": WEIGHTS, "confusion": CONFUSION})
            record.add(result("broken", repeat, status="ERROR", error="ValueError & <b>bold</b> at iteration 3"))
    return folder


@pytest.fixture
def new_run(tmp_path):
    """Function that records a run with changed meta data and loads it."""
    count = iter(range(100))

    def make(**changes):
        return load(write_run(tmp_path / f"run-{next(count)}", **changes))

    return make


@pytest.fixture(scope="session")
def run(tmp_path_factory):
    """The run with two repeats, pixels and odd labels; shared, so never written to."""
    return load(write_run(tmp_path_factory.mktemp("runs") / "2026-11-20T12-00-00_softmax-digits"))


@pytest.fixture
def recording(tmp_path):
    """Function that begins an empty record with these meta data."""
    begun = []

    def begin(**meta):
        begun.append(Recorder(tmp_path / f"recorded-{len(begun)}", {"title": "t", **meta}))
        return begun[-1]

    yield begin
    for recorder in begun:
        recorder.close()


@pytest.fixture
def record(recording):
    """An open, empty record."""
    return recording()


@pytest.fixture
def hostile():
    """A solver's label that is a script."""
    return HOSTILE


@pytest.fixture(scope="session")
def report(run, tmp_path_factory) -> Path:
    """Folder of the shared run's report."""
    from reports.report import build

    return build(run, tmp_path_factory.mktemp("report") / "report").parent
