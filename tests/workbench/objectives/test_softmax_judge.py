"""The judge of softmax fits: its numbers by hand, its independence, and bounds where intercepts are far off."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import workbench as wb
from workbench.objectives import softmax_judge as judge
from workbench.objectives import softmax_kernels as kernels
from workbench.objectives.softmax import SoftmaxObjective

seeds = st.integers(0, 2**32 - 1)


# ---- accuracy and confusion

FUN = SoftmaxObjective(np.zeros((3, 1)), ["ant", "bee", "cow"], fit_intercept=False)
THETA = [1.0, 2.0]  # ant, bee; cow is fixed to 0: x > 0 is a bee, x < 0 a cow, x = 0 an ant, the first of equals
X = np.array([[1.0], [2.0], [-1.0], [0.0]])


def test_accuracy_is_the_share_of_right_labels():
    assert FUN.predict(THETA, X).tolist() == ["bee", "bee", "cow", "ant"]
    assert FUN.accuracy(THETA, X, ["bee", "bee", "cow", "ant"]) == 1.0
    assert FUN.accuracy(THETA, X, ["bee", "cow", "cow", "bee"]) == 0.5
    assert FUN.accuracy(THETA, X, ["bee", "bee", "yak", "yak"]) == 0.5


def test_confusion_has_true_labels_in_rows_and_predicted_ones_in_columns():
    assert FUN.confusion(THETA, X, ["bee", "cow", "cow", "bee"]).tolist() == [[0, 0, 0], [1, 1, 0], [0, 1, 1]]
    assert FUN.confusion(THETA, X, ["bee", "bee", "bee", "ant"]).tolist() == [[1, 0, 0], [0, 2, 1], [0, 0, 0]]


def test_a_class_that_the_fit_has_not_seen_has_no_row_in_the_confusion():
    assert FUN.confusion(THETA, X, ["bee", "yak", "cow", "zoo"]).tolist() == [[0, 0, 0], [0, 1, 0], [0, 0, 1]]


# ---- independence


def test_the_judge_never_runs_a_kernel(small, monkeypatch):
    X, y, _ = small(0)
    fun = SoftmaxObjective(X, y, l2=0.1)
    expected = fun.certificate(fun.x0)

    def broken(*args):
        raise AssertionError("a kernel was asked")

    for name in ("softmax", "softmax_product", "chunk", "score", "spread", "exponentials"):
        monkeypatch.setattr(kernels, name, broken)
    assert fun.certificate(fun.x0) == expected
    assert fun.accuracy(fun.x0, X, y) == np.mean(y == 0)
    with pytest.raises(AssertionError, match="a kernel was asked"):
        fun(fun.x0)


def test_a_wrong_kernel_disagrees_with_the_judge(small, monkeypatch):
    X, y, _ = small(0)
    fun = SoftmaxObjective(X, y, l2=0.1)
    right = wb.minimize(fun, fun.x0, gtol=1e-10)

    def with_less_penalty(theta, rows, X, y, weight, model):
        return kernels.softmax(theta, rows, X, y, weight, model._replace(l2=0.01))

    monkeypatch.setattr(SoftmaxObjective, "_kernel", property(lambda self: with_less_penalty))
    wrong = wb.minimize(fun, fun.x0, gtol=1e-6)
    assert wrong.fun < right.fun - 0.01
    # What the solver says is below what is possible; the certificate says where it really is.
    assert wrong.certificate.f > right.certificate.f
    assert wrong.certificate.f - wrong.certificate.gap <= right.certificate.f
    assert wrong.certificate.grad_inf > 1e-3


@pytest.mark.parametrize("kind", ["dense", "csr"])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_row_blocks_of_any_size_give_the_same_certificate(small, monkeypatch, kind, dtype):
    X, y, weight = small(1, kind=kind, dtype=dtype)
    fun = SoftmaxObjective(X, y, l2=0.1, sample_weight=weight)
    theta = np.random.default_rng(0).normal(size=fun.x0.size)
    whole = fun.certificate(theta)
    for numbers in (1, 7, 12):
        monkeypatch.setattr(judge, "BLOCK_NUMBERS", numbers)
        blocks = fun.certificate(theta)
        assert blocks.f == pytest.approx(whole.f, rel=1e-14)
        assert blocks.grad_inf == pytest.approx(whole.grad_inf, rel=1e-13)
        assert blocks.gap == pytest.approx(whole.gap, rel=1e-10)


# ---- intercepts


def shares(y, K):
    return np.full(y.size, 1.0 / y.size), np.bincount(y, minlength=K) / y.size


@settings(max_examples=60, deadline=None)
@given(seeds, st.integers(2, 5), st.sampled_from([0.1, 1.0, 10.0]), st.sampled_from([0.0, 1.0, 30.0, 100.0]))
def test_balancing_intercepts_are_found_from_anywhere(seed, K, spread, distance):
    rng = np.random.default_rng(seed)
    y = np.r_[np.arange(K), rng.integers(0, K, 20)]
    share, wanted = shares(y, K)
    Z = rng.normal(scale=spread, size=(y.size, K))
    b = judge._balancing_intercepts(Z, wanted, share, rng.normal(scale=distance, size=K))
    P = np.exp(judge._log_probabilities(Z + b))
    assert share @ P == pytest.approx(wanted, rel=1e-8)


def test_probabilities_that_balance_are_their_own_nearest():
    P = np.array([[0.5, 0.25, 0.25], [0.25, 0.5, 0.25]])
    Q, divergence = judge._balanced(np.log(P), np.array([0.375, 0.375, 0.25]), np.array([0.5, 0.5]))
    assert pytest.approx(P, rel=1e-15) == Q
    assert divergence == pytest.approx(0.0, abs=1e-16)


@settings(max_examples=50, deadline=None)
@given(seeds, st.sampled_from([0.1, 1.0, 100.0]))
def test_balanced_probabilities_are_distributions_that_add_up(seed, spread):
    rng = np.random.default_rng(seed)
    y = np.r_[np.arange(4), rng.integers(0, 4, 8)]
    share, wanted = shares(y, 4)
    L = judge._log_probabilities(rng.normal(scale=spread, size=(12, 4)))
    Q, divergence = judge._balanced(L, wanted, share)
    assert (Q >= 0.0).all()
    assert Q.sum(axis=1) == pytest.approx(np.ones(12), rel=1e-12)
    assert share @ Q == pytest.approx(wanted, rel=1e-12)
    mixed = Q > 0
    expected = share @ np.where(mixed, Q * (np.log(np.where(mixed, Q, 1.0)) - L), 0.0).sum(axis=1)
    assert divergence == pytest.approx(expected, rel=1e-10, abs=1e-14)
    assert math.isfinite(divergence)


@pytest.mark.parametrize("l2", [1.0, 0.1, 0.01])
@pytest.mark.parametrize("offset", [0.0, 5.0, 20.0])
def test_the_bound_holds_for_intercepts_that_are_not_the_best(small, monkeypatch, offset, l2):
    # The proof needs probabilities that add up for each class, and no more: here nothing is done for the intercepts.
    monkeypatch.setattr(judge, "_balancing_intercepts", lambda Z, wanted, share, b: b)
    for seed in range(15):
        X, y, _ = small(seed, n=8, p=1, K=2)
        fun = SoftmaxObjective(3.0 * X + offset, y, l2=l2, reference=None)
        f_star = wb.minimize(fun, fun.x0, gtol=1e-8, max_iter=500).certificate.f
        rng = np.random.default_rng(seed)
        for size in (0.01, 0.1, 1.0):
            w = size * rng.normal(size=2)
            certificate = fun.certificate([*w, *-w])
            assert certificate.f - f_star <= certificate.gap + 1e-14


def test_a_class_shut_out_by_its_intercept_is_not_certified():
    # Class 2 has a third of the rows and no probability at all, and its rows add up to zero, so that the gradient of
    # the weights is zero everywhere. Newton's method in the intercepts sees a singular matrix; "f - f* <= 0" was once
    # said here of an f that is 16 times too large.
    X, y = np.tile([[1.0], [-1.0]], (3, 1)), np.repeat([0, 1, 2], 2)
    fun = SoftmaxObjective(X, y, l2=0.1, reference=None)
    for intercept in (-5.0, -50.0, -1000.0):
        theta = np.array([0, 0, 0, 0, 0, intercept])
        certificate = fun.certificate(theta)
        assert certificate.gap >= certificate.f - math.log(3)
        assert certificate.gap == pytest.approx(certificate.f - math.log(3), rel=1e-9)


@pytest.mark.parametrize("reference", ["last", 0, None])
def test_a_class_whose_rows_have_no_weight_is_best_shut_out(small, reference):
    X, y, weight = small(0, n=12)
    weight[y == 1] = 0.0
    fun = SoftmaxObjective(X, y, l2=0.1, reference=reference, sample_weight=weight)
    result = wb.minimize(fun, fun.x0, gtol=1e-8)
    two = SoftmaxObjective(X[y != 1], y[y != 1], l2=0.1, reference=None, sample_weight=weight[y != 1])
    best = wb.minimize(two, two.x0, gtol=1e-12).fun
    assert 0.0 <= result.certificate.gap < 1e-6
    if reference is None:
        assert result.fun - best == pytest.approx(0.0, abs=1e-6)
        assert best >= result.certificate.lower_bound - 1e-15
