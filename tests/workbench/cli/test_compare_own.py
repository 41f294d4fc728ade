"""``workbench compare --objective my.py:cost``: checked first, compared, recorded, reported."""

import json
import math
import signal
from pathlib import Path

import numpy as np
import pytest

import reports
from workbench.cli.progress import Progress

MINE = '''
import numpy as np
from numba import njit

x0 = np.array([-1.2, 1.0])


def right(x):
    a, b = 1.0 - x[0], x[1] - x[0] ** 2
    return a**2 + 100.0 * b**2, np.array([-2.0 * a - 400.0 * b * x[0], 200.0 * b])


def wrong(x):
    """A factor of 2 has been lost."""
    f, g = right(x)
    return f, np.array([g[0] - 200.0 * x[0] * (x[0] ** 2 - x[1]), g[1]])


def kinked(x):
    return float(np.abs(x - x0).sum() + x @ x), np.sign(x - x0) + 2.0 * x


def one_sided(x):
    if x[0] > 0.0:
        raise ValueError("x[0] is positive")
    return right(x)


@njit
def compiled(x):
    print("evaluated")
    a, b = 1.0 - x[0], x[1] - x[0] ** 2
    return a**2 + 100.0 * b**2, np.array([-2.0 * a - 400.0 * b * x[0], 200.0 * b])


def softmax(theta, X, y):
    """Softmax regression with a penalty, an intercept last in each class."""
    X = np.column_stack([X, np.ones(len(X))])
    classes, codes = np.unique(y, return_inverse=True)
    W = theta.reshape(classes.size - 1, X.shape[1])
    A = np.column_stack([X @ W.T, np.zeros(len(X))])
    A -= A.max(axis=1, keepdims=True)
    rows = np.arange(len(X))
    logs = A - np.log(np.exp(A).sum(axis=1, keepdims=True))
    P = np.exp(logs)
    f = -logs[rows, codes].mean() + 0.005 * (W[:, :-1] ** 2).sum()
    P[rows, codes] -= 1.0
    G = P[:, :-1].T @ X / len(X)
    G[:, :-1] += 0.01 * W[:, :-1]
    return f, G.ravel()
'''
MATLAB = """
import numpy as np

layout = "matlab"


def x0():
    return np.zeros(10)


def softmax(theta, X, y):
    n, m = X.shape
    assert (X[0] == 1.0).all() and y.min() == 1
    W = theta.reshape((n, y.max() - 1), order="F")
    A = np.vstack([W.T @ X, np.zeros(m)])
    A -= A.max(axis=0)
    logs = A - np.log(np.exp(A).sum(axis=0))
    right = (y - 1, np.arange(m))
    P = np.exp(logs)
    P[right] -= 1.0
    G = X @ P[:-1].T / m
    G[1:] += 0.01 * W[1:]
    return -logs[right].mean() + 0.005 * (W[1:] ** 2).sum(), G.ravel(order="F")
"""
THREE = ("--solver", "lbfgs", "--solver", "cg", "--solver", "gd")


def left_in(folder):
    """Return the names of what is in a folder, without the byte code that Python may keep of an imported file."""
    return {path.name for path in folder.iterdir()} - {"__pycache__"}


@pytest.fixture(autouse=True)
def _mine(tmp_path):
    (tmp_path / "mine.py").write_text(MINE)
    (tmp_path / "port.py").write_text(MATLAB)


@pytest.fixture
def compare(workbench):
    """Compare on a function of these files, into the folder ``run``."""

    def call(name, *words):
        return workbench("compare", "--objective", name, "--out", "run", *words)

    return call


def test_a_wrong_gradient_is_refused_with_its_cause_before_anything_is_run_or_written(compare, tmp_path):
    outcome = compare("mine.py:wrong", "--seed", 3)
    assert (outcome.code, outcome.out) == (1, "")
    assert outcome.err.startswith("FAIL  1 of 2 coordinates")
    lines = outcome.err.splitlines()
    assert any(line.startswith("likely: ") for line in lines)
    assert "the worst" not in outcome.err, "the table is what check-gradient is for"
    assert lines[-1] == (
        "workbench: the gradient of mine.py:wrong is wrong, so nothing was compared: mend it (the whole check:"
        " workbench check-gradient mine.py:wrong --seed 3), or give --unchecked to compare nevertheless"
    )
    assert left_in(tmp_path) == {"mine.py", "port.py"}


@pytest.mark.usefixtures("unreported")
def test_unchecked_it_runs_and_is_recorded_as_that(compare):
    outcome = compare("mine.py:wrong", "--unchecked", "--max-evals", 30)
    assert outcome.code == 0
    assert "gradient unchecked" in outcome.out.splitlines()[0]
    run = reports.load("run")
    assert run.meta["problem"]["gradient"] == "unchecked"
    assert run.results["solver"].tolist() == ["lbfgs", "cg", "gd"]
    assert not run.results["success"].any()


