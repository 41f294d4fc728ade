"""The ratio rho of every step, and runs whose g is not the gradient of f: they end with a status that says so."""

import math

import numpy as np
import pytest
from numba import njit
from smooth import least_squares, python, quadratic, rosenbrock
from truthful import KINDS, draw

import solvers
from solvers import Status, descent

START = np.array([-1.2, 1.0])

VARIANTS = [
    ("lbfgs", {}),
    ("lbfgs", {"line_search": "armijo"}),
    ("lbfgs", {"line_search": "more-thuente"}),
    ("lbfgs", {"damped": True}),
    ("cg", {}),
    ("cg", {"update": "dy", "line_search": "armijo"}),
    ("gd", {"step": "wolfe"}),
    ("gd", {"step": "armijo", "window": 5}),
    ("gd", {"step": "bb"}),
    ("gd", {"step": "fixed", "step_size": 1e-3}),
    ("sd", {}),
    ("csd", {}),
    ("bb", {}),
    ("scg", {}),
    ("pcg", {}),
    ("qnewton", {}),
    ("qnewton", {"update": "sr1"}),
    ("newton0", {}),
    ("pnewton0", {}),
    ("newton", {}),
    ("mnewton", {}),
]


@njit(cache=True)
def coefficient(x, calls):
    """Rosenbrock with -2b in place of -4b in the first component."""
    u, v = x[1] - x[0] * x[0], 1.0 - x[0]
    return 100.0 * u * u + v * v, np.array([-200.0 * x[0] * u - 2.0 * v, 200.0 * u])


@njit(cache=True)
def halved(x, calls):
    """Half the gradient from the third call on."""
    calls[0] += 1
    f, g = rosenbrock(x)
    return f, (0.5 if calls[0] >= 3 else 1.0) * g


@njit(cache=True)
def negated(x, calls):
    """The sign of g flipped."""
    f, g = rosenbrock(x)
    return f, -g


FAULTS = (coefficient, halved, negated)


def hessian(x, calls):
    """The Hessian of Rosenbrock's function of two variables."""
    a, b = x
    return np.array([[2.0 - 400.0 * (b - 3.0 * a * a), -400.0 * a], [-400.0 * a, 200.0]])


def run(fault, method, options, **limits):
    """Return the outcome on Rosenbrock's function with a fault."""
    more = {"hess": hessian} if method in ("newton", "mnewton") else {}
    return solvers.minimize(fault, START, (np.zeros(1, np.int64),), method=method, **more, **options, **limits)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: python(fault).__name__)
@pytest.mark.parametrize(("method", "options"), VARIANTS, ids=str)
def test_every_method_names_the_gradient(fault, method, options):
    result = run(python(fault), method, options)
    assert result.status == Status.WRONG_GRADIENT, result.message
    assert not result.success
    assert result.message.startswith("g is not the gradient of f: along a line f changes by ")
    assert result.message.endswith(" times what g promises; workbench.check_gradient says where")
    assert result.nfev < 600


def test_the_tensor_method_names_it_too():
    def fun(x):
        f, g = python(rosenbrock)(x)
        T = np.zeros((2, 2, 2))
        T[0, 0, 0] = 2400.0 * x[0]
        T[0, 0, 1] = T[0, 1, 0] = T[1, 0, 0] = -400.0
        return f, 0.5 * g, hessian(x, None), T

    result = solvers.minimize(fun, START, method="tensor")
    assert result.status == Status.WRONG_GRADIENT, result.message
    assert "f changes by 2 times" in result.message


@pytest.mark.compiled
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
@pytest.mark.parametrize(("method", "options"), [v for v in VARIANTS if v[0] in ("lbfgs", "cg", "gd")], ids=str)
def test_compiled_runs_end_as_interpreted_ones_do(fault, method, options):
    compiled, interpreted = (run(fun, method, options) for fun in (fault, fault.py_func))
    assert compiled.status == Status.WRONG_GRADIENT
    assert compiled.message == interpreted.message
    assert (compiled.nit, compiled.nfev) == (interpreted.nit, interpreted.nfev)


@pytest.mark.long
@pytest.mark.compiled
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
@pytest.mark.parametrize(("method", "options"), VARIANTS[:-2], ids=str)
def test_every_method_names_the_gradient_compiled_too(fault, method, options):
    assert run(fault, method, options).status == Status.WRONG_GRADIENT


lbfgs, cg, gd = solvers.lbfgs, solvers.cg, solvers.gd


@njit
def inside(x0):
    a = lbfgs(negated, x0, (np.zeros(1, np.int64),))
    b = cg(halved, x0, (np.zeros(1, np.int64),))
    c = gd(coefficient, x0, (np.zeros(1, np.int64),))
    return a.status, b.status, c.status


@pytest.mark.compiled
def test_the_status_comes_out_of_compiled_callers():
    assert inside(START) == (Status.WRONG_GRADIENT,) * 3


@pytest.mark.parametrize("length", [1, 3])
def test_a_gradient_of_another_length_is_an_error_that_says_so(length):
    def fun(x):
        return python(rosenbrock)(x)[0], np.ones(length)

    with pytest.raises(solvers.ContractError, match=rf"\({length},\)"):
        solvers.lbfgs(fun, START)


def shifted(x):
    """A quadratic; its gradient vanishes beside the minimum."""
    f, g = python(quadratic)(x, np.array([1.0, 3.0]), np.array([1.0, 1.0]))
    return f + 7.0, g + np.array([0.0, 0.3])


