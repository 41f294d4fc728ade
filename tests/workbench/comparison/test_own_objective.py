"""A function of the user's as an objective: run as what it is, judged by itself, failing with its file and line."""

import math

import numpy as np
import pytest
from inline import compared
from numba import njit

from workbench.comparison.contestant import defaults
from workbench.comparison.optimum import optimum
from workbench.comparison.own_function import OwnFunction
from workbench.comparison.own_objective import OwnObjective, OwnProblem
from workbench.objectives.softmax import SoftmaxObjective
from workbench.study.measurement import tolerance

SOURCE = """
import numpy as np
from workbench import RowObjective

A = np.random.default_rng(0).standard_normal((60, 3))


def rosenbrock(x):
    a, b = 1.0 - x[0], x[1] - x[0] ** 2
    return a**2 + 100.0 * b**2, np.array([-2.0 * a - 400.0 * b * x[0], 200.0 * b])


def with_hessian(x):
    a, b = 1.0 - x[0], x[1] - x[0] ** 2
    g = np.array([-2.0 * a - 400.0 * b * x[0], 200.0 * b])
    H = np.array([[2.0 - 400.0 * (x[1] - 3.0 * x[0] ** 2), -400.0 * x[0]], [-400.0 * x[0], 200.0]])
    return a**2 + 100.0 * b**2, g, H


def as_asked(x, nargout):
    return with_hessian(x)[:nargout]


def one_sided(x):
    if x[0] > 0.0:
        raise ValueError("x[0] is positive")
    a, b = 1.0 - x[0], x[1] - x[0] ** 2
    return a**2 + 100.0 * b**2, np.array([-2.0 * a - 400.0 * b * x[0], 200.0 * b])


def residuals(x, rows, A):
    r = np.dot(A[rows], x - 1.0)
    return 0.5 * np.dot(r, r) / rows.size, np.dot(r, A[rows]) / rows.size


def logarithm(x):
    return float(np.log(x).sum()), 1.0 / x


def unbounded_below(x):
    return -float(np.exp(x).sum()), -np.exp(x)


def nothing(x):
    pass


by_rows = RowObjective(residuals, 60, (A,))
"""
LIMITS = {"max_evals": 400, "gtol": 1e-6, "f_star": 0.0}
START = np.array([-1.2, 1.0])


@pytest.fixture
def defined(tmp_path):
    """The file of functions, imported: from a name and whether it is compiled, the user's function."""
    path = tmp_path / "mine.py"
    path.write_text(SOURCE)
    namespace = {}
    exec(compile(SOURCE, str(path), "exec"), namespace)

    def get(name, compiled=False):
        return OwnFunction(path, njit(namespace[name]) if compiled else namespace[name])

    return get


def problem_of(fun, x0=START, args=()):
    return OwnProblem(OwnObjective(fun, x0, args), "mine.py:fun", "mine-fun", "unchecked", {})


BOTH = [False, pytest.param(True, marks=pytest.mark.compiled)]


@pytest.mark.parametrize("compiled", BOTH)
def test_solvers_find_the_minimum_and_are_judged_by_the_function_itself(compiled, defined):
    on = problem_of(defined("rosenbrock", compiled))
    assert on.objective.is_compiled == compiled
    for cell in compared(on, "lbfgs", "cg", **LIMITS):
        x = cell.arrays["theta"]
        assert cell.result["success"]
        assert x == pytest.approx([1.0, 1.0], abs=1e-6)
        assert cell.result["f"] == (1.0 - x[0]) ** 2 + 100.0 * (x[1] - x[0] ** 2) ** 2
        assert cell.result["gap"] == pytest.approx(cell.result["f"] / 24.2)
        assert math.isnan(cell.result["gap_bound"])
        assert set(cell.arrays) == {"theta"}
        assert cell.trace["train_accuracy"].isna().all()
        assert cell.trace["f"].iloc[0] == pytest.approx(24.2)


@pytest.mark.compiled
def test_compiled_and_plain_are_the_same_run(defined):
    plain, compiled = (compared(problem_of(defined("rosenbrock", how)), "lbfgs", **LIMITS)[0] for how in (False, True))
    assert plain.trace["f"].tolist() == compiled.trace["f"].tolist()


@pytest.mark.compiled
def test_nothing_is_compiled_or_loaded_while_the_clock_of_an_interpreted_run_runs(defined):
    for cell in compared(problem_of(defined("rosenbrock")), "lbfgs", "cg", "gd:step=bb", **LIMITS):
        assert cell.result["flags"] == ""


@pytest.mark.parametrize(
    ("name", "compiled"),
    [("with_hessian", False), pytest.param("with_hessian", True, marks=pytest.mark.compiled), ("as_asked", False)],
)
def test_a_function_that_returns_its_hessian_is_minimised_by_newtons_method(name, compiled, defined):
    newton, lbfgs = compared(problem_of(defined(name, compiled)), "newton", "lbfgs", **LIMITS)
    assert newton.result["success"]
    assert newton.result["f"] < 1e-12
    assert lbfgs.result["success"]


