"""Softmax regression where exponentials overflow, underflow and cancel, and where theta is not finite."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import workbench as wb
from workbench.objectives.softmax import SoftmaxObjective

# Python's own arithmetic warns of infinity minus infinity; compiled code does not, and neither stops.
quietly = np.errstate(all="ignore")


def scored(*scores, reference=None):
    """f and g of one row with these scores, of the class asked for: ``scored(1.0, 2.0)(0)``."""
    K = len(scores)
    fun = SoftmaxObjective(np.ones((K, 1)), range(K), fit_intercept=False, reference=reference, reduction="sum")
    theta = np.array(scores if reference is None else [*scores[:reference], *scores[reference + 1 :]])

    def of_class(k):
        f, g = fun.subset(theta, [k])
        judged = SoftmaxObjective(
            np.ones((K, 1)), range(K), fit_intercept=False, reference=reference, sample_weight=np.eye(K)[k]
        ).certificate(theta)
        assert judged.f == pytest.approx(f / K, rel=1e-12)
        return f / K, g / K

    return of_class


@pytest.mark.parametrize(
    ("margin", "right", "wrong"),
    [
        # The values that scikit-learn checks its own loss with, worked out there in high precision.
        (1e20, 0.0, 1e20),
        (1e3, 0.0, 1e3),
        (37.5, 5.175555005801869e-17, 37.5),
        (37.0, 8.533047625744065e-17, 37.0),
        (36.9, 9.430476078526806e-17, 36.9),
        (0.0, math.log(2), math.log(2)),
        (-1.0, 1 + math.log1p(math.exp(-1)), math.log1p(math.exp(-1))),
    ],
)
def test_two_classes_lose_the_margin_or_next_to_nothing(margin, right, wrong):
    loss = scored(margin, 0.0, reference=1)
    assert loss(0)[0] == pytest.approx(right, rel=1e-14, abs=0)
    assert loss(1)[0] == pytest.approx(wrong, rel=1e-14)
    symmetric = scored(0.5 * margin, -0.5 * margin)
    assert symmetric(0)[0] == pytest.approx(right, rel=1e-14, abs=0)


@settings(max_examples=50, deadline=None)
@given(st.floats(-40, 40))
def test_the_loss_keeps_its_digits_over_the_whole_range(margin):
    expected = math.log1p(math.exp(-margin)) if margin > 0 else -margin + math.log1p(math.exp(margin))
    assert scored(margin, 0.0, reference=1)(0)[0] == pytest.approx(expected, rel=1e-13, abs=0)


def test_huge_scores_have_their_exact_loss():
    assert scored(1e4, 0.0, 7e-7)(2)[0] == 1e4 - 7e-7
    assert scored(1e4, 0.0, 7e-7)(0)[0] == 0.0
    # The digits of the smaller difference are not lost to the size of the scores.
    assert scored(1e4, 1e4 + 2**-10)(1)[0] == pytest.approx(math.log1p(math.exp(-(2**-10))), rel=1e-14)


def test_probabilities_of_huge_scores():
    third = [0.0900305731703805, 0.2447284710547977, 0.6652409557748219]  # of scores 1, 2, 3
    assert scored(-1.0, -2.0, -3.0)(0)[1] + [1, 0, 0] == pytest.approx(third[::-1], rel=1e-14)
    assert scored(1001.0, 1002.0, 1003.0)(0)[1] + [1, 0, 0] == pytest.approx(third, rel=1e-12)
    assert (scored(1000.0, 2000.0, 3000.0)(0)[1] + [1, 0, 0]).tolist() == [0, 0, 1]


@pytest.mark.parametrize("kind", ["dense", "csr"])
@pytest.mark.parametrize("reference", ["last", 0, None])
@pytest.mark.parametrize("size", [1e4, -1e4, 1e150])
def test_f_and_all_derivatives_are_finite_for_huge_scores(small, kind, reference, size):
    X, y, _ = small(1, kind=kind)
    fun = SoftmaxObjective(X, y, l2=1e-3, reference=reference)
    theta = size * np.random.default_rng(0).normal(size=fun.x0.size)
    f, g = fun(theta)
    assert math.isfinite(f)
    assert f > 0.0
    assert np.isfinite(g).all()
    assert np.isfinite(fun.hessp(theta, np.ones(theta.size))).all()
    assert np.isfinite(fun.scores(theta, X)).all()
    assert fun.certificate(theta).f == pytest.approx(f, rel=1e-12)


def test_a_perfect_prediction_costs_nothing_and_pulls_nowhere():
    # Each row has the score e^10 for its own class and -e^10 for the others.
    W = math.exp(10) * (2 * np.eye(3) - 1)
    fun = SoftmaxObjective(np.eye(3), [0, 1, 2], reference=None, fit_intercept=False)
    f, g = fun(W.ravel())
    assert f == 0.0
    assert not g.any()
    assert not fun.hessp(W.ravel(), np.ones(9)).any()
    assert fun.certificate(W.ravel()).f == 0.0


def test_separable_classes_without_a_penalty_lead_to_zero_and_not_to_overflow():
    fun = SoftmaxObjective([[-2.0], [-1.0], [1.0], [2.0]], [0, 0, 1, 1])
    result = wb.minimize(fun, fun.x0, gtol=1e-10)
    assert 0.0 < result.fun < 1e-8
    assert np.isfinite(result.x).all()
    assert result.certificate.kind == "none"
    assert math.isinf(result.certificate.gap)


def test_features_of_any_size_give_an_answer_or_a_reason(small):
    X, y, _ = small(0)
    fun = SoftmaxObjective(X * 1e100, y, l2=1e-3)
    result = wb.minimize(fun, fun.x0, max_evals=100)
    assert math.isfinite(result.fun)
    assert result.fun <= math.log(3) * (1 + 1e-15)
    assert not result.success
    assert result.message


@quietly
@pytest.mark.parametrize("kind", ["dense", "csr"])
@pytest.mark.parametrize("reference", ["last", None])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_theta_that_is_not_finite_shows_in_f_and_g(small, kind, reference, bad):
    X, y, weight = small(2, kind=kind)
    fun = SoftmaxObjective(X, y, l2=0.1, sample_weight=weight, reference=reference)
    for where in (..., *range(fun.x0.size)):
        theta = fun.x0.copy()
        theta[where] = bad
        f, g = fun(theta)
        assert not math.isfinite(f)
        assert not np.isfinite(g).all()
        judged = fun.certificate(theta)
        assert not math.isfinite(judged.f)
        assert math.isinf(judged.gap)
        assert judged.kind == "none"


@quietly
@pytest.mark.parametrize("reference", ["last", 0, None])
def test_one_score_that_is_nan_is_not_overlooked_beside_larger_ones(reference):
    X = np.eye(3)
    fun = SoftmaxObjective(X, [0, 1, 2], reference=reference, fit_intercept=False)
    for k in range(fun.x0.size):
        theta = np.arange(10.0, 10.0 + fun.x0.size)
        theta[k] = np.nan
        f, g = fun(theta)
        assert math.isnan(f)
        assert np.isnan(g).any()
        assert np.isnan(fun.hessp(theta, np.ones(theta.size))).any()


@quietly
def test_a_run_into_infinity_ends_and_says_so(small):
    X, y, _ = small(0)
    fun = SoftmaxObjective(X, y, l2=1e-3)
    result = wb.minimize(fun, fun.x0, method="gd", step="fixed", step_size=1e300, max_iter=50)
    assert not result.success
    assert result.status in (wb.Status.NOT_FINITE, wb.Status.LINE_SEARCH)


def test_a_start_that_is_not_finite_is_refused(small):
    X, y, _ = small(0)
    fun = SoftmaxObjective(X, y)
    for bad in (np.nan, np.inf):
        with pytest.raises(ValueError, match=r"x0\[0\] is (nan|inf): expected finite numbers"):
            wb.minimize(fun, np.full(fun.x0.size, bad))


def test_float32_rows_are_multiplied_in_float32_and_summed_in_float64(small):
    X, y, weight = small(6, dtype=np.float32)
    single, double = (SoftmaxObjective(table, y, l2=0.1, sample_weight=weight) for table in (X, X.astype(np.float64)))
    theta = np.random.default_rng(0).normal(size=single.x0.size)
    assert single.X.dtype == np.float32
    assert single(theta)[0] == pytest.approx(double(theta)[0], rel=1e-6)
    assert single(theta)[1].dtype == np.float64
    assert single(theta)[1] == pytest.approx(double(theta)[1], rel=1e-5, abs=1e-6)
    assert single.hessp(theta, theta) == pytest.approx(double.hessp(theta, theta), rel=1e-5, abs=1e-6)
    assert single.certificate(theta) == double.certificate(theta)


def test_sums_over_many_float32_rows_lose_nothing():
    """A hundred thousand equal rows: summed in float32, the mean would be off in the fourth digit or so."""
    X, y = np.ones((100_000, 2), np.float32) * np.float32(0.7), np.arange(100_000) % 3
    fun = SoftmaxObjective(X, y, reference=None)
    theta = np.random.default_rng(1).normal(size=fun.x0.size)
    few = SoftmaxObjective(X[:3], y[:3], reference=None)
    many = fun(theta)
    # A third more of one class, by one row.
    assert many[0] == pytest.approx(few(theta)[0], rel=1e-5)
    assert fun.certificate(theta).f == pytest.approx(many[0], rel=2e-7)
    assert fun.certificate(theta).grad_inf == pytest.approx(np.abs(many[1]).max(), rel=2e-6)
