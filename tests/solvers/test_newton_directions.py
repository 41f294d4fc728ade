"""Directions of second order: what each proposes is what dense linear algebra says, and leads downhill."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit

from solvers.directions import ACCEPTED, EACH, NEVER, Here, Step, inexact_newton, newton, tensor
from solvers.directions import preconditioned_conjugate_gradient as pcg
from solvers.directions.inexact_newton import InexactNewton
from solvers.directions.newton import Newton
from solvers.directions.preconditioned_conjugate_gradient import PreconditionedConjugateGradient
from solvers.directions.tensor import Tensor
from solvers.hessian_product import curvature_along, hessian_product
from solvers.indefinite_factorization import block_ldl, block_solve, lower_blocks, raise_eigenvalues
from solvers.linear_algebra import times
from solvers.options import declared
from solvers.problem import COUNTED, GRADIENTS, ORACLE, TENSORS, Problem, new_counters
from solvers.remarks import listening

MODIFICATIONS = declared(Newton())["modification"].rule.words
SOLVERS = declared(Newton())["linear_solver"].rule.words


@njit
def quartic(x):
    """Rosenbrock's function with all its derivatives."""
    u, v = x[1] - x[0] * x[0], 1.0 - x[0]
    g = np.array([-400.0 * x[0] * u - 2.0 * v, 200.0 * u])
    H = np.array([[1200.0 * x[0] * x[0] - 400.0 * x[1] + 2.0, -400.0 * x[0]], [-400.0 * x[0], 200.0]])
    T = np.zeros((2, 2, 2))
    T[0, 0, 0] = 2400.0 * x[0]
    T[0, 0, 1] = T[0, 1, 0] = T[1, 0, 0] = -400.0
    return 100.0 * u * u + v * v, g, H, T


@njit
def first(x):
    f, g, _, _ = quartic(x)
    return f, g


@njit
def second(x):
    f, g, H, _ = quartic(x)
    return f, g, H


@njit
def product(v, x):
    return times(quartic(x)[2], v)


@njit
def complex_gradient(z):
    u = z[1] - z[0] * z[0]
    return np.array([-400.0 * z[0] * u - 2.0 * (1.0 - z[0]), 200.0 * u])


@njit
def preconditioner(v, x):
    H = quartic(x)[2]
    return np.array([v[0] / abs(H[0, 0]), v[1] / H[1, 1]])


def at(problem, x, g, H=None, nit=0, nfev=1, max_evals=1000, progress=-math.inf):
    counters = new_counters()
    counters[COUNTED] = nfev
    return Here(problem, x, 0.0, g, H, nit, counters, max_evals, progress)


def quadratic(H):
    """A problem with this Hessian everywhere, and the origin as its stationary point."""
    return Problem(lambda x: (0.5 * x @ H @ x, H @ x), (), lambda x: (0.5 * x @ H @ x, H @ x, H.copy()))


def definite(rng, n):
    M = rng.normal(size=(n, n))
    return M @ M.T + np.eye(n)


def indefinite(rng, n):
    M = rng.normal(size=(n, n))
    M = M + M.T
    return M - (np.linalg.eigvalsh(M)[0] + 1.0) * np.eye(n) if np.linalg.eigvalsh(M)[0] > 0.0 else M


def newton_direction(chosen, H, g, nit=0):
    n = g.size
    here = at(quadratic(H), np.zeros(n), g, H.copy(), nit)
    return newton.propose(newton.new_memory(n, chosen), chosen, here), here


# Products with the Hessian


def test_a_product_is_the_problem_s_own_before_a_complex_step_before_a_difference():
    x, v, nfev = np.array([-1.2, 1.0]), np.array([0.3, -0.7]), new_counters()
    _, g, H, _ = quartic(x)
    own = Problem(first, (), product=lambda v, x: 2.0 * (H @ v), complex_gradient=complex_gradient)
    assert hessian_product(own, x, g, v, nfev) == pytest.approx(2.0 * (H @ v), rel=1e-15)
    assert nfev[GRADIENTS] == 0
    by_complex_step = hessian_product(Problem(first, (), complex_gradient=complex_gradient), x, g, v, nfev)
    assert by_complex_step == pytest.approx(H @ v, rel=1e-14)
    assert nfev[GRADIENTS] == 1
    by_difference = hessian_product(Problem(first, ()), x, g, v, nfev)
    assert by_difference == pytest.approx(H @ v, rel=1e-4)
    assert (by_difference != H @ v).any()
    assert nfev[GRADIENTS] == 2


