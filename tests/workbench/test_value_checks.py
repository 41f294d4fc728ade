"""The checks of f itself: right objectives pass in every convention, each planted mistake is told by its own check."""

import numpy as np
import pytest
from scipy import sparse

from workbench.gradient_check.value_checks import check_values

RNG = np.random.default_rng(11)
N, D, K = 90, 5, 4
X = RNG.normal(size=(N, D))
Y = np.r_[0:K, RNG.integers(0, K, N - K)]
SIZE = (D + 1) * (K - 1)
NAMES = ["value at zero", "additive over samples", "order of samples", "large scores", "softmax regression"]


def losses(theta, X, y, *, fixed=True, intercept="last", by_feature=False, shift=0):
    columns = X.shape[1] + (intercept is not None)
    rows = K - 1 if fixed else K
    W = theta.reshape(columns, rows).T if by_feature else theta.reshape(rows, columns)
    b = {"last": W[:, -1], "first": W[:, 0], None: np.zeros(rows)}[intercept]
    weights = {"last": W[:, :-1], "first": W[:, 1:], None: W}[intercept]
    z = np.zeros((X.shape[0], K))
    z[:, :rows] = X @ weights.T + b
    largest = z.max(axis=1, keepdims=True)
    return (largest + np.log(np.exp(z - largest).sum(axis=1, keepdims=True))).ravel() - z[
        np.arange(len(y)), (y + shift) % K
    ]


def mean(theta, X, y):
    return losses(theta, X, y).mean()


def total(theta, X, y):
    return losses(theta, X, y).sum()


def checked(fun, size=SIZE, X=X, y=Y):
    return {finding.name: finding for finding in check_values(fun, size, X, y)}


def failing(found):
    return [name for name, finding in found.items() if not finding.ok]


RIGHT = {
    "mean": (mean, SIZE, "f is the mean over the 90 samples looked at (theta class after class, class 3 fixed at zero"),
    "sum": (total, SIZE, "f is the sum over the 90 samples looked at, 90 times their mean"),
    "f and g": (lambda t, X, y: (mean(t, X, y), np.zeros(SIZE)), SIZE, "f is the mean"),
    "penalty": (lambda t, X, y: mean(t, X, y) + 0.05 * t @ t, SIZE, "plus 0.05·|theta|² (theta"),
    "sum and penalty": (lambda t, X, y: total(t, X, y) + 1.5 * t @ t, SIZE, "plus 1.5·|theta|² (theta"),
    "penalty over n": (lambda t, X, y: mean(t, X, y) + t @ t / len(y), SIZE, "plus 0.01111·|theta|²"),
    "free intercepts": (
        lambda t, X, y: mean(t, X, y) + 0.5 * np.sum(t.reshape(K - 1, D + 1)[:, :-1] ** 2),
        SIZE,
        "plus 0.5·|theta|² without the intercepts",
    ),
    "all classes": (
        lambda t, X, y: losses(t, X, y, fixed=False).mean(),
        (D + 1) * K,
        "class after class, no class fixed, an intercept last",
    ),
    "feature after feature": (
        lambda t, X, y: losses(t, X, y, by_feature=True).mean(),
        SIZE,
        "theta feature after feature",
    ),
    "intercept first": (lambda t, X, y: losses(t, X, y, intercept="first").mean(), SIZE, "an intercept first"),
    "no intercept": (lambda t, X, y: losses(t, X, y, intercept=None).mean(), D * (K - 1), "class 3 fixed at zero)"),
    "float32": (lambda t, X, y: losses(t.astype(np.float32), X.astype(np.float32), y).mean(), SIZE, "f is the mean"),
}


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_objective_passes_and_its_convention_is_named(name):
    fun, size, words = RIGHT[name]
    found = checked(fun, size)
    assert list(found) == NAMES
    assert failing(found) == []
    assert words in found["softmax regression"].sentence


def in_base_two(t, X, y):
    return mean(t, X, y) / np.log(2)


def sigmoids(t, X, y):
    z = np.column_stack([X @ t.reshape(K - 1, D + 1)[:, :-1].T, np.zeros(len(y))])
    hot = np.eye(K)[y]
    return float(np.mean(np.sum(np.logaddexp(0, z) - hot * z, axis=1)))


def overflowing(t, X, y):
    z = np.column_stack([X @ t.reshape(K - 1, D + 1)[:, :-1].T + t.reshape(K - 1, D + 1)[:, -1], np.zeros(len(y))])
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    return -np.log(p[np.arange(len(y)), y]).mean()


def weighted_by_place(t, X, y):
    return float(np.linspace(0.5, 1.5, len(y)) @ losses(t, X, y) / len(y))


def squared_sum(t, X, y):
    return float(losses(t, X, y).sum() ** 2)


