"""minFuncSGD: every step worked out by hand, its printed lines, and a softmax that it fits."""

import types

import numpy as np
import pytest

from workbench import matlab


def follow(theta, data, labels):
    """A cost whose gradient is theta plus the mean of the samples of the batch."""
    mean = data.mean(axis=-1)
    return float(0.5 * theta @ theta + mean @ theta), theta + mean


class Planted(np.random.Generator):
    """A generator that gives the planted orders, one after the other."""

    def __init__(self, *orders):
        super().__init__(np.random.PCG64(0))
        self.orders = list(orders)

    def permutation(self, m):
        order = self.orders.pop(0)
        assert len(order) == m
        return np.array(order)


def test_every_step_is_the_one_worked_out_by_hand(capsys):
    data = np.array([[1.0, 2.0, 4.0]])
    theta = matlab.minFuncSGD(
        follow,
        [1.0],
        data,
        [1, 2, 3],
        {"epochs": 2, "minibatch": 1, "alpha": 0.5, "momentum": 0.25},
        seed=Planted([2, 0, 1], [1, 0, 2]),
    )
    x, v, expected = 1.0, 0.0, []
    for alpha, samples in ((0.5, (4.0, 1.0, 2.0)), (0.25, (2.0, 1.0, 4.0))):
        for sample in samples:
            expected.append(0.5 * x * x + sample * x)
            v = 0.5 * v + alpha * (x + sample)
            x -= v
    assert theta.tolist() == [x]
    assert capsys.readouterr().out.splitlines() == [
        f"Epoch {1 + i // 3}: Cost on iteration {i + 1} is {cost:f}" for i, cost in enumerate(expected)
    ]


@pytest.mark.parametrize(("given", "late"), [({}, 0.9), ({"momentum": 0.2}, 0.2)])
def test_the_momentum_is_a_half_until_the_twentieth_iteration(given, late):
    theta = matlab.minFuncSGD(
        lambda theta, data, labels: (0.0, np.ones(1)),
        [0.0],
        np.zeros((1, 21)),
        np.ones(21),
        {"epochs": 1, "minibatch": 1, "alpha": 1.0, **given},
        display=False,
    )
    x, v = 0.0, 0.0
    for iteration in range(1, 22):
        v = (0.5 if iteration < 20 else late) * v + 1.0
        x -= v
    assert theta[0] == x


def test_samples_that_fill_no_minibatch_are_left_out_and_labels_stay_with_their_samples():
    seen = []

    def fun(theta, data, labels):
        assert data.shape == (2, 3, labels.size)
        assert np.array_equal(data[0, 0], labels)
        seen.append(labels.tolist())
        return 0.0, np.zeros(1)

    labels = np.arange(7)
    data = np.broadcast_to(labels, (2, 3, 7))
    options = types.SimpleNamespace(epochs=2, minibatch=3, alpha=1.0)
    matlab.minFuncSGD(fun, [0.0], data, labels, options, display=False)
    assert [len(batch) for batch in seen] == [3, 3, 3, 3]
    for epoch in (seen[:2], seen[2:]):
        assert len({label for batch in epoch for label in batch}) == 6


def test_it_reduces_the_cost_of_a_softmax():
    rng = np.random.default_rng(3)
    n, m, K = 5, 300, 3
    X = np.vstack([np.ones(m), rng.normal(size=(n - 1, m))])
    y = np.argmax(rng.normal(size=(K, n)) @ X, axis=0) + 1

    def mean_cost(theta, data, labels):
        f, g = matlab.softmax_regression_vec(theta, data, labels, K)
        return f / labels.size, g / labels.size

    start = np.zeros(n * (K - 1))
    options = {"epochs": 6, "minibatch": 30, "alpha": 0.5}
    theta = matlab.minFuncSGD(mean_cost, start, X, y, options, display=False)
    assert not start.any()
    assert mean_cost(start, X, y)[0] == pytest.approx(np.log(3.0))
    assert mean_cost(theta, X, y)[0] < 0.3
    assert matlab.multi_classifier_accuracy(theta, X, y, K) > 0.9
    again = matlab.minFuncSGD(mean_cost, start, X, y, options, display=False)
    assert np.array_equal(again, theta)
    assert not np.array_equal(matlab.minFuncSGD(mean_cost, start, X, y, options, seed=1, display=False), theta)


def test_no_epochs_leave_theta_as_it_was():
    options = {"epochs": 0, "minibatch": 1, "alpha": 1.0}
    assert matlab.minFuncSGD(follow, np.array([[1, 3], [2, 4]]), np.ones((4, 1)), [1], options).tolist() == [1, 2, 3, 4]


GOOD = {"epochs": 1, "minibatch": 2, "alpha": 0.1}


@pytest.mark.parametrize(
    ("options", "error", "sentence"),
    [
        ({"epochs": 1}, ValueError, "options lack minibatch, alpha: epochs, minibatch and alpha have no default"),
        (None, ValueError, "options lack epochs, minibatch, alpha"),
        (GOOD | {"alfa": 1}, TypeError, "no option 'alfa'; did you mean 'alpha'?"),
        (GOOD | {"alpha": 0}, ValueError, "alpha=0: expected a number"),
        (GOOD | {"alpha": np.nan}, TypeError, "alpha=nan: expected a number"),
        (GOOD | {"minibatch": 1.5}, TypeError, "minibatch=1.5: expected a whole number"),
        (GOOD | {"minibatch": 4}, ValueError, "minibatch is 4: expected at most 3, the samples there are"),
        (GOOD | {"momentum": 1.0}, ValueError, "momentum=1.0: expected a number"),
        (5, TypeError, "minFuncSGD: options is 5: expected a dict"),
    ],
)
def test_options_that_are_missing_or_wrong_are_named(options, error, sentence):
    with pytest.raises(error, match=sentence):
        matlab.minFuncSGD(follow, [1.0], np.ones((1, 3)), [1, 2, 3], options)


def test_data_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match=r"data has shape \(3, 1\) and there are 3 labels"):
        matlab.minFuncSGD(follow, [1.0], np.ones((3, 1)), [1, 2, 3], GOOD)
    with pytest.raises(ValueError, match="a gradient of 1 entries: expected 2"):
        matlab.minFuncSGD(lambda *_: (0.0, np.ones(1)), [1.0, 2.0], np.ones((1, 3)), [1, 2, 3], GOOD)
