"""Directions: what each proposes is what its formula says."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit

from solvers.directions import (
    Here,
    Step,
    barzilai_borwein,
    conjugate_gradient,
    cyclic_steepest_descent,
    damped_limited_memory_bfgs,
    limited_memory_bfgs,
    quasi_newton,
    steepest_descent,
)
from solvers.directions.barzilai_borwein import BarzilaiBorwein
from solvers.directions.conjugate_gradient import ConjugateGradient
from solvers.directions.cyclic_steepest_descent import CyclicSteepestDescent
from solvers.directions.damped_limited_memory_bfgs import DampedLimitedMemoryBFGS
from solvers.directions.limited_memory_bfgs import LimitedMemoryBFGS
from solvers.directions.quasi_newton import QuasiNewton
from solvers.directions.steepest_descent import SteepestDescent
from solvers.jit import compiled
from solvers.problem import Problem, new_counters, with_first_order
from solvers.remarks import listening


def here(g, nit=1, progress=-np.inf):
    """An iterate of which the gradient alone is known."""
    return Here(Problem(len, ()), g, 0.0, g, np.empty((0, 0)), nit, new_counters(), 1, progress)


def pair(t, d, s, y, g_old, g_new, f_old=0.0, f_new=0.0):
    """An accepted step."""
    return Step(t, d, s, y, f_old, f_new, g_old, g_new)


def step(rng, n, curvature=1.0):
    """A step with ``s'y > 0`` on a random convex quadratic."""
    A = rng.normal(size=(n, n))
    s = rng.normal(size=n)
    y = curvature * (A @ A.T + np.eye(n)) @ s
    g_old = rng.normal(size=n)
    return pair(0.5, 2.0 * s, s, y, g_old, g_old + y)


def heard(work, *arguments):
    """What was remarked while `work` did its work."""
    said = []
    with listening(lambda text, *values: said.append(text % values)):
        work(*arguments)
    return said


def dense_inverse(pairs, n, scale=None):
    """The BFGS inverse Hessian from its definition (Nocedal & Wright 2006, equation 6.17)."""
    s, y = pairs[-1]
    H = ((s @ y) / (y @ y) if scale is None else scale) * np.eye(n)
    for s, y in pairs:
        rho = 1.0 / (s @ y)
        V = np.eye(n) - rho * np.outer(y, s)
        H = V.T @ H @ V + rho * np.outer(s, s)
    return H


def test_steepest_descent_is_minus_the_gradient():
    g = np.array([1.0, -2.0])
    assert (steepest_descent.propose((), SteepestDescent(), here(g)) == [-1.0, 2.0]).all()


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
    assert limited_memory_bfgs.propose(memory, chosen, here(g)) == pytest.approx(expected, rel=1e-7, abs=1e-9)


def test_a_pair_of_no_or_negative_curvature_is_not_stored():
    chosen = LimitedMemoryBFGS(memory=3)
    memory = limited_memory_bfgs.new_memory(2, chosen)
    s = np.array([1.0, 0.0])
    for y in (-s, np.array([0.0, 1.0]), np.array([np.nan, 1.0]), np.array([1e-12, 1.0])):
        limited_memory_bfgs.learn(memory, chosen, pair(1.0, s, s, y, s, s))
        assert memory.ring[1] == 0
    limited_memory_bfgs.learn(memory, chosen, pair(1.0, s, s, s.copy(), s, s))
    assert memory.ring[1] == 1


def test_damping_keeps_the_curvature_at_a_fifth_of_the_model_s():
    chosen = LimitedMemoryBFGS(memory=3, damped=True)
    memory = limited_memory_bfgs.new_memory(2, chosen)
    g_old = np.array([1.0, 2.0])
    s = -0.5 * g_old  # the first direction is -g, so the model's B is the identity and B s = s
    limited_memory_bfgs.learn(memory, chosen, pair(0.5, -g_old, s, -0.3 * s, g_old, 0.7 * g_old))
    assert memory.ring[1] == 1
    assert memory.sy[0] == pytest.approx(0.2 * s @ s)