def test_the_difference_does_not_depend_on_the_length_of_the_vector():
    x, v, nfev = np.array([-1.2, 1.0]), np.array([0.3, -0.7]), new_counters()
    _, g, H, _ = quartic(x)
    for length in (1e-120, 1.0, 1e120):
        assert hessian_product(Problem(first, ()), x, g, length * v, nfev) == pytest.approx(length * (H @ v), rel=1e-4)
    assert (hessian_product(Problem(first, ()), x, g, 0.0 * v, nfev) == 0.0).all()


def test_the_curvature_along_a_vector_never_comes_from_a_complex_step():
    x, v, nfev = np.array([-1.2, 1.0]), np.array([0.3, -0.7]), new_counters()
    _, g, H, _ = quartic(x)
    wrong = Problem(first, (), complex_gradient=lambda z: 3.0 * complex_gradient(z))
    assert curvature_along(wrong, x, g, v, nfev) == pytest.approx(v @ H @ v, rel=1e-4)
    assert curvature_along(Problem(first, (), product=product), x, g, v, nfev) == pytest.approx(v @ H @ v, rel=1e-14)


# The factorisation of indefinite matrices


def matrix_of(diagonal, below):
    D = np.diag(diagonal)
    for k in np.flatnonzero(below):
        D[k, k + 1] = D[k + 1, k] = below[k]
    return D


@settings(max_examples=100, deadline=None)
@given(seed=st.integers(0, 10**6), n=st.integers(1, 12), hollow=st.booleans(), rank=st.integers(0, 12))
def test_the_block_factorisation_reproduces_any_symmetric_matrix_with_small_factors(seed, n, hollow, rank):
    rng = np.random.default_rng(seed)
    M = rng.normal(size=(n, min(rank, n)))
    A = M @ np.diag(rng.choice([-1.0, 1.0], size=M.shape[1])) @ M.T
    A = 0.5 * (A + A.T)
    if hollow:
        np.fill_diagonal(A, 0.0)
    L, diagonal, below, p = block_ldl(A)
    D = matrix_of(diagonal, below)
    assert sorted(p) == list(range(n))
    assert np.abs(L @ D @ L.T - A[np.ix_(p, p)]).max() <= 1e-11 * max(1.0, np.abs(A).max())
    assert (np.triu(L) == np.eye(n)).all()
    assert np.abs(L).max() <= 2.79
    raised, off = diagonal.copy(), below.copy()
    raise_eigenvalues(raised, off, 0.25)
    eigenvalues, V = np.linalg.eigh(D)
    assert matrix_of(raised, off) == pytest.approx((V * np.maximum(eigenvalues, 0.25)) @ V.T, rel=1e-10, abs=1e-10)
    b = rng.normal(size=n)
    x = block_solve(L, raised, off, p, b)
    assert (L @ matrix_of(raised, off) @ L.T @ x[p]) == pytest.approx(b[p], rel=1e-7, abs=1e-7)


def test_minfunc_s_shift_of_a_block_is_by_its_smaller_eigenvalue():
    diagonal, below = np.array([1.0, 2.0, -3.0]), np.array([2.0, 0.0, 0.0])
    lower_blocks(diagonal, below, 1e-12)
    smaller = 1.5 - math.hypot(0.5, 2.0)
    assert diagonal == pytest.approx([1.0 + smaller, 2.0 + smaller, 1e-12])
    assert below[0] == 2.0


# Newton


