"""A small problem, and the contestants that run on it."""

import inline as here
import numpy as np
import pytest

from workbench.comparison.problem import problem
from workbench.data import load_dataset

L2 = 1e-2


@pytest.fixture(scope="session")
def iris():
    """Softmax regression on iris with a penalty of 1e-2."""
    return problem("softmax", load_dataset("iris"), l2=L2, dtype="float64")


@pytest.fixture(scope="session")
def f_by_hand(iris):
    """The objective written out a third time: f at the weights and intercepts of all classes."""
    data = iris.data

    def f(weights, intercepts):
        Z = data.X @ weights.T + intercepts
        own = Z[np.arange(data.n_samples), np.searchsorted(data.classes, data.y)]
        top = Z.max(axis=1)
        losses = top + np.log(np.exp(Z - top[:, None]).sum(axis=1)) - own
        return losses.mean() + 0.5 * L2 * (weights**2).sum()

    return f


@pytest.fixture
def inline():
    """Run the cells of a study in this process, at once; returns what runs one."""
    with here.inline():
        yield here.in_this_process
