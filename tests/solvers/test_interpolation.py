"""Interpolation finds the minimisers of the polynomials it fits."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solvers.interpolation import (
    UNKNOWN,
    cubic_minimizer,
    interpolant,
    polynomial_minimizer,
    roots_between,
    two_point_minimizer,
)

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
    assert 0.0 <= two_point_minimizer(0.0, 0.0, -1.0, 1.0, bad, UNKNOWN, 0.0, 1.0) <= 1.0


def test_the_quadratic_finds_the_vertex_and_a_falling_line_its_far_end():
    assert two_point_minimizer(0.0, 1.0, -2.0, 4.0, 1.0 - 8.0 + 16.0, UNKNOWN, 0.0, 4.0) == pytest.approx(1.0)
    assert two_point_minimizer(0.0, 0.0, -1.0, 1.0, -1.0, UNKNOWN, 0.0, 1.0) == 1.0


def test_a_cubic_that_falls_for_ever_leads_to_the_far_end():
    # The cubic through these is the line 1 - t, for which the closed form divides by zero.
    assert cubic_minimizer(0.0, 1.0, -1.0, 1.0, 0.0, -1.0, 1.01, 10.0) == 10.0
    assert cubic_minimizer(0.0, 1.0, 1.0, 1.0, 2.0, 1.0, 0.0, 10.0) == 0.0


@settings(max_examples=200, deadline=None)
@given(seed=st.integers(0, 10**6), degree=st.integers(1, 5))
def test_the_minimum_is_below_every_point_of_a_fine_grid(seed, degree):
    rng = np.random.default_rng(seed)
    p = np.poly1d(rng.normal(size=degree + 1))
    t = rng.permutation(np.array([0.0, 0.4, 1.0]) + rng.uniform(0.0, 0.3, 3))
    known = np.concatenate([p(t), p.deriv()(t)])
    hidden = rng.permutation(6)[: 5 - degree]  # as many as are known, with whatever mixture of values and slopes
    known[hidden] = UNKNOWN
    points = np.column_stack([t, known[:3], known[3:]])
    fitted = interpolant(points)
    if not np.isfinite(fitted).all() or np.abs(fitted - p.coeffs).max() > 1e-6:
        return  # a mixture that determines no polynomial, or hardly one
    low, high = sorted(rng.uniform(-1.0, 2.0, 2))
    found = polynomial_minimizer(points, low, high)
    assert low <= found <= high
    grid = np.linspace(low, high, 2001)
    assert np.polyval(fitted, found) <= np.polyval(fitted, grid).min() + 1e-12


def test_a_short_step_is_fitted_as_well_as_a_long_one():
    # The rows of the system scale like powers of t: its condition number is about 1e30 here.
    for size in (1.0, 1e-6):
        t = size * np.array([0.0, 1.0, 0.5])
        f = (t / size - 0.3) ** 4
        slope = 4.0 * (t / size - 0.3) ** 3 / size
        points = np.column_stack([t, f, slope])
        points[2, 2] = UNKNOWN
        assert polynomial_minimizer(points, 0.0, size) == pytest.approx(0.3 * size, rel=1e-4)


def test_points_that_coincide_or_are_not_finite_give_the_middle():
    same = np.array([[1.0, 2.0, UNKNOWN], [1.0, 2.0, UNKNOWN], [0.0, 1.0, -1.0]])
    assert polynomial_minimizer(same, 0.0, 1.0) == 0.5
    assert two_point_minimizer(0.0, 0.0, -1.0, 1.0, np.inf, UNKNOWN, 0.0, 1.0) == 0.5


def test_the_first_of_equal_candidates_wins():
    flat = np.array([[0.2, 1.0, UNKNOWN], [0.7, 1.0, UNKNOWN]])
    assert polynomial_minimizer(flat, 0.1, 0.9) == 0.1
    value_alone = np.array([[0.2, 1.0, UNKNOWN]])
    assert polynomial_minimizer(value_alone, 0.1, 0.9) == 0.1


def test_a_parabola_is_found_from_two_slopes_and_one_value():
    # f = (t - 2)^2
    assert two_point_minimizer(0.0, 4.0, -4.0, 1.0, UNKNOWN, -2.0, 0.0, 10.0) == pytest.approx(2.0, rel=1e-14)
    assert two_point_minimizer(0.0, UNKNOWN, -4.0, 1.0, 1.0, -2.0, 0.0, 10.0) == pytest.approx(2.0, rel=1e-14)


@settings(max_examples=200, deadline=None)
@given(places=st.lists(st.integers(-20, 20), min_size=1, max_size=4, unique=True))
def test_the_roots_between_the_bounds_are_all_found_and_no_others(places):
    roots = np.sort(np.array(places) / 10.0)
    expected = roots[(roots >= -1.05) & (roots <= 1.05)]
    assert roots_between(np.poly(roots), -1.05, 1.05) == pytest.approx(expected, abs=1e-11)


def test_roots_at_the_bounds_and_without_a_change_of_sign_are_found():
    assert roots_between(np.poly([0.0, 1.0]), 0.0, 1.0) == pytest.approx([0.0, 1.0])
    assert roots_between(np.array([1.0, 0.0, 0.0]), -1.0, 1.0) == pytest.approx([0.0])
    assert roots_between(np.array([0.0, 0.0, 2.0, -1.0]), 0.0, 1.0) == pytest.approx([0.5])
    assert roots_between(np.array([1.0, 0.0, 1.0]), -1.0, 1.0).size == 0


def test_points_whose_distance_has_no_square_leave_the_middle():
    assert two_point_minimizer(0.0, 1.0, -1.0, 1e-170, 1.0, UNKNOWN, 0.0, 1e-170) == 0.5e-170
    assert two_point_minimizer(1.0, 1.0, -1.0, 1.0, UNKNOWN, 2.0, 0.0, 3.0) == 1.5
