"""One cell, measured: the same start and limits for all, compiled ahead, judged from outside, failures as answers."""

import math
import signal
import time

import numpy as np
import pytest

from solvers.jit import statistics
from solvers.status import Status
from workbench.comparison.contestant import Contestant, contestant
from workbench.comparison.problem import problem
from workbench.study import measurement, watch
from workbench.study.job import Job
from workbench.study.measurement import tolerance
from workbench.study.spool import spool
from workbench.study.watch import MAX_CURVE_POINTS

F_STAR = 0.304319893248
LIMITS = {"max_time": 20.0, "max_evals": 80, "gtol": 1e-6}


@pytest.fixture(scope="module")
def spooled_iris(iris, tmp_path_factory):
    folder = tmp_path_factory.mktemp("spool") / "iris"
    spool(iris, folder)
    return folder


@pytest.fixture
def measured(spooled_iris, inline):
    """Run one solver on iris in this process; returns its answer."""

    def call(text, say=lambda words: None, seed=0, **limits):
        job = Job("cell", 1, text, str(spooled_iris), limits=LIMITS | limits, smallest=1e-6, f_star=F_STAR, seed=seed)
        return inline(job, say=say)

    return call


def test_all_start_at_the_same_point_and_are_held_to_the_same_limits(measured):
    for text in ("lbfgs", "sgd:batch_size=30"):
        cell = measured(text)
        assert cell.state == "done"
        assert cell.trace["f"][0] == pytest.approx(math.log(3), rel=1e-15)
        assert cell.found["nfev"] <= LIMITS["max_evals"]
    assert "80 of 80" in cell.found["message"]


def test_the_numbers_of_a_row_are_recomputed_from_the_point_returned(measured, iris, f_by_hand):
    for text in ("lbfgs", "sgd:batch_size=30"):
        cell = measured(text)
        expected = f_by_hand(cell.arrays["weights"], cell.arrays["intercepts"])
        assert cell.found["f"] == pytest.approx(expected, rel=1e-14)
        assert cell.found["gap"] == pytest.approx((expected - F_STAR) / F_STAR, abs=1e-11)
        assert cell.found["gap"] <= cell.found["gap_bound"] + 1e-11
        predicted = iris.objective.predict(cell.arrays["theta"], iris.data.X_test)
        assert cell.found["test_accuracy"] == np.mean(predicted == iris.data.y_test)
        assert cell.arrays["confusion"].trace() / 30 == cell.found["test_accuracy"]


class Instead:
    """A contestant with the face of gd, that does something else."""

    name = "gd"

    def __init__(self, does):
        gd = contestant("gd").method
        self.gd, self.does = gd, does
        self.options, self.prepare = gd.options, gd.prepare

    def __call__(self, *arguments, **options):
        return self.does(self.gd, *arguments, **options)


@pytest.fixture
def enter(monkeypatch):
    """Have another contestant run in the place of gd."""

    def call(does):
        monkeypatch.setattr(measurement, "contestant", lambda text: Contestant("gd", Instead(does)))

    return call


def test_a_solver_that_claims_success_at_once_is_a_false_success_by_the_numbers_of_the_judge(measured, enter):
    def lie(gd, *arguments, **options):
        result = gd(*arguments, **{**options, "max_iter": 2})
        result.fun, result.success, result.jac = 0.0, True, np.zeros_like(result.jac)
        return result

    honest = measured("gd:max_iter=2")
    assert honest.found["verdict"] == "honest failure"
    enter(lie)
    lied = measured("gd")
    assert lied.found["verdict"] == "false success"
    for name in ("f", "grad_inf", "gap", "train_accuracy"):
        assert lied.found[name] == honest.found[name]


def test_a_solver_that_says_nothing_of_its_success_is_found_to_have_it(measured, enter):
    def understate(gd, *arguments, **options):
        result = contestant("lbfgs").method(*arguments, **options)
        result.success = False
        return result

    assert measured("lbfgs").found["verdict"] == "verified"
    enter(understate)
    assert measured("gd").found["verdict"] == "silent success"


