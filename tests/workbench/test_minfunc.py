"""``workbench.minfunc``: what goes in, what comes out, what is said of mistakes."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from numba import njit
from scipy.optimize import OptimizeResult

import workbench
from solvers import objective
from workbench.matlab.minfunc_options import METHODS

START = np.array([-1.2, 1.0])
SILENT = {"Display": "off"}


@njit
def rosenbrock(x, nargout=3):
    u, v = x[1] - x[0] * x[0], 1.0 - x[0]
    H = np.empty((0, 0))
    if nargout > 2:
        H = np.array([[1200.0 * x[0] * x[0] - 400.0 * x[1] + 2.0, -400.0 * x[0]], [-400.0 * x[0], 200.0]])
    return 100.0 * u * u + v * v, np.array([-400.0 * x[0] * u - 2.0 * v, 200.0 * u]), H


def plain(x):
    """Rosenbrock's function with all its derivatives."""
    f, g, H = rosenbrock(x)
    T = np.zeros((2, 2, 2))
    T[0, 0, 0] = 2400.0 * x[0]
    T[0, 0, 1] = T[0, 1, 0] = T[1, 0, 0] = -400.0
    return f, g, H, T


def barrier(x, c):
    """Not a number outside of x > 0."""
    if not x[0] > 0.0:
        return np.nan, np.full(1, np.nan)
    return c * x[0] - np.log(x[0]), np.array([c - 1.0 / x[0]])


@pytest.mark.parametrize("method", METHODS)
def test_every_method_finds_the_minimum(method):
    options = SILENT | {"Method": method, "MaxIter": 5000, "MaxFunEvals": 10_000, "progTol": 1e-14}
    x, f, exitflag, output = workbench.minfunc(plain, START, options)
    assert exitflag in (0 if method == "sd" else 1, 2)
    assert x == pytest.approx(1.0, abs=0.05 if method == "sd" else 1e-4)
    assert f == plain(x)[0]
    assert output.algorithm == METHODS[method]


def test_the_result_unpacks_and_is_one_of_scipy():
    result = workbench.minfunc(plain, START, SILENT)
    x, f, exitflag, output = result
    assert isinstance(result, OptimizeResult)
    assert result.x is x
    assert (result.fun, result.f, result.exitflag, result.output) == (f, f, exitflag, output)
    assert (result.success, result.message) == (exitflag == 1, output.message)
    assert set(result.keys()) >= {"x", "fun", "jac", "nit", "nfev", "njev", "success", "status", "message"}
    assert isinstance(output.trace, pd.DataFrame)
    assert list(output.trace.columns) == ["fval", "funcCount", "optCond"]
    assert len(output.trace) == output.iterations + (exitflag != 2)
    assert output.trace.funcCount.iloc[-1] == output.funcCount == result.nfev
    assert output.firstorderopt == output.trace.optCond.iloc[-1] == np.abs(result.jac).max()


@pytest.mark.parametrize(
    "x0",
    [[-1.2, 1.0], (-1.2, 1.0), np.array([[-1.2, 1.0]]), np.array([[-1.2], [1.0]]), np.array([-1.2, 9, 1.0, 9])[::2]],
    ids=str,
)
def test_any_vector_will_do_as_a_start(x0):
    expected = workbench.minfunc(plain, START, SILENT).x
    found = workbench.minfunc(plain, x0, SILENT).x
    assert found.shape == (2,)
    assert (found == expected).all()


def test_integers_and_a_read_only_start_are_copied():
    x0 = np.array([-1, 1])
    x0.flags.writeable = False
    assert workbench.minfunc(plain, x0, SILENT).x == pytest.approx(1.0, abs=1e-3)
    assert (x0 == [-1, 1]).all()


