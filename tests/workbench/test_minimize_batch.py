"""``workbench.minimize_batch``: many problems give what each gives alone, on any number of threads."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from numba import njit
from smooth import least_squares, python, quadratic, rosenbrock

import solvers
import workbench as wb
from workbench.threads import available

PROJECT = Path(__file__).parents[2]
RNG = np.random.default_rng(0)
CURVATURES, SLOPES = RNG.uniform(1.0, 50.0, (9, 3)), RNG.normal(size=(9, 3))


def objective(**options):
    X = RNG.normal(size=(40, 3))
    y = np.argmax(X @ RNG.normal(size=(3, 3)) + 0.5 * RNG.normal(size=(40, 3)), axis=1)
    return wb.SoftmaxObjective(X, y, **{"l2": 1e-2, **options})


SOFTMAX = objective()
SAMPLES = RNG.integers(0, 40, (7, 40))


@njit
def fussy(x, level):
    """A parabola that raises an error for one level, and is not finite for another."""
    if level == 3.0:
        raise ValueError("level 3")
    if level == 5.0:
        return np.nan, 2.0 * x
    return level + float(x @ x), 2.0 * x


def alone(fun, x0, args, **options):
    return solvers.minimize(fun, x0, args, **options)


def assert_same(batch, singles):
    assert len(batch) == len(singles)
    for i, single in enumerate(singles):
        assert np.array_equal(batch.x[i], single.x), i
        assert (batch.fun[i], batch.nit[i], batch.nfev[i]) == (single.fun, single.nit, single.nfev)
        assert batch.status[i] == single.status
        assert batch.success[i] == single.success
        assert batch.grad_inf[i] == np.abs(single.jac).max()


# ---- the same as each alone


@pytest.mark.parametrize("form", [lambda fun: fun, python], ids=["njit", "python"])
@pytest.mark.parametrize(("method", "options"), [("lbfgs", {}), ("cg", {"update": "dy", "gtol": 1e-3})])
def test_data_whose_first_axis_is_the_problem(form, method, options):
    fun = form(quadratic)
    batch = wb.minimize_batch(fun, np.ones(3), (CURVATURES, SLOPES), method=method, **options)
    pairs = zip(CURVATURES, SLOPES, strict=True)
    assert_same(batch, [alone(fun, np.ones(3), pair, method=method, **options) for pair in pairs])
    assert batch.success.all()


def test_each_problem_may_have_its_own_start_and_its_own_scalar():
    @njit
    def shifted(x, by, scale):
        u = x - by
        return scale * float(u @ u), 2.0 * scale * u

    X0, by = RNG.normal(size=(5, 2)), np.arange(5.0)
    before = X0.copy()
    batch = wb.minimize_batch(shifted, X0, (by,), common=(3.0,), gtol=1e-10)
    assert_same(batch, [alone(shifted, X0[i], (by[i], 3.0), gtol=1e-10) for i in range(5)])
    assert batch.x == pytest.approx(np.column_stack([by, by]), abs=1e-9)
    assert np.array_equal(X0, before)


def test_starts_alone_may_differ():
    X0 = RNG.normal(size=(6, 2))
    assert_same(wb.minimize_batch(rosenbrock, X0), [alone(rosenbrock, x0, ()) for x0 in X0])


def test_lists_hold_data_of_different_lengths():
    @njit
    def squares(x, A, b):
        r = A @ x - b
        return 0.5 * float(r @ r), A.T @ r

    A = [RNG.normal(size=(m, 2)) for m in (4, 9, 5)]
    b = [RNG.normal(size=len(each)) for each in A]
    batch = wb.minimize_batch(squares, np.zeros(2), (A, b), gtol=1e-9)
    assert_same(batch, [alone(squares, np.zeros(2), pair, gtol=1e-9) for pair in zip(A, b, strict=True)])


@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_rows_choose_the_samples_of_softmax_regression(reduction):
    fun = objective(reduction=reduction)
    batch = wb.minimize_batch(fun, fun.x0, rows=SAMPLES, gtol=1e-4)
    for i, rows in enumerate(SAMPLES):
        f, g = fun.subset(batch.x[i], rows)
        assert batch.fun[i] == f
        assert np.abs(g).max() == batch.grad_inf[i] <= 1e-4 * fun.gradient_scale
    assert batch.success.all()


def test_rows_of_float32_are_computed_with_in_float64():
    rows = SAMPLES[:3]
    single = wb.SoftmaxObjective(SOFTMAX.X.astype(np.float32), SOFTMAX.codes, l2=1e-2)
    double = wb.SoftmaxObjective(single.X.astype(np.float64), SOFTMAX.codes, l2=1e-2)
    found, exact = (wb.minimize_batch(fun, fun.x0, rows=rows, gtol=1e-10) for fun in (single, double))
    assert found.success.all()
    assert found.x == pytest.approx(exact.x, rel=1e-12)


def test_a_bootstrap_sample_is_fitted_as_the_same_rows_copied():
    batch = wb.minimize_batch(SOFTMAX, SOFTMAX.x0, rows=SAMPLES)
    for i, rows in enumerate(SAMPLES):
        copied = wb.SoftmaxObjective(SOFTMAX.X[rows], SOFTMAX.codes[rows], l2=1e-2)
        assert batch.x[i] == pytest.approx(wb.minimize(copied, copied.x0).x, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("form", [lambda fun: fun, python], ids=["njit", "python"])
def test_rows_may_be_of_different_numbers_as_the_folds_of_a_cross_validation(form):
    A = RNG.normal(size=(20, 3))
    args = (A, A @ np.ones(3) + 0.1 * RNG.normal(size=20))
    fun = form(least_squares)
    folds = [np.delete(np.arange(20), np.arange(k, 20, 6)) for k in range(6)]
    assert len({fold.size for fold in folds}) > 1
    batch = wb.minimize_batch(solvers.RowObjective(fun, 20, args), np.zeros(3), rows=folds, gtol=1e-8)
    assert_same(batch, [alone(fun, np.zeros(3), (fold, *args), gtol=1e-8) for fold in folds])


def test_a_method_that_is_interpreted_does_the_same():
    batch = wb.minimize_batch(quadratic, np.ones(3), (CURVATURES, SLOPES), line_search="more-thuente")
    pairs = zip(CURVATURES, SLOPES, strict=True)
    assert_same(batch, [alone(quadratic, np.ones(3), pair, line_search="more-thuente") for pair in pairs])


@pytest.mark.skipif(available() < 2, reason="one thread only")
def test_the_number_of_threads_changes_no_bit():
    one, all_of_them = (wb.minimize_batch(SOFTMAX, SOFTMAX.x0, rows=SAMPLES, threads=k) for k in (1, None))
    assert (one.threads, all_of_them.threads) == (1, available())
    for name in ("x", "fun", "grad_inf", "nit", "nfev", "status"):
        assert np.array_equal(getattr(one, name), getattr(all_of_them, name)), name


# ---- what goes wrong in one problem


@pytest.mark.parametrize("form", [lambda fun: fun, python], ids=["njit", "python"])
def test_a_problem_that_is_not_finite_leaves_the_others_alone(form):
    levels = np.array([1.0, 5.0, 2.0, 5.0])
    batch = wb.minimize_batch(form(fussy), np.ones(2), (levels,))
    assert batch.success.tolist() == [True, False, True, False]
    assert (batch.status[[1, 3]] == wb.Status.NOT_FINITE).all()
    assert batch.fun[[0, 2]].tolist() == [1.0, 2.0]
    assert "2  f or its gradient is not finite" in str(batch)


@pytest.mark.parametrize("form", [lambda fun: fun, python], ids=["njit", "python"])
def test_an_error_of_the_function_is_told_with_its_problem(form):
    with pytest.raises(ValueError, match="level 3") as caught:
        wb.minimize_batch(form(fussy), np.ones(2), (np.array([1.0, 2.0, 3.0, 4.0]),))
    assert "in problem 2 of 4" in caught.value.__notes__


def test_a_gradient_of_another_length_in_one_problem_is_refused():
    @njit
    def growing(x, m):
        return float(x @ x), np.ones(m)

    with pytest.raises(TypeError, match=r"gradient of shape \(3,\): expected \(2,\)") as caught:
        wb.minimize_batch(growing, np.ones(2), (np.array([2, 3]),))
    assert "in problem 1 of 2" in caught.value.__notes__


# ---- limits


def test_limits_hold_for_each_problem():
    X0 = np.tile([-1.2, 1.0], (4, 1))
    assert (wb.minimize_batch(rosenbrock, X0, max_iter=3).nit == 3).all()


@pytest.mark.parametrize("form", [lambda fun: fun, python], ids=["njit", "python"])
def test_max_time_is_that_of_all_problems_and_the_others_are_not_begun(form):
    X0 = np.tile([-1.2, 1.0], (100, 1))
    batch = wb.minimize_batch(form(rosenbrock), X0, max_time=1e-9)
    assert (batch.status == wb.Status.TIME).all()
    assert batch.nfev[-1] == 0
    assert np.isnan(batch.fun[-1])
    assert np.array_equal(batch.x[-1], X0[-1])
    assert "time limit reached, not begun" in str(batch)


@pytest.mark.parametrize("form", [lambda fun: fun, python], ids=["njit", "python"])
def test_a_callback_hears_how_many_are_done_and_can_stop(form):
    heard = []

    def callback(done, total):
        heard.append((done, total))
        return done >= 100

    batch = wb.minimize_batch(form(rosenbrock), np.zeros((50_000, 2)), callback=callback)
    done = heard[-1][0]
    assert 100 <= done < 50_000
    assert {total for _, total in heard} == {50_000}
    assert batch.success[:done].all()
    assert (batch.status[done:] == wb.Status.CALLBACK).all()
    assert (batch.nfev[done:] == 0).all()


@pytest.mark.parametrize("form", [lambda fun: fun, python], ids=["njit", "python"])
def test_ctrl_c_returns_what_is_done(form):
    def callback(done, total):
        signal.raise_signal(signal.SIGINT)

    assert threading.current_thread() is threading.main_thread()
    batch = wb.minimize_batch(form(rosenbrock), np.zeros((2_000, 2)), callback=callback)
    done = int((batch.nfev > 0).sum())
    assert 0 < done < 2_000
    assert batch.success[:done].all()
    assert (batch.status[done:] == wb.Status.INTERRUPTED).all()


# ---- the result


def test_the_frame_has_a_row_for_each_problem():
    batch = wb.minimize_batch(quadratic, np.ones(3), (CURVATURES, SLOPES), max_iter=6)
    frame = batch.frame
    assert frame.columns.tolist() == ["fun", "grad_inf", "nit", "nfev", "status", "success"]
    assert frame.index.tolist() == list(range(9))
    assert frame["nit"].tolist() == batch.nit.tolist()
    assert (frame["status"] == "GRADIENT").tolist() == batch.success.tolist()
    assert str(batch).startswith("9 problems of 3 variables by lbfgs: ")


# ---- mistakes


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: wb.minimize_batch(quadratic, np.ones(3)), ValueError, "X0 is one start, and nothing differs"),
        (lambda: wb.minimize_batch(rosenbrock, np.ones((0, 2))), ValueError, r"X0 has shape \(0, 2\)"),
        (lambda: wb.minimize_batch(rosenbrock, [[1.0, np.nan]]), ValueError, r"X0\[0, 1\] is nan"),
        (
            lambda: wb.minimize_batch(quadratic, np.ones((2, 3)), (CURVATURES, SLOPES)),
            ValueError,
            r"do not agree: X0 2, data\[0\] 9, data\[1\] 9",
        ),
        (lambda: wb.minimize_batch(quadratic, np.ones(3), CURVATURES), TypeError, "data is ndarray: expected a tuple"),
        (lambda: wb.minimize_batch(quadratic, np.ones(3), (1.0, SLOPES)), ValueError, r"data\[0\] has shape \(\)"),
        (lambda: wb.minimize_batch(quadratic, np.ones(3), (["a", "b"],)), TypeError, r"data\[0\] has dtype"),
        (
            lambda: wb.minimize_batch(quadratic, np.ones(3), ([np.ones((2, 3)), np.ones((3, 4))],)),
            ValueError,
            r"data\[0\]\[1\] has shape \(3, 4\)",
        ),
        (lambda: wb.minimize_batch(quadratic, np.ones(3), rows=SAMPLES), TypeError, "rows= needs an objective"),
        (lambda: wb.minimize_batch(SOFTMAX, SOFTMAX.x0, (SAMPLES,)), ValueError, "brings its own data"),
        (lambda: wb.minimize_batch(SOFTMAX, SOFTMAX.x0, rows=SAMPLES + 1), ValueError, "rows has 40: expected"),
        (lambda: wb.minimize_batch(SOFTMAX, SOFTMAX.x0, rows=np.arange(40)), ValueError, r"rows has shape \(40,\)"),
        (lambda: wb.minimize_batch(SOFTMAX, SOFTMAX.x0, rows=[[1], []]), ValueError, r"rows\[1\] is empty"),
        (lambda: wb.minimize_batch(SOFTMAX, np.zeros(3), rows=SAMPLES), ValueError, r"theta has shape \(3,\)"),
        (lambda: wb.minimize_batch(rosenbrock, np.ones((2, 2)), memry=3), TypeError, "no option 'memry'"),
        (lambda: wb.minimize_batch(rosenbrock, np.ones((2, 2)), method="lbgfs"), ValueError, "did you mean 'lbfgs'"),
        (lambda: wb.minimize_batch(rosenbrock, np.ones((2, 2)), threads=0), ValueError, "threads is 0"),
        (lambda: wb.minimize_batch(rosenbrock, np.ones((2, 2)), callback=3), TypeError, "callback is int"),
        (
            lambda: wb.minimize_batch(SOFTMAX, SOFTMAX.x0, rows=SAMPLES, method="gd", step="1/L"),
            ValueError,
            "gd would take its step from all rows",
        ),
    ],
)
def test_a_mistake_in_the_call_is_told(call, error, message):
    with pytest.raises(error, match=message):
        call()


# ---- compiled once, and safe under every threading layer

RUN = """
import json, sys
import numba
import numpy as np
import workbench as wb
from solvers.jit import statistics

