"""Linear conjugate gradients: they solve, they stop in time, and they notice negative curvature."""

import gzip
import json
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit

from solvers.jit import part
from solvers.linear_algebra import times
from solvers.linear_conjugate_gradient import compose, forcing_tolerance
from solvers.remarks import listening


class Dense(NamedTuple):
    A: np.ndarray
    inverse: np.ndarray


@part
def product(context, v):
    return times(context.A, v)


@part
def diagonal(context, r):
    return context.inverse * r


@part
def unpreconditioned(context, r):
    return r


plain = compose(product, unpreconditioned)
scaled = compose(product, diagonal)


@njit
def compiled_scaled(A, inverse, b, tol, max_iter, wanted, proceed):
    return scaled(Dense(A, inverse), b, tol, max_iter, wanted, proceed)


def definite(rng, n):
    M = rng.normal(size=(n, n))
    return M @ M.T + np.eye(n)


def solve(A, b, tol=0.0, max_iter=None, wanted=False, proceed=False, inverse=None):
    n = b.size
    context = Dense(np.array(A, float), np.ones(n) if inverse is None else np.asarray(inverse, float))
    chosen = plain if inverse is None else scaled
    return chosen(context, b, tol, n if max_iter is None else max_iter, wanted, proceed)


def records(shared):
    with gzip.open(shared / "minfunc" / "units.jsonl.gz", "rt") as lines:
        return [each for each in map(json.loads, lines) if each["unit"] == "conjGrad"]


def test_the_recorded_solutions_of_minfunc_are_reproduced(shared):
    found = records(shared)
    assert len(found) == 12
    curved = 0
    for each in found:
        A, b = np.array(each["A"]), np.array(each["b"])
        asked = {"tol": each["tol"], "max_iter": each["maxIter"], "inverse": each["prec_diag"], "proceed": True}
        got = solve(A, b, wanted=True, **asked)
        assert got.nit == each["k"]
        assert got.x == pytest.approx(each["x"], rel=1e-10, abs=1e-12)
        assert got.residual == pytest.approx(each["res"], rel=1e-9, abs=1e-13)
        assert got.curved == bool(each["negCurv"])
        assert got.negative == pytest.approx(np.array(each["negCurv"], float), rel=1e-10, abs=1e-12)
        curved += got.curved
        got = solve(A, b, wanted=False, **asked)
        assert (got.nit, got.curved) == (each["k_3out"], False)
        assert got.x == pytest.approx(each["x_3out"], rel=1e-10, abs=1e-12)
        assert got.residual == pytest.approx(each["res_3out"], rel=1e-9, abs=1e-13)
    assert curved == 4


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), n=st.integers(1, 8), preconditioned=st.booleans())
def test_a_definite_system_is_solved_in_as_many_iterations_as_it_has_unknowns(seed, n, preconditioned):
    rng = np.random.default_rng(seed)
    A, b = definite(rng, n), rng.normal(size=n)
    found = solve(A, b, tol=1e-9, max_iter=2 * n, inverse=1.0 / np.diag(A) if preconditioned else None)
    assert found.residual <= 1e-9
    assert found.x == pytest.approx(np.linalg.solve(A, b), rel=1e-6, abs=1e-7)
    assert found.nit <= 2 * n
    assert not found.curved


def test_the_residual_is_that_of_the_solution_and_no_iteration_is_made_in_vain():
    rng = np.random.default_rng(1)
    A, b = definite(rng, 12), rng.normal(size=12)
    before = np.inf
    for allowed in range(1, 12):
        found = solve(A, b, tol=1e-3, max_iter=allowed)
        assert found.residual == pytest.approx(np.linalg.norm(A @ found.x - b), rel=1e-9)
        assert found.nit <= allowed
        if found.nit < allowed:
            assert found.residual <= 1e-3 < before
        before = found.residual
    assert solve(A, b, tol=np.linalg.norm(b)).nit == 0