@pytest.mark.parametrize("name", ["right", pytest.param("compiled", marks=pytest.mark.compiled)])
def test_a_right_one_is_compared_by_all_that_needs_f_and_g(name, compare):
    outcome = compare(f"mine.py:{name}", *THREE, "--max-evals", 300)
    assert outcome.code == 0
    kind = "compiled by Numba" if name == "compiled" else "plain Python"
    lines = outcome.out.splitlines()
    assert lines[0].startswith(f"mine.py:{name} · theta 2 · {kind} · gradient checked: PASS · ")
    assert " ".join(lines[1].split()) == "solver status iter f+g compile s to gap 1e-2 1e-4 1e-6 f ||g||inf"
    assert "not a certified optimum: nothing is proven" in outcome.out
    assert ("evaluated" in outcome.err) == (name == "compiled"), "what the function prints is no result"
    run = reports.load("run")
    assert (run.meta["state"], run.meta["problem"]["gradient"]) == ("complete", "checked: PASS")
    assert (run.meta["problem"]["function"], run.meta["problem"]["start"]) == (kind, "x0 of mine.py")
    for cell in run.results.itertuples():
        x = run.arrays(cell.solver, 0)["theta"]
        f = (1.0 - x[0]) ** 2 + 100.0 * (x[1] - x[0] ** 2) ** 2
        assert cell.f == pytest.approx(f, rel=1e-12)
        assert cell.gap == pytest.approx(f / 24.2, rel=1e-6)
        assert cell.grad_inf == pytest.approx(abs(np.array(
            [2.0 * (x[0] - 1.0) - 400.0 * x[0] * (x[1] - x[0] ** 2), 200.0 * (x[1] - x[0] ** 2)]
        )).max(), rel=1e-9)  # fmt: skip
    lbfgs, cg, gd = reports.summary(run).to_dict("records")
    assert lbfgs["s to gap 1e-2"] <= lbfgs["s to gap 1e-6"] < math.inf
    assert cg["s to gap 1e-6"] < math.inf
    assert gd["s to gap 1e-6"] == math.inf
    assert "train" not in lbfgs


def test_the_page_has_what_there_is_and_no_more(compare):
    compare("mine.py:right", *THREE, "--max-evals", 100)
    page = Path("run/report/index.html").read_text()
    assert "(f − f*) / (f(x₀) − f*)" in page
    assert "checked: PASS" in page
    assert "not a certified optimum" in page
    for absent in ("accuracy", "Confusion", "Weights", "train</th>", "certified bound"):
        assert absent not in page
    assert {path.stem for path in Path("run/report/figures").iterdir()} == {
        *["suboptimality_seconds", "suboptimality_evaluations", "gradient_norm"]
    }
    assert "checked: PASS" in Path("run/report/report.md").read_text()


@pytest.mark.usefixtures("unreported")
def test_one_that_cannot_be_judged_is_compared_with_a_warning(compare):
    outcome = compare("mine.py:kinked", "--max-evals", 30)
    assert outcome.code == 0
    assert outcome.err.startswith("workbench: the gradient of mine.py:kinked could not be judged: INCONCLUSIVE")
    assert outcome.err.count("\n") == 1
    assert reports.load("run").meta["problem"]["gradient"] == "checked: INCONCLUSIVE"


@pytest.mark.usefixtures("unreported")
def test_json_has_the_reference_and_no_accuracies(compare):
    outcome = compare("mine.py:right", "--solver", "lbfgs", "--json")
    found = outcome.json
    assert found["reference"]["kind"] == "reference run"
    assert found["reference"]["f_start"] == pytest.approx(24.2)
    assert "test" not in found["solvers"][0]


@pytest.mark.usefixtures("unreported")
@pytest.mark.parametrize(
    ("name", "start", "from_where", "layout"),
    [("mine.py:softmax", ["--at", "zero.npy"], "zero.npy", None), ("port.py:softmax", [], "x0 of port.py", "matlab")],
)
def test_with_data_it_is_the_problem_of_the_built_in_objective(name, start, from_where, layout, compare, workbench):
    np.save("zero.npy", np.zeros(10))
    outcome = compare(name, "--data", "iris", "--solver", "lbfgs", *start)
    assert outcome.code == 0
    assert " · iris 120 × 4 · 3 classes · theta 10 · " in outcome.out
    run = reports.load("run")
    workbench("compare", "--data", "iris", "--l2", 0.01, "--solver", "lbfgs", "--out", "built-in")
    built_in = reports.load("built-in")
    assert run.trace["f"].iloc[0] == pytest.approx(math.log(3))
    assert run.results["f"].item() == pytest.approx(built_in.results["f"].item(), rel=1e-8)
    assert (run.meta["problem"]["layout"], run.meta["problem"]["start"]) == (layout, from_where)
    assert run.meta["problem"]["data"]["n_test"] == 0, "it saw the training rows, and is asked for no prediction"


