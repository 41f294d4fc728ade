"""The driver: limits, callbacks, the clock, interruptions, exceptions, and what a run returns."""

import os
import pickle
import signal
import threading
import time

import numpy as np
import pytest
from numba import njit
from scipy.optimize import OptimizeResult
from smooth import python, quadratic, rosenbrock

import solvers
from solvers import Status
from solvers.trace import CAPACITY

START = np.array([-1.2, 1.0])
KINDS = pytest.mark.parametrize("fun", [rosenbrock, python(rosenbrock)], ids=["compiled", "python"])


@KINDS
@pytest.mark.parametrize("limit", [1, 3, 17])
def test_the_iteration_limit_is_kept_exactly(fun, limit):
    result = solvers.lbfgs(fun, START, max_iter=limit)
    assert (result.nit, result.status) == (limit, Status.ITERATIONS)
    assert f"{limit} of {limit}" in result.message
    assert not result.success


@KINDS
def test_no_iteration_is_made_where_none_is_allowed(fun):
    result = solvers.lbfgs(fun, START, max_iter=0)
    assert (result.nit, result.nfev, result.status) == (0, 1, Status.ITERATIONS)
    assert (result.x == START).all()


@KINDS
@pytest.mark.parametrize("method", ["gd", "cg", "lbfgs"])
@pytest.mark.parametrize("limit", [1, 2, 10])
def test_the_evaluation_limit_is_never_overrun(fun, method, limit):
    result = solvers.minimize(fun, START, method=method, max_evals=limit)
    assert result.nfev <= limit
    assert result.status == Status.EVALUATIONS
    assert result.fun <= rosenbrock(START)[0]


@KINDS
def test_the_time_limit_ends_a_run_soon_after(fun):
    began = time.monotonic()
    result = solvers.gd(fun, np.tile(START, 200), max_time=0.2, max_iter=10**9, max_evals=10**9, gtol=0.0)
    assert result.status == Status.TIME
    assert time.monotonic() - began < 2.0
    assert 0.19 <= result.seconds < 0.4


@KINDS
def test_a_target_value_ends_the_run_as_soon_as_it_is_reached(fun):
    result = solvers.lbfgs(fun, START, target=1e-3)
    assert result.status == Status.TARGET
    assert result.success
    assert (result.history["f"][:-1] > 1e-3).all()
    assert result.fun <= 1e-3


@KINDS
def test_small_steps_and_small_decreases_end_a_run_where_that_is_asked_for(fun):
    step = solvers.gd(fun, START, xtol=1e-3)
    assert step.status == Status.STEP
    decrease = solvers.gd(fun, START, ftol=0.05)
    assert decrease.status == Status.DECREASE
    f = decrease.history["f"].to_numpy()
    assert f[-2] - f[-1] <= 0.05 * f[-2]
    assert not decrease.success


@KINDS
def test_the_history_has_a_row_for_each_iteration_from_the_start(fun):
    result = solvers.lbfgs(fun, np.tile(START, 3))
    history = result.history
    assert list(history.columns) == ["nit", "nfev", "seconds", "f", "grad_inf", "step", "rho"]
    assert (history["nit"] == np.arange(result.nit + 1)).all()
    assert history["nfev"].is_monotonic_increasing
    assert history["seconds"].is_monotonic_increasing
    assert history["nfev"].iloc[-1] == result.nfev
    assert history["f"].iloc[-1] == result.fun
    assert history["grad_inf"].iloc[-1] == np.abs(result.jac).max()


@KINDS
def test_a_history_longer_than_the_buffer_is_kept_whole(fun):
    limit = 2 * CAPACITY + 7
    result = solvers.gd(fun, START, max_iter=limit, gtol=0.0)
    assert result.history["nit"].tolist() == list(range(limit + 1))


@KINDS
def test_the_start_is_not_modified_and_the_result_is_the_user_s_own(fun):
    x0 = START.copy()
    x0.flags.writeable = False
    first = solvers.lbfgs(fun, x0)
    first.x[:] = 0.0
    assert (x0 == START).all()
    assert (solvers.lbfgs(fun, x0).x != 0.0).all()


@KINDS
def test_a_callback_sees_every_iteration_and_can_stop_the_run(fun):
    seen = []

    def callback(intermediate_result):
        seen.append((intermediate_result.nit, intermediate_result.fun))
        return intermediate_result.nit == 7

    result = solvers.lbfgs(fun, START, callback=callback)
    assert [nit for nit, _ in seen] == list(range(1, 8))
    assert result.status == Status.CALLBACK
    assert (result.nit, result.fun) == seen[-1]


