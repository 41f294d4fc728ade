"""Derivatives by differences: their values and errors, what they cost, and that compiled code gives the same bits."""

import math

import numpy as np
import pytest
from numba import njit

from workbench.matlab.numerical_derivatives import (
    CENTRAL,
    COMPLEX,
    FORWARD,
    announcement,
    calls,
    differenced,
    kind_of,
    multiplier,
)

KINDS = (FORWARD, CENTRAL, COMPLEX)
START = np.array([-1.2, 1.0])


@njit
def value(x):
    """Rosenbrock's function."""
    u, v = x[1] - x[0] * x[0], 1.0 - x[0]
    return 100.0 * (u * u) + v * v


@njit
def with_gradient(x):
    u, v = x[1] - x[0] * x[0], 1.0 - x[0]
    return 100.0 * (u * u) + v * v, np.array([(-400.0 * x[0]) * u - 2.0 * v, 200.0 * u])


@njit
def with_hessian(x):
    u, v = x[1] - x[0] * x[0], 1.0 - x[0]
    H = np.zeros((2, 2), dtype=x.dtype)
    H[0, 0] = 1200.0 * (x[0] * x[0]) - 400.0 * x[1] + 2.0
    H[0, 1] = H[1, 0] = -400.0 * x[0]
    H[1, 1] = 200.0
    return 100.0 * (u * u) + v * v, np.array([(-400.0 * x[0]) * u - 2.0 * v, 200.0 * u]), H


GIVEN = {1: value, 2: with_gradient, 3: with_hessian}


def plain(function):
    """The source of a compiled function, to be interpreted."""
    return getattr(function, "py_func", function)


def exact(x):
    f, g, H = plain(with_hessian)(x)
    T = np.zeros((2, 2, 2))
    T[0, 0, 0] = 2400.0 * x[0]
    T[0, 0, 1] = T[0, 1, 0] = T[1, 0, 0] = -400.0
    return f, g, H, T


class Counted:
    """A plain function that counts its calls and keeps their points."""

    def __init__(self, function):
        self.function, self.points = plain(function), []

    def __call__(self, x, *args):
        self.points.append(x.copy())
        return self.function(x, *args)


@pytest.mark.parametrize("order", [1, 2, 3])
@pytest.mark.parametrize(("kind", "error"), [(FORWARD, 1e-4), (CENTRAL, 1e-9), (COMPLEX, 1e-15)])
def test_the_derivative_is_as_exact_as_its_kind(order, kind, error):
    found = differenced(plain(GIVEN[order]), order, kind, 0)(START)
    assert len(found) == order + 1
    derivative = exact(START)[order]
    assert np.abs(found[order] - derivative).max() < error * np.abs(derivative).max()


@pytest.mark.parametrize("order", [1, 2, 3])
@pytest.mark.parametrize("kind", KINDS)
def test_what_stands_beside_the_derivative_is_exact(order, kind):
    found = differenced(plain(GIVEN[order]), order, kind, 0)(START)
    for ours, true in zip(found[:order], exact(START), strict=False):
        assert np.array_equal(ours, true)


@pytest.mark.compiled
@pytest.mark.parametrize("order", [1, 2, 3])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("strict", [False, True])
def test_compiled_functions_give_compiled_ones_with_the_same_bits(order, kind, strict):
    compiled = differenced(GIVEN[order], order, kind, 0, strict)
    assert hasattr(compiled, "py_func")
    interpreted = differenced(GIVEN[order].py_func, order, kind, 0, strict)
    for ours, theirs in zip(compiled(START), interpreted(START), strict=True):
        assert np.array_equal(ours, theirs)


@pytest.mark.compiled
def test_further_arguments_reach_a_compiled_function():
    @njit
    def line(x, a, b):
        return a * x[0] + b

    f, g = differenced(line, 1, FORWARD, 2)(np.array([2.0]), 3.0, 5)
    assert (f, g[0]) == (11.0, pytest.approx(3.0, rel=1e-9))


@pytest.mark.parametrize("order", [1, 2, 3])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("strict", [False, True])
def test_the_calls_are_as_many_as_announced(order, kind, strict):
    counted = Counted(GIVEN[order])
    differenced(counted, order, kind, 0, strict)(START)
    assert len(counted.points) == calls(order, kind, 2, strict)


def test_the_points_are_one_step_away_along_each_coordinate():
    counted = Counted(value)
    differenced(counted, 1, FORWARD, 0)(np.array([3.0, 4.0]))
    h = 2e-6 * 6.0
    assert np.array_equal(counted.points, [[3.0, 4.0], [3.0 + h, 4.0], [3.0, 4.0 + h]])
    counted = Counted(value)
    differenced(counted, 1, COMPLEX, 0)(np.array([3.0, 4.0]))
    assert np.array_equal(counted.points, [[3.0 + 1e-150j, 4.0], [3.0, 4.0 + 1e-150j]])