@pytest.mark.parametrize("n", [1, 2, 7])
@pytest.mark.parametrize("word", MODIFICATIONS)
def test_a_positive_definite_hessian_is_left_alone(word, n):
    rng = np.random.default_rng(n)
    H, g = definite(rng, n), rng.normal(size=n)
    d, here = newton_direction(Newton(modification=MODIFICATIONS.index(word)), H, g)
    assert d == pytest.approx(np.linalg.solve(H, -g), rel=1e-9, abs=1e-12)
    assert (here.H == H).all()


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), n=st.integers(1, 8))
@pytest.mark.parametrize("word", MODIFICATIONS)
def test_an_indefinite_hessian_gives_a_descent_direction(word, seed, n):
    rng = np.random.default_rng(seed)
    H, g = indefinite(rng, n), rng.normal(size=n)
    d, _ = newton_direction(Newton(modification=MODIFICATIONS.index(word)), H, g)
    if word == "eigenvalue-shift":  # a quotient by rounding: only its length is certain
        assert np.abs(d).max() > 1e6
    else:
        assert d @ g < 0.0


def test_what_each_modification_is():
    rng = np.random.default_rng(5)
    H, g = indefinite(rng, 5), rng.normal(size=5)
    eigenvalues, V = np.linalg.eigh(H)

    d, _ = newton_direction(Newton(modification=newton.ABSOLUTE_EIGENVALUE), H, g)
    assert d == pytest.approx(-(V / np.abs(eigenvalues)) @ V.T @ g, rel=1e-9)

    d, _ = newton_direction(Newton(modification=newton.NEGATIVE_CURVATURE), H, g)
    assert d == pytest.approx(-np.sign(V[:, 0] @ g) * V[:, 0], rel=1e-9)

    size = np.linalg.norm(H)
    tau = next(t for t in size * 2.0 ** np.arange(-1, 5) if np.linalg.eigvalsh(H + t * np.eye(5))[0] > 0.0)
    d, _ = newton_direction(Newton(modification=newton.ADDED_IDENTITY), H, g)
    assert d == pytest.approx(np.linalg.solve(H + tau * np.eye(5), -g), rel=1e-9)

    d, here = newton_direction(Newton(modification=newton.EIGENVALUE_SHIFT), H, g)
    assert np.diag(here.H - H) == pytest.approx(-eigenvalues[0], rel=1e-9)
    assert np.linalg.eigvalsh(here.H)[0] == pytest.approx(0.0, abs=1e-11)

    for modification in (newton.GILL_MURRAY, newton.BLOCK_LDL):
        d, here = newton_direction(Newton(modification=modification), H, g)
        assert (here.H == H).all()
        assert d @ g < 0.0
    uphill, _ = newton_direction(Newton(modification=newton.BLOCK_LDL, uphill=True), H, g)
    L, diagonal, below, p = block_ldl(H)
    lower_blocks(diagonal, below, 1e-12)
    assert (uphill == -block_solve(L, diagonal, below, p, g)).all()
    assert (uphill != d).any()


def test_the_modification_says_what_it_does():
    cases = {
        newton.EIGENVALUE_SHIFT: ["Adjusting Hessian"],
        newton.ADDED_IDENTITY: ["Small Value on Diagonal, Adjusting Hessian"],
        newton.NEGATIVE_CURVATURE: ["Taking Direction of Negative Curvature"],
        newton.ABSOLUTE_EIGENVALUE: [],
    }
    for modification, expected in cases.items():
        said = []
        with listening(lambda text, *values, heard=said: heard.append(text % values)):
            newton_direction(Newton(modification=modification), np.diag([4.0, -0.5]), np.ones(2))
            newton_direction(Newton(modification=modification), np.eye(2), np.ones(2))
        assert said == expected
    said = []
    with listening(lambda text, *values: said.append(text % values)):
        newton_direction(Newton(modification=newton.ADDED_IDENTITY), np.array([[1.0, 9.0], [9.0, 1.0]]), np.ones(2))
    assert said == ["Cholesky Failed, Adjusting Hessian"] * 2


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("solver", range(len(SOLVERS)))
def test_a_hessian_that_is_not_finite_gives_no_direction(solver, bad):
    for modification in range(len(MODIFICATIONS)):
        H = np.array([[1.0, 0.0], [0.0, bad]])
        d, _ = newton_direction(Newton(modification=modification, linear_solver=solver), H, np.ones(2))
        assert np.isnan(d).all()


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), n=st.integers(1, 8))
@pytest.mark.parametrize("word", SOLVERS[1:])
def test_conjugate_gradients_solve_newton_s_equation_as_well_as_it_deserves(word, seed, n):
    rng = np.random.default_rng(seed)
    H, g = definite(rng, n), rng.normal(size=n)
    chosen = Newton(linear_solver=SOLVERS.index(word), omega=1.2, drop_tolerance=0.05)
    d, _ = newton_direction(chosen, H, g)
    size = np.linalg.norm(g)
    assert np.linalg.norm(H @ d + g) <= min(0.5, math.sqrt(size)) * size * (1.0 + 1e-9)
    assert d @ g < 0.0
    H = indefinite(rng, n)
    assert newton_direction(chosen, H, g)[0] @ g < 0.0