def test_each_repeat_draws_with_a_seed_of_its_own(measured):
    draws = [measured("sgd:batch_size=30", seed=seed, max_evals=5).trace["f"].tolist() for seed in (7, 8, 7)]
    assert draws[0] == draws[2] != draws[1]
    steady = [measured("gd", seed=seed, max_evals=5).trace["f"].tolist() for seed in (7, 8)]
    assert steady[0] == steady[1], "gd draws nothing"


def test_a_contestants_own_option_wins(measured):
    assert measured("lbfgs:max_iter=3").found["nit"] == 3


@pytest.mark.compiled
@pytest.mark.parametrize("text", ["lbfgs", "cg", "gd", "sgd", "lbfgs:line_search=armijo"])
def test_nothing_is_compiled_while_a_clock_runs(text, measured, monkeypatch):
    settled = []
    monkeypatch.setattr(measurement.time, "sleep", lambda seconds: settled.append(statistics()))
    found = measured(text).found
    assert settled == [statistics()]
    assert found["flags"] == ""


def test_a_cell_in_which_something_is_compiled_while_the_clock_runs_is_flagged(measured, enter):
    numba = pytest.importorskip("numba")
    if numba.config.DISABLE_JIT:
        pytest.skip("NUMBA_DISABLE_JIT is set: nothing is compiled")

    def compile_amidst(gd, *arguments, **options):
        numba.njit(lambda x: x + 1)(1)
        return gd(*arguments, **options)

    enter(compile_amidst)
    assert measured("gd").found["flags"] == "compiled"


def test_the_parts_of_the_wall_time_add_up(measured):
    found = measured("lbfgs").found
    parts = ("compile_seconds", "first_call_seconds", "seconds", "monitoring_seconds")
    assert sum(found[part] for part in parts) == pytest.approx(found["wall_seconds"], rel=0.05, abs=0.25)
    assert found["oracle_seconds"] + found["overhead_seconds"] == pytest.approx(found["seconds"])
    assert all(found[part] >= 0.0 for part in (*parts, "oracle_seconds", "overhead_seconds"))


def test_time_that_is_in_no_part_of_the_wall_is_flagged(measured, enter):
    def doze(gd, *arguments, **options):
        time.sleep(1.0)
        return gd(*arguments, **options)

    assert measured("gd").found["flags"] == ""
    assert measured("sgd", max_evals=30).found["flags"] == "", "f of all rows after an epoch is monitoring"
    enter(doze)
    assert measured("gd").found["flags"] == "unaccounted"


def test_a_contestant_that_raises_is_an_answer_with_its_reason(measured, enter):
    def fail(*arguments, **options):
        error = RuntimeError("out of\n  ideas")
        error.add_note("iteration 3, evaluation 4")
        raise error

    enter(fail)
    cell = measured("gd")
    assert (cell.state, cell.reason) == ("failed", "RuntimeError: out of ideas (iteration 3, evaluation 4)")
    assert cell.trace is None
    assert cell.arrays == {}


def test_a_contestant_that_cannot_be_prepared_is_an_answer_too(measured):
    cell = measured("newton")
    assert cell.state == "failed"
    assert "expected (f, g, H)" in cell.reason


@pytest.mark.parametrize(
    "text", ["gd:step=fixed,step_size=1e9", "gd:step=fixed,step_size=1e300", "sgd:step_size=1e300"]
)
def test_divergence_is_a_result_without_success_and_without_a_warning(text, measured):
    cell = measured(text)
    assert cell.state == "done"
    assert cell.found["status"] == "NOT_FINITE"
    assert not cell.found["success"]
    assert cell.found["verdict"] in ("diverged", "honest failure")


def test_a_failing_judge_is_an_answer_too(measured, monkeypatch):
    def fails(*arguments):
        raise np.linalg.LinAlgError("no convergence")

    monkeypatch.setattr(measurement, "judged", fails)
    assert measured("gd").reason == "LinAlgError: no convergence"