@pytest.mark.parametrize("method", ["gd", "cg", "lbfgs"])
def test_a_run_that_converges_to_a_point_that_is_not_stationary_is_no_success(method):
    result = solvers.minimize(shifted, np.zeros(2), method=method)
    assert result.status == Status.WRONG_GRADIENT, result.message


@pytest.mark.parametrize("options", [{"xtol": 1e-4}, {"ftol": 1e-6}], ids=str)
def test_other_ends_of_a_run_are_questioned_too(options):
    result = solvers.lbfgs(shifted, np.zeros(2), gtol=0.0, **options)
    assert result.status == Status.WRONG_GRADIENT, result.message


def test_no_evaluation_beyond_the_limit_is_made_to_settle_a_suspicion():
    for limit in range(2, 40):
        result = solvers.gd(python(coefficient), START, (np.zeros(1, np.int64),), max_evals=limit)
        assert result.nfev <= limit
        assert result.status in (Status.EVALUATIONS, Status.WRONG_GRADIENT)


def test_rho_is_the_change_of_f_in_units_of_the_trapezoid_of_its_slopes():
    def fun(x):
        return float(x[0] ** 4), 4.0 * x**3

    history = solvers.gd(fun, np.array([1.0]), step="fixed", step_size=0.1, max_iter=1).history
    x1 = 1.0 - 0.1 * 4.0
    assert math.isnan(history["rho"][0])
    assert history["rho"][1] == pytest.approx((x1**4 - 1.0) / (0.5 * (4.0 + 4.0 * x1**3) * (x1 - 1.0)), rel=1e-14)


@pytest.mark.parametrize(("method", "options"), [("lbfgs", {}), ("cg", {}), ("gd", {"step": "bb"}), ("qnewton", {})])
def test_rho_is_one_on_a_quadratic_and_twice_as_much_with_half_its_gradient(method, options):
    d, b = np.array([1.0, 30.0]), np.array([1.0, 1.0])
    rho = solvers.minimize(python(quadratic), np.zeros(2), (d, b), method=method, **options).history["rho"].dropna()
    assert len(rho) > 1
    assert rho.to_numpy() == pytest.approx(1.0, abs=1e-3)

    def half(x):
        f, g = python(quadratic)(x, d, b)
        return f, 0.5 * g

    rho = solvers.minimize(half, np.zeros(2), method=method, **options).history["rho"].dropna()
    assert rho.to_numpy() == pytest.approx(2.0, abs=1e-3)


def test_rho_is_nan_where_rounding_of_f_hides_it():
    def lifted(x):
        return float(x @ x) + 1e12, 2.0 * x

    history = solvers.gd(lifted, np.array([1e-2]), step="fixed", step_size=0.25, max_iter=5, gtol=0.0).history
    assert history["rho"].isna().all()


def test_sgd_records_no_rho():
    A = np.random.default_rng(0).normal(size=(40, 3))
    objective = solvers.RowObjective(python(least_squares), 40, (A, A @ np.ones(3)))
    result = solvers.sgd(objective, np.zeros(3), max_iter=3, step_size=0.1)
    assert result.history["rho"].isna().all()


def test_in_the_mode_of_minfunc_rho_is_recorded_and_nothing_is_asked():
    result = run(python(halved), "lbfgs", {}, progress=1e-9)
    assert result.status != Status.WRONG_GRADIENT
    assert result.history["rho"].iloc[3] == pytest.approx(2.0, abs=0.3)


def test_a_kink_is_not_blamed_on_the_gradient():
    def kink(x):
        between = x[0] - 2.0 * x[1]
        return float(np.abs(x).sum() + 0.5 * abs(between)), np.sign(x) + 0.5 * np.sign(between) * np.array([1.0, -2.0])

    result = solvers.lbfgs(kink, np.array([0.3, 0.7]))
    assert result.status == Status.LINE_SEARCH
    assert "gradient of f" not in result.message


def test_what_is_asked_of_a_right_gradient_leaves_its_iterates_alone_and_costs_little(monkeypatch):
    x0 = np.tile(START, 10)
    asked = solvers.lbfgs(python(rosenbrock), x0, gtol=1e-8)
    monkeypatch.setattr(descent, "is_due", lambda *rest: False)
    unasked = solvers.lbfgs(python(rosenbrock), x0, gtol=1e-8)
    assert (asked.x == unasked.x).all()
    assert (asked.nit, asked.status) == (unasked.nit, unasked.status)
    assert 0 < asked.nfev - unasked.nfev <= 2 * math.log2(asked.nit)


def accused(kind, seed):
    """Return the message of a run that called a right gradient wrong; None if it did not."""
    rng = np.random.default_rng([seed, *map(ord, kind)])
    fun, x0 = draw(kind, rng)
    method, options = VARIANTS[int(rng.integers(len(VARIANTS) - 2))]
    limits = {"gtol": rng.choice([1e-5, 1e-10, 0.0]), "max_iter": int(rng.choice([30, 300]))}
    limits |= {name: 10.0 ** rng.uniform(-13.0, -3.0) for name in ("xtol", "ftol") if rng.random() < 0.3}
    with np.errstate(all="ignore"):
        result = solvers.minimize(fun, x0, method=method, **options, **limits)
    return f"seed {seed}, {method}, {options}: {result.message}" if result.status == Status.WRONG_GRADIENT else None


@pytest.mark.parametrize("kind", KINDS)
def test_no_right_gradient_is_accused(kind):
    assert [each for seed in range(12) if (each := accused(kind, seed))] == []


@pytest.mark.long
@pytest.mark.parametrize("kind", KINDS)
def test_no_right_gradient_is_accused_in_many_runs(kind):
    assert [each for seed in range(12, 1500) if (each := accused(kind, seed))] == []