def test_the_incomplete_factor_that_drops_nothing_is_the_whole_answer():
    rng = np.random.default_rng(0)
    H, g = definite(rng, 6), 1e-3 * rng.normal(size=6)
    said = []
    with listening(lambda text, *values: said.append(values[0])):
        d, _ = newton_direction(Newton(linear_solver=newton.INCOMPLETE, drop_tolerance=0.0), H, g)
        newton_direction(Newton(linear_solver=newton.PLAIN), H, g)
    assert d == pytest.approx(np.linalg.solve(H, -g), rel=1e-9)
    assert said[0] == 1 < said[1]


def test_ssor_is_its_definition():
    rng = np.random.default_rng(2)
    H, r, omega = definite(rng, 4), rng.normal(size=4), 1.3
    D = np.diag(np.diag(H))
    U = D / omega + np.triu(H, 1)
    M = omega / (2.0 - omega) * U.T @ np.linalg.inv(D) @ U
    factor = newton.relaxed_triangle(H, np.diag(H).copy(), omega)
    context = newton.Context(None, r, H, None, newton.SSOR, factor, np.diag(H) * ((2.0 - omega) / omega))
    assert newton._precondition(context, r) == pytest.approx(np.linalg.solve(M, r), rel=1e-10)


def test_a_diagonal_that_is_not_positive_is_repaired():
    repaired = newton.repaired_diagonal(np.diag([4.0, -3.0, 0.0]))
    assert repaired == pytest.approx([4.0, 3.0, 3.0])
    assert newton.repaired_diagonal(np.diag([4.0, 1.0])).tolist() == [4.0, 1.0]


def test_negative_curvature_at_once_is_answered_by_the_gradient_or_as_minfunc_does_uphill():
    g = np.array([1.0, 2.0])
    assert (newton_direction(Newton(linear_solver=newton.PLAIN), -np.eye(2), g)[0] == -g).all()
    assert newton_direction(Newton(linear_solver=newton.PLAIN, uphill=True), -np.eye(2), g)[0] == pytest.approx(g)


def test_the_problem_s_own_product_replaces_the_hessian_in_conjugate_gradients():
    g = np.array([1.0, 2.0])
    problem = Problem(None, (2.0,), quadratic(np.eye(2)).with_hessian, product=lambda v, x, factor: factor * v)
    chosen = Newton(linear_solver=newton.PLAIN)
    d = newton.propose(newton.new_memory(2, chosen), chosen, at(problem, np.zeros(2), g, np.eye(2)))
    assert d == pytest.approx(-0.5 * g)


def test_pairs_precondition_only_where_they_are_asked_for():
    rng = np.random.default_rng(1)
    s = rng.normal(size=3)
    step = Step(1.0, s, s, 2.0 * s, 1.0, 0.0, s, s)
    for solver in range(len(SOLVERS)):
        chosen = Newton(linear_solver=solver)
        memory = newton.new_memory(3, chosen)
        newton.learn(memory, chosen, step)
        assert memory.ring[1] == (solver == newton.PAIRS)
        assert newton.forget(memory) == (solver == newton.PAIRS)
        assert memory.ring[1] == 0


def test_a_hessian_serves_as_many_iterations_as_it_is_told_to():
    assert [newton.wants_hessian(Newton(), nit) for nit in range(4)] == [ACCEPTED] * 4
    wanted = [newton.wants_hessian(Newton(recompute=5), nit) for nit in range(12)]
    assert np.flatnonzero(np.array(wanted) != NEVER).tolist() == [5, 10]
    assert newton.wants_hessian(Newton(every_trial=True), 0) == EACH