def test_forgetting_leads_back_to_steepest_descent():
    rng = np.random.default_rng(0)
    g = rng.normal(size=4)
    for module, chosen in (
        (limited_memory_bfgs, LimitedMemoryBFGS()),
        (damped_limited_memory_bfgs, DampedLimitedMemoryBFGS()),
        (quasi_newton, QuasiNewton()),
        (conjugate_gradient, ConjugateGradient(update=conjugate_gradient.FR, orthogonality=np.inf)),
        (barzilai_borwein, BarzilaiBorwein()),
        (cyclic_steepest_descent, CyclicSteepestDescent()),
    ):
        memory = module.new_memory(4, chosen)
        assert not module.forget(memory)
        module.propose(memory, chosen, here(g))
        module.learn(memory, chosen, step(rng, 4))
        assert not (module.propose(memory, chosen, here(g)) == -g).all()
        assert module.forget(memory)
        assert (module.propose(memory, chosen, here(g)) == -g).all()


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
        d = conjugate_gradient.propose(memory, chosen, here(g))
        t = -(g @ d) / (d @ A @ d)
        x = x + t * d
        g_new = A @ x - b
        conjugate_gradient.learn(memory, chosen, pair(t, d, t * d, g_new - g, g, g_new))
        g = g_new
    return np.abs(g).max()


@pytest.mark.parametrize("update", range(8))
def test_every_update_ends_a_quadratic_in_as_many_exact_steps_as_it_has_dimensions(update):
    assert exact_steps(update, 6, np.random.default_rng(update)) < 1e-8