@KINDS
def test_a_callback_may_take_the_point_alone_and_raise_stop_iteration(fun):
    points = []

    def callback(xk):
        points.append(xk)
        if len(points) == 3:
            raise StopIteration

    result = solvers.cg(fun, START, callback=callback)
    assert result.status == Status.CALLBACK
    assert len(points) == 3
    assert (points[-1] == result.x).all()
    assert (points[0] != points[1]).any(), "each call gets a copy"


@KINDS
def test_a_callback_does_not_change_the_iterates(fun):
    alone = solvers.lbfgs(fun, START)
    watched = solvers.lbfgs(fun, START, callback=lambda xk: None)
    assert (alone.x == watched.x).all()
    assert alone.nfev == watched.nfev


@pytest.mark.parametrize("method", ["lbfgs", "newton0", "sgd"])
def test_the_time_spent_in_the_objective_is_told_apart(method):
    def fun(x):
        time.sleep(0.002)
        return float(x @ x), 2.0 * x

    objective = solvers.RowObjective(lambda x, rows: fun(x), 8) if method == "sgd" else fun
    result = solvers.minimize(objective, START, method=method, max_iter=5, callback=lambda xk: time.sleep(0.002))
    assert 0.002 * result.nfev <= result.oracle_seconds <= result.seconds
    assert result.oracle_seconds > 0.5 * result.seconds


def test_the_time_spent_in_the_objective_is_summed_over_stages():
    def fun(x, rows):
        time.sleep(0.001)
        return float(x @ x), 2.0 * x

    result = solvers.lbfgs(solvers.RowObjective(fun, 900), START, stages=2, stage_iterations=1)
    assert 0.003 <= result.oracle_seconds <= result.seconds


def test_the_time_spent_in_a_callback_is_not_counted():
    result = solvers.lbfgs(rosenbrock, START, max_iter=5, callback=lambda xk: time.sleep(0.02))
    assert result.nit == 5
    assert result.seconds < 0.05


def slow(x):
    time.sleep(0.005)
    return python(rosenbrock)(x)


@njit(cache=True)
def busy(x):
    total = 0.0
    for i in range(200_000):
        total += (i % 7) * 1e-18
    f, g = rosenbrock(x)
    return f + total * 0.0, g


