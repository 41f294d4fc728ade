"""Small random problems, and the definition of the objective written out row by row in Python floats."""

import math

import numpy as np
import pytest
from scipy import sparse


def _small(seed, n=10, p=3, K=3, kind="dense", dtype=np.float64):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, p)).astype(dtype)
    y = np.r_[np.arange(K), rng.integers(0, K, n - K)]
    weight = rng.uniform(0.1, 3.0, n)
    if kind == "csr":
        X[rng.random((n, p)) < 0.4] = 0.0
        X = sparse.csr_array(X)
    return X, y, weight


@pytest.fixture(scope="session")
def small():
    """Make X, labels 0 … K-1 and weights; sparse ones have empty rows and columns now and then."""
    return _small


def _written_out(fun, theta, y, weight=None):
    X = (fun.X.toarray() if sparse.issparse(fun.X) else fun.X).astype(np.float64)
    n, width = len(y), fun.shape[1]
    labels = [label for k, label in enumerate(fun.classes) if k != fun.reference]
    weight = np.ones(n) if weight is None else weight
    W = np.asarray(theta).reshape(len(labels), width)
    G, losses = np.zeros(W.shape), []
    for i in range(n):
        x = [*X[i], 1.0] if fun.fit_intercept else list(X[i])
        scores = [math.fsum(a * b for a, b in zip(x, row, strict=True)) for row in W]
        every = scores if fun.reference is None else [*scores, 0.0]
        total = math.fsum(math.exp(score) for score in every)
        own = scores[labels.index(y[i])] if y[i] in labels else 0.0
        losses.append(weight[i] * (math.log(total) - own))
        for k, label in enumerate(labels):
            G[k] += weight[i] * (math.exp(scores[k]) / total - (y[i] == label)) * np.array(x)
    scale = 1.0 / sum(weight) if fun.reduction == "mean" else 1.0
    penalised = np.ones(W.shape)
    if fun.fit_intercept and not fun.penalize_intercept:
        penalised[:, -1] = 0.0
    f = scale * math.fsum(losses) + 0.5 * fun.l2 * float((penalised * W * W).sum())
    return f, (scale * G + fun.l2 * penalised * W).ravel()


@pytest.fixture(scope="session")
def written_out():
    """f and g of a softmax objective by its definition: no shift, no blocks, one row after the other."""
    return _written_out
