"""``workbench.minimize``: SciPy's result with a history and a certificate, and a tolerance that means one thing."""

import math
import pickle
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import OptimizeResult

import solvers
import workbench as wb
from workbench.certificate import Certificate
from workbench.objectives.softmax import SoftmaxObjective

METHODS = ["lbfgs", "cg", "gd", "sgd"]


def parabola(x, centre=2.0):
    return float((x - centre) @ (x - centre)), 2.0 * (x - centre)


def rosenbrock_value(x):
    return float(100.0 * (x[1] - x[0] ** 2) ** 2 + (1.0 - x[0]) ** 2)


def rosenbrock_gradient(x):
    return np.array([-400.0 * x[0] * (x[1] - x[0] ** 2) - 2.0 * (1.0 - x[0]), 200.0 * (x[1] - x[0] ** 2)])


def softmax(n=40, dtype=np.float64, **options):
    rng = np.random.default_rng(3)
    X = rng.normal(size=(n, 3))
    y = np.argmax(X @ rng.normal(size=(3, 3)) + 0.5 * rng.normal(size=(n, 3)), axis=1)
    return SoftmaxObjective(X.astype(dtype), y, **{"l2": 1e-2, **options})


# ---- the result


@pytest.mark.parametrize("method", METHODS)
def test_the_result_is_scipys_with_a_history_and_a_certificate(method):
    fun = softmax()
    x0 = np.full(fun.x0.size, 0.1)
    result = wb.minimize(fun, x0, method=method, gtol=1e-3, max_iter=100)
    assert isinstance(result, OptimizeResult)
    assert isinstance(result, solvers.Result)
    assert {"x", "fun", "jac", "nit", "nfev", "njev", "status", "success", "message"} <= set(result)
    for name in result:
        assert result[name] is getattr(result, name)
    f, g = fun(result.x)
    assert result.fun == f
    assert np.array_equal(result.jac, g)
    assert result.fun < fun(x0)[0]
    assert (x0 == 0.1).all()
    assert result.method == method
    assert isinstance(result.status, wb.Status)
    assert result.success == (result.status == wb.Status.GRADIENT)

    history = result.history
    assert isinstance(history, pd.DataFrame)
    assert list(history.columns) == ["nit", "nfev", "seconds", "f", "grad_inf", "step", "rho"]
    assert history["nit"].tolist() == list(range(result.nit + 1))
    assert history["f"].iloc[0] == fun(x0)[0]
    assert history["f"].iloc[-1] == result.fun
    assert history["grad_inf"].iloc[-1] == np.abs(g).max()
    assert history["nfev"].iloc[-1] == result.nfev
    assert (history[["nfev", "seconds"]].diff()[1:] >= 0).all(axis=None)

    assert result.certificate.f == pytest.approx(result.fun, rel=1e-14)
    assert result.certificate.grad_inf == pytest.approx(np.abs(g).max(), rel=1e-10)
    assert result.certificate.gap == pytest.approx(fun.certificate(result.x).gap, rel=1e-12)
    assert result.certificate is result.certificate  # computed once


def test_printing_a_result_shows_its_fields_and_not_its_history():
    text = str(wb.minimize(softmax(), np.zeros(8)))
    assert "message: gradient norm below gtol" in text
    assert "trace" not in text
    assert len(text.splitlines()) < 20


@pytest.mark.parametrize("asked_before", [True, False])
def test_a_result_survives_pickling(asked_before):
    result = wb.minimize(softmax(), np.zeros(8))
    if asked_before:
        assert result.certificate.kind == "strong convexity"
    twin = pickle.loads(pickle.dumps(result))
    assert type(twin) is type(result)
    assert np.array_equal(twin.x, result.x)
    assert twin.status is result.status
    assert twin.message == result.message
    assert twin["fun"] == result.fun
    pd.testing.assert_frame_equal(twin.history, result.history)
    assert twin.certificate == result.certificate