@pytest.mark.parametrize(
    ("update", "expected"),
    [
        (conjugate_gradient.FR, 5.0 / 10.0),
        (conjugate_gradient.PR_PLUS, 0.0),  # (5 - 7) / 10 is negative
        (conjugate_gradient.PR, -0.2),
        (conjugate_gradient.GN, -0.2),  # within 0.5, its bound
        (conjugate_gradient.ABS_PR, 0.2),
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
        d = conjugate_gradient.propose(memory, every_second, here(g))
        restarts.append(bool((d == -g).all()))
        conjugate_gradient.learn(memory, every_second, pair(1.0, d, d, g, g, g))
    assert restarts == [True, False, True, False, True]
    memory = conjugate_gradient.new_memory(3, ConjugateGradient())
    powell = ConjugateGradient(update=conjugate_gradient.FR, orthogonality=0.2)
    d = conjugate_gradient.propose(memory, powell, here(g))
    conjugate_gradient.learn(memory, powell, pair(1.0, d, d, g, g, g))
    assert (conjugate_gradient.propose(memory, powell, here(g)) == -g).all()


def test_gilbert_and_nocedal_s_factor_is_limited_by_fletcher_and_reeves_s():
    g, g_old, d = np.array([2.0, 0.0]), np.array([-1.0, 0.0]), np.array([1.0, 1.0])  # pr = 6, fr = 4
    assert conjugate_gradient.beta(conjugate_gradient.GN, g, g_old, d) == 4.0
    g_old = np.array([10.0, 0.0])  # pr = -0.16, fr = 0.04
    assert conjugate_gradient.beta(conjugate_gradient.GN, g, g_old, d) == pytest.approx(-0.04)


def test_a_direction_that_descends_too_little_is_restarted_and_said_so():
    chosen = ConjugateGradient(update=conjugate_gradient.FR, orthogonality=np.inf)
    g_old, g = np.array([1.0, 0.0]), np.array([0.0, 1.0])
    for d_old, progress, expected in (
        (np.array([-1.0, 1.0]), 1e-9, []),  # beta = 1, so g'd = d_old[1] - 1
        (np.array([-1.0, 2.0]), 1e-9, ["Restarting CG"]),
        (np.array([-1.0, 0.5]), 0.6, ["Restarting CG"]),
        (np.array([-1.0, 2.0]), -np.inf, []),
    ):
        memory = conjugate_gradient.new_memory(2, chosen)
        conjugate_gradient.propose(memory, chosen, here(g_old))
        conjugate_gradient.learn(memory, chosen, pair(1.0, d_old, d_old, g - g_old, g_old, g))
        memory.d[:] = d_old if d_old[1] != 1.0 else np.array([-1.0, 0.5])
        said = heard(conjugate_gradient.propose, memory, chosen, here(g, progress=progress))
        assert said == expected
        assert (memory.d == -g).all() == bool(expected)


@pytest.mark.parametrize(
    ("length", "expected"), [(barzilai_borwein.LONG, 4.0 / 2.0), (barzilai_borwein.SHORT, 2.0 / 1.0)]
)
def test_the_barzilai_borwein_lengths_by_hand(length, expected):
    chosen = BarzilaiBorwein(length=length)
    memory = barzilai_borwein.new_memory(1, chosen)
    s, y = np.array([2.0]), np.array([1.0])
    barzilai_borwein.learn(memory, chosen, pair(1.0, s, s, y, y, y))
    assert memory.alpha[0] == expected
    for bad in (-y, 0.0 * y + 1e-11, 0.0 * y + 1e11):  # negative, too long, too short
        barzilai_borwein.learn(memory, chosen, pair(1.0, s, s, bad, y, y))
        assert memory.alpha[0] == 1.0


def test_a_step_that_changes_nothing_makes_the_length_not_a_number():
    for length in range(4):
        chosen = BarzilaiBorwein(length=length)
        memory = barzilai_borwein.new_memory(1, chosen)
        s, y = np.zeros(1), np.zeros(1)
        barzilai_borwein.learn(memory, chosen, pair(1.0, s, s, y, y, y))
        assert np.isnan(memory.alpha[0])


def test_the_conic_length_is_the_curvature_of_a_cubic_and_exact_on_one():
    # f = t^3 + t^2 from 1 to 2: f'' = 6 t + 2 = 14 at 2, where f'(2) = 16; f'(1) = 5.
    chosen = BarzilaiBorwein(length=barzilai_borwein.CONIC)
    memory = barzilai_borwein.new_memory(1, chosen)
    one = np.ones(1)
    barzilai_borwein.learn(memory, chosen, pair(1.0, one, one, 11.0 * one, 5.0 * one, 16.0 * one, 2.0, 12.0))
    assert memory.alpha[0] == pytest.approx(1.0 / 14.0)
    barzilai_borwein.learn(
        memory, chosen, pair(1.0, one, one, 11.0 * one, 5.0 * one, 16.0 * one, 2.0, 12.0 + 14.0 / 6.0)
    )
    assert memory.alpha[0] == pytest.approx(1.0 / 11.0)  # the cubic has no curvature at the end: the long length


def test_retards_draw_among_the_last_five_lengths():
    chosen = BarzilaiBorwein(length=barzilai_borwein.RETARDS)
    memory = barzilai_borwein.new_memory(1, chosen)
    memory.draws[:8] = [0.9, 0.5, 0.51, 0.99, 0.21, 0.2, 0.99, 1e-9]
    one, drawn = np.ones(1), []
    for length in range(1, 9):
        barzilai_borwein.learn(memory, chosen, pair(1.0, one, one, one / length, one, one))
        drawn.append(memory.alpha[0])
    # Kept after each step: 1; 1 2; 1 2 3; 1 2 3 4; 1 2 3 4 5; 6 2 3 4 5; 6 7 3 4 5; 6 7 8 4 5.
    assert drawn == pytest.approx([1.0, 1.0, 2.0, 4.0, 2.0, 6.0, 5.0, 6.0])


def test_the_draws_are_uniform_and_follow_from_the_seed():
    draws = barzilai_borwein.uniform_draws(3)
    assert (draws == barzilai_borwein.uniform_draws(3)).all()
    assert not (draws == barzilai_borwein.uniform_draws(4)).any()
    assert draws.min() > 0.0
    assert draws.max() < 1.0
    assert np.histogram(draws, 10, (0.0, 1.0))[0] == pytest.approx(np.full(10, 100.0), abs=35.0)


@pytest.mark.parametrize(
    ("cycle", "expected"),
    [
        (3, [1.0, 0.1, 0.1, 1.0, 0.4, 0.4]),
        (2, [1.0, 0.1, 1.0, 0.3, 1.0, 0.5]),
        (1, [1.0, 0.1, 0.2, 0.3, 0.4, 0.5]),
        (0, [1.0, 0.1, 0.1, 0.1, 0.1, 0.1]),
    ],
)
def test_the_step_of_the_first_search_serves_the_whole_cycle(cycle, expected):
    chosen = CyclicSteepestDescent(cycle)
    memory = cyclic_steepest_descent.new_memory(1, chosen)
    g, lengths = np.array([2.0]), []
    for nit in range(6):
        d = cyclic_steepest_descent.propose(memory, chosen, here(g, nit))
        lengths.append(-d[0] / 2.0)
        t = 0.1 * (nit + 1)
        cyclic_steepest_descent.learn(memory, chosen, pair(t, d, t * d, g, g, g))
    assert lengths == pytest.approx(expected)


def test_a_floor_of_the_curvature_skips_pairs_and_says_so():
    chosen = LimitedMemoryBFGS(memory=3, curvature=0.0, curvature_floor=1e-10)
    memory = limited_memory_bfgs.new_memory(1, chosen)
    for size, expected in ((0.9e-5, ["Skipped L-BFGS updated"]), (1.1e-5, [])):
        s = np.array([size])
        assert heard(limited_memory_bfgs.learn, memory, chosen, pair(1.0, s, s, s, s, s)) == expected
    assert memory.ring[1] == 1


def test_the_product_with_the_inverse_leaves_its_argument_alone():
    rng = np.random.default_rng(2)
    chosen = LimitedMemoryBFGS()
    memory = limited_memory_bfgs.new_memory(3, chosen)
    v = rng.normal(size=3)
    same = v.copy()
    assert (limited_memory_bfgs.apply_inverse(memory, v) == v).all()
    taken = step(rng, 3)
    limited_memory_bfgs.learn(memory, chosen, taken)
    assert limited_memory_bfgs.apply_inverse(memory, taken.y) == pytest.approx(taken.s)  # the secant equation
    limited_memory_bfgs.apply_inverse(memory, v)
    assert (v == same).all()


def dense_model(pairs, n):
    """The BFGS Hessian of pairs, from the scale of the newest (Nocedal & Wright 2006, equation 6.19)."""
    s, y = pairs[-1]
    B = (y @ y) / (s @ y) * np.eye(n)
    for s, y in pairs[1:]:  # the oldest pair is left out
        B += np.outer(y, y) / (s @ y) - np.outer(B @ s, B @ s) / (s @ B @ s)
    return B


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 10**6), n=st.integers(2, 8), m=st.integers(1, 5), steps=st.integers(1, 9))
def test_the_compact_model_is_the_dense_one_without_its_oldest_pair(seed, n, m, steps):
    rng = np.random.default_rng(seed)
    chosen = DampedLimitedMemoryBFGS(memory=m, damping=0.0)
    memory = damped_limited_memory_bfgs.new_memory(n, chosen)
    A = rng.normal(size=(n, n))
    A = A @ A.T + np.eye(n)
    taken = []
    for s in rng.normal(size=(steps, n)):
        taken.append((s, A @ s))
        damped_limited_memory_bfgs.learn(memory, chosen, pair(1.0, s, s, A @ s, s, s))
    v = rng.normal(size=n)
    M = memory
    product = damped_limited_memory_bfgs.model_product(M.S, M.Y, M.SS, M.SY, M.scale[0], M.ring, v)
    independent = min(m, steps) - 1 < n  # more pairs than dimensions make the middle matrix singular
    if independent:
        assert product == pytest.approx(dense_model(taken[-m:], n) @ v, rel=1e-5, abs=1e-6)
    g = rng.normal(size=n)
    expected = -dense_inverse(taken[-m:], n) @ g
    assert damped_limited_memory_bfgs.propose(memory, chosen, here(g)) == pytest.approx(expected, rel=1e-6, abs=1e-8)


