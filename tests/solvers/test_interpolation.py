"""Interpolation finds the minimisers of the polynomials it fits."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from solvers.interpolation import cubic_minimizer, quadratic_minimizer

numbers = st.floats(-5.0, 5.0).filter(lambda x: abs(x) > 0.1)


def test_the_cubic_through_two_points_of_a_parabola_gives_its_vertex():
    def f(t):
        return (t - 0.7) ** 2 + 3.0

    assert cubic_minimizer(0.0, f(0.0), -1.4, 2.0, f(2.0), 2.6, 0.0, 2.0) == pytest.approx(0.7, abs=1e-14)


@given(a=st.floats(0.1, 3.0), b=numbers, c=numbers, t=st.floats(0.2, 4.0))
def test_the_minimiser_of_a_cubic_is_found_wherever_it_is(a, b, c, t):
    # f = a t^3 + b t^2 + c t has its local minimum where 3 a t^2 + 2 b t + c = 0, at the larger root.
    def f(x):
        return ((a * x + b) * x + c) * x

    def slope(x):
        return (3.0 * a * x + 2.0 * b) * x + c

    discriminant = b * b - 3.0 * a * c
    found = cubic_minimizer(0.0, 0.0, c, t, f(t), slope(t), -1e3, 1e3)
    if discriminant > 1e-6:
        assert found == pytest.approx((-b + np.sqrt(discriminant)) / (3.0 * a), rel=1e-6, abs=1e-6)
    elif discriminant < -1e-6:
        assert found == 0.0  # no minimum: the middle of the bounds


def test_the_order_of_the_two_points_does_not_matter():
    one = cubic_minimizer(0.0, 1.0, -2.0, 1.0, 0.5, 1.0, 0.0, 1.0)
    assert one == cubic_minimizer(1.0, 0.5, 1.0, 0.0, 1.0, -2.0, 0.0, 1.0)


def test_the_minimiser_stays_within_the_bounds():
    assert cubic_minimizer(0.0, 0.0, -1.0, 1.0, -0.9, -0.8, 1.01, 1.5) == 1.5
    assert cubic_minimizer(0.0, 0.0, -1.0, 1.0, 5.0, 9.0, 0.5, 1.0) == 0.5


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_values_that_are_not_finite_give_a_point_within_the_bounds(bad):
    assert 0.0 <= cubic_minimizer(0.0, 0.0, -1.0, 1.0, bad, 1.0, 0.0, 1.0) <= 1.0
    assert 0.0 <= quadratic_minimizer(0.0, -1.0, 1.0, bad, 0.0, 1.0) <= 1.0


def test_the_quadratic_finds_the_vertex_and_a_falling_line_its_far_end():
    assert quadratic_minimizer(1.0, -2.0, 4.0, 1.0 - 8.0 + 16.0, 0.0, 4.0) == pytest.approx(1.0)
    assert quadratic_minimizer(0.0, -1.0, 1.0, -1.0, 0.0, 1.0) == 1.0
