"""The accuracy of a linear classifier: the fraction of samples that it labels right."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from workbench.matlab.layout import columns, real, unpack

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def multi_classifier_accuracy(theta: ArrayLike, X: ArrayLike, y: ArrayLike, num_classes: int | None = None) -> float:
    """Fraction of samples whose label is the arg max over the columns of ``theta' * X``; the lowest label wins a tie.

    Parameters
    ----------
    theta : array_like, shape (n, K), (n, K-1) or (n (K-1),)
        All K columns as in the exercise, or the first K-1, to which the zero column is appended; flat means K-1.
    X, y
        As for `softmax_regression_vec`.
    num_classes : int, optional
        K; needed only for an (n, K-1) theta and a `y` in which the last class does not occur.
    """
    X, y = columns(X, y)
    n = X.shape[0]
    W = real(theta, "theta")
    flat = W.ndim == 1
    if flat:
        W = unpack(W, n, W.size // n + 1)
    if W.ndim != 2 or W.shape[0] != n:
        raise ValueError(f"theta has shape {W.shape}, expected {n} rows: one per row of X")
    K = num_classes or max(int(y.max()), W.shape[1] + flat)
    if W.shape[1] == K - 1:
        W = np.column_stack([W, np.zeros(n)])
    if W.shape[1] != K:
        raise ValueError(f"theta has {W.shape[1]} columns, expected {K} or {K - 1}: the labels are 1 … {K}")
    return float(np.mean(np.argmax(W.T @ X, axis=0) + 1 == y))


def binary_classifier_accuracy(theta: ArrayLike, X: ArrayLike, y: ArrayLike) -> float:
    """Fraction of samples whose label, 0 or 1, is ``sigmoid(theta' * X) > 0.5``; theta has n entries."""
    X, y = columns(X, y, first=0)
    theta = real(theta, "theta").ravel()
    if theta.size != X.shape[0]:
        raise ValueError(f"theta has {theta.size} entries, expected {X.shape[0]}: one per row of X")
    if y.max() > 1:
        raise ValueError(f"labels run up to {y.max()}, expected 0 and 1: multi_classifier_accuracy takes 1 … K")
    # sigmoid(z) > 0.5 without the exponential, which overflows.
    return float(np.mean((theta @ X > 0) == (y == 1)))
