"""The comparison: same start and limits for all, compiled ahead, judged from outside, failures as rows."""

import json
import math
import signal

import numpy as np
import pytest

from solvers.jit import statistics
from solvers.status import Status
from workbench.comparison import compare
from workbench.comparison.compare import MAX_CURVE_POINTS, Limits, cells, compile_ahead, tolerance
from workbench.comparison.contestant import Contestant, contestants
from workbench.comparison.optimum import optimum
from workbench.comparison.problem import problem

LIMITS = Limits(max_time=20.0, max_evals=80, gtol=1e-6)
F_STAR = 0.304319893248


def compared(on, texts, limits=LIMITS, repeats=1, seed=0, say=lambda text: None):
    entered = [
        contestant if isinstance(contestant, Contestant) else contestants([contestant])[0] for contestant in texts
    ]
    seconds = compile_ahead(on, entered)
    return list(cells(on, entered, limits, F_STAR, repeats=repeats, seed=seed, compile_seconds=seconds, say=say))


@pytest.fixture(autouse=True)
def _at_once(monkeypatch):
    monkeypatch.setattr(compare, "SETTLE", 0.0)


@pytest.fixture(scope="module")
def two(iris):
    """One repeat of lbfgs and sgd."""
    return compared(iris, ["lbfgs", "sgd:batch_size=30"])


def test_all_start_at_the_same_point_and_are_held_to_the_same_limits(two):
    for cell in two:
        assert cell.trace["f"].iloc[0] == pytest.approx(math.log(3), rel=1e-15)
        assert cell.result["nfev"] <= LIMITS.max_evals
    assert "80 of 80" in two[1].result["message"]


def test_the_numbers_of_a_row_are_recomputed_from_the_point_returned(two, iris, f_by_hand):
    for cell in two:
        expected = f_by_hand(cell.arrays["weights"], cell.arrays["intercepts"])
        assert cell.result["f"] == pytest.approx(expected, rel=1e-14)
        assert cell.result["gap"] == pytest.approx((expected - F_STAR) / F_STAR, abs=1e-11)
        assert cell.result["gap"] <= cell.result["gap_bound"] + 1e-11
        predicted = iris.objective.predict(cell.arrays["theta"], iris.data.X_test)
        assert cell.result["test_accuracy"] == np.mean(predicted == iris.data.y_test)
        assert cell.arrays["confusion"].trace() / 30 == cell.result["test_accuracy"]


def test_a_solver_that_lies_about_its_result_is_found_out(iris, monkeypatch):
    entered = contestants(["gd"])[0]

    class Liar:
        name = "gd"
        options = staticmethod(entered.method.options)
        prepare = staticmethod(entered.method.prepare)

        def __call__(self, *arguments, **options):
            result = entered.method(*arguments, **options)
            result.fun, result.success = 0.0, True
            result.jac = np.zeros_like(result.jac)
            return result

    honest, lied = compared(iris, ["gd"])[0], compared(iris, [Contestant("liar", Liar())])[0]
    for name in ("f", "grad_inf", "gap", "train_accuracy"):
        assert lied.result[name] == honest.result[name]


def test_repeats_are_interleaved_and_each_draws_with_a_seed_of_its_own(iris):
    found = compared(iris, ["gd", "sgd:batch_size=30"], Limits(20.0, 5, 1e-6), repeats=2, seed=7)
    assert [(cell.result["solver"], cell.result["repeat"]) for cell in found] == [
        ("gd", 0),
        ("sgd:batch_size=30", 0),
        ("gd", 1),
        ("sgd:batch_size=30", 1),
    ]
    first, second = found[1].trace, found[3].trace
    assert first["f"].iloc[-1] != second["f"].iloc[-1]
    again = compared(iris, ["sgd:batch_size=30"], Limits(20.0, 5, 1e-6), seed=8)[0].trace
    assert again["f"].tolist() == second["f"].tolist(), "repeat 1 of seed 7 is repeat 0 of seed 8"
    assert found[0].trace["f"].tolist() == found[2].trace["f"].tolist(), "gd draws nothing"


def test_a_contestants_own_option_wins(iris):
    (cell,) = compared(iris, ["lbfgs:max_iter=3"])
    assert cell.result["nit"] == 3
    assert json.loads(cell.result["options"]) == {"max_iter": 3}


@pytest.mark.compiled
def test_nothing_is_compiled_while_a_clock_runs(iris):
    entered = contestants(["lbfgs", "cg", "gd", "sgd", "lbfgs:line_search=armijo"])
    optimum(iris.objective, 1e-6, 60.0)
    seconds = compile_ahead(iris, entered)
    before = statistics()
    for _ in cells(iris, entered, LIMITS, F_STAR, repeats=1, seed=0, compile_seconds=seconds):
        assert statistics() == before


def test_seconds_of_compilation_are_told_once(iris):
    found = compared(iris, ["gd"], Limits(20.0, 3, 1e-6), repeats=2)
    assert found[0].result["compile_seconds"] > 0.0
    assert found[1].result["compile_seconds"] == 0.0