def test_a_damped_pair_has_the_least_curvature_that_is_asked_for():
    chosen = DampedLimitedMemoryBFGS(memory=4)
    memory = damped_limited_memory_bfgs.new_memory(2, chosen)
    s = np.array([3.0, 4.0])
    assert heard(damped_limited_memory_bfgs.learn, memory, chosen, pair(1.0, s, s, -s, s, s)) == ["Damped Update"]
    assert memory.sy[0] == pytest.approx(0.02 * 25.0)  # B is the identity
    assert heard(damped_limited_memory_bfgs.learn, memory, chosen, pair(1.0, s, s, s, s, s)) == []


def test_a_pair_without_any_change_makes_the_damped_direction_not_a_number():
    chosen = DampedLimitedMemoryBFGS(memory=4)
    memory = damped_limited_memory_bfgs.new_memory(2, chosen)
    zero = np.zeros(2)
    damped_limited_memory_bfgs.learn(memory, chosen, pair(1.0, zero, zero, zero, zero, zero))
    assert np.isnan(damped_limited_memory_bfgs.propose(memory, chosen, here(np.ones(2)))).all()


def inverse_after(update, steps, n, **options):
    """H after some steps, column by column from the proposals."""
    chosen = QuasiNewton(update=update, **options)
    memory = quasi_newton.new_memory(n, chosen)
    for s, y in steps:
        quasi_newton.learn(memory, chosen, pair(1.0, s, s, y, s, s))
    return np.column_stack([-quasi_newton.propose(memory, chosen, here(e)) for e in np.eye(n)])


