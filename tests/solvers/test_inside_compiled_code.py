"""Each method called from a function that the user compiles."""

import numpy as np
import pytest
from numba import njit
from smooth import least_squares, quadratic, rosenbrock

import solvers

pytestmark = pytest.mark.compiled

lbfgs, cg, gd, sgd = solvers.lbfgs, solvers.cg, solvers.gd, solvers.sgd
TIGHT = lbfgs.settings(gtol=1e-9, memory=5)
DAI_YUAN = cg.settings(update="dy", line_search="armijo")
SPECTRAL = gd.settings(step="bb")
HALVED = sgd.settings(schedule="halving", step_size=0.2, max_iter=6, batch_size=20)


@njit
def many(starts):
    total = 0
    last = np.zeros(2)
    for k in range(starts.shape[0]):
        solution = lbfgs(rosenbrock, starts[k])
        total += solution.nfev
        last = solution.x
    return total, last


def test_lbfgs_runs_inside_a_compiled_loop_as_it_does_outside():
    starts = np.random.default_rng(0).normal(size=(5, 2))
    total, last = many(starts)
    outside = [lbfgs(rosenbrock, start) for start in starts]
    assert total == sum(run.nfev for run in outside)
    assert (last == outside[-1].x).all()


@njit
def each(x0, args):
    a = lbfgs(quadratic, x0, args, TIGHT)
    b = cg(quadratic, x0, args, DAI_YUAN)
    c = gd(quadratic, x0, args, SPECTRAL)
    return a, b, c


def test_each_method_takes_its_settings_inside_as_options_outside():
    x0, args = np.zeros(2), (np.array([1.0, 30.0]), np.array([2.0, 3.0]))
    inside = each(x0, args)
    outside = (
        lbfgs(quadratic, x0, args, gtol=1e-9, memory=5),
        cg(quadratic, x0, args, update="dy", line_search="armijo"),
        gd(quadratic, x0, args, step="bb"),
    )
    for a, b in zip(inside, outside, strict=True):
        assert (a.x == b.x).all()
        assert (a.f, a.nit, a.nfev, a.status) == (b.fun, b.nit, b.nfev, b.status)
        assert a.grad_inf == np.abs(b.jac).max()
    assert not any(np.shares_memory(a.x, x0) for a in inside)


@njit
def stochastic(x0, args):
    return sgd(least_squares, x0, args, HALVED)


def test_stochastic_gradient_inside_takes_the_rows_as_the_first_of_its_args():
    A = np.random.default_rng(0).normal(size=(100, 3))
    b = A @ np.ones(3)
    inside = stochastic(np.zeros(3), (np.arange(100), A, b))
    outside = sgd(solvers.RowObjective(least_squares, 100, (A, b)), np.zeros(3), (), HALVED)
    assert (inside.x == outside.x).all()
    assert (inside.f, inside.nit, inside.nfev) == (outside.fun, outside.nit, outside.nfev)


@njit
def limited(x0, settings):
    return lbfgs(rosenbrock, x0, (), settings)


def test_settings_may_be_an_argument_and_limits_hold_inside():
    x0 = np.array([-1.2, 1.0])
    assert limited(x0, lbfgs.settings(max_iter=3)).nit == 3
    assert limited(x0, lbfgs.settings(max_evals=5)).nfev <= 5
    assert limited(x0, lbfgs.settings(max_time=1e-9)).status == solvers.Status.TIME
    assert limited(np.ones(2), lbfgs.settings()).nit == 0
