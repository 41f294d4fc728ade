"""A problem as one word: the same run, and one loop for whatever a problem consists of."""

import numpy as np
import pytest
from numba import njit
from numba.typed import List

import solvers
from solvers.engine import engine_of

pytestmark = pytest.mark.compiled
X0 = np.array([3.0, -1.0])


@njit
def of_a_scalar(x, a):
    return 0.5 * a * (x * x).sum(), a * x


@njit
def of_many(x, scales, shift, counts, deeper):
    (A, flag), c = deeper
    f, g = 0.0, np.zeros(x.size)
    for i in range(x.size):
        r = x[i] - (shift if flag else 0.0)
        f += 0.5 * scales[i] * A[i, i] * counts[i] * r * r + c
        g[i] = scales[i] * A[i, i] * counts[i] * r
    return f, g


@njit
def of_a_list(x, values):
    return 0.5 * values[0] * (x * x).sum(), values[0] * x


def many():
    """Args of many kinds, among them nested tuples and an array that must not be written."""
    counts = np.array([1, 2])
    counts.flags.writeable = False
    A = np.asfortranarray(np.array([[2.0, 9.0], [9.0, 5.0]], np.float32))
    return np.array([1.0, 3.0, 9.0])[::2][:2], 0.5, counts, ((A, True), 0.25)


def plain(fun):
    return lambda x, *args: fun.py_func(x, *args)


def test_a_problem_with_args_of_many_kinds_is_minimised_as_in_python():
    found = solvers.lbfgs(of_many, X0, many(), gtol=1e-10)
    expected = solvers.lbfgs(plain(of_many), X0, many(), gtol=1e-10)
    assert found.success
    assert found.nfev == expected.nfev
    assert found.x == pytest.approx([0.5, 0.5], abs=1e-9)
    assert np.array_equal(found.x, expected.x)


def test_another_kind_of_args_needs_no_other_loop():
    loop = engine_of(solvers.lbfgs.settings()).compiled
    solvers.lbfgs(of_a_scalar, X0, (2.0,), max_iter=2)
    known = len(loop.overloads)
    solvers.lbfgs(of_many, X0, many(), max_iter=2)
    assert len(loop.overloads) == known


def test_data_may_change_between_runs_and_are_not_held_on_to():
    scales = np.array([1.0, 3.0])
    args = (scales, *many()[1:])
    first = solvers.lbfgs(of_many, X0, args, max_iter=1).fun
    scales[:] = 0.0
    assert solvers.lbfgs(of_many, X0, args, max_iter=1).fun == 0.5 != first


def test_args_that_are_neither_numbers_nor_arrays_work_too():
    values = List([4.0])
    assert solvers.lbfgs(of_a_list, X0, (values,), gtol=1e-10).success