def test_the_certificate_is_computed_only_when_asked_for():
    calls = 0

    def counted(x):
        nonlocal calls
        calls += 1
        return parabola(x)

    result = wb.minimize(counted, np.zeros(3))
    before = calls
    assert before == result.nfev + 1, "f and g are evaluated once more before success is claimed"
    assert result.certificate == Certificate(result.fun, float(np.abs(result.jac).max()), math.inf, "none")
    assert calls == before + 1


def test_importing_the_module_of_results_first_as_unpickling_does_leaves_the_function_callable():
    # The module was once called minimize, and took the place of the function once it was imported.
    code = "import workbench.certified, workbench; assert callable(workbench.minimize)"
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


# ---- what is minimised


def test_a_plain_function_is_minimised_with_its_arguments():
    result = wb.minimize(parabola, np.zeros(3), (5.0,), gtol=1e-10)
    assert result.success
    assert result.x == pytest.approx(np.full(3, 5.0), rel=1e-10)
    assert result.certificate.f == result.fun
    assert result.certificate.kind == "none"


def test_a_gradient_may_be_a_function_of_its_own():
    # The certificate once called the function of f alone and unpacked a float.
    result = wb.minimize(rosenbrock_value, [-1.2, 1.0], jac=rosenbrock_gradient, gtol=1e-9)
    assert result.success
    assert result.x == pytest.approx([1.0, 1.0], rel=1e-8)
    assert result.certificate.grad_inf <= 1e-9
    assert pickle.loads(pickle.dumps(result)).certificate == result.certificate


def test_lbfgs_is_the_default():
    assert wb.minimize(parabola, np.zeros(2)).method == "lbfgs"


def test_the_example_of_the_docstring():
    data = wb.load_dataset("iris")
    fun = wb.SoftmaxObjective(data.X, data.y, l2=1e-2)
    result = wb.minimize(fun, fun.x0, method="lbfgs", gtol=1e-8)
    assert result.success
    assert result.certificate.gap < 1e-9


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: wb.minimize(parabola, np.zeros(2), method="lbgfs"), ValueError, "unknown method 'lbgfs'.*lbfgs"),
        (lambda: wb.minimize(parabola, np.zeros(2), memry=5), TypeError, "lbfgs has no option 'memry'.*memory"),
        (lambda: wb.minimize(parabola, np.zeros((2, 2))), ValueError, r"x0 has shape \(2, 2\)"),
        (lambda: wb.minimize(parabola, ["a"]), TypeError, "x0 has dtype"),
        (lambda: wb.minimize(3, np.zeros(2)), TypeError, "fun is int 3: expected a function"),
        (lambda: wb.minimize(rosenbrock_value, np.zeros(2)), TypeError, "expected the pair"),
        (lambda: wb.minimize(parabola, np.zeros(2), method="sgd"), TypeError, "sgd needs an objective"),
    ],
)
def test_a_mistake_in_the_call_is_told(call, error, message):
    with pytest.raises(error, match=message):
        call()


# ---- the tolerance


@pytest.mark.parametrize(
    ("method", "options", "further"),
    [
        ("lbfgs", {}, 2),
        ("cg", {}, 3),
        ("gd", {"step": "1/L"}, 0),
    ],  # the first steps of lbfgs and cg depend on the scale
)
@pytest.mark.parametrize("gtol", [1e-2, 1e-4])
def test_gtol_means_the_gradient_of_the_mean_for_means_and_sums(method, options, further, gtol):
    # The penalty is not divided by the number of rows, so the sum's has to be as many times as large.
    mean = softmax(n=40, l2=1e-2)
    total = softmax(n=40, l2=40 * 1e-2, reduction="sum")
    found = [wb.minimize(fun, fun.x0, method=method, gtol=gtol, **options) for fun in (mean, total)]
    for fun, result in zip((mean, total), found, strict=True):
        assert result.status == wb.Status.GRADIENT
        assert result.certificate.grad_inf <= gtol
        # It stopped at the first point that is good enough, not before and not after.
        norms = result.history["grad_inf"].to_numpy() / fun.gradient_scale
        assert norms[-1] <= gtol
        assert (norms[:-1] > gtol).all()
    assert abs(found[0].nit - found[1].nit) <= further
    assert found[1].fun / 40 == pytest.approx(found[0].fun, abs=gtol)