@pytest.mark.parametrize(
    ("x0", "error", "sentence"),
    [
        (np.zeros((2, 2)), ValueError, r"x0 has shape \(2, 2\): expected a vector; x0.ravel\(order='F'\)"),
        ([1.0 + 1.0j, 0.0], TypeError, "x0 is of dtype complex128: expected at least one real number"),
        ([np.nan, 0.0], ValueError, r"x0\[0\] is nan: expected finite numbers"),
        ([], TypeError, "x0 is empty"),
        ("ab", TypeError, "x0 is of dtype"),
    ],
    ids=str,
)
def test_a_start_that_will_not_do_is_refused(x0, error, sentence):
    with pytest.raises(error, match=sentence):
        workbench.minfunc(plain, x0, SILENT)


@pytest.mark.parametrize(
    ("fun", "method", "sentence"),
    [
        (lambda x: (1.0, np.zeros(3)), "lbfgs", r"gradient of shape \(3,\): expected \(2,\)"),
        (lambda x: (1.0, np.zeros((2, 1))), "lbfgs", r"gradient of shape \(2, 1\): expected \(2,\)"),
        (lambda x: (1.0, x, np.eye(3)), "newton", r"Hessian of shape \(3, 3\): expected \(2, 2\)"),
        (lambda x: (1.0, x, np.eye(2), np.eye(2)), "tensor", r"expected \(f, g, H, T\)"),
        (lambda x: (1.0, x, np.eye(2), np.zeros((2, 2, 1))), "tensor", r"tensor of shape \(2, 2, 1\)"),
        (lambda x: (1.0, x), "newton", r"expected \(f, g, H\)"),
        (lambda x: 1.0, "lbfgs", r"expected the pair \(f, g\)"),
        (lambda x: (np.nan, x), "lbfgs", "f is nan at x0: expected a finite number"),
        (lambda x: (np.inf, x), "lbfgs", "f is inf at x0"),
        (lambda x: (1.0 + 1.0j, x), "lbfgs", "f is nan at x0"),
        (lambda x: (1.0, np.array([0.0, np.nan])), "lbfgs", r"g\[1\] is nan at x0"),
        (lambda x: (1.0, np.array([1.0j, 0.0])), "lbfgs", r"g\[0\] is nan at x0"),
        (3, "lbfgs", "fun is int 3: expected a function"),
    ],
)
def test_an_objective_that_will_not_do_is_refused(fun, method, sentence):
    with pytest.raises((TypeError, ValueError), match=sentence):
        workbench.minfunc(fun, START, SILENT | {"Method": method})


@pytest.mark.parametrize("LS_type", [0, 1, 2])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1.0 + 2.0j])
def test_illegal_values_later_are_steps_too_far(value, LS_type):
    def fenced(x):
        f, g, _ = rosenbrock(x)
        return (f, g) if x[0] < 0.5 else (value, g * np.nan)

    x, f, exitflag, _ = workbench.minfunc(fenced, START, SILENT | {"LS_type": LS_type})
    assert x[0] < 0.5
    assert f == fenced(x)[0] < 4.0
    assert exitflag in (-2, 0, 2)


def test_an_error_of_the_objective_comes_through_with_the_place():
    calls = []

    def fails(x):
        calls.append(1)
        if len(calls) == 5:
            raise ZeroDivisionError("mine")
        return plain(x)

    with pytest.raises(ZeroDivisionError, match="mine") as caught:
        workbench.minfunc(fails, START, SILENT)
    assert caught.value.__notes__ == ["raised while minfunc evaluated the objective: iteration 3, evaluation 5"]


def test_ctrl_c_in_the_objective_returns_what_there_is(capsys):
    calls = []

    def interrupted(x):
        calls.append(1)
        if len(calls) == 9:
            raise KeyboardInterrupt
        return plain(x)

    x, f, exitflag, output = workbench.minfunc(interrupted, START, {"Display": "final"})
    assert (exitflag, output.message) == (-4, "Interrupted")
    assert f == plain(x)[0] < 24.2
    assert capsys.readouterr().out == "Interrupted\n"