rng = np.random.default_rng(0)
n, levels = (int(sys.argv[1]), 3)
fun = wb.SoftmaxObjective(rng.normal(size=(n, 4)), rng.integers(0, levels, n), l2=1e-2)
fits = wb.minimize_batch(fun, fun.x0, rows=rng.integers(0, n, (3, n)), max_iter=2)
print(json.dumps({"compiled": statistics().compiled, "nfev": fits.nfev.tolist(), "layer": numba.threading_layer()}))
"""


def run(cache, size, **environment):
    environment = {**os.environ, "PYTHONPATH": str(PROJECT), "NUMBA_CACHE_DIR": str(cache), **environment}
    done = subprocess.run(
        [sys.executable, "-c", RUN, str(size)], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.compiled
def test_a_second_process_compiles_nothing_and_threads_of_the_objective_are_safe_in_threads(tmp_path):
    first, second = run(tmp_path, 50), run(tmp_path, 80)
    assert first["compiled"] > 0
    assert second["compiled"] == 0
    # 60,000 rows are evaluated in parallel; workqueue ends a process whose threads start threads.
    assert run(tmp_path, 60_000)["compiled"] == 0
    serial = run(tmp_path, 60_000, NUMBA_THREADING_LAYER="workqueue")
    assert serial["layer"] == "workqueue"
    assert min(serial["nfev"]) > 1
    shutil.rmtree(tmp_path)