def steps_on_a_quadratic(rng, n, steps):
    """Pairs of a random convex quadratic."""
    A = rng.normal(size=(n, n))
    A = A @ A.T + np.eye(n)
    return [(s, A @ s) for s in rng.normal(size=(steps, n))]


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 10**6), n=st.integers(1, 6), steps=st.integers(1, 6), update=st.integers(0, 5))
def test_every_inverse_satisfies_the_newest_secant_equation(seed, n, steps, update):
    taken = steps_on_a_quadratic(np.random.default_rng(seed), n, steps)
    H = inverse_after(update, taken, n)
    s, y = taken[-1]
    assert H @ y == pytest.approx(s, rel=1e-4, abs=1e-5)
    if update != quasi_newton.MCCORMICK_HUANG:
        assert pytest.approx(H.T, rel=1e-4, abs=1e-6) == H
        assert np.linalg.eigvalsh(0.5 * (H + H.T)).min() > 0.0


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 10**6), n=st.integers(1, 6), steps=st.integers(1, 6))
def test_dense_bfgs_is_the_inverse_of_its_definition(seed, n, steps):
    taken = steps_on_a_quadratic(np.random.default_rng(seed), n, steps)
    s, y = taken[0]
    scale = (s @ y) / (y @ y)
    H = dense_inverse(taken, n, scale)
    assert inverse_after(quasi_newton.BFGS, taken, n, damped=False) == pytest.approx(H, rel=1e-5, abs=1e-6)


def v(H, s, y):
    """The vector that the formulas for H share."""
    return np.sqrt(y @ H @ y) * (s / (s @ y) - H @ y / (y @ H @ y))


def hoshino(H, s, y):
    """Hoshino's update."""
    Hy, sy, yHy = H @ y, s @ y, y @ H @ y
    w = v(H, s, y)
    return H - np.outer(Hy, Hy) / yHy + np.outer(s, s) / sy + np.outer(w, w) / (1.0 + yHy / sy)


def self_scaling(H, s, y):
    """BFGS after H was multiplied by ``s'y / y'Hy``: another way to write the update of Oren & Luenberger."""
    H = (s @ y) / (y @ H @ y) * H
    V = np.eye(s.size) - np.outer(y, s) / (s @ y)
    return V.T @ H @ V + np.outer(s, s) / (s @ y)


