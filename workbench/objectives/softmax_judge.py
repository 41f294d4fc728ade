"""The judge of softmax fits: f, gradient, optimality gap and accuracy in plain NumPy, float64, row blocks.

It shares no line with the kernels that solvers run, so that an error in those cannot hide itself.
"""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from scipy import sparse

from workbench.certificate import Certificate

BLOCK_NUMBERS = 2**22
"""Numbers of X that are converted to float64 at a time."""


def _blocks(X: Any) -> Iterator[tuple[slice, Any]]:
    rows = max(1, BLOCK_NUMBERS // X.shape[1])
    for first in range(0, X.shape[0], rows):
        block = slice(first, first + rows)
        yield block, X[block].astype(np.float64, copy=False)


def _scores(X: Any, W: np.ndarray) -> np.ndarray:
    Z = np.empty((X.shape[0], W.shape[0]))
    for block, rows in _blocks(X):
        Z[block] = rows @ W.T
    return Z


def _losses_and_probabilities(Z: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    top = Z.max(axis=1, keepdims=True)
    P = np.exp(Z - top)
    total = P.sum(axis=1, keepdims=True)
    own = np.take_along_axis(Z, labels[:, None], axis=1)
    return (top + np.log(total) - own).ravel(), P / total


def certificate(objective: Any, theta: np.ndarray) -> Certificate:
    """Return f, the gradient's norm and the bound on the gap at `theta` for a ``SoftmaxObjective``.

    With ``l2 > 0`` f is l2-strongly convex in the penalised weights, so ``f - f* <= |g|^2 / (2 l2)``. Intercepts
    without a penalty are minimised over first, which needs no pass over X: f minimised over them is still l2-strongly
    convex in the weights.
    """
    W, b = objective.weights(theta)
    labels = _classes_of(objective)
    weight = objective.sample_weight if objective.sample_weight.size else np.ones(objective.n_rows)
    scale = 1.0 / weight.sum() if objective.reduction == "mean" else 1.0
    share = weight * scale
    Z = _scores(objective.X, W)
    l2, free = objective.l2, objective.free
    l2_intercept = l2 if objective.penalize_intercept else 0.0

    losses, P = _losses_and_probabilities(Z + b, labels)
    f = _value(share, losses, l2, W, l2_intercept, b)
    G, Gb = _gradient(objective.X, share, P, labels, l2, W, l2_intercept, b)
    largest = np.abs(G[free]).max()
    if objective.fit_intercept:
        largest = max(largest, np.abs(Gb[free]).max())
    grad_inf = float(largest) / objective.gradient_scale
    if l2 == 0.0 or not math.isfinite(f):
        return Certificate(f, grad_inf, math.inf, "none")
    squares = float((G[free] ** 2).sum())
    if not objective.fit_intercept or objective.penalize_intercept:
        if objective.fit_intercept:
            squares += float((Gb[free] ** 2).sum())
        return Certificate(f, grad_inf, squares / (2.0 * l2), "strong convexity")
    best, slack = _best_intercepts(Z, labels, share, b, free)
    losses, P = _losses_and_probabilities(Z + best, labels)
    f_best = _value(share, losses, l2, W, 0.0, best)
    G, _ = _gradient(objective.X, share, P, labels, l2, W, 0.0, best)
    gap = max(0.0, f - f_best) + slack + float((G[free] ** 2).sum()) / (2.0 * l2)
    return Certificate(f, grad_inf, gap, "strong convexity")


def _classes_of(objective: Any) -> np.ndarray:
    """Return each row's position in `classes`, from the kernels' class numbers."""
    order = [*objective.free] if objective.reference is None else [*objective.free, objective.reference]
    return np.asarray(order)[objective.codes]


def _value(
    share: np.ndarray, losses: np.ndarray, l2: float, W: np.ndarray, l2_intercept: float, b: np.ndarray
) -> float:
    return float(share @ losses + 0.5 * l2 * (W**2).sum() + 0.5 * l2_intercept * (b**2).sum())


def _gradient(
    X: Any,
    share: np.ndarray,
    P: np.ndarray,
    labels: np.ndarray,
    l2: float,
    W: np.ndarray,
    l2_intercept: float,
    b: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    R = P.copy()
    R[np.arange(labels.size), labels] -= 1.0
    R *= share[:, None]
    G = np.zeros_like(W)
    for block, rows in _blocks(X):
        G += (rows.T @ R[block]).T if sparse.issparse(rows) else R[block].T @ rows
    return G + l2 * W, R.sum(axis=0) + l2_intercept * b


def _best_intercepts(
    Z: np.ndarray, labels: np.ndarray, share: np.ndarray, b: np.ndarray, free: np.ndarray
) -> tuple[np.ndarray, float]:
    """Return the intercepts that minimise f for the scores Z, and a bound on what is left above that minimum.

    Newton's method in as many dimensions as there are free classes, halving a step that does not descend.
    """
    b = b.copy()
    decrement = math.inf
    for _ in range(50):
        losses, P = _losses_and_probabilities(Z + b, labels)
        value = share @ losses
        g = (share @ P - np.bincount(labels, weights=share, minlength=P.shape[1]))[free]
        H = (np.diag(share @ P) - P.T @ (share[:, None] * P))[np.ix_(free, free)]
        step = np.linalg.lstsq(H, g, rcond=None)[0]
        decrement = float(g @ step)
        if decrement <= 1e-15 * max(abs(value), 1e-30) or not math.isfinite(decrement):
            break
        t = 1.0
        trial = b.copy()
        while t > 1e-6:
            trial[free] = b[free] - t * step
            if share @ _losses_and_probabilities(Z + trial, labels)[0] < value:
                break
            t *= 0.5
        else:
            break
        b = trial
    # Inside the region of quadratic convergence the value is at most the squared Newton decrement above its minimum
    # (Boyd & Vandenberghe 2004, section 9.6.3).
    return b, max(0.0, decrement)


def accuracy(objective: Any, theta: np.ndarray, X: Any, y: np.ndarray) -> float:
    """Return the share of rows whose largest score is that of their label, unweighted."""
    return float(np.mean(_predicted(objective, theta, X) == np.asarray(y)))


def confusion(objective: Any, theta: np.ndarray, X: Any, y: np.ndarray) -> np.ndarray:
    """Return counts of true label (rows) against predicted label (columns), in the order of `classes`."""
    n = objective.n_classes
    table = np.zeros((n, n), np.int64)
    known = np.isin(y, objective.classes)
    true = np.searchsorted(objective.classes, np.asarray(y)[known])
    predicted = np.searchsorted(objective.classes, _predicted(objective, theta, X)[known])
    np.add.at(table, (true, predicted), 1)
    return table


def _predicted(objective: Any, theta: np.ndarray, X: Any) -> np.ndarray:
    W, b = objective.weights(theta)
    return objective.classes[(_scores(X, W) + b).argmax(axis=1)]