def test_the_inverse_as_a_preconditioner_needs_one_iteration():
    d = np.array([1.0, 10.0, 100.0])
    found = solve(np.diag(d), np.ones(3), tol=1e-12, inverse=1.0 / d)
    assert found.nit == 1
    assert found.x == pytest.approx(1.0 / d)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6), n=st.integers(1, 7), preconditioned=st.booleans())
def test_what_indefinite_systems_give_leads_downhill(seed, n, preconditioned):
    rng = np.random.default_rng(seed)
    A = rng.normal(size=(n, n))
    A, b = A + A.T, rng.normal(size=n)
    inverse = rng.uniform(0.5, 2.0, size=n) if preconditioned else None
    found = solve(A, b, tol=1e-10 * np.linalg.norm(b), wanted=True, inverse=inverse)
    if found.curved:
        assert found.negative @ A @ found.negative < 0.0
        assert found.negative @ b > 0.0
    unwanted = solve(A, b, tol=1e-10 * np.linalg.norm(b), inverse=inverse)
    assert unwanted.x @ b > 0.0, "b is minus a gradient"
    assert not unwanted.curved


def test_negative_curvature_at_once_leaves_the_preconditioned_right_hand_side():
    A, b, inverse = -np.eye(2), np.array([1.0, 2.0]), np.array([2.0, 0.5])
    with listening(lambda text, *values: said.append(text)):
        said = []
        assert (solve(A, b, inverse=inverse).x == inverse * b).all()
        assert said == ["Negative Curvature Detected!", "First-Iter, Proceeding..."]
        said = []
        found = solve(A, b, inverse=inverse, wanted=True)
        assert (found.nit, found.curved, found.residual) == (0, True, pytest.approx(np.sqrt(5.0)))
        assert (found.x == 0.0).all()
        assert (found.negative == inverse * b).all()
        assert said == ["Negative Curvature Detected!"]
        said = []
        assert solve(np.diag([1.0, -1.0]), np.array([1.0, 0.1])).nit == 1
        assert said == ["Negative Curvature Detected!", "Stopping"]


def test_the_step_of_the_formula_leads_backwards_along_negative_curvature():
    b = np.array([1.0, 2.0])
    assert solve(-np.eye(2), b, proceed=True).x == pytest.approx(-b)
    assert not np.isfinite(solve(np.zeros((2, 2)), b, proceed=True).x).any()
    assert (solve(np.zeros((2, 2)), b, wanted=True).x == b).all(), "zero curvature is not negative"


def test_a_preconditioner_that_gives_nothing_ends_the_iterations():
    found = solve(np.eye(2), np.ones(2), inverse=np.zeros(2))
    assert found.nit == 1
    assert (found.x == 0.0).all()


def test_a_matrix_that_is_not_a_number_gives_no_finite_solution():
    found = solve(np.full((2, 2), np.nan), np.ones(2))
    assert np.isnan(found.x).all()


@pytest.mark.compiled
def test_compiled_and_interpreted_give_the_same_bits():
    rng = np.random.default_rng(3)
    for shift in (0.0, 4.0, 30.0):
        A = rng.normal(size=(9, 9))
        A, b, inverse = A + A.T + shift * np.eye(9), rng.normal(size=9), rng.uniform(0.5, 2.0, size=9)
        for wanted in (False, True):
            for proceed in (False, True):
                ours = solve(A, b, 1e-8, 9, wanted, proceed, inverse)
                theirs = compiled_scaled(A, inverse, b, 1e-8, 9, wanted, proceed)
                assert (ours.nit, ours.curved, ours.residual) == (theirs.nit, theirs.curved, theirs.residual)
                assert (ours.x == theirs.x).all()
                assert (ours.negative == theirs.negative).all()


def test_the_forcing_tolerance_tightens_towards_the_minimum():
    assert forcing_tolerance(np.array([3.0, 4.0])) == 2.5
    assert forcing_tolerance(np.array([1e-4, 0.0])) == pytest.approx(1e-6)