def oren(H, s, y):
    """The switch between a scaled DFP and a scaled BFGS update."""
    a, b, c = s @ y, y @ H @ y, s @ np.linalg.solve(H, s)
    if a / b > 1.0:
        phi, gamma = 1.0, a / b
    elif c / a < 1.0:
        phi, gamma = 0.0, c / a
    else:
        phi = a * (b - a) / (c * b - a * a)
        gamma = (1.0 - phi) * a / b + phi * c / a
    w = v(H, s, y)
    return gamma * (H - np.outer(H @ y, H @ y) / b + phi * np.outer(w, w)) + np.outer(s, s) / a


def mccormick_huang(H, s, y):
    """The asymmetric update."""
    return H + np.outer(s - H @ y, s) / (s @ y)


@pytest.mark.parametrize(
    ("update", "formula"),
    [
        (quasi_newton.HOSHINO, hoshino),
        (quasi_newton.SELF_SCALING, self_scaling),
        (quasi_newton.OREN, oren),
        (quasi_newton.MCCORMICK_HUANG, mccormick_huang),
    ],
)
def test_the_updates_of_the_inverse_are_their_formulas(update, formula):
    for seed in range(10):
        taken = steps_on_a_quadratic(np.random.default_rng(seed), 4, 4)
        H = np.eye(4)
        for s, y in taken:
            H = formula(H, s, y)
        assert inverse_after(update, taken, 4, initial=quasi_newton.IDENTITY) == pytest.approx(H, rel=1e-6, abs=1e-7)


def test_oren_s_three_cases_all_occur():
    seen = set()
    for sy, yHy, sBs in ((2.0, 1.0, 5.0), (1.0, 2.0, 0.6), (1.0, 2.0, 3.0)):
        gamma, phi = quasi_newton.oren_parameters(sy, yHy, sBs)
        seen.add((round(gamma, 12), round(phi, 12)))
    assert seen == {(2.0, 1.0), (0.6, 0.0), (round(0.8 * 0.5 + 0.2 * 3.0, 12), 0.2)}


def test_rank_one_updates_find_the_inverse_of_a_quadratic_without_exact_searches():
    # Nocedal & Wright (2006), theorem 6.1: n independent steps are enough, if no update is refused.
    A = np.diag([0.1, 0.3, 0.5])
    taken = [(s, A @ s) for s in np.array([[1.0, 0.2, 0.1], [0.3, 1.0, 0.2], [0.1, 0.4, 1.0]])]
    chosen = QuasiNewton(update=quasi_newton.SR1, initial=quasi_newton.IDENTITY)
    memory = quasi_newton.new_memory(3, chosen)
    for s, y in taken:
        assert heard(quasi_newton.learn, memory, chosen, pair(1.0, s, s, y, s, s)) == []
    assert memory.matrix.T @ memory.matrix == pytest.approx(A, abs=1e-12)


def test_a_rank_one_update_that_would_not_be_positive_definite_is_made_by_bfgs():
    s, y = np.array([1.0, 0.0]), np.array([2.0, 0.3])
    chosen = QuasiNewton(update=quasi_newton.SR1, initial=quasi_newton.IDENTITY)
    memory = quasi_newton.new_memory(2, chosen)
    said = heard(quasi_newton.learn, memory, chosen, pair(1.0, s, s, y, s, s))
    assert said == ["SR1 not positive-definite, doing BFGS Update"]
    expected = inverse_after(quasi_newton.BFGS, [(s, y)], 2, initial=quasi_newton.IDENTITY)
    assert np.linalg.inv(memory.matrix.T @ memory.matrix) == pytest.approx(expected)


def test_low_curvature_is_damped_or_skipped_and_said_so():
    s = np.array([1.0, 2.0])
    step = pair(1.0, s, s, -s, s, s)
    chosen = QuasiNewton(initial=quasi_newton.IDENTITY)
    memory = quasi_newton.new_memory(2, chosen)
    assert heard(quasi_newton.learn, memory, chosen, step) == ["Damped Update"]
    B = memory.matrix.T @ memory.matrix
    assert s @ B @ s == pytest.approx(0.02 * 5.0)
    undamped = chosen._replace(damped=False)
    memory = quasi_newton.new_memory(2, undamped)
    assert heard(quasi_newton.learn, memory, undamped, step) == ["Skipping Update"]
    assert (memory.matrix == np.eye(2)).all()


