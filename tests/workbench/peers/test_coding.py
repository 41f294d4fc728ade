"""Class order, reference and intercept: coefficients become theta, and the scores stay what they were."""

import numpy as np
import pytest

from workbench.objectives.softmax import SoftmaxObjective
from workbench.peers import coding

RNG = np.random.default_rng(4)
X, Y = RNG.standard_normal((7, 3)), np.array(["dog", "ant", "cat", "ant", "dog", "cat", "ant"])
W, B = RNG.standard_normal((3, 3)), RNG.standard_normal(3)


def probabilities(Z):
    P = np.exp(Z)
    return P / P.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("reference", [None, "ant", "cat", "dog"])
@pytest.mark.parametrize("intercept", [True, False])
def test_theta_has_the_probabilities_of_the_coefficients(reference, intercept):
    fun = SoftmaxObjective(X, Y, reference=reference, fit_intercept=intercept)
    b = B if intercept else np.zeros(3)
    theta = coding.theta(fun, W, b)
    assert theta.shape == fun.x0.shape
    np.testing.assert_allclose(probabilities(fun.scores(theta, X)), probabilities(X @ W.T + b), rtol=1e-13)


def test_in_the_symmetric_form_the_coefficients_are_kept_as_they_are():
    fun = SoftmaxObjective(X, Y, reference=None)
    weights, intercepts = fun.weights(coding.theta(fun, W, B))
    np.testing.assert_array_equal(weights, W)
    np.testing.assert_array_equal(intercepts, B)


@pytest.mark.parametrize("reference", [None, "ant", "cat", "dog"])
def test_labels_are_positions_in_the_order_of_the_classes(reference):
    fun = SoftmaxObjective(X, Y, reference=reference)
    assert fun.classes[coding.labels(fun)].tolist() == Y.tolist()


@pytest.mark.parametrize("reference", [None, "ant", "cat"])
def test_two_classes_are_the_seconds_score_less_the_firsts(reference):
    two = np.where(Y == "dog", "ant", Y)
    fun = SoftmaxObjective(X, two, reference=reference)
    theta = coding.theta(fun, *coding.of_two([[1.0, -2.0, 0.5]], [0.25]))
    Z = fun.scores(theta, X)
    np.testing.assert_allclose(Z[:, 1] - Z[:, 0], X @ [1.0, -2.0, 0.5] + 0.25)
    if reference is None:
        np.testing.assert_allclose(Z[:, 0], -Z[:, 1])


def test_images_of_bytes_are_given_in_float32_and_floats_as_they_are():
    pixels = (X > 0).astype(np.uint8)
    assert coding.rows(SoftmaxObjective(pixels, Y)).dtype == np.float32
    fun = SoftmaxObjective(X, Y)
    assert coding.rows(fun) is fun.X