# Inexact Newton


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), n=st.integers(1, 8), scale=st.sampled_from([1e-4, 1.0, 1e3]))
def test_inexact_newton_stops_at_its_tolerance_and_counts_its_products(seed, n, scale):
    rng = np.random.default_rng(seed)
    H, g = definite(rng, n), scale * rng.normal(size=n)
    here = at(quadratic(H)._replace(product=lambda v, x: H @ v), np.zeros(n), g)
    chosen = InexactNewton()
    said = []
    with listening(lambda text, *values: said.append(values)):
        d = inexact_newton.propose(inexact_newton.new_memory(n, chosen), chosen, here)
    size = np.linalg.norm(g)
    assert np.linalg.norm(H @ d + g) <= min(0.5, math.sqrt(size)) * size * (1.0 + 1e-9)
    assert d @ g < 0.0
    assert said[0][0] == here.nfev[COUNTED] - 1 > 0


def test_inexact_newton_makes_no_more_products_than_evaluations_are_left():
    rng = np.random.default_rng(4)
    H, g = definite(rng, 6), 1e-6 * rng.normal(size=6)
    chosen = InexactNewton()
    here = at(quadratic(H), np.linalg.solve(H, g), g, nfev=10, max_evals=12)
    inexact_newton.propose(inexact_newton.new_memory(6, chosen), chosen, here)
    assert here.nfev[COUNTED] == 12
    assert here.nfev[GRADIENTS] == 2


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), n=st.integers(1, 6), precondition=st.booleans(), follow=st.booleans())
def test_inexact_newton_leads_downhill_on_indefinite_hessians(seed, n, precondition, follow):
    rng = np.random.default_rng(seed)
    H, g = indefinite(rng, n), rng.normal(size=n)
    chosen = InexactNewton(precondition=precondition, negative_curvature=follow)
    memory = inexact_newton.new_memory(n, chosen)
    s = rng.normal(size=n)
    inexact_newton.learn(memory, chosen, Step(1.0, s, s, 3.0 * s, 1.0, 0.0, s, s))
    here = at(quadratic(H)._replace(product=lambda v, x: H @ v), np.zeros(n), g, nit=1)
    said = []
    with listening(lambda text, *values: said.append(text)):
        d = inexact_newton.propose(memory, chosen, here)
    assert d @ g < 0.0
    assert follow or "Using negative curvature direction" not in said
    if "Using negative curvature direction" in said:
        assert np.linalg.norm(d) == pytest.approx(1.0 / np.abs(g).sum())
        assert d @ H @ d < 0.0


def with_a_pair(chosen, problem):
    """The direction of the second iteration on ``-|x|^2 / 2``, after a step that left a pair."""
    memory = inexact_newton.new_memory(2, chosen)
    g, s = np.array([1.0, 2.0]), np.array([1.0, -1.0])
    inexact_newton.propose(memory, chosen, at(problem, np.zeros(2), g))
    inexact_newton.learn(memory, chosen, Step(1.0, s, s, 2.0 * s, 1.0, 0.0, g, g))
    return inexact_newton.propose(memory, chosen, at(problem, np.zeros(2), g, nit=1)), memory, g


def test_negative_curvature_from_minfunc_s_preconditioner_leads_uphill():
    problem = quadratic(-np.eye(2))._replace(product=lambda v, x: -v)
    downhill, memory, g = with_a_pair(InexactNewton(precondition=True), problem)
    assert memory.pairs.ring[1] == 1
    assert downhill @ g < 0.0
    uphill, _, _ = with_a_pair(InexactNewton(precondition=True, uphill=True), problem)
    assert uphill == pytest.approx(-downhill, rel=1e-9)
    plain, memory, _ = with_a_pair(InexactNewton(uphill=True), problem)
    assert memory.pairs.ring[1] == 0, "no pairs are kept that nobody uses"
    assert plain @ g < 0.0
    proceeding, _, _ = with_a_pair(InexactNewton(negative_curvature=False, uphill=True), problem)
    assert proceeding @ g > 0.0