@pytest.mark.parametrize(
    ("solver", "said"),
    [
        ("newton", "expected (f, g, H)"),
        ("sgd", "sgd needs an objective that can be evaluated on a subset of rows"),
        ("gd:step=1/L", "needs an objective with an attribute 'lipschitz'"),
        ("minfunc:newton", "minfunc:newton needs second derivatives"),
    ],
)
def test_a_solver_that_needs_more_is_a_row_with_its_reason_and_the_others_go_on(solver, said, defined):
    refused, lbfgs = compared(problem_of(defined("rosenbrock")), solver, "lbfgs", **LIMITS)
    assert said in refused.result["error"]
    assert not refused.result["error"].startswith(("ValueError", "TypeError", "ContractError"))
    assert lbfgs.result["success"]


@pytest.mark.parametrize("compiled", BOTH)
def test_what_it_raises_on_the_way_is_a_row_with_file_and_line(compiled, defined):
    on = problem_of(defined("one_sided", compiled))
    raised, crept = compared(on, "lbfgs", "gd:step=fixed,step_size=1e-6", **LIMITS)
    line = SOURCE.splitlines().index('        raise ValueError("x[0] is positive")') + 1
    assert f"mine.py, line {line}, raised: ValueError: x[0] is positive (raised while lbfgs" in raised.result["error"]
    assert "error" not in crept.result


@pytest.mark.parametrize("compiled", BOTH)
def test_an_objective_of_rows_is_one_for_mini_batches_too(compiled, defined):
    given = defined("by_rows").function
    if compiled:
        given = type(given)(njit(given.fun), given.n_rows, given.args[1:])
    on = problem_of(OwnFunction(defined("by_rows").path, given), np.zeros(3))
    assert on.objective.is_compiled == compiled
    lbfgs, sgd = compared(on, "lbfgs", "sgd:batch_size=10,step_size=0.1", **LIMITS)
    assert lbfgs.result["success"]
    assert sgd.result["nfev"] <= LIMITS["max_evals"]
    assert sgd.result["f"] < 1e-6
    assert defaults(on.objective) == ("lbfgs", "cg", "gd", "sgd")


def test_without_rows_sgd_is_no_default(defined, iris):
    assert defaults(problem_of(defined("rosenbrock")).objective) == ("lbfgs", "cg", "gd")
    assert "sgd" in defaults(iris.objective)


def test_the_optimum_is_a_reference_run_and_the_tolerance_a_plain_one(defined):
    objective = problem_of(defined("rosenbrock")).objective
    found, _ = optimum(objective, 1e-6, 60.0)
    assert (found.kind, found.relative_error) == ("reference run", None)
    assert 0.0 <= found.f < 1e-20
    assert "not a certified optimum: nothing is proven" in found.sentence
    assert tolerance(objective, found.f, 1e-6) == 1e-6


def test_of_a_function_without_a_minimum_no_optimum_is_known(defined):
    found, _ = optimum(OwnObjective(defined("unbounded_below"), np.ones(1)), 1e-6, 60.0)
    assert math.isnan(found.f)
    assert found.entry()["f"] is None
    assert "f* is unknown" in found.sentence


def test_the_gap_is_the_share_of_the_decrease_that_is_left(defined):
    on = problem_of(defined("rosenbrock"))
    f_start = on.objective.f_start
    assert f_start == pytest.approx(24.2)
    assert on.reference() == {"f_start": f_start}
    assert on.relative_gap(f_start, 1e-30) == 1.0
    assert on.relative_gap(-1.0, -1.0) == 0.0
    assert on.relative_gap(0.5 * (f_start - 3.0), -3.0) == pytest.approx(0.5)
    assert on.relative_gap(f_start + 2.0, f_start) == 2.0, "absolute where the start is the minimum"


@pytest.mark.parametrize(
    ("name", "x0", "error", "said"),
    [
        ("rosenbrock", [[1.0, 2.0]], ValueError, "x0 has shape (1, 2)"),
        ("rosenbrock", [1.0, np.inf], ValueError, r"x0[1] is inf"),
        ("rosenbrock", ["a", "b"], TypeError, "expected real numbers"),
        ("logarithm", [0.0, 1.0], ValueError, "f is -inf at the start, expected a finite number"),
        ("nothing", [0.0, 1.0], TypeError, "nothing returned NoneType None: expected the pair (f, g)"),
    ],
)
def test_what_does_not_work_at_the_start_is_refused(name, x0, error, said, defined):
    with pytest.raises(error) as raised:
        OwnObjective(defined(name), x0)
    assert said in str(raised.value)


def test_headline_and_description_say_what_is_known(defined, iris):
    on = problem_of(defined("rosenbrock"))
    assert on.headline(1) == "mine.py:fun · theta 2 · plain Python · gradient unchecked · 1 thread"
    assert on.description() == {
        "objective": "mine.py:fun",
        "gradient": "unchecked",
        "function": "plain Python",
        "theta": {"size": 2},
    }
    fun = OwnFunction(defined("rosenbrock").path, lambda theta, X, y: SoftmaxObjective(X, y)(theta))
    objective = OwnObjective(fun, np.zeros(10), (iris.data.X, iris.data.y))
    with_data = OwnProblem(objective, "f.py:f", "f-f-iris", "checked: PASS", {"layout": None}, iris.data)
    assert with_data.headline(2).startswith("f.py:f · iris 120 + 30 × 4 · 3 classes · theta 10 · ")
    assert with_data.description()["data"] == iris.description()["data"]
    assert objective.f_start == pytest.approx(math.log(3))