def test_a_contestant_that_raises_is_a_row_with_its_reason_and_the_others_go_on(iris, monkeypatch):
    entered = contestants(["gd", "lbfgs"])

    class Broken:
        name = "broken"
        options = staticmethod(entered[0].method.options)
        prepare = staticmethod(entered[0].method.prepare)

        def __call__(self, *arguments, **options):
            error = RuntimeError("out of\n  ideas")
            error.add_note("iteration 3, evaluation 4")
            raise error

    found = compared(iris, [Contestant("broken", Broken()), "lbfgs"])
    assert found[0].result["error"] == "RuntimeError: out of ideas (iteration 3, evaluation 4)"
    assert found[0].trace is None
    assert found[0].arrays == {}
    assert not found[0].interrupted
    assert found[1].result["success"]


def test_a_contestant_that_cannot_be_prepared_fails_when_its_turn_comes(iris):
    found = compared(iris, ["newton", "gd"])
    assert math.isnan(found[0].result["compile_seconds"])
    assert "expected (f, g, H)" in found[0].result["error"]
    assert "error" not in found[1].result


@pytest.mark.parametrize(
    "text", ["gd:step=fixed,step_size=1e9", "gd:step=fixed,step_size=1e300", "sgd:step_size=1e300"]
)
def test_divergence_is_a_result_without_success_and_without_a_warning(text, iris):
    (cell,) = compared(iris, [text])
    assert cell.result["status"] == "NOT_FINITE"
    assert not cell.result["success"]
    assert "error" not in cell.result


def test_a_failing_judge_is_a_row_too(iris, monkeypatch):
    def fails(*arguments):
        raise np.linalg.LinAlgError("no convergence")

    monkeypatch.setattr(compare, "judged", fails)
    (cell,) = compared(iris, ["gd"])
    assert cell.result["error"] == "LinAlgError: no convergence"


def test_ctrl_c_while_judging_keeps_the_cell_and_says_so(iris, monkeypatch):
    original = compare.judged

    def judged(*arguments):
        signal.raise_signal(signal.SIGINT)
        return original(*arguments)

    monkeypatch.setattr(compare, "judged", judged)
    (cell,) = compared(iris, ["gd"])
    assert cell.interrupted
    assert cell.result["f"] < math.log(3)


def test_ctrl_c_while_solving_keeps_what_was_found(iris, monkeypatch):
    """The objective presses Ctrl-C in its 20th evaluation; in Python, so that it happens amidst the solver."""
    count = iter(range(1000))

    class Pressing:
        x0, certificate, weights = iris.objective.x0, iris.objective.certificate, iris.objective.weights
        accuracy, confusion, X, l2 = iris.objective.accuracy, iris.objective.confusion, iris.objective.X, 0.01

        def __call__(self, theta):
            if next(count) == 20:
                signal.raise_signal(signal.SIGINT)
            return iris.objective(theta)

    (cell,) = compared(type(iris)(Pressing(), iris.data, "float64"), ["gd"])
    assert cell.interrupted
    assert cell.result["status"] == Status.INTERRUPTED.name
    assert 0 < cell.result["nit"] < 20
    assert cell.trace["nit"].iloc[-1] == cell.result["nit"]


def test_accuracies_stand_at_the_start_at_the_end_and_at_points_between(iris, monkeypatch):
    monkeypatch.setattr("solvers.driver.SLICE", 1e-9)
    monkeypatch.setattr("solvers.driver.FIRST_SLICE", 1e-9)
    (cell,) = compared(iris, ["gd"], Limits(20.0, 400, 1e-12))
    known = cell.trace[cell.trace["test_accuracy"].notna()]
    assert known["nit"].iloc[0] == 0
    assert known["nit"].iloc[-1] == cell.result["nit"] > 3 * MAX_CURVE_POINTS
    assert MAX_CURVE_POINTS // 2 < len(known) <= MAX_CURVE_POINTS + 1
    assert known["train_accuracy"].iloc[0] == pytest.approx(1 / 3)
    assert known["train_accuracy"].iloc[-1] == cell.result["train_accuracy"]


def test_it_says_which_contestant_runs(iris):
    heard = []
    compared(iris, ["gd"], say=heard.append)
    assert any(text.startswith("gd · iteration ") for text in heard)
    assert heard[-1] == "gd · evaluating what it found"


@pytest.mark.parametrize("gap", [1e-2, 1e-6, 1e-10])
def test_a_run_that_stops_by_the_tolerance_has_reached_the_gap(gap, iris):
    gtol = tolerance(iris.objective, F_STAR, gap)
    assert 0.0 < gtol <= 1e-6
    (cell,) = compared(iris, ["lbfgs"], Limits(20.0, 1000, gtol))
    assert cell.result["status"] == "GRADIENT"
    assert cell.result["gap"] <= gap


def test_without_a_penalty_the_tolerance_is_a_plain_one(iris):
    plain = problem("softmax", iris.data, l2=0.0, dtype="float64")
    assert tolerance(plain.objective, 0.1, 1e-10) == 1e-6
    assert tolerance(iris.objective, 0.0, 1e-10) == 1e-6