@pytest.mark.parametrize("fun", [slow, pytest.param(busy, marks=pytest.mark.compiled)], ids=["python", "compiled"])
def test_ctrl_c_ends_the_run_with_what_it_has(fun):
    solvers.lbfgs.prepare(fun, START)
    x0 = np.tile(START, 10)
    timer = threading.Timer(0.15, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    try:
        result = solvers.gd(fun, x0, max_iter=10**8, max_evals=10**8, gtol=0.0, max_time=20.0)
    finally:
        timer.join()
    assert result.status == Status.INTERRUPTED
    assert result.message == "interrupted"
    assert result.nit > 0
    assert result.history["nit"].iloc[-1] == result.nit
    assert result.history["f"].iloc[-1] == result.fun == fun(result.x)[0]


@pytest.mark.parametrize("compile_it", [False, pytest.param(True, marks=pytest.mark.compiled)])
def test_an_exception_names_solver_iteration_and_evaluation(compile_it):
    def fails(x):
        if x[0] > 0.0:
            raise ArithmeticError("the model is not defined here")
        return rosenbrock(x)

    calls = []

    def counting(x):
        calls.append(1)
        return fails(x)

    with pytest.raises(ArithmeticError, match="the model is not defined here") as raised:
        solvers.lbfgs(counting, START)
    expected = raised.value.__notes__[0]
    assert expected.startswith("raised while lbfgs evaluated the objective: iteration ")
    assert expected.endswith(f"evaluation {len(calls)}")
    if compile_it:
        with pytest.raises(ArithmeticError, match="the model is not defined here") as raised:
            solvers.lbfgs(njit(fails), START)
        assert raised.value.__notes__ == [expected]


def test_an_exception_at_the_start_says_so():
    def fails(x):
        raise KeyError("no data")

    with pytest.raises(KeyError) as raised:
        solvers.cg(fails, START)
    assert raised.value.__notes__ == ["raised while cg evaluated the objective at x0: iteration 0, evaluation 1"]


@pytest.mark.parametrize(
    "value", [(np.nan, np.zeros(2)), (1.0, np.array([np.nan, 0.0])), (np.inf, np.zeros(2)), (1.0, np.full(2, np.inf))]
)
def test_a_start_that_is_not_finite_ends_after_one_evaluation(value):
    result = solvers.lbfgs(lambda x: value, START)
    assert (result.status, result.nfev, result.nit) == (Status.NOT_FINITE, 1, 0)
    assert not result.success


def test_minus_infinity_at_the_start_is_unbounded():
    assert solvers.lbfgs(lambda x: (-np.inf, np.zeros(2)), START).status == Status.UNBOUNDED


def test_one_buffer_handed_out_again_and_again_does_no_harm():
    buffer = np.empty(2)

    def reusing(x):
        f, g = rosenbrock(x)
        buffer[:] = g
        return f, buffer

    for method in ("lbfgs", "cg", "gd"):
        reused = solvers.minimize(reusing, START, method=method, max_iter=50)
        assert (reused.x == solvers.minimize(rosenbrock, START, method=method, max_iter=50).x).all()


def test_an_objective_that_writes_into_x_is_stopped_at_that_line_and_told_what_to_do():
    def careless(x):
        f, g = python(rosenbrock)(x)
        x[:] = 0.0
        return f, g

    with pytest.raises(ValueError, match="read-only") as raised:
        solvers.lbfgs(careless, START)
    assert raised.value.__notes__[0] == "careless is given x to read: work on a copy, x = x.copy()"


@pytest.mark.compiled
def test_a_compiled_objective_that_writes_into_x_writes_into_an_array_of_its_own():
    @njit
    def careless(x):
        f, g = rosenbrock(x)
        x[:] = 0.0
        return f, g

    assert (solvers.lbfgs(careless, START).x == solvers.lbfgs(rosenbrock, START).x).all()


@KINDS
def test_the_result_is_scipy_s_and_survives_pickling(fun):
    result = solvers.lbfgs(fun, START)
    assert isinstance(result, OptimizeResult)
    assert {"x", "fun", "jac", "nit", "nfev", "njev", "status", "success", "message"} <= set(result)
    assert result["x"] is result.x
    assert isinstance(result.status, Status)
    copy = pickle.loads(pickle.dumps(result))
    assert (copy.x == result.x).all()
    assert copy.history.equals(result.history)
    assert "trace" not in repr(result)


def test_an_observer_sees_the_run_go_by_outside_the_clock():
    seen = []

    def observer(nit, seconds, x):
        seen.append((nit, seconds))
        time.sleep(0.03)

    x0 = np.tile(START, 200)
    result = solvers.gd(rosenbrock, x0, max_iter=10**8, max_evals=10**8, gtol=0.0, max_time=0.3, observer=observer)
    assert len(seen) >= 5
    assert seen == sorted(seen)
    assert result.seconds < 0.4
    assert seen[-1][0] == result.nit


def test_settings_and_options_are_one_or_the_other():
    chosen = solvers.lbfgs.settings(memory=3)
    assert solvers.lbfgs(rosenbrock, START, (), chosen).nit == solvers.lbfgs(rosenbrock, START, memory=3).nit
    with pytest.raises(TypeError, match="settings and options"):
        solvers.lbfgs(rosenbrock, START, (), chosen, memory=3)


def test_args_reach_the_objective():
    d, b = np.array([2.0, 8.0]), np.array([2.0, 4.0])
    for fun in (quadratic, python(quadratic)):
        assert solvers.cg(fun, np.zeros(2), (d, b)).x == pytest.approx([1.0, 0.5], abs=1e-5)


@pytest.mark.compiled  # interpreted, the run would not be over at its first return
def test_ctrl_c_that_comes_when_a_run_is_over_reaches_its_caller_once():
    from solvers.interrupt import HeldBack

    def last_words(nit, seconds, x):
        signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        solvers.lbfgs(rosenbrock, np.array([-1.2, 1.0]), observer=last_words, gtol=1e-3)
    with HeldBack() as outer:
        result = solvers.lbfgs(rosenbrock, np.array([-1.2, 1.0]), observer=last_words, gtol=1e-3)
    assert outer.arrived
    assert result.status == Status.GRADIENT
