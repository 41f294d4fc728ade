"""The search for wrong coordinates: planted errors are named, correct gradients left in peace, the budget is kept."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench import check_gradient
from workbench.gradient_check.bisection import SWEEP, planned, wrong_coordinates
from workbench.gradient_check.contract import Evaluations
from workbench.gradient_check.noise import probe
from workbench.gradient_check.place import Place

N_FEATURES, K = 785, 10
N = N_FEATURES * (K - 1)
PIXELS = np.random.default_rng(1).uniform(0, 1, (300, N_FEATURES)) ** 3
LABELS = np.random.default_rng(2).integers(0, K, 300)
THETA = 0.05 * np.random.default_rng(3).standard_normal(N)


def softmax(theta):
    """Mean negative log-likelihood with the last class at zero, and its gradient, class after class."""
    scores = np.column_stack([PIXELS @ theta.reshape(K - 1, N_FEATURES).T, np.zeros(len(LABELS))])
    scores -= scores.max(axis=1, keepdims=True)
    p = np.exp(scores)
    p /= p.sum(axis=1, keepdims=True)
    rows = np.arange(len(LABELS))
    f = -np.mean(np.log(p[rows, LABELS]))
    p[rows, LABELS] -= 1
    return float(f), (p[:, :-1].T @ PIXELS / len(LABELS)).ravel()


def wave(x):
    """Curved in every coordinate, with slopes of very different sizes."""
    size = np.logspace(-2, 2, x.size)
    return float(size @ np.sin(x)), size * np.cos(x)


def with_errors(fun, change):
    def faulty(x):
        f, g = fun(x)
        return f, change(g.copy())

    return faulty


def times(factor, *where):
    def change(g):
        g[list(where)] *= factor
        return g

    return change


def searched(fun, x, *, seed=0, **settings):
    evaluate = Evaluations(fun, (), x.size)
    f, g = evaluate.at_start(x)
    noise = probe(evaluate, "x0", x, f, g, np.random.default_rng([seed, 1])).noise
    before = evaluate.count
    found = wrong_coordinates(evaluate, Place("x0", x, f, g, noise), np.random.default_rng(seed), **settings)
    assert found.evaluations == evaluate.count - before
    return found


@pytest.mark.parametrize("seed", range(4))
def test_a_correct_gradient_passes_in_eight_to_eighteen_evaluations(seed):
    found = searched(softmax, THETA, seed=seed)
    assert found.verdict == "PASS"
    assert found.wrong.size == 0
    assert found.groups == ()
    assert 8 <= found.evaluations <= 18


@pytest.mark.parametrize("j", [0, 1, 3906, 7064])
def test_one_wrong_coordinate_of_7065_is_named_with_its_error(j):
    g = softmax(THETA)[1]
    found = searched(with_errors(softmax, times(1.5, j)), THETA)
    assert found.verdict == "FAIL"
    assert found.wrong.tolist() == [j]
    assert found.errors == pytest.approx([0.5 * g[j]], rel=1e-3)
    assert found.groups == ()
    assert found.evaluations <= 24
    assert not found.many
    assert not found.exhausted


def test_one_small_error_takes_no_more_than_bisection():
    g = softmax(THETA)[1]
    found = searched(with_errors(softmax, times(1 + 1e-6 / abs(g[4000]), 4000)), THETA)
    assert found.wrong.tolist() == [4000]
    assert found.evaluations <= 60


def test_three_wrong_coordinates_are_named():
    found = searched(with_errors(softmax, times(-1, 17, 4000, 6999)), THETA, budget=200)
    assert found.wrong.tolist() == [17, 4000, 6999]
    assert found.groups == ()


@pytest.mark.parametrize("k", [0, 3, 8])
def test_a_wrong_class_comes_out_as_its_range(k):
    start, stop = N_FEATURES * k, N_FEATURES * (k + 1)
    found = searched(with_errors(softmax, times(2, *range(start, stop))), THETA, block=N_FEATURES)
    assert found.verdict == "FAIL"
    assert found.many
    assert [group.tolist() for group in found.groups] == [list(range(start, stop))]
    assert found.evaluations <= 60


@pytest.mark.parametrize("j", [0, 400, 784])
def test_a_wrong_feature_comes_out_as_a_group(j):
    where = set(range(j, N, N_FEATURES))
    found = searched(with_errors(softmax, times(0, *where)), THETA, block=N_FEATURES, budget=160)
    named = {*found.wrong.tolist(), *(i for group in found.groups for i in group.tolist())}
    assert named == where
    assert found.verdict == "FAIL"


def test_a_gradient_wrong_everywhere_is_not_taken_apart():
    found = searched(with_errors(softmax, lambda g: -g), THETA)
    assert found.many
    assert [group.tolist() for group in found.groups] == [list(range(N))]
    assert found.evaluations <= 50


def test_errors_of_equal_size_do_not_cancel():
    def change(g):
        g[[3, 4]] += 1.0
        return g

    for seed in range(20):
        assert searched(with_errors(wave, change), np.ones(64), seed=seed).wrong.tolist() == [3, 4]


@settings(max_examples=60, deadline=None)
@given(
    n=st.integers(1, 400),
    data=st.data(),
    seed=st.integers(0, 10_000),
    factor=st.sampled_from([0.0, -1.0, 2.0, 1.01]),
    size=st.sampled_from([1e-6, 1.0, 1e6]),
)
def test_what_is_named_was_planted_and_nothing_planted_is_lost(n, data, seed, factor, size):
    where = data.draw(st.lists(st.integers(0, n - 1), max_size=3, unique=True))
    x = np.random.default_rng(seed).uniform(-1, 1, n)

    def fun(x):
        return size * float(np.sum(np.exp(x))), size * np.exp(x)

    found = searched(with_errors(fun, times(factor, *where)), x, seed=seed, budget=400)
    assert found.wrong.tolist() == sorted(where)
    assert found.groups == ()
    assert found.verdict == ("FAIL" if where else "PASS")


@pytest.mark.parametrize("planted", [[0], [0, 1, 133]])
def test_a_coordinate_whose_g_is_zero_leaves_no_other_under_suspicion(planted):
    # How f bends is read from g, which says nothing there: what is left over of a difference is larger than it claims.
    x = np.random.default_rng(170).uniform(-1, 1, 217)
    fun = with_errors(lambda x: (1e-6 * float(np.sum(np.exp(x))), 1e-6 * np.exp(x)), times(0.0, *planted))
    found = searched(fun, x, seed=170, budget=400)
    assert (found.wrong.tolist(), found.groups, found.verdict) == (planted, (), "FAIL")


@pytest.mark.parametrize("budget", [14, 15, 20, 30, 50])
def test_the_budget_is_kept_and_what_is_left_is_said(budget):
    planted = [5, 1000, 3000, 5000, 7000]
    found = searched(with_errors(softmax, times(2, *planted)), THETA, budget=budget)
    assert found.evaluations <= planned(N, budget) == budget
    assert found.exhausted
    assert found.verdict == "FAIL"
    for j in set(planted) - set(found.wrong.tolist()):
        assert any(j in group for group in found.groups)


def test_few_coordinates_are_planned_with_less_than_the_budget():
    assert planned(1, 10_000) < planned(2, 10_000) < 10_000 == planned(7065, 10_000)
    for n in (1, 2, 3):
        found = searched(with_errors(wave, lambda g: -g), np.ones(n), budget=10_000)
        assert found.wrong.tolist() == list(range(n))
        assert found.evaluations <= planned(n, 10_000)


def test_a_budget_below_one_direction_is_refused():
    with pytest.raises(ValueError, match=f"budget is 3, expected at least {SWEEP}"):
        planned(100, 3)


def test_noise_is_no_error():
    rng = np.random.default_rng(4)

    def noisy(x):
        f, g = wave(x)
        return f + 1e-4 * rng.standard_normal(), g

    for seed in range(10):
        found = searched(noisy, np.ones(200), seed=seed)
        assert found.wrong.size == 0
        assert found.verdict != "FAIL"


def test_float32_is_no_error():
    def in_float32(x):
        y = x.astype(np.float32)
        return np.exp(y).sum(), np.exp(y)

    found = searched(in_float32, np.linspace(-1, 1, 300))
    assert found.wrong.size == 0
    assert found.verdict != "FAIL"


def test_a_kink_is_no_error():
    x = np.linspace(-1, 1, 200) * 1e-5
    found = searched(lambda x: (float(np.abs(x).sum()), np.sign(x)), x)
    assert found.wrong.size == 0
    assert found.verdict != "FAIL"


def test_a_point_at_the_edge_of_the_domain_cannot_be_judged():
    found = searched(lambda x: (float(np.sum(x**1.5)), 1.5 * np.sqrt(x)), np.zeros(50))
    assert found.verdict == "INCONCLUSIVE"
    assert found.wrong.size == 0


def test_the_check_names_a_wrong_coordinate_that_its_draw_has_missed():
    names = [(k, j) for k in range(K - 1) for j in range(N_FEATURES)]
    report = check_gradient(with_errors(softmax, times(1.5, 4321)), THETA, names=names)
    assert (report.verdict, report.cause) == ("FAIL", "coordinate wrong")
    wrong = report.table[report.table["verdict"] == "fail"]
    assert wrong[["coordinate", "class", "feature"]].values.tolist() == [[4321, 4321 // N_FEATURES, 4321 % N_FEATURES]]
    assert report.evaluations < 1500