def test_the_weights_of_a_sum_count_in_its_tolerance():
    weight = np.full(40, 1000.0)
    fun = softmax(l2=0.0, reduction="sum", sample_weight=weight)
    assert fun.gradient_scale == 40_000.0
    result = wb.minimize(fun, fun.x0, gtol=1e-3)
    assert result.success
    assert 1e-3 < np.abs(result.jac).max() <= 40.0


def test_a_looser_tolerance_ends_earlier():
    fun = softmax()
    loose, tight = (wb.minimize(fun, fun.x0, gtol=gtol) for gtol in (1e-2, 1e-8))
    assert loose.nit < tight.nit
    assert loose.certificate.gap > tight.certificate.gap
    assert tight.certificate.gap < 1e-13


# ---- precision of the data


@pytest.mark.parametrize("method", ["lbfgs", "cg"])
def test_float32_and_float64_data_have_the_same_optimum(method):
    single, double = softmax(dtype=np.float32), softmax()
    found = [wb.minimize(fun, fun.x0, method=method, gtol=1e-8) for fun in (single, double)]
    assert all(result.success for result in found)
    assert found[0].fun == pytest.approx(found[1].fun, rel=1e-6)
    assert found[0].x == pytest.approx(found[1].x, abs=1e-5)


def test_data_that_float32_holds_exactly_have_the_same_run():
    data = wb.load_dataset("digits")
    rows = slice(0, 60)  # sixteenths, which float32 holds
    pair = [
        SoftmaxObjective(data.X[rows].astype(dtype), data.y[rows], l2=1e-2, precision="double")
        for dtype in (np.float32, np.float64)
    ]
    found = [wb.minimize(fun, fun.x0, gtol=1e-8, max_iter=15) for fun in pair]
    assert found[0].nit == found[1].nit
    assert found[0].x == pytest.approx(found[1].x, rel=1e-9, abs=1e-11)
    assert found[0].fun == pytest.approx(found[1].fun, rel=1e-13)


def test_starting_at_the_optimum_takes_no_iteration():
    fun = softmax()
    first = wb.minimize(fun, fun.x0, gtol=1e-8)
    again = wb.minimize(fun, first.x, gtol=1e-8)
    assert again.nit == 0
    assert again.nfev == 1
    assert again.success
    assert np.array_equal(again.x, first.x)


def test_minimising_twice_is_the_same_run():
    fun = softmax()
    first, second = (wb.minimize(fun, fun.x0, gtol=1e-8) for _ in range(2))
    assert np.array_equal(first.x, second.x)
    columns = ["nit", "nfev", "f", "grad_inf", "step", "rho"]
    pd.testing.assert_frame_equal(first.history[columns], second.history[columns], check_exact=True)


def test_a_method_of_second_order_is_certified_and_its_objective_checked():
    def fun(x, nargout=3):
        return (float(x @ x), 2.0 * x, 2.0 * np.eye(x.size))[:nargout]

    result = wb.minimize(fun, np.array([3.0, 4.0]), method="newton")
    assert (result.success, result.nit) == (True, 1)
    assert result.certificate.grad_inf == pytest.approx(0.0, abs=1e-12)
    assert wb.check_gradient(fun, [3.0, 4.0]).ok
    assert wb.check_gradient(lambda x: fun(x), [3.0, 4.0]).ok


def test_a_wrong_gradient_is_told_before_anything_is_minimised():
    def halved(x):
        return float(x @ x), 1.0 * x

    with pytest.raises(ValueError, match=r"the gradient is wrong, so nothing was minimised: .*2") as caught:
        wb.minimize(halved, np.ones(3), check="first")
    assert (caught.value.report.verdict, caught.value.report.cause) == ("FAIL", "constant factor")
    assert wb.minimize(lambda x: (float(x @ x), 2.0 * x), np.ones(3), check="first").success
    with pytest.raises(ValueError, match="check is 'last': expected None or 'first'"):
        wb.minimize(halved, np.ones(3), check="last")