def test_the_problem_s_own_preconditioner_stands_before_pairs():
    H = np.diag([1.0, 100.0])
    problem = quadratic(H)._replace(product=lambda v, x: H @ v, preconditioner=lambda v, x: v / np.diag(H))
    chosen = InexactNewton(precondition=True)
    memory = inexact_newton.new_memory(2, chosen)
    here = at(problem, np.zeros(2), np.array([1e-3, 1e-3]))
    assert inexact_newton.propose(memory, chosen, here) == pytest.approx([-1e-3, -1e-5])
    assert here.nfev[COUNTED] == 2
    s = np.ones(2)
    inexact_newton.learn(memory, chosen, Step(1.0, s, s, s, 1.0, 0.0, s, s))
    assert memory.pairs.ring[1] == 0


# Preconditioned conjugate gradients


def inverse_of(H):
    return quadratic(H)._replace(preconditioner=lambda v, x: np.linalg.solve(H, v))


def test_the_inverse_hessian_as_a_preconditioner_gives_newton_s_direction():
    rng = np.random.default_rng(0)
    H, g = definite(rng, 4), rng.normal(size=4)
    chosen = PreconditionedConjugateGradient()
    d = pcg.propose(pcg.new_memory(4, chosen), chosen, at(inverse_of(H), np.zeros(4), g))
    assert d == pytest.approx(np.linalg.solve(H, -g))


@pytest.mark.parametrize(("update", "beta"), [(pcg.FR, 0.25), (pcg.PR, 0.75), (pcg.GN, 0.25)])
def test_the_updates_are_their_formulas(update, beta):
    chosen = PreconditionedConjugateGradient(update=update)
    memory = pcg.new_memory(2, chosen)
    own = Problem(first, (), preconditioner=lambda v, x: v / 2.0)
    g_old, g = np.array([2.0, 0.0]), np.array([-1.0, 0.0])  # g's / D = 1/4, g'(s - s_old) / D = (1/2 + 1) / 2
    d_old = pcg.propose(memory, chosen, at(own, np.zeros(2), g_old))
    assert d_old.tolist() == [-1.0, 0.0]
    d = pcg.propose(memory, chosen, at(own, np.zeros(2), g))
    assert d.tolist() == [0.5 - beta, 0.0]


def test_a_direction_that_is_not_downhill_enough_restarts():
    chosen = PreconditionedConjugateGradient(update=pcg.PR)
    memory = pcg.new_memory(1, chosen)
    own = Problem(first, (), preconditioner=lambda v, x: v)
    pcg.propose(memory, chosen, at(own, np.zeros(1), np.array([1.0])))
    said = []
    with listening(lambda text, *values: said.append(text)):
        d = pcg.propose(memory, chosen, at(own, np.zeros(1), np.array([-1.0]), progress=0.0))
    assert said == ["Restarting CG"], "beta is 2, and d = 1 - 2 leads uphill"
    assert d.tolist() == [1.0]
    pcg.propose(memory, chosen, at(own, np.zeros(1), np.array([0.9])))
    assert memory.d[0] != -0.9, "after a restart directions are conjugate again"
    assert pcg.forget(memory)
    assert pcg.propose(memory, chosen, at(own, np.zeros(1), np.array([0.9])))[0] == -0.9


def test_pairs_precondition_where_the_problem_does_not():
    chosen = PreconditionedConjugateGradient(memory=3, update=pcg.FR)
    g, s = np.array([1.0, 2.0]), np.array([0.5, -1.0])
    for problem, kept in ((Problem(first, ()), 1), (Problem(first, (), preconditioner=preconditioner), 0)):
        memory = pcg.new_memory(2, chosen)
        pcg.propose(memory, chosen, at(problem, np.ones(2), g))
        pcg.learn(memory, chosen, Step(1.0, s, s, 4.0 * s, 1.0, 0.0, g, g))
        assert memory.pairs.ring[1] == kept
    memory = pcg.new_memory(2, chosen)
    own = Problem(first, ())
    assert (pcg.propose(memory, chosen, at(own, np.ones(2), g)) == -g).all()
    pcg.learn(memory, chosen, Step(1.0, s, s, 4.0 * s, 1.0, 0.0, g, g))
    assert pcg.propose(memory, chosen, at(own, np.ones(2), g)) == pytest.approx(-g / 4.0 + (g @ g / 4.0) / (g @ g) * -g)


