"""Weights of penalties: each form, with its weight, is a constant times our f."""

import math

import numpy as np
import pytest

from workbench.objectives.softmax import SoftmaxObjective
from workbench.peers import penalty

RNG = np.random.default_rng(3)
X, Y = RNG.standard_normal((6, 2)), np.array([0, 1, 2, 0, 1, 2])
WEIGHT = np.array([1.0, 2.0, 0.5, 3.0, 1.0, 0.25])


def losses(objective, theta):
    """The weighted losses, written out."""
    W, b = objective.weights(theta)
    Z = objective.X @ W.T + b
    own = Z[np.arange(Z.shape[0]), np.searchsorted(objective.classes, Y[: Z.shape[0]])]
    weight = objective.sample_weight if objective.sample_weight.size else np.ones(Z.shape[0])
    return weight * (np.log(np.exp(Z).sum(axis=1)) - own)


@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize("weight", [None, WEIGHT])
def test_every_form_with_its_weight_is_our_f_times_a_constant(reduction, weight):
    fun = SoftmaxObjective(X, Y, l2=0.3, reference=None, reduction=reduction, sample_weight=weight)
    n = 6.0 if weight is None else WEIGHT.sum()
    assert penalty.total(fun) == n
    theta = RNG.standard_normal(fun.x0.size)
    squares = (fun.weights(theta)[0] ** 2).sum()
    total = losses(fun, theta).sum()
    f, mean = fun(theta)[0], penalty.of_mean(fun)
    scale = 1.0 if reduction == "mean" else n
    assert f == pytest.approx(scale * (total / n + mean / 2 * squares))
    C = penalty.inverse_of_sum(mean, fun)
    assert f == pytest.approx(scale / (C * n) * (C * total + squares / 2))
    alpha = penalty.per_row(mean, fun)
    assert f == pytest.approx(scale * 6 / n * (total / 6 + alpha / 2 * squares))


def test_numbers_by_hand():
    fun = SoftmaxObjective(X, Y, l2=0.5, reference=None)
    assert (penalty.of_mean(fun), penalty.inverse_of_sum(0.5, fun), penalty.per_row(0.5, fun)) == (0.5, 1 / 3, 0.5)
    summed = SoftmaxObjective(X, Y, l2=3.0, reference=None, reduction="sum")
    assert (penalty.of_mean(summed), penalty.inverse_of_sum(0.5, summed)) == (0.5, 1 / 3)


def test_without_a_penalty_the_inverse_is_infinite():
    fun = SoftmaxObjective(X, Y)
    assert penalty.inverse_of_sum(penalty.of_difference(fun), fun) == math.inf


def test_two_classes_by_their_difference_have_half_of_the_symmetric_weight():
    two = Y % 2
    assert penalty.of_difference(SoftmaxObjective(X, two, l2=0.4, reference=None)) == 0.2
    assert penalty.of_difference(SoftmaxObjective(X, two, l2=0.4)) == 0.4
    assert penalty.of_difference(SoftmaxObjective(X, Y, l2=0.4, reference=None)) == 0.4
    # At a point of the symmetric form that no common shift improves, |W0|^2 + |W1|^2 is half of |W1 - W0|^2.
    w = np.array([3.0, -1.0])
    assert ((w / 2) ** 2).sum() * 2 == 0.5 * (w**2).sum()