@pytest.mark.parametrize(
    ("options", "error", "sentence"),
    [
        ({"MaxIter": "many"}, TypeError, "option MaxIter is 'many': expected a whole number"),
        ({"Corr": 0}, ValueError, "option Corr is 0: expected a whole number, at least 1"),
        ({"Metod": "cg"}, TypeError, "no option 'Metod'; did you mean 'Method'"),
        ({"Method": "lbgfs"}, ValueError, "did you mean 'lbfgs'"),
        ({"numDiff": 1, "DerivativeCheck": "on"}, ValueError, "DerivativeCheck with numDiff"),
        (3, TypeError, "options is 3: expected a dict"),
    ],
    ids=str,
)
def test_options_that_will_not_do_are_refused(options, error, sentence):
    with pytest.raises(error, match=sentence):
        workbench.minfunc(plain, START, options)


def test_options_come_in_any_case_from_any_object():
    expected = workbench.minfunc(plain, START, {"Display": "off", "Method": "cg", "LS_type": 0}).x
    for options in (
        {"DISPLAY": 0, "method": "CG", "ls_TYPE": 0},
        SimpleNamespace(Display="none", Method="cg", LS_type=0, Corr=[]),
    ):
        assert (workbench.minfunc(plain, START, options).x == expected).all()


def test_options_may_be_keywords():
    result = workbench.minfunc(plain, START, display="off", maxiter=3)
    assert (result.exitflag, result.output.iterations) == (0, 3)
    with pytest.raises(ValueError, match="option MaxIter is given twice"):
        workbench.minfunc(plain, START, {"MaxIter": 3}, maxiter=3)
    with pytest.raises(TypeError, match="no option 'max_iter'; did you mean 'MaxIter'"):
        workbench.minfunc(plain, START, max_iter=3)


def test_arguments_in_the_wrong_order_are_told():
    with pytest.raises(TypeError, match=r"fun is list \[1, 2\]: expected a function that returns \(f, g\), then x0"):
        workbench.minfunc([1, 2], plain)


def test_an_error_of_the_output_function_is_said_to_be_its_own():
    with pytest.raises(TypeError) as caught:
        workbench.minfunc(plain, START, SILENT | {"outputFcn": lambda x: False})
    assert any("raised by outputFcn, called as outputFcn(x, kind, i," in note for note in caught.value.__notes__)


def test_no_iterations_return_the_start():
    x, _, exitflag, output = workbench.minfunc(plain, START, SILENT | {"MaxIter": 0})
    assert (x == START).all()
    assert (exitflag, output.iterations, output.funcCount, len(output.trace)) == (0, 0, 1, 1)


def test_a_start_that_is_optimal_is_returned_at_once():
    told = []
    options = SILENT | {"outputFcn": lambda *given: told.append(given)}
    _, _, exitflag, output = workbench.minfunc(plain, [1.0, 1.0], options)
    assert (exitflag, output.iterations, output.funcCount, told) == (1, 0, 1, [])


def test_the_output_function_is_told_of_every_iteration():
    told = []

    def listen(x, kind, i, evaluations, f, t, gtd, g, d, opt_cond, *args):
        told.append((kind, i))
        assert args == ("a", 2)
        assert f == plain(x)[0]
        assert opt_cond == np.abs(g).max()
        if kind == "init":
            assert t is gtd is d is None
        else:
            assert t > 0.0 > gtd
            assert d.shape == (2,)
        x[:] = np.nan  # what it does with its arguments is its own affair
        return kind == "iter" and i == 3

    result = workbench.minfunc(lambda x, *args: plain(x), START, SILENT | {"outputFcn": listen}, "a", 2)
    assert told == [("init", 0), ("iter", 1), ("iter", 2), ("iter", 3), ("done", 3)]
    assert (result.exitflag, result.message, result.output.iterations) == (-1, "Stopped by output function", 3)
    assert np.isfinite(result.x).all()


def test_the_output_function_may_stop_before_the_first_iteration():
    kinds = []
    options = SILENT | {"outputFcn": lambda x, kind, *rest: kinds.append(kind) or True}
    result = workbench.minfunc(plain, START, options)
    assert (result.exitflag, result.output.iterations, kinds) == (-1, 0, ["init"])