@pytest.mark.usefixtures("unreported")
def test_what_it_raises_on_the_way_is_a_row_and_where_the_reference_run_fails_no_gap_is_known(compare):
    slow = "gd:step=fixed,step_size=1e-6"
    outcome = compare("mine.py:one_sided", "--solver", "lbfgs", "--solver", slow, "--max-evals", 50)
    assert (outcome.code, outcome.err) == (0, "")
    line = MINE.splitlines().index('        raise ValueError("x[0] is positive")') + 1
    assert f"failed: mine.py, line {line}, raised: ValueError: x[0] is positive (raised while lbfgs" in outcome.out
    assert "f* is unknown, so there are no gaps: the reference run (lbfgs) failed: mine.py, line" in outcome.out
    run = reports.load("run")
    assert (run.results["error"] == "").tolist() == [False, True]
    assert run.results["gap"].isna().all()
    assert run.meta["reference"]["f"] is None


@pytest.mark.usefixtures("unreported")
def test_a_solver_that_comes_below_the_reference_run_is_named(compare, monkeypatch):
    from workbench.comparison.optimum import optimum
    from workbench.study import measurement

    def stopped_early(objective, smallest_gap, max_time, say):
        found, status = optimum(objective, smallest_gap, max_time, say)
        return type(found)(1.0, found.kind, None, "f = 1 is the value of a reference run"), status

    monkeypatch.setattr(measurement, "optimum", stopped_early)
    outcome = compare("mine.py:right", "--solver", "lbfgs", "--solver", "cg")
    assert "f = 1 is the value of a reference run. cg came lower, to f = " in outcome.out
    assert "gaps are negative below the reference run's value" in outcome.out
    assert (reports.load("run").results["gap"] < 0.0).all()


def test_ctrl_c_amidst_the_check_leaves_nothing_behind(compare, monkeypatch, tmp_path):
    def say(self, words):
        assert words.startswith("checking the gradient: ")
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(Progress, "say", say)
    outcome = compare("mine.py:right")
    assert (outcome.code, outcome.out, outcome.err.strip()) == (130, "", "workbench: interrupted")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("mine.py:righ", "mine.py defines no function 'righ'; did you mean 'right'?"),
        ("mine.py", "name the function in mine.py too: mine.py:FUNCTION"),
        ("absent.py:f", "there is no file absent.py"),
        ("mine.py:right --l2 0.1", "--l2 is for built-in objectives: mine.py:right has its own penalty"),
        ("mine.py:right --dtype float32", "--dtype is for built-in objectives: mine.py:right gets float64"),
        ("mine.py:right --target kind", "--data-dir and --target say where --data is: give --data too"),
        ("mine.py:right --size 2 --at three.npy", "leave it out with --at"),
        ("mine.py:right --data iris", "takes 1 positional argument but 3 were given"),
        ("mine.py:softmax --data digitz", "did you mean 'digits'?"),
        ("mine.py:softmax --data iris --at three.npy", "mine.py, line "),
        ("port.py:softmax", "port.py:softmax takes data (layout = 'matlab'): give --data"),
        ("odd.py:f", "odd.py, line 2, raised: ZeroDivisionError"),
        ("odd.py:f --size 2", "fun returned None, expected the pair (f, g)"),
        ("odd.py:f --size 2 --unchecked", "f returned NoneType None: expected the pair (f, g)"),
        ("mine.py:right --solver gd:step=fixed", "gd with step='fixed' needs step_size=: the step"),
        ("softmax --data iris --unchecked", "--unchecked is for functions of yours, not for the built-in softmax"),
        ("softmax --data iris --size 3", "--size is for functions of yours, not for the built-in softmax"),
        ("softmax --data iris --at three.npy", "--at is for functions of yours, not for the built-in softmax"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_a_line_and_nothing_is_written(words, said, refused, tmp_path):
    np.save("three.npy", np.zeros(3))
    (tmp_path / "odd.py").write_text("def x0():\n    return 1 / 0\n\n\ndef f(x):\n    pass\n")
    assert said in refused("compare", "--objective", *words.split())
    assert left_in(tmp_path) == {"mine.py", "port.py", "odd.py", "three.npy"}


def test_the_record_holds_the_fingerprint_of_the_file(compare):
    import hashlib

    compare("mine.py:right", "--solver", "lbfgs")
    described = reports.load("run").meta["problem"]
    assert described["file fingerprint"] == hashlib.sha256(MINE.encode()).hexdigest()
    assert json.loads(json.dumps(described)) == described
