"""The judge of softmax fits: f, gradient, optimality gap and accuracy in plain NumPy, float64, row blocks.

It shares no line with the kernels that solvers run, so that an error in those cannot hide itself.
"""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from scipy import sparse

from workbench.certificate import Certificate

BLOCK_NUMBERS = 2**19
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


def _log_probabilities(Z: np.ndarray) -> np.ndarray:
    """Return the logarithms, which keep what probabilities lose where they underflow or are almost 1."""
    top = Z.argmax(axis=1)[:, None]
    Z = Z - np.take_along_axis(Z, top, axis=1)
    others = np.exp(Z)
    np.put_along_axis(others, top, 0.0, axis=1)
    return Z - np.log1p(others.sum(axis=1, keepdims=True))


@np.errstate(over="ignore", invalid="ignore", divide="ignore")
def certificate(objective: Any, theta: np.ndarray) -> Certificate:
    """Return f, the gradient's norm and the bound on the gap at `theta` for a ``SoftmaxObjective``.

    With ``l2 > 0`` the bound is a duality gap. For any probabilities Q (a distribution over the classes for each row)

    ::

        f - f* <= |A(Q) + l2 W|^2 / (2 l2) + sum_i share_i KL(Q_i | P_i),      A(Q) = sum_i share_i (Q_i - Y_i) x_i'

    where Y are the labels and P the probabilities at theta. With Q = P that is the bound of strong convexity,
    ``|g|^2 / (2 l2)``. An intercept without a penalty demands that Q gives each class, summed over the rows, what the
    labels give it; so intercepts are minimised over first, which needs no pass over X, and Q is made from P there.
    """
    W, b = objective.weights(theta)
    labels = _classes_of(objective)
    weight = objective.sample_weight if objective.sample_weight.size else np.ones(objective.n_rows)
    scale = 1.0 / weight.sum() if objective.reduction == "mean" else 1.0
    share = weight * scale
    Z = _scores(objective.X, W)
    l2, free = objective.l2, objective.free
    l2_intercept = l2 if objective.penalize_intercept else 0.0

    L = _log_probabilities(Z + b)
    f = _value(share, L, labels, l2, W, l2_intercept, b)
    G, Gb = _gradient(objective.X, share, np.exp(L), labels, l2, W, l2_intercept, b)
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
        return _proven(f, grad_inf, squares / (2.0 * l2))
    wanted = np.bincount(labels, weights=share, minlength=b.size)
    best = _balancing_intercepts(Z, wanted, share, b)
    L = _log_probabilities(Z + best)
    above_best = max(0.0, f - _value(share, L, labels, l2, W, 0.0, best))
    Q, divergence = _balanced(L, wanted, share)
    G, _ = _gradient(objective.X, share, Q, labels, l2, W, 0.0, b)
    return _proven(f, grad_inf, above_best + divergence + float((G[free] ** 2).sum()) / (2.0 * l2))


def _proven(f: float, grad_inf: float, gap: float) -> Certificate:
    if not math.isfinite(gap):
        return Certificate(f, grad_inf, math.inf, "none")
    return Certificate(f, grad_inf, gap, "strong convexity")


def _classes_of(objective: Any) -> np.ndarray:
    """Return each row's position in `classes`, from the kernels' class numbers."""
    order = [*objective.free] if objective.reference is None else [*objective.free, objective.reference]
    return np.asarray(order)[objective.codes]


def _value(
    share: np.ndarray,
    L: np.ndarray,
    labels: np.ndarray,
    l2: float,
    W: np.ndarray,
    l2_intercept: float,
    b: np.ndarray,
) -> float:
    losses = -np.take_along_axis(L, labels[:, None], axis=1).ravel()
    losses[share == 0.0] = 0.0  # a class of such rows alone may have an intercept of minus infinity
    penalty = 0.5 * l2 * (W**2).sum()
    if l2_intercept > 0.0:
        penalty += 0.5 * l2_intercept * (b**2).sum()
    return float(share @ losses + penalty)


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
    Gb = R.sum(axis=0)
    return G + l2 * W, Gb + l2_intercept * b if l2_intercept > 0.0 else Gb


def _balancing_intercepts(Z: np.ndarray, wanted: np.ndarray, share: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return the intercepts that minimise f for the scores Z: those whose probabilities add up to `wanted`.

    Newton's method in as many dimensions as there are classes; where it does not halve the imbalance, a step of
    iterative proportional scaling, which converges from anywhere (Sinkhorn; Deming & Stephan 1940).
    """
    present = wanted > 0.0

    def balance(b: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        P = np.exp(_log_probabilities(Z + b))
        found = share @ P
        # In logarithms, so that a step that loses a class altogether does not look like an improvement.
        return P, found, np.where(present, np.log(np.maximum(found, 1e-300) / wanted), 0.0)

    # Minus infinity is where the intercept of a class without weight is best.
    b = np.where(present, b, -np.inf)
    P, found, excess = balance(b)
    for _ in range(100):
        imbalance = np.abs(excess).max()
        if imbalance <= 1e-14 or not math.isfinite(imbalance):
            break
        H = np.diag(found) - P.T @ (share[:, None] * P)
        newton = b - np.linalg.lstsq(H, found - wanted, rcond=None)[0]
        tried = balance(newton)
        if np.abs(tried[2]).max() <= 0.5 * imbalance:
            b, (P, found, excess) = newton, tried
        elif imbalance <= 1e-9:
            break
        else:
            b = b - excess
            P, found, excess = balance(b)
    return b


def _balanced(L: np.ndarray, wanted: np.ndarray, share: np.ndarray) -> tuple[np.ndarray, float]:
    """Return probabilities that add up to `wanted`, and their divergence from those whose logarithms are L.

    All rows are mixed with one distribution, with as little of it as makes up for what a class has too much.
    """
    P = np.exp(L)
    found = share @ P
    kept = min(1.0, float((wanted[found > 0.0] / found[found > 0.0]).min()))
    Q = kept * P + np.maximum(0.0, wanted - kept * found) / share.sum()
    terms = np.where(Q > 0.0, Q * (np.log(Q) - L), 0.0) - Q + P
    return Q, max(0.0, float(share @ terms.sum(axis=1)))


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