WRONG = {
    "minus the mean": (lambda t, X, y: -mean(t, X, y), "value at zero", "is a minus sign missing?"),
    "half of the mean": (lambda t, X, y: mean(t, X, y) / 2, "value at zero", "which is half of log 4"),
    "twice the sum": (lambda t, X, y: 2 * total(t, X, y), "softmax regression", "f is 180 times the mean"),
    "base 2": (lambda t, X, y: in_base_two(t, X, y), "value at zero", "which is log2 4: the logarithm to base 2"),
    "sigmoids": (sigmoids, "softmax regression", "in no layout of theta"),
    "averaged twice": (lambda t, X, y: mean(t, X, y) / len(y), "softmax regression", "divided by the number of"),
    "a class too many": (
        lambda t, X, y: mean(t, X, y) - np.log(4 / 5),
        "value at zero",
        "which is log 5: one class more",
    ),
    "off by one": (
        lambda t, X, y: losses(t, X, y, shift=1).mean(),
        "softmax regression",
        "labels off by one: samples of class 0 count as 1",
    ),
    "wrong sign of the penalty": (
        lambda t, X, y: mean(t, X, y) - 0.01 * t @ t,
        "softmax regression",
        "a penalty of the wrong sign, -0.01·|theta|²",
    ),
    "overflow": (overflowing, "large scores", "subtract the largest score"),
    "labels not paired": (
        lambda t, X, y: losses(t, X, np.sort(y)).mean(),
        "order of samples",
        "are labels and samples paired?",
    ),
    "weights by place": (weighted_by_place, "order of samples", "with the same samples in another order"),
    "a square of the sum": (squared_sum, "additive over samples", "does not add up"),
    "the last sample left out": (
        lambda t, X, y: total(t, X[:-1], y[:-1]),
        "additive over samples",
        "is a sample left out",
    ),
    "NaN": (lambda t, X, y: np.nan, "value at zero", "f(0) = nan"),
}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", WRONG)
def test_a_mistake_is_told_by_its_check(name):
    fun, check, words = WRONG[name]
    found = checked(fun)
    assert not found[check].ok
    assert words in found[check].sentence


def test_the_value_at_zero_is_that_of_all_samples():
    many, labels = np.tile(X, (20, 1)), np.tile(Y, 20)
    found = checked(total, X=many, y=labels)
    assert failing(found) == []
    assert found["value at zero"].sentence == (
        f"f(0) = {1800 * np.log(4):.8g} = n·log K (1800·log 4): the sum over the samples"
    )
    assert "the sum over the 400 samples looked at" in found["softmax regression"].sentence


def test_a_number_of_samples_fixed_in_f_is_told():
    many, labels = np.tile(X, (20, 1)), np.tile(Y, 20)
    found = checked(lambda t, X, y: total(t, X, y) / 1800, X=many, y=labels)
    assert failing(found) == ["softmax regression"]
    assert "is the number of all samples fixed in it?" in found["softmax regression"].sentence


def test_labels_may_be_words():
    words = np.array(["ant", "bee", "cat", "dog"])
    found = checked(lambda t, X, y: mean(t, X, np.searchsorted(words, y)), y=words[Y])
    assert failing(found) == []
    assert "class dog fixed at zero" in found["softmax regression"].sentence


def test_samples_may_be_sparse():
    assert failing(checked(mean, X=sparse.csr_array(X))) == []


def test_a_column_of_ones_is_an_intercept():
    ones = np.column_stack([np.ones(N), X])
    fun = lambda t, X, y: losses(t, X, y, intercept=None).mean() + np.sum(t.reshape(K - 1, D + 1)[:, 1:] ** 2)  # noqa: E731
    found = checked(fun, X=ones)
    assert failing(found) == []
    assert "plus 1·|theta|² without the intercepts" in found["softmax regression"].sentence


def test_two_classes_are_logistic_regression():
    y = Y % 2

    def logistic(w, X, y):
        return float(np.mean(np.logaddexp(0, -(2 * y - 1) * (X @ w))))

    found = checked(logistic, D, y=y)
    assert failing(found) == []
    assert "class 0 fixed at zero" in found["softmax regression"].sentence


def test_a_theta_of_no_known_length_is_told():
    found = checked(lambda t, X, y: np.log(K) + t @ t, 7)
    assert found["softmax regression"].sentence.startswith("theta has 7 entries: no softmax regression of 5 features")


def test_what_fun_raises_is_a_finding():
    def fussy(theta, X, y):
        if len(y) > N:
            raise IndexError("out of range")
        return mean(theta, X, y)

    found = checked(fussy)
    assert failing(found) == ["additive over samples"]
    assert found["additive over samples"].sentence == "fun raised IndexError: out of range"


@pytest.mark.parametrize(
    ("X", "y", "message"),
    [(X, Y[:-1], "one label for each row"), (X, np.ones(N), "y has one class only"), (X[0], Y[:5], "one label for")],
)
def test_data_that_are_none_are_refused(X, y, message):
    with pytest.raises(ValueError, match=message):
        check_values(mean, SIZE, X, y)
