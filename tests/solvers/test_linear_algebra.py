"""Factorisations: their products are the matrices, and a failure is told."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solvers import linear_algebra as la
from solvers.vectors import norm_two

sizes = st.integers(1, 9)
seeds = st.integers(0, 10**6)


def positive(rng, n):
    """A positive definite matrix."""
    A = rng.normal(size=(n, n))
    return A @ A.T + 0.1 * np.eye(n)


def indefinite(rng, n):
    """A symmetric matrix."""
    A = rng.normal(size=(n, n))
    return A + A.T


@settings(max_examples=50, deadline=None)
@given(seed=seeds, n=sizes)
def test_a_positive_definite_matrix_is_factored_from_its_upper_triangle(seed, n):
    rng = np.random.default_rng(seed)
    A = positive(rng, n)
    R, found = la.cholesky(np.triu(A))
    assert found
    assert pytest.approx(np.linalg.cholesky(A).T, rel=1e-9, abs=1e-12) == R
    b = rng.normal(size=n)
    assert A @ la.cholesky_solve(R, b) == pytest.approx(b, rel=1e-7, abs=1e-9)


@pytest.mark.parametrize("bad", [0.0, -1.0, np.nan, np.inf])
def test_a_matrix_that_is_not_positive_definite_has_no_factor(bad):
    assert not la.cholesky(np.array([[1.0, 1.0], [1.0, 1.0 + bad]]))[1]


@settings(max_examples=50, deadline=None)
@given(seed=seeds, n=sizes)
def test_triangular_systems_are_solved(seed, n):
    rng = np.random.default_rng(seed)
    R = np.triu(rng.uniform(-1.0, 1.0, (n, n)), 1) + np.diag(rng.uniform(1.0, 2.0, n))
    L, b = R.T.copy(), rng.normal(size=n)
    for found, matrix in (
        (la.solve_upper(R, b), R),
        (la.solve_upper_transposed(R, b), R.T),
        (la.solve_lower(L, b), L),
        (la.solve_lower_transposed(L, b), L.T),
    ):
        assert matrix @ found == pytest.approx(b, rel=1e-10, abs=1e-10)


@settings(max_examples=50, deadline=None)
@given(seed=seeds, n=sizes)
def test_any_regular_system_is_solved(seed, n):
    rng = np.random.default_rng(seed)
    A, b = rng.normal(size=(n, n)), rng.normal(size=n)
    A[0, 0] = 0.0 if n > 1 else 1.0  # no first pivot without an exchange of rows
    untouched = A.copy(), b.copy()
    x, found = la.lu_solve(A, b)
    assert found
    assert x == pytest.approx(np.linalg.solve(A, b), rel=1e-6)
    assert (untouched[0] == A).all()
    assert (b == untouched[1]).all()


@pytest.mark.parametrize("bad", [0.0, np.nan, np.inf])
def test_a_singular_system_is_told(bad):
    x, found = la.lu_solve(np.array([[bad, 1.0], [bad, 1.0]]), np.ones(2))
    assert not found
    assert np.isnan(x).all()


@settings(max_examples=50, deadline=None)
@given(seed=seeds, n=sizes)
def test_an_update_and_its_downdate_change_the_factor_by_one_rank(seed, n):
    rng = np.random.default_rng(seed)
    A, v = positive(rng, n), rng.normal(size=n)
    R, _ = la.cholesky(A)
    more = la.cholesky_update(R, v)
    assert (more == np.triu(more)).all()
    assert more.T @ more == pytest.approx(A + np.outer(v, v), rel=1e-10, abs=1e-11)
    again, found = la.cholesky_downdate(more, v)
    assert found
    assert again.T @ again == pytest.approx(A, rel=1e-7, abs=1e-8)


def test_a_downdate_that_would_cost_positive_definiteness_is_told_and_changes_nothing():
    R = np.eye(2)
    for v in ([1.0, 0.0], [0.8, 0.8], [np.nan, 0.0]):
        unchanged, found = la.cholesky_downdate(R, np.array(v))
        assert not found
        assert (unchanged == np.eye(2)).all()


@settings(max_examples=50, deadline=None)
@given(seed=seeds, n=sizes)
def test_gill_and_murray_s_factors_add_a_diagonal_that_is_zero_where_none_is_needed(seed, n):
    rng = np.random.default_rng(seed)
    for A in (indefinite(rng, n), positive(rng, n)):
        L, d, p = la.gill_murray(A)
        E = L @ np.diag(d) @ L.T - A[np.ix_(p, p)]
        assert (d > 0.0).all()
        assert (np.tril(L) == L).all()
        assert sorted(p) == list(range(n))
        assert E - np.diag(np.diag(E)) == pytest.approx(np.zeros((n, n)), abs=1e-10)
        assert (np.diag(E) > -1e-10).all()


def test_gill_and_murray_leave_a_diagonally_dominant_matrix_as_it_is():
    A = np.array([[4.0, 1.0, 0.5], [1.0, 5.0, -1.0], [0.5, -1.0, 3.0]])
    L, d, p = la.gill_murray(A)
    assert L @ np.diag(d) @ L.T == pytest.approx(A[np.ix_(p, p)], rel=1e-14)


@settings(max_examples=50, deadline=None)
@given(seed=seeds, n=sizes)
def test_shifts_grow_until_there_is_a_factor(seed, n):
    rng = np.random.default_rng(seed)
    A = indefinite(rng, n)
    R, tau, finite = la.shifted_cholesky(A)
    assert finite
    assert pytest.approx(A + tau * np.eye(n), rel=1e-9, abs=1e-9) == R.T @ R
    size, smallest = np.linalg.norm(A), np.linalg.eigvalsh(A)[0]
    assert any(tau == pytest.approx(part * size, rel=1e-12) for part in (0.0, 0.5, 1.0, 2.0))  # |eigenvalue| <= |A|
    assert tau == 0.0 or smallest < 1e-9 or A.diagonal().min() <= 1e-12


def test_a_matrix_that_is_not_finite_is_given_up():
    for bad in (np.nan, np.inf):
        assert not la.shifted_cholesky(np.array([[1.0, bad], [bad, 1.0]]))[2]
        assert not la.incomplete_cholesky(np.array([[1.0, bad], [bad, 1.0]]), 0.1)[2]


def test_incomplete_factors_are_complete_without_a_tolerance_and_lose_what_is_small_with_one():
    rng = np.random.default_rng(0)
    A = positive(rng, 8) + 2.0 * np.eye(8)
    complete, _ = la.cholesky(A)
    R, tau, _ = la.incomplete_cholesky(A, 0.0)
    assert tau == 0.0
    assert (complete == R).all()
    counts, errors = [], []
    for tolerance in (1e-3, 0.05, 0.3, 10.0):
        R, tau, finite = la.incomplete_cholesky(A, tolerance)
        assert finite
        off = np.abs(R[np.triu_indices(8, 1)])
        counts.append(np.count_nonzero(off))
        errors.append(np.abs(R.T @ R - A - tau * np.eye(8)).max())
    assert counts == sorted(counts, reverse=True)
    assert counts[0] > counts[-1] == 0
    assert errors[0] < 0.1 * errors[-1]


def test_a_positive_definite_matrix_that_dropping_spoils_is_shifted():
    # Kershaw (1978): without its one entry of fill-in, between the second row and the last, a pivot is negative.
    A = np.array([[3.0, -2.0, 0.0, 2.0], [-2.0, 3.0, -2.0, 0.0], [0.0, -2.0, 3.0, -2.0], [2.0, 0.0, -2.0, 3.0]])
    assert la.cholesky(A)[1]
    R, tau, finite = la.incomplete_cholesky(A, 0.35)
    assert finite
    assert tau > 0.0
    assert (R.diagonal() > 0.0).all()


@settings(deadline=None)
@given(seed=seeds, n=sizes, m=sizes)
def test_products_are_summed_from_left_to_right(seed, n, m):
    rng = np.random.default_rng(seed)
    A, x, z = rng.normal(size=(n, m)), rng.normal(size=m), rng.normal(size=n)
    for i in range(n):
        total = 0.0
        for j in range(m):
            total += A[i, j] * x[j]
        assert la.times(A, x)[i] == total
    assert (la.times_transposed(A, z) == la.times(A.T.copy(), z)).all()


def test_the_two_norm_neither_overflows_nor_underflows():
    assert norm_two(np.array([3e200, -4e200])) == pytest.approx(5e200, rel=1e-15)
    assert norm_two(np.array([3e-200, 0.0, 4e-200])) == pytest.approx(5e-200, rel=1e-15)
    assert norm_two(np.array([2.0, 2.0, 2.0, -2.0])) == 4.0
    assert norm_two(np.zeros(3)) == norm_two(np.zeros(0)) == 0.0
    assert norm_two(np.array([1.0, -np.inf, np.inf])) == np.inf
    assert np.isnan(norm_two(np.array([np.nan, 1.0])))
    assert np.isnan(norm_two(np.array([1.0, np.nan])))
