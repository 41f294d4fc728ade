"""Each method as ``scipy.optimize.minimize(fun, x0, jac=True, method=...)``."""

import numpy as np
import pytest
from scipy.optimize import OptimizeResult, basinhopping, minimize
from smooth import python, quadratic, rosenbrock

import solvers
from solvers import ContractError

START = np.array([-1.2, 1.0])


@pytest.mark.parametrize("fun", [rosenbrock, python(rosenbrock)], ids=["compiled", "python"])
@pytest.mark.parametrize("method", ["lbfgs", "cg", "gd"])
def test_scipy_calls_our_methods_and_gets_the_same_run(method, fun):
    ours = getattr(solvers, method)
    through = minimize(fun, START, jac=True, method=ours, options={"gtol": 1e-6, "max_iter": 500})
    direct = ours(fun, START, gtol=1e-6, max_iter=500)
    assert isinstance(through, OptimizeResult)
    assert (through.x == direct.x).all()
    assert (through.nit, through.nfev, through.status) == (direct.nit, direct.nfev, direct.status)


def test_stochastic_gradient_through_scipy():
    from smooth import least_squares

    A = np.random.default_rng(0).normal(size=(100, 3))
    fun = solvers.RowObjective(least_squares, 100, (A, A @ np.ones(3)))
    through = minimize(fun, np.zeros(3), jac=True, method=solvers.sgd, options={"batch_size": 10, "max_iter": 30})
    assert through.x == pytest.approx(np.ones(3), abs=1e-3)


def test_a_gradient_of_its_own_is_joined_with_its_function():
    result = minimize(
        lambda x: python(rosenbrock)(x)[0], START, jac=lambda x: python(rosenbrock)(x)[1], method=solvers.lbfgs
    )
    assert result.success
    assert (result.x == solvers.lbfgs(rosenbrock, START).x).all()


def test_scipy_s_tol_is_the_gradient_tolerance_and_args_and_callback_are_handed_on():
    d, b, seen = np.array([1.0, 50.0]), np.ones(2), []
    result = minimize(
        quadratic, np.zeros(2), args=(d, b), jac=True, method=solvers.cg, tol=1e-9, callback=lambda xk: seen.append(xk)
    )
    assert np.abs(d * result.x - b).max() <= 1e-9
    assert len(seen) >= result.nit - 1


def test_without_jac_the_error_says_what_to_pass():
    with pytest.raises(ContractError, match="jac=True"):
        minimize(lambda x: float(x @ x), START, method=solvers.lbfgs)


def test_bounds_are_refused():
    with pytest.raises(ValueError, match="without bounds"):
        minimize(rosenbrock, START, jac=True, method=solvers.lbfgs, bounds=[(0, 1), (0, 1)])


def test_basinhopping_can_use_them():
    found = basinhopping(
        python(rosenbrock),
        START,
        niter=3,
        minimizer_kwargs={"method": solvers.lbfgs, "jac": True},
        rng=np.random.default_rng(0),
    )
    assert found.fun < 1e-8
