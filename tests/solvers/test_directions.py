"""Directions: what each proposes is what its formula says."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solvers.directions import Step, barzilai_borwein, conjugate_gradient, limited_memory_bfgs, steepest_descent
from solvers.directions.barzilai_borwein import BarzilaiBorwein
from solvers.directions.conjugate_gradient import ConjugateGradient
from solvers.directions.limited_memory_bfgs import LimitedMemoryBFGS


def step(rng, n, curvature=1.0):
    """A step with ``s'y > 0`` on a random convex quadratic."""
    A = rng.normal(size=(n, n))
    s = rng.normal(size=n)
    y = curvature * (A @ A.T + np.eye(n)) @ s
    g_old = rng.normal(size=n)
    return Step(0.5, 2.0 * s, s, y, g_old, g_old + y)


def dense_inverse(pairs, n):
    """The BFGS inverse Hessian from its definition (Nocedal & Wright 2006, equation 6.17)."""
    s, y = pairs[-1]
    H = (s @ y) / (y @ y) * np.eye(n)
    for s, y in pairs:
        rho = 1.0 / (s @ y)
        V = np.eye(n) - rho * np.outer(y, s)
        H = V.T @ H @ V + rho * np.outer(s, s)
    return H


def test_steepest_descent_is_minus_the_gradient():
    g = np.array([1.0, -2.0])
    assert (steepest_descent.propose((), steepest_descent.SteepestDescent(), g) == [-1.0, 2.0]).all()


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 10**6), n=st.integers(1, 8), m=st.integers(1, 5), steps=st.integers(1, 9))
def test_the_two_loops_are_the_inverse_of_bfgs_from_the_last_pairs(seed, n, m, steps):
    rng = np.random.default_rng(seed)
    chosen = LimitedMemoryBFGS(memory=m)
    memory = limited_memory_bfgs.new_memory(n, chosen)
    taken = [step(rng, n) for _ in range(steps)]
    for each in taken:
        limited_memory_bfgs.learn(memory, chosen, each)
    g = rng.normal(size=n)
    expected = -dense_inverse([(each.s, each.y) for each in taken[-m:]], n) @ g
    assert limited_memory_bfgs.propose(memory, chosen, g) == pytest.approx(expected, rel=1e-7, abs=1e-9)


def test_a_pair_of_no_or_negative_curvature_is_not_stored():
    chosen = LimitedMemoryBFGS(memory=3)
    memory = limited_memory_bfgs.new_memory(2, chosen)
    s = np.array([1.0, 0.0])
    for y in (-s, np.array([0.0, 1.0]), np.array([np.nan, 1.0]), np.array([1e-12, 1.0])):
        limited_memory_bfgs.learn(memory, chosen, Step(1.0, s, s, y, s, s))
        assert memory.ring[1] == 0
    limited_memory_bfgs.learn(memory, chosen, Step(1.0, s, s, s.copy(), s, s))
    assert memory.ring[1] == 1


def test_damping_keeps_the_curvature_at_a_fifth_of_the_model_s():
    chosen = LimitedMemoryBFGS(memory=3, damped=True)
    memory = limited_memory_bfgs.new_memory(2, chosen)
    g_old = np.array([1.0, 2.0])
    s = -0.5 * g_old  # the first direction is -g, so the model's B is the identity and B s = s
    limited_memory_bfgs.learn(memory, chosen, Step(0.5, -g_old, s, -0.3 * s, g_old, 0.7 * g_old))
    assert memory.ring[1] == 1
    assert memory.sy[0] == pytest.approx(0.2 * s @ s)


def test_forgetting_leads_back_to_steepest_descent():
    rng = np.random.default_rng(0)
    g = rng.normal(size=4)
    for module, chosen in (
        (limited_memory_bfgs, LimitedMemoryBFGS()),
        (conjugate_gradient, ConjugateGradient()),
        (barzilai_borwein, BarzilaiBorwein()),
    ):
        memory = module.new_memory(4, chosen)
        assert not module.forget(memory)
        module.propose(memory, chosen, g)
        module.learn(memory, chosen, step(rng, 4))
        assert module.forget(memory)
        assert (module.propose(memory, chosen, g) == -g).all()