def test_the_step_is_finite_where_squares_overflow():
    counted = Counted(lambda x: x[0])
    differenced(counted, 1, FORWARD, 0)(np.array([3e200, 4e200]))
    assert counted.points[1][0] == pytest.approx(3e200 + 1e195, rel=1e-12)


def test_strict_gives_the_values_that_the_original_gives():
    h = 2e-6 * (1.0 + math.hypot(*START))
    f = plain(value)
    shifts = [START + s * h * e for e in np.eye(2) for s in (1.0, -1.0)]
    mean = sum(f(x) for x in shifts) / 4.0
    assert mean != f(START)
    assert differenced(f, 1, CENTRAL, 0, strict=True)(START)[0] == pytest.approx(mean, rel=1e-15)
    hessian_from = plain(with_gradient)
    assert differenced(hessian_from, 2, CENTRAL, 0, strict=True)(START)[0] == pytest.approx(mean, rel=1e-15)
    g = np.mean([hessian_from(x)[1] for x in shifts], axis=0)
    assert differenced(hessian_from, 2, CENTRAL, 0, strict=True)(START)[1] == pytest.approx(g, rel=1e-14)
    assert differenced(hessian_from, 2, FORWARD, 0, strict=True)(START)[0] == f(START + np.array([0.0, h]))


def test_a_hessian_is_symmetric():
    H = differenced(plain(with_gradient), 2, FORWARD, 0)(START)[2]
    assert np.array_equal(H, H.T)
    assert H[0, 1] != exact(START)[2][0, 1]


@pytest.mark.parametrize("kind", KINDS)
def test_a_gradient_needs_the_value_alone_and_ignores_what_comes_with_it(kind):
    alone = differenced(plain(value), 1, kind, 0)(START)
    for together in (plain(with_gradient), lambda x: list(plain(with_gradient)(x)), plain(with_hessian)):
        assert np.array_equal(differenced(together, 1, kind, 0)(START)[1], alone[1])


@pytest.mark.compiled
def test_a_compiled_function_may_return_more_than_the_value():
    assert np.array_equal(
        differenced(with_gradient, 1, CENTRAL, 0)(START)[1], differenced(value, 1, CENTRAL, 0)(START)[1]
    )


@pytest.mark.parametrize("order", [1, 2, 3])
@pytest.mark.parametrize("kind", KINDS)
def test_the_start_is_not_modified_and_buffers_may_be_reused(order, kind):
    buffers = [np.zeros(2), np.zeros((2, 2))]

    def reusing(x):
        f, g, H = plain(with_hessian)(x)
        if x.dtype == np.complex128:
            return f, g, H
        buffers[0][:], buffers[1][:] = g, H
        x[:] = np.nan
        return f, *buffers

    x = START.copy()
    found = differenced(reusing, order, kind, 0)(x)
    assert np.array_equal(x, START)
    expected = differenced(plain(with_hessian), order, kind, 0)(START)
    for ours, theirs in zip(found, expected, strict=True):
        assert np.array_equal(ours, theirs)


@pytest.mark.parametrize("kind", [FORWARD, CENTRAL])
def test_a_value_with_an_imaginary_part_at_a_real_point_counts_as_nan(kind):
    def logarithm(x):
        return np.log(np.complex128(x[0])) + x[1]

    f, g = differenced(logarithm, 1, kind, 0)(np.array([-1.0, 1.0]))
    assert math.isnan(f)
    assert np.isnan(g).all()
    f, g = differenced(logarithm, 1, kind, 0)(np.array([1.0, 1.0]))
    assert f == 1.0
    assert g == pytest.approx([1.0, 1.0], rel=1e-5)


@pytest.mark.parametrize(
    ("num_diff", "use_complex", "kind"),
    [(1, False, FORWARD), (2, False, CENTRAL), (1, True, COMPLEX), (2, True, COMPLEX), (3, False, COMPLEX)],
)
def test_the_options_choose_the_kind(num_diff, use_complex, kind):
    assert kind_of(num_diff, use_complex) == kind


def test_the_multiplier_of_the_original_is_kept_under_strict_and_counts_true_calls_otherwise():
    assert [multiplier(1, 1, False, 7, strict) for strict in (False, True)] == [8, 8]
    assert [multiplier(1, 2, False, 7, strict) for strict in (False, True)] == [15, 14]
    assert [multiplier(2, 2, True, 7, strict) for strict in (False, True)] == [7, 7]
    assert [multiplier(2, 3, False, 7, strict) for strict in (False, True)] == [7, 8]
    assert multiplier(1, 0, True, 7) == 1
    assert multiplier(3, 1, False, 7) == 1


def test_the_announcement_is_the_originals():
    assert announcement(1, CENTRAL) == "Using finite differences for gradient computation"
    assert announcement(1, COMPLEX) == "Using complex differentials for gradient computation"