def test_every_function_gets_the_further_arguments():
    def fun(x, scale, name):
        assert name == "s"
        return scale * float(x @ x), 2.0 * scale * x

    def product(v, x, scale, name):
        assert (x.shape, name) == ((3,), "s")
        return 2.0 * scale * v

    def precondition(v, x, scale, name):
        assert (x.shape, name) == ((3,), "s")
        return v / (2.0 * scale)

    for method in ("newton0", "pnewton0", "pcg", "scg"):
        options = SILENT | {"Method": method, "HvFunc": product, "precFunc": precondition, "cgSolve": 1}
        assert workbench.minfunc(fun, np.ones(3), options, 3.0, "s").x == pytest.approx(0.0, abs=1e-5)


def test_a_function_is_told_how_many_outputs_are_wanted():
    wanted = []

    def told(x, nargout):
        wanted.append(nargout)
        return rosenbrock(x, nargout)[:nargout] if nargout > 1 else rosenbrock(x)[0]

    output = workbench.minfunc(told, START, SILENT | {"Method": "newton"}).output
    assert wanted.pop() == 2, "the last word on success is outside the counts of the original"
    assert output.calls == {"f": 0, "fg": wanted.count(2), "fgH": wanted.count(3), "fgHT": 0}
    assert set(wanted) == {2, 3}
    wanted.clear()
    output = workbench.minfunc(told, START, SILENT | {"numDiff": 1}).output
    assert output.calls == {"f": len(wanted), "fg": 0, "fgH": 0, "fgHT": 0}
    assert set(wanted) == {1}
    assert output.funcCount == len(wanted)


@pytest.mark.compiled
@pytest.mark.parametrize("options", [{}, {"Method": "newton"}, {"numDiff": 2}], ids=str)
def test_compiled_and_interpreted_runs_have_the_same_bits(options):
    interpreted = workbench.minfunc(lambda x, nargout: rosenbrock(x, nargout), START, SILENT | options)
    compiled = workbench.minfunc(rosenbrock, START, SILENT | options)
    assert (compiled.x == interpreted.x).all()
    assert compiled.output.trace.equals(interpreted.output.trace)
    assert compiled.output.calls == interpreted.output.calls


@pytest.mark.compiled
def test_a_compiled_function_is_compiled_once_where_the_loop_is_interpreted(monkeypatch, capsys):
    made = []
    monkeypatch.setattr(objective, "_adapter", lambda *given, make=objective._adapter: made.append(1) or make(*given))
    workbench.minfunc(rosenbrock, START, {"Display": "full", "MaxIter": 5})
    assert len(capsys.readouterr().out.splitlines()) > 6
    assert len(made) <= 4


def test_a_window_longer_than_the_run_is_the_largest_value_so_far():
    options = SILENT | {"Method": "bb", "Fref": 1000, "MaxIter": 300, "MaxFunEvals": 10_000}
    assert workbench.minfunc(plain, START, options).x == pytest.approx(1.0, abs=1e-3)


def test_the_derivatives_are_checked_at_the_start(capsys):
    workbench.minfunc(plain, START, {"DerivativeCheck": 1, "Method": "newton", "MaxIter": 1})
    lines = capsys.readouterr().out.splitlines()
    assert [lines[0], lines[2]] == ["Checking Gradient...", "Checking Hessian..."]
    assert lines[4].split() == ["Iteration", "FunEvals", "Step", "Length", "Function", "Val", "Opt", "Cond"]
    assert lines[-1] == "Reached Maximum Number of Iterations"


def test_the_softmax_objective_runs_compiled_and_brings_its_products():
    X = np.random.default_rng(0).normal(size=(60, 4))
    y = np.arange(60) % 3
    softmax = workbench.SoftmaxObjective(X, y, l2=0.1)
    x0 = np.zeros(softmax.shape[0] * softmax.shape[1])
    for method in ("lbfgs", "newton0"):
        result = workbench.minfunc(softmax, x0, SILENT | {"Method": method, "optTol": 1e-4})
        assert result.exitflag == 1