def test_ctrl_c_while_judging_keeps_the_cell_and_says_so(measured, monkeypatch):
    original = measurement.judged

    def judged(*arguments):
        signal.raise_signal(signal.SIGINT)
        return original(*arguments)

    monkeypatch.setattr(measurement, "judged", judged)
    cell = measured("gd")
    assert cell.found["cut_short"]
    assert cell.found["f"] < math.log(3)


def test_ctrl_c_while_solving_keeps_what_was_found(measured, enter):
    """The objective presses Ctrl-C in its 20th evaluation; in Python, so that it happens amidst the solver."""
    count = iter(range(1000))

    def press(gd, objective, x0, **options):
        def pressing(theta):
            if next(count) == 20:
                signal.raise_signal(signal.SIGINT)
            return objective(theta)

        return gd(pressing, x0, **options)

    enter(press)
    cell = measured("gd")
    assert cell.found["cut_short"]
    assert cell.found["status"] == Status.INTERRUPTED.name
    assert 0 < cell.found["nit"] < 20
    assert cell.trace["nit"][-1] == cell.found["nit"]


def test_accuracies_stand_at_the_start_at_the_end_and_at_points_between(measured, monkeypatch):
    monkeypatch.setattr("solvers.driver.SLICE", 1e-9)
    monkeypatch.setattr("solvers.driver.FIRST_SLICE", 1e-9)
    cell = measured("gd", max_evals=400, gtol=1e-12)
    known = ~np.isnan(cell.trace["test_accuracy"])
    assert cell.trace["nit"][known][0] == 0
    assert cell.trace["nit"][known][-1] == cell.found["nit"] > 3 * MAX_CURVE_POINTS
    assert MAX_CURVE_POINTS // 2 < known.sum() <= MAX_CURVE_POINTS + 1
    assert cell.trace["train_accuracy"][0] == pytest.approx(1 / 3)
    assert cell.trace["train_accuracy"][-1] == cell.found["train_accuracy"]


def test_points_are_judged_amidst_a_run_and_sent_off(measured, monkeypatch, iris):
    monkeypatch.setattr("solvers.driver.SLICE", 1e-9)
    monkeypatch.setattr("solvers.driver.FIRST_SLICE", 1e-9)
    monkeypatch.setattr(watch, "PATIENCE", 0.0)
    monkeypatch.setattr(watch, "SHARE", math.inf)
    cell = measured("gd", max_evals=50, gtol=1e-12)
    assert len(cell.points) > 5
    trace = dict(zip(cell.trace["nit"], cell.trace["f"], strict=True))
    for nit, _, f, _, gap in cell.points:
        assert f == pytest.approx(trace[nit], rel=1e-12)
        assert gap == pytest.approx((f - F_STAR) / F_STAR)


def test_it_says_which_contestant_runs(measured):
    heard = []
    measured("gd", say=heard.append)
    assert any(text.startswith("gd · iteration ") for text in heard)
    assert heard[-1] == "gd · evaluating what it found"


@pytest.mark.parametrize("gap", [1e-2, 1e-6, 1e-10])
def test_a_run_that_stops_by_the_tolerance_has_reached_the_gap(gap, iris, measured):
    gtol = tolerance(iris.objective, F_STAR, gap)
    assert 0.0 < gtol <= 1e-6
    cell = measured("lbfgs", max_evals=1000, gtol=gtol)
    assert cell.found["status"] == "GRADIENT"
    assert cell.found["gap"] <= gap


def test_without_a_penalty_the_tolerance_is_a_plain_one(iris):
    plain = problem("softmax", iris.data, l2=0.0, dtype="float64")
    assert tolerance(plain.objective, 0.1, 1e-10) == 1e-6
    assert tolerance(iris.objective, 0.0, 1e-10) == 1e-6


def test_too_little_memory_is_said(spooled_iris, inline, monkeypatch):
    def hungry(text):
        raise MemoryError("Unable to allocate 8 GiB")

    monkeypatch.setattr(measurement, "contestant", hungry)
    answer = inline(Job("cell", 1, "gd", str(spooled_iris), limits=LIMITS, max_memory=4000.0))
    assert (answer.state, answer.reason) == ("killed", "it needed more than 4000 MB (Unable to allocate 8 GiB)")