# Third-order Newton


def cubic(linear, quadratic_, third):
    """A problem of one variable with the Taylor coefficients of f at every point."""
    return Problem(
        None,
        (),
        with_tensor=lambda x: (0.0, np.array([linear]), np.array([[quadratic_]]), np.array([[[third]]])),
    )


def tensor_direction(problem, x, **asked):
    said = []
    here = at(problem, x, problem.with_tensor(x)[1], **asked)
    chosen = Tensor(model_gtol=1e-10)
    with listening(lambda text, *values: said.append(text)):
        d = tensor.propose(tensor.new_memory(x.size, chosen), chosen, here)
    assert here.nfev[TENSORS] == 1
    assert here.nfev[COUNTED] == 1
    return d, said


def test_the_model_is_the_third_order_expansion():
    rng = np.random.default_rng(0)
    x, d = rng.normal(size=2), 1e-3 * rng.normal(size=2)
    value, gradient, hessian = tensor.model(d, *quartic(x))
    f, g, second_derivatives, _ = quartic(x + d)
    assert value == pytest.approx(f, abs=1e-8)
    assert gradient == pytest.approx(g, abs=1e-5)
    assert hessian == pytest.approx(second_derivatives, abs=1e-2)
    h = 1e-6
    for j in range(2):
        e = h * np.eye(2)[j]
        above, below = tensor.model(d + e, *quartic(x)), tensor.model(d - e, *quartic(x))
        assert (above[0] - below[0]) / (2.0 * h) == pytest.approx(gradient[j], rel=1e-6)
        assert (above[1] - below[1]) / (2.0 * h) == pytest.approx(hessian[j], rel=1e-6)
    assert (tensor.model(np.array([1.1e5, 0.0]), *quartic(x))[1] == 0.0).all()


def test_the_direction_is_the_minimiser_of_the_model():
    d, said = tensor_direction(cubic(-1.0, 1.0, 1.0), np.zeros(1))
    assert d[0] == pytest.approx(math.sqrt(3.0) - 1.0), "the root of -1 + d + d d / 2 where the slope of that is > 0"
    assert said == []


@pytest.mark.parametrize("problem", [cubic(1.0, -2.0, 1e-4), cubic(1e-9, 2.0, 1.0), cubic(1.0, 2.0, np.nan)])
def test_a_model_without_a_useful_minimiser_gives_way_to_the_second_order(problem):
    d, said = tensor_direction(problem, np.zeros(1))
    _, g, _, _ = problem.with_tensor(np.zeros(1))
    assert said == ["Using 2nd-Order Step"]
    assert d == pytest.approx(-0.5 * g)


def test_a_direction_below_the_progress_gives_way_to_the_second_order():
    d, said = tensor_direction(cubic(-1.0, 1.0, 10.0), np.zeros(1), progress=0.8)
    assert said == ["Using 2nd-Order Step"]
    assert d[0] == pytest.approx(1.0)


def test_third_order_newton_has_no_direction_without_a_finite_hessian():
    assert np.isnan(tensor_direction(cubic(1.0, np.nan, 1.0), np.zeros(1))[0]).all()


def test_hessians_that_nobody_uses_are_evaluated_only_on_demand():
    assert {tensor.wants_hessian(Tensor(), nit) for nit in range(9)} == {NEVER}
    assert {tensor.wants_hessian(Tensor(recompute=1), nit) for nit in range(9)} == {ACCEPTED}
    assert [tensor.wants_hessian(Tensor(recompute=2, every_trial=True), nit) for nit in range(3)] == [
        NEVER,
        NEVER,
        EACH,
    ]


# Compiled and interpreted


