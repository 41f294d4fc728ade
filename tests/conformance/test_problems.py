"""The problems of the golden runs are the recorded ones: their values, derivatives and products."""

import importlib.util
import os
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import replay
from minfunc_problems import MinfuncProblem, minfunc_problem
from smooth import python

STARTS = [
    *(("rosen2", start) for start in ("std", "zero", "a", "b", "opt")),
    *((name, start) for name in ("extrosen10", "extrosen100", "wood", "powell") for start in ("std", "a")),
    *((name, start) for name in ("beale", "brownbs", "helical", "quad50") for start in ("std", "a")),
    *(("logreg", start) for start in ("std", "a", "lam")),
    *(("softmax", start) for start in ("std", "reg", "a", "areg")),
    *(("digits", start) for start in ("std", "reg")),
    *((f"barrier{mode}", start) for mode in range(1, 6) for start in ("std", "a")),
]
LOGARITHMIC = ("logreg", "softmax", "digits", "barrier")

if os.environ.get("NUMBA_DISABLE_JIT", "0") not in ("", "0"):
    STARTS = [pair for pair in STARTS if pair[0] != "digits"]  # a minute for each evaluation of second derivatives


@pytest.fixture(scope="module")
def minfunc_folder(shared: Path) -> Path:
    return shared / "minfunc"


@pytest.fixture(scope="module")
def reference(minfunc_folder: Path) -> ModuleType:
    """The definitions that came with the runs, in NumPy."""
    spec = importlib.util.spec_from_file_location("golden_problems", minfunc_folder / "problems.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def points(problem: MinfuncProblem, count: int = 3) -> list[np.ndarray]:
    random = np.random.default_rng(20120101)
    near = [problem.x0 + 0.3 * random.normal(size=problem.x0.size) for _ in range(count - 1)]
    return [problem.x0, *near]


def close(a: np.ndarray, b: np.ndarray) -> bool:
    if np.isrealobj(a) and np.iscomplexobj(b):  # the complex values outside a barrier are NaN here
        return bool(np.isnan(a).all())
    scale = max(1.0, np.abs(b).max()) if np.isfinite(b).all() else 1.0
    return bool(np.allclose(a, b, rtol=0.0, atol=1e-12 * scale, equal_nan=True))


@pytest.mark.parametrize(("name", "start"), STARTS)
def test_values_and_derivatives_are_those_of_the_definitions(
    name: str, start: str, minfunc_folder: Path, reference: ModuleType
) -> None:
    problem, defined = minfunc_problem(name, start, minfunc_folder), reference.get_problem(name, start)
    outputs = 2 if name == "digits" else problem.most_outputs
    np.testing.assert_array_equal(problem.x0, defined["x0"])
    for x in points(problem):
        found = problem.function(x, *problem.args, outputs)[:outputs]
        expected = defined["fun"](x, *defined["args"], order=outputs - 1)
        assert [close(np.asarray(a), np.asarray(b)) for a, b in zip(found, expected, strict=True)] == [True] * outputs


@pytest.mark.parametrize(("name", "start"), [pair for pair in STARTS if pair[0] != "digits" and pair[1] == "std"])
def test_products_and_preconditioners_are_those_of_the_definitions(
    name: str, start: str, minfunc_folder: Path, reference: ModuleType
) -> None:
    problem, defined = minfunc_problem(name, start, minfunc_folder), reference.get_problem(name, start)
    for x in points(problem):
        v = np.cos(np.arange(x.size))
        for own, given in ((problem.product, defined["Hv"]), (problem.preconditioner, defined["prec"])):
            assert close(own(v, x, *problem.args), given(v, x, *defined["args"]))


@pytest.mark.parametrize(
    ("name", "start"), [pair for pair in STARTS if pair[0] != "digits" and not pair[0].startswith("barrier")]
)
def test_complex_steps_give_the_derivatives(name: str, start: str, minfunc_folder: Path) -> None:
    problem = minfunc_problem(name, start, minfunc_folder)
    outputs = problem.most_outputs
    for x in points(problem)[1:]:
        plain = problem.function(x, *problem.args, outputs)
        for j in range(min(x.size, 4)):
            z = x.astype(complex)
            z[j] += 1e-150j
            stepped = problem.function(z, *problem.args, outputs)
            for order in range(outputs - 1):
                derivative = np.asarray(stepped[order]).imag / 1e-150
                expected = plain[order + 1][j]
                np.testing.assert_allclose(derivative, expected, rtol=0.0, atol=1e-12 * np.abs(plain[order + 1]).max())
                np.testing.assert_allclose(np.asarray(stepped[order]).real, plain[order], rtol=1e-12, atol=1e-12)


@pytest.fixture(scope="module")
def evaluations(minfunc_folder: Path) -> list[replay.Record]:
    return [record for record in replay.records(minfunc_folder) if "evals" in record]


def test_every_recorded_evaluation_is_reproduced(evaluations: list[replay.Record], minfunc_folder: Path) -> None:
    seen, deviating = 0, []
    for record in evaluations:
        problem = minfunc_problem(record["problem"], record["start"], minfunc_folder)
        exact = record["problem"] == "rosen2"
        for f, x in zip(record["evals"]["f"], record["evals"]["x"], strict=True):
            if any(isinstance(v, str) and v.endswith("i") for v in x):
                continue
            point = np.array([replay.number(v) for v in x])
            got, expected = problem.function(point, *problem.args, 2)[0], replay.number(f)
            seen += 1
            same = np.isnan(got) if np.isnan(expected) else got == expected
            near = np.isfinite(expected) and abs(got - expected) <= 1e-14 * abs(expected)
            if not (same or (near and not exact)):
                deviating.append((record["id"], point, got, expected))
    assert seen > 4000
    assert deviating == []


@pytest.mark.compiled
@pytest.mark.parametrize(("name", "start"), [pair for pair in STARTS if pair[1] == "std" and pair[0] != "digits"])
def test_compiled_and_plain_functions_agree(name: str, start: str, minfunc_folder: Path) -> None:
    problem = minfunc_problem(name, start, minfunc_folder)
    plain = python(problem.function)
    rounding = 1e-14 if name.startswith(LOGARITHMIC) or name == "helical" else 0.0
    for x in points(problem):
        pairs = zip(
            problem.function(x, *problem.args, problem.most_outputs),
            plain(x, *problem.args, problem.most_outputs),
            strict=True,
        )
        for compiled, interpreted in pairs:
            scale = max(1.0, np.abs(interpreted).max()) if np.isfinite(interpreted).all() else 1.0
            np.testing.assert_allclose(compiled, interpreted, rtol=0.0, atol=rounding * scale)