@pytest.mark.parametrize("update", range(6))
def test_the_first_step_scales_the_identity(update):
    s, y = np.array([0.0, 1.0]), np.array([0.0, 4.0])
    chosen = QuasiNewton(update=update)
    memory = quasi_newton.new_memory(2, chosen)
    said = heard(quasi_newton.learn, memory, chosen, pair(1.0, s, s, y, s, s))
    assert said[0] == "Scaling Initial Hessian Approximation"
    d = quasi_newton.propose(memory, chosen, here(np.array([1.0, 0.0])))
    if update in (quasi_newton.SELF_SCALING, quasi_newton.OREN, quasi_newton.BFGS, quasi_newton.SR1):
        assert d == pytest.approx([-0.25, 0.0])


@pytest.mark.parametrize("update", range(6))
def test_a_first_step_that_leaves_the_gradient_as_it_was_makes_the_direction_not_a_number(update):
    s, y = np.array([1.0, 0.0]), np.zeros(2)
    chosen = QuasiNewton(update=update)
    memory = quasi_newton.new_memory(2, chosen)
    quasi_newton.learn(memory, chosen, pair(1.0, s, s, y, s, s))
    assert np.isnan(quasi_newton.propose(memory, chosen, here(np.ones(2)))).all()


@pytest.mark.parametrize("update", range(2, 6))
def test_no_curvature_at_all_makes_the_direction_not_a_number(update):
    s, y = np.array([1.0, 0.0]), np.array([0.0, 1.0])
    chosen = QuasiNewton(update=update, initial=quasi_newton.IDENTITY)
    memory = quasi_newton.new_memory(2, chosen)
    quasi_newton.learn(memory, chosen, pair(1.0, s, s, y, s, s))
    assert np.isnan(quasi_newton.propose(memory, chosen, here(np.ones(2)))).all()


ALL = [
    (steepest_descent, SteepestDescent()),
    (cyclic_steepest_descent, CyclicSteepestDescent()),
    *((barzilai_borwein, BarzilaiBorwein(length=length)) for length in range(4)),
    *((conjugate_gradient, ConjugateGradient(update=update, orthogonality=np.inf)) for update in range(8)),
    (limited_memory_bfgs, LimitedMemoryBFGS(memory=3)),
    (damped_limited_memory_bfgs, DampedLimitedMemoryBFGS(memory=3)),
    *((quasi_newton, QuasiNewton(update=update)) for update in range(6)),
]


@compiled
def steepest(x):
    """A stand-in for an objective that compiled code can hold."""
    return 0.0, x


def proposals(module, chosen):
    """A function that makes steps of 0.1 from one given gradient to the next, and returns the directions."""
    propose, learn, new_memory = module.propose, module.learn, module.new_memory

    def run(gradients):
        n = gradients.shape[1]
        memory = new_memory(n, chosen)
        directions = np.empty_like(gradients)
        nfev = new_counters()
        for i in range(len(gradients) - 1):
            g, new = gradients[i], gradients[i + 1]
            place = Here(with_first_order(steepest, ()), g, 1.0, g, np.empty((0, 0)), i, nfev, 1, 1e-9)
            d = propose(memory, chosen, place)
            directions[i] = d
            learn(memory, chosen, Step(0.1, d, 0.1 * d, new - g, 1.0 / (i + 1), 1.0 / (i + 2), g, new))
        return directions

    return run


@pytest.mark.compiled
@pytest.mark.parametrize(("module", "chosen"), ALL)
def test_compiled_directions_have_the_same_bits(module, chosen):
    gradients = np.random.default_rng(5).normal(size=(9, 7))
    run = proposals(module, chosen)
    interpreted = run(gradients)
    assert (njit(run)(gradients) == interpreted)[:-1].all()