def path(module, chosen, problem, x, H):
    """Two proposals with a step between them."""
    memory = module.new_memory(2, chosen)
    f, g, _, _ = quartic(x)
    here = at(problem, x, g, H)
    d = module.propose(memory, chosen, here)
    x_new = x + 1e-3 * d
    f_new, g_new, H_new, _ = quartic(x_new)
    module.learn(memory, chosen, Step(1e-3, d, 1e-3 * d, g_new - g, f, f_new, g, g_new))
    here = at(problem, x_new, g_new, None if H is None else H_new, nit=1)
    return d, module.propose(memory, chosen, here), module.forget(memory)


def compiled_path(module, has):
    new_memory, propose, learn, forget = module.new_memory, module.propose, module.learn, module.forget
    given_product = product if "product" in has else None
    given_preconditioner = preconditioner if "preconditioner" in has else None

    @njit
    def walk(chosen, x, H):
        problem = Problem(first, (), second, quartic, given_product, given_preconditioner, None, None, None)
        memory = new_memory(2, chosen)
        f, g, _, _ = quartic(x)
        nfev = new_counters()
        nfev[0] = 1
        d = propose(memory, chosen, Here(problem, x, 0.0, g, H, 0, nfev, 1000, -np.inf))
        x_new = x + 1e-3 * d
        f_new, g_new, H_new, _ = quartic(x_new)
        learn(memory, chosen, Step(1e-3, d, 1e-3 * d, g_new - g, f, f_new, g, g_new))
        d_new = propose(memory, chosen, Here(problem, x_new, 0.0, g_new, H_new, 1, nfev, 1000, -np.inf))
        return d, d_new, forget(memory)

    return walk


CASES = [
    (pcg, [PreconditionedConjugateGradient(update=update, memory=4) for update in range(3)], ("",)),
    (
        inexact_newton,
        [
            InexactNewton(precondition=precondition, negative_curvature=follow, uphill=uphill, memory=4)
            for precondition in (False, True)
            for follow in (False, True)
            for uphill in (False, True)
        ],
        ("", "product preconditioner"),
    ),
    (
        newton,
        [Newton(modification=modification, memory=4) for modification in range(len(MODIFICATIONS))]
        + [Newton(linear_solver=solver, memory=4, uphill=True) for solver in range(1, len(SOLVERS))],
        ("",),
    ),
]


@pytest.mark.compiled
@pytest.mark.parametrize(("own", "by_complex_step"), [(product, None), (None, complex_gradient), (None, None)])
def test_compiled_products_have_the_same_bits(own, by_complex_step):
    @njit
    def products(x, g, v):
        problem = Problem(first, (), None, None, own, None, by_complex_step, None, None)
        nfev = new_counters()
        return hessian_product(problem, x, g, v, nfev), curvature_along(problem, x, g, v, nfev), nfev

    x, v, nfev = np.array([-1.2, 1.0]), np.array([0.3, -0.7]), new_counters()
    _, g, _, _ = quartic(x)
    problem = Problem(first, (), product=own, complex_gradient=by_complex_step)
    theirs = products(x, g, v)
    assert (hessian_product(problem, x, g, v, nfev) == theirs[0]).all()
    assert curvature_along(problem, x, g, v, nfev) == theirs[1]
    assert (nfev[:ORACLE] == theirs[2][:ORACLE]).all(), "counts; what follows are times"


@pytest.mark.compiled
@pytest.mark.parametrize(("module", "settings_", "given_"), CASES, ids=["pcg", "inexact", "newton"])
def test_compiled_and_interpreted_give_the_same_bits(module, settings_, given_):
    for has in given_:
        walk = compiled_path(module, has)
        problem = Problem(
            first,
            (),
            second,
            quartic,
            product if "product" in has else None,
            preconditioner if "preconditioner" in has else None,
        )
        for x in (np.array([-1.2, 1.0]), np.array([0.2, 1.5])):  # the Hessian is positive definite, and indefinite
            for chosen in settings_:
                H = quartic(x)[2]
                ours = path(module, chosen, problem, x, H.copy())
                theirs = walk(chosen, x, H.copy())
                assert (ours[0] == theirs[0]).all(), (has, chosen)
                assert (ours[1] == theirs[1]).all(), (has, chosen)
                assert ours[2] == theirs[2]
