"""Softmax regression: hand-worked values, derivatives, and what must not change the answer."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

import workbench as wb
from workbench import matlab
from workbench.objectives.softmax import SoftmaxObjective

LN2, LN3 = math.log(2.0), math.log(3.0)
# One feature, always 1, and one row of each class: scores ln 2, ln 3 and the fixed 0, so probabilities 2/6, 3/6, 1/6.
ONES, EACH = np.ones((3, 1)), np.array([0, 1, 2])

forms = st.fixed_dictionaries(
    {
        "reference": st.sampled_from(["last", 0, 1, None]),
        "fit_intercept": st.booleans(),
        "penalize_intercept": st.booleans(),
        "reduction": st.sampled_from(["mean", "sum"]),
        "l2": st.sampled_from([0.0, 0.3]),
    }
)
seeds = st.integers(0, 2**32 - 1)


def at(fun, seed=0):
    return np.random.default_rng(seed).normal(size=fun.x0.size)


def agree(found, expected, rel=1e-12):
    """Both f, and all components of g up to rounding of the largest."""
    assert found[0] == pytest.approx(expected[0], rel=rel, abs=rel)
    assert np.abs(found[1] - expected[1]).max() <= rel * max(1.0, np.abs(expected[1]).max())


# ---- hand-worked values


def test_the_mean_loss_by_hand():
    f, g = SoftmaxObjective(ONES, EACH, fit_intercept=False)([LN2, LN3])
    assert f == pytest.approx(math.log(36) / 3, rel=1e-15)  # log 3, log 2 and log 6
    assert g == pytest.approx([1 / 3 - 1 / 3, 1 / 2 - 1 / 3], abs=1e-16)


def test_the_sum_is_the_mean_times_the_number_of_rows():
    f, g = SoftmaxObjective(ONES, EACH, fit_intercept=False, reduction="sum")([LN2, LN3])
    assert f == pytest.approx(math.log(36), rel=1e-15)
    assert g == pytest.approx([0.0, 1 / 2], abs=1e-15)


def test_weights_by_hand():
    fun = SoftmaxObjective(ONES, EACH, fit_intercept=False, sample_weight=[1, 2, 3])
    f, g = fun([LN2, LN3])
    assert f == pytest.approx((LN3 + 2 * LN2 + 3 * math.log(6)) / 6, rel=1e-15)
    assert g == pytest.approx([1 / 3 - 1 / 6, 1 / 2 - 2 / 6], rel=1e-15)


@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_the_penalty_is_the_same_for_mean_and_sum(reduction):
    theta = np.array([LN2, LN3])
    without = SoftmaxObjective(ONES, EACH, fit_intercept=False, reduction=reduction)(theta)
    with_penalty = SoftmaxObjective(ONES, EACH, fit_intercept=False, reduction=reduction, l2=0.5)(theta)
    assert with_penalty[0] - without[0] == pytest.approx(0.25 * (LN2**2 + LN3**2), rel=1e-14)
    assert with_penalty[1] - without[1] == pytest.approx(0.5 * theta, rel=1e-14)


def test_the_intercept_is_the_last_weight_of_each_class_and_penalised_only_if_asked():
    # The feature is 0, so that the intercepts are the scores.
    theta = [10.0, LN2, 20.0, LN3]
    f, g = SoftmaxObjective(0 * ONES, EACH, l2=0.1)(theta)
    assert f == pytest.approx(math.log(36) / 3 + 0.05 * 500, rel=1e-15)
    assert g == pytest.approx([1.0, 0.0, 2.0, 1 / 6], abs=1e-15)
    f, g = SoftmaxObjective(0 * ONES, EACH, l2=0.1, penalize_intercept=True)(theta)
    assert f == pytest.approx(math.log(36) / 3 + 0.05 * (500 + LN2**2 + LN3**2), rel=1e-15)
    assert g == pytest.approx([1.0, 0.1 * LN2, 2.0, 1 / 6 + 0.1 * LN3], abs=1e-15)


def test_theta_is_class_after_class():
    fun = SoftmaxObjective([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], ["a", "b", "c"])
    theta = np.arange(1.0, 7.0)
    W, b = fun.weights(theta)
    assert W.tolist() == [[1, 2], [4, 5], [0, 0]]
    assert b.tolist() == [3, 6, 0]
    assert fun.scores(theta, [[1.0, 1.0]]).tolist() == [[6, 15, 0]]
    names = [("a", "0"), ("a", "1"), ("a", "intercept"), ("b", "0"), ("b", "1"), ("b", "intercept")]
    assert fun.coordinate_names() == names
    assert fun.shape == (2, 3)


def test_the_reference_class_has_no_row_wherever_it_stands():
    fun = SoftmaxObjective(ONES, ["a", "b", "c"], reference="b", fit_intercept=False)
    f, g = fun([LN2, LN3])  # scores ln 2, 0, ln 3
    assert fun.weights([LN2, LN3])[0].ravel().tolist() == [LN2, 0.0, LN3]
    assert f == pytest.approx(math.log(36) / 3, rel=1e-15)
    assert g == pytest.approx([1 / 3 - 1 / 3, 1 / 2 - 1 / 3], abs=1e-16)
    assert [label for label, _ in fun.coordinate_names()] == ["a", "c"]


def test_a_class_called_last_is_meant_by_its_name():
    assert SoftmaxObjective(ONES, ["x", "last", "a"], reference="last").reference == 1
    assert SoftmaxObjective(ONES, ["x", "y", "z"], reference="last").reference == 2


@pytest.mark.parametrize("K", [2, 3, 7])
@pytest.mark.parametrize("reference", ["last", 0, None])
def test_at_zero_f_is_the_logarithm_of_the_number_of_classes(small, K, reference):
    X, y, weight = small(0, n=9, K=K)
    for sample_weight, total in ((None, 9), (weight, weight.sum())):
        fun = SoftmaxObjective(X, y, reference=reference, l2=3.0, sample_weight=sample_weight)
        assert fun(fun.x0)[0] == pytest.approx(math.log(K), rel=1e-14)
        summed = SoftmaxObjective(X, y, reference=reference, l2=3.0, sample_weight=sample_weight, reduction="sum")
        assert summed(fun.x0)[0] == pytest.approx(total * math.log(K), rel=1e-14)


def test_the_label_with_the_largest_score_is_predicted_and_the_first_of_equals():
    fun = SoftmaxObjective(ONES, ["b", "c", "a"], fit_intercept=False)  # theta: a, b; c is fixed to 0
    assert fun.predict([1.0, 2.0], [[1.0], [-1.0], [0.0]]).tolist() == ["b", "c", "a"]


# ---- derivatives


@settings(max_examples=25, deadline=None)
@given(seeds, forms, st.booleans())
def test_the_gradient_is_the_derivative(small, seed, form, weighted):
    X, y, weight = small(seed, n=6, p=2)
    fun = SoftmaxObjective(X, y, sample_weight=weight if weighted else None, **form)
    theta, h = at(fun, seed), 1e-5
    slopes = [(fun(theta + h * e)[0] - fun(theta - h * e)[0]) / (2 * h) for e in np.eye(theta.size)]
    assert fun(theta)[1] == pytest.approx(slopes, rel=1e-7, abs=1e-7)


@settings(max_examples=25, deadline=None)
@given(seeds, forms, st.sampled_from(["dense", "csr"]), st.booleans())
def test_the_hessian_product_is_the_derivative_of_the_gradient(small, seed, form, kind, weighted):
    X, y, weight = small(seed, n=6, p=2, kind=kind)
    fun = SoftmaxObjective(X, y, sample_weight=weight if weighted else None, **form)
    theta, v, h = at(fun, seed), at(fun, seed + 1), 1e-5
    slope = (fun(theta + h * v)[1] - fun(theta - h * v)[1]) / (2 * h)
    assert fun.hessp(theta, v) == pytest.approx(slope, rel=1e-6, abs=1e-7)


def test_the_hessian_is_symmetric_and_nowhere_negative(small):
    X, y, weight = small(3, n=8)
    fun = SoftmaxObjective(X, y, sample_weight=weight, reference=None)
    H = np.array([fun.hessp(at(fun), e) for e in np.eye(fun.x0.size)])
    assert pytest.approx(H.T, abs=1e-14) == H
    eigenvalues = np.linalg.eigvalsh(H)
    assert eigenvalues[0] > -1e-14
    # The symmetric form without a penalty is flat along the same weights added to each class: four directions here.
    assert np.sum(eigenvalues < 1e-14) == fun.n_features + 1


# ---- the same thing said in other ways


@settings(max_examples=60, deadline=None)
@given(
    seed=seeds,
    form=forms,
    K=st.integers(2, 4),
    n=st.integers(4, 11),
    p=st.integers(1, 5),
    kind=st.sampled_from(["dense", "csr"]),
    dtype=st.sampled_from([np.float64, np.float32, np.uint8]),
    weighted=st.booleans(),
)
def test_the_kernel_equals_the_definition_and_the_judge(small, written_out, seed, form, K, n, p, kind, dtype, weighted):
    X, y, weight = small(seed, n, p, K, kind, np.float32 if dtype == np.uint8 else dtype)
    if dtype == np.uint8:
        X = abs(8 * X).astype(dtype)
    weight = weight if weighted else None
    fun = SoftmaxObjective(X, y, sample_weight=weight, **form)
    assert fun.X.dtype == (np.float64 if kind == "csr" and dtype == np.uint8 else dtype)
    theta = at(fun, seed)
    f, g = fun(theta)
    # Rows of float32 or less are multiplied in float32.
    rel = 1e-12 if fun.X.dtype == np.float64 else 2e-5
    agree((f, g), written_out(fun, theta, y, weight), rel)
    judged = fun.certificate(theta)
    assert judged.f == pytest.approx(f, rel=rel, abs=rel)
    size = max(1.0, float(np.abs(X).max())) if rel > 1e-12 else 1.0
    assert judged.grad_inf == pytest.approx(np.abs(g).max() / fun.gradient_scale, rel=rel, abs=rel * size)


def test_two_classes_are_logistic_regression(small):
    X, y, weight = small(5, K=2)
    theta = np.array([0.5, -1.0, 2.0, 0.3])
    sign = np.where(y == 0, 1.0, -1.0)  # class 1 is fixed, so theta are the weights of class 0
    margin = sign * (X @ theta[:3] + theta[3])
    f = weight @ np.log1p(np.exp(-margin)) / weight.sum()
    residual = -weight * sign / (1 + np.exp(margin)) / weight.sum()
    agree(SoftmaxObjective(X, y, sample_weight=weight)(theta), (f, np.r_[residual @ X, residual.sum()]))


@settings(max_examples=20, deadline=None)
@given(seeds, st.sampled_from([0, 1, 2, 3]))
def test_without_a_penalty_all_codings_are_one_model(small, seed, reference):
    X, y, _ = small(seed, n=9, K=4)
    symmetric = SoftmaxObjective(X, y, reference=None)
    W = at(symmetric, seed).reshape(symmetric.shape)
    coded = SoftmaxObjective(X, y, reference=reference)
    theta = np.delete(W - W[reference], reference, axis=0).ravel()
    assert coded(theta)[0] == pytest.approx(symmetric(W.ravel())[0], rel=1e-13)
    difference = coded.scores(theta, X) - symmetric.scores(W.ravel(), X)
    assert np.ptp(difference, axis=1) == pytest.approx(np.zeros(9), abs=1e-13)


def test_without_a_penalty_all_codings_have_the_same_optimum():
    # Not separable: each x occurs with each label.
    X, y = np.repeat([[-1.0], [0.0], [1.0], [3.0]], 3, axis=0), np.tile([0, 1, 2], 4)
    weight = np.random.default_rng(0).uniform(0.5, 2.0, 12)
    found = []
    for reference in (0, 1, 2, None):
        fun = SoftmaxObjective(X, y, reference=reference, sample_weight=weight)
        scores = fun.scores(wb.minimize(fun, fun.x0, gtol=1e-11).x, X)
        P = np.exp(scores)
        found.append(P / P.sum(axis=1, keepdims=True))
    for P in found[1:]:
        assert pytest.approx(found[0], abs=1e-9) == P
    # At the optimum the model gives each class what the data give it.
    assert weight @ found[0] == pytest.approx(np.bincount(y, weights=weight), rel=1e-9)


def test_the_penalised_symmetric_optimum_sums_to_zero_over_the_classes(small):
    X, y, _ = small(8, n=12, K=4)
    fun = SoftmaxObjective(X, y, l2=0.05, reference=None)
    W, _ = fun.weights(wb.minimize(fun, at(fun), gtol=1e-12).x)
    assert np.abs(W).max() > 0.1
    assert pytest.approx(np.zeros(3), abs=1e-10) == W.sum(axis=0)


def test_the_matlab_exercise_is_the_sum_without_penalty(small):
    X, y, _ = small(9, n=12, K=4)
    fun = SoftmaxObjective(X, y, reduction="sum")
    theta = at(fun)
    agree(fun(theta), matlab.softmax_regression_vec(theta, np.vstack([X.T, np.ones(12)]), y + 1))
    # The exercise puts its row of ones on top, so each class begins with its intercept.
    ones_first = np.vstack([np.ones(12), X.T])
    f, g = matlab.softmax_regression_vec(np.roll(theta.reshape(3, 4), 1, axis=1).ravel(), ones_first, y + 1)
    agree(fun(theta), (f, np.roll(g.reshape(3, 4), -1, axis=1).ravel()))


def test_the_optimum_of_intercepts_alone_are_log_frequencies():
    y = np.repeat([0, 1, 2], [6, 3, 1])
    fun = SoftmaxObjective(np.ones((10, 1)), y, fit_intercept=False)
    assert wb.minimize(fun, fun.x0, gtol=1e-12).x == pytest.approx([math.log(6), LN3], rel=1e-10)
    free = SoftmaxObjective(np.zeros((10, 1)), y, l2=1.0, reference=None)
    logs = np.log([6.0, 3.0, 1.0])
    _, b = free.weights(wb.minimize(free, free.x0, gtol=1e-12).x)
    assert b == pytest.approx(logs - logs.mean(), rel=1e-10)


# ---- rows and weights


@settings(max_examples=20, deadline=None)
@given(seeds, forms, st.sampled_from(["dense", "csr"]))
def test_a_weight_is_how_often_a_row_stands_there(small, seed, form, kind):
    X, y, _ = small(seed, n=8, kind=kind)
    times = np.r_[1, 1, 1, np.random.default_rng(seed).integers(0, 4, 5)]
    repeated = np.repeat(np.arange(8), times)
    weighted = SoftmaxObjective(X, y, sample_weight=times, **form)
    agree(weighted(at(weighted)), SoftmaxObjective(X[repeated], y[repeated], **form)(at(weighted)))


@settings(max_examples=20, deadline=None)
@given(seeds, forms, st.sampled_from(["dense", "csr"]), st.permutations(range(10)))
def test_the_order_of_the_rows_does_not_matter(small, seed, form, kind, order):
    X, y, weight = small(seed, kind=kind)
    fun = SoftmaxObjective(X, y, sample_weight=weight, **form)
    shuffled = SoftmaxObjective(X[order], y[order], sample_weight=weight[order], **form)
    agree(shuffled(at(fun)), fun(at(fun)))


@settings(max_examples=20, deadline=None)
@given(seeds, forms, st.sampled_from(["dense", "csr"]), st.booleans(), st.permutations(range(12)))
def test_the_mean_over_equal_parts_is_the_whole(small, seed, form, kind, weighted, order):
    X, y, weight = small(seed, n=12, kind=kind)
    fun = SoftmaxObjective(X, y, sample_weight=weight if weighted else None, **form)
    theta = at(fun)
    parts = [fun.subset(theta, order[first : first + 3]) for first in range(0, 12, 3)]
    agree((np.mean([f for f, _ in parts]), np.mean([g for _, g in parts], axis=0)), fun(theta))
    agree(fun.subset(theta, np.arange(12)), fun(theta))


@pytest.mark.parametrize("kind", ["dense", "csr"])
def test_a_subset_is_its_rows_alone_however_often_they_stand_in_it(small, written_out, kind):
    X, y, _ = small(4, kind=kind)
    fun = SoftmaxObjective(X, y, l2=0.2)
    rows = [7, 2, 2, 0, 1]
    alone = SoftmaxObjective(X[rows], y[rows], l2=0.2)
    assert set(y[rows]) == {0, 1, 2}  # else the two would not have the same classes
    agree(fun.subset(at(fun), rows), written_out(alone, at(fun), y[rows]))


def test_collinear_features_share_the_penalty(small):
    X, y, _ = small(2)
    once = SoftmaxObjective(X, y, l2=0.1)
    twice = SoftmaxObjective(np.hstack([X, X]) / 2, y, l2=0.05)
    W = at(once).reshape(2, 4)
    assert twice(np.hstack([W[:, :3], W[:, :3], W[:, 3:]]).ravel())[0] == pytest.approx(once(W.ravel())[0], rel=1e-13)


def test_more_classes_than_features_and_the_other_way_round(small, written_out):
    for p, K in ((1, 6), (9, 2)):
        X, y, _ = small(0, n=7, p=p, K=K)
        fun = SoftmaxObjective(X, y)
        assert fun.x0.shape == ((p + 1) * (K - 1),)
        agree(fun(at(fun)), written_out(fun, at(fun), y))


def test_the_formula_says_what_is_minimised(small):
    X, y, _ = small(0)
    assert SoftmaxObjective(X, y, l2=1e-4).formula == (
        "mean of log sum_k exp(x.W_k) - x.W_y  +  0.0001 / 2 |theta without intercepts|^2   (class 2 fixed to 0)"
    )
    form = {"reference": None, "reduction": "sum", "penalize_intercept": True}
    assert SoftmaxObjective(X, y, **form).formula == (
        "sum of log sum_k exp(x.W_k) - x.W_y  +  0 / 2 |theta|^2   (symmetric)"
    )


def test_all_zero_rows_and_columns_are_rows_and_columns_like_others(written_out):
    X = np.array([[0.0, 0.0, 0.0], [1.0, 0.0, 2.0], [0.0, 0.0, 0.0], [3.0, 0.0, 1.0]])
    y = np.array([0, 1, 2, 0])
    for table in (X, sparse.csr_array(X), sparse.csr_array(np.zeros((4, 3)))):
        fun = SoftmaxObjective(table, y, l2=0.1)
        agree(fun(at(fun)), written_out(fun, at(fun), y))