def exact_steps(update, n, rng):
    """Directions on a quadratic with exact line searches."""
    A = rng.normal(size=(n, n))
    A = A @ A.T + np.eye(n)
    b = rng.normal(size=n)
    chosen = ConjugateGradient(update=update, orthogonality=np.inf)
    memory = conjugate_gradient.new_memory(n, chosen)
    x = np.zeros(n)
    g = A @ x - b
    for _ in range(n):
        d = conjugate_gradient.propose(memory, chosen, g)
        t = -(g @ d) / (d @ A @ d)
        x = x + t * d
        g_new = A @ x - b
        conjugate_gradient.learn(memory, chosen, Step(t, d, t * d, g_new - g, g, g_new))
        g = g_new
    return np.abs(g).max()


@pytest.mark.parametrize("update", range(5))
def test_every_update_ends_a_quadratic_in_as_many_exact_steps_as_it_has_dimensions(update):
    assert exact_steps(update, 6, np.random.default_rng(update)) < 1e-8


@pytest.mark.parametrize(
    ("update", "expected"),
    [
        (conjugate_gradient.FR, 5.0 / 10.0),
        (conjugate_gradient.PR, 0.0),  # (5 - 7) / 10 is negative
        (conjugate_gradient.HS, -2.0 / -2.0),
        (conjugate_gradient.DY, 5.0 / -2.0),
    ],
)
def test_the_updates_by_hand(update, expected):
    g, g_old, d = np.array([1.0, 2.0]), np.array([1.0, 3.0]), np.array([-1.0, 2.0])  # y = (0, -1), d'y = -2
    assert conjugate_gradient.beta(update, g, g_old, d) == pytest.approx(expected)


@given(seed=st.integers(0, 10**6))
def test_hager_and_zhang_s_direction_descends_whatever_came_before(seed):
    # Their theorem 1.1: g'd <= -7/8 |g|^2, for any d_old and y with d_old'y != 0.
    rng = np.random.default_rng(seed)
    g, g_old, d = rng.normal(size=(3, 5)) * 10.0 ** rng.integers(-3, 4, size=(3, 1))
    factor = conjugate_gradient.beta(conjugate_gradient.HZ, g, g_old, d)
    if factor * (d @ g) > 0 and factor < 0:
        return  # the lower bound eta was active, which keeps the direction bounded instead
    assert g @ (factor * d - g) <= -0.87 * (g @ g) * (1.0 - 1e-9)


def test_a_restart_is_made_after_the_given_number_of_iterations_and_where_gradients_are_not_orthogonal():
    rng = np.random.default_rng(1)
    g = rng.normal(size=3)
    memory = conjugate_gradient.new_memory(3, ConjugateGradient())
    every_second = ConjugateGradient(update=conjugate_gradient.FR, orthogonality=np.inf, restart=2)
    restarts = []
    for _ in range(5):
        d = conjugate_gradient.propose(memory, every_second, g)
        restarts.append(bool((d == -g).all()))
        conjugate_gradient.learn(memory, every_second, Step(1.0, d, d, g, g, g))
    assert restarts == [True, False, True, False, True]
    memory = conjugate_gradient.new_memory(3, ConjugateGradient())
    powell = ConjugateGradient(update=conjugate_gradient.FR, orthogonality=0.2)
    d = conjugate_gradient.propose(memory, powell, g)
    conjugate_gradient.learn(memory, powell, Step(1.0, d, d, g, g, g))
    assert (conjugate_gradient.propose(memory, powell, g) == -g).all()


@pytest.mark.parametrize(("length", "expected"), [(0, 4.0 / 2.0), (1, 2.0 / 1.0)])
def test_the_barzilai_borwein_lengths_by_hand(length, expected):
    chosen = BarzilaiBorwein(length=length)
    memory = barzilai_borwein.new_memory(1, chosen)
    s, y = np.array([2.0]), np.array([1.0])
    barzilai_borwein.learn(memory, chosen, Step(1.0, s, s, y, y, y))
    assert memory.alpha[0] == expected
    barzilai_borwein.learn(memory, chosen, Step(1.0, s, s, -y, y, y))
    assert memory.alpha[0] == 1.0
