"""Softmax regression with the last class fixed at zero: the objective that the exercise leaves as a stub."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from workbench.matlab.layout import columns, real, unpack

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from workbench.matlab.layout import FloatArray, IntArray


def softmax_regression_vec(
    theta: ArrayLike, X: ArrayLike, y: ArrayLike, num_classes: int | None = None
) -> tuple[float, FloatArray]:
    """Objective of softmax regression: ``f = -sum_i log p(y_i | x_i)``, without penalty and not averaged.

    Parameters
    ----------
    theta : array_like, shape (n (K-1),) or (n, K-1)
        Weights of the first K-1 classes; those of class K are zero.
    X : array_like, shape (n, m)
        One sample per column; an intercept is a row of ones in X.
    y : array_like, m entries
        Labels 1 … K.
    num_classes : int, optional
        K. By default what theta's length says; a theta with one column per label up to ``max(y)`` is refused as one
        that kept the fixed class, unless K says that the last class merely does not occur in `y`.

    Returns
    -------
    f : float
        Each sample's scores are shifted by their largest, so that f is finite for finite scores.
    g : ndarray, shape (n (K-1),)
        ``g(:)``, flat and column-major for either shape of theta, as MATLAB's.

    Raises
    ------
    TypeError, ValueError
        Labels that do not run from 1 to K, samples in rows, a theta of the wrong length, NaN or inf in X.
    """
    X, y = columns(X, y)
    n, m = X.shape
    theta = real(theta, "theta")
    W = unpack(theta, n, _classes(theta, n, y, num_classes))
    rows, samples = y - 1, np.arange(m)
    # A line search may try a theta whose scores overflow: f is then nan, which it knows how to handle.
    with np.errstate(over="ignore", invalid="ignore"):
        scores = np.vstack([W.T @ X, np.zeros(m)])
        top = scores.argmax(axis=0)
        scores -= scores[top, samples]
        likelihood = np.exp(scores)
        # The largest term is exactly 1; log1p of the others keeps the digits of a sample that is almost certain.
        likelihood[top, samples] = 0.0
        others = likelihood.sum(axis=0)
        likelihood[top, samples] = 1.0
        f = float(np.sum(np.log1p(others) - scores[rows, samples]))
        residual = likelihood / (1.0 + others)
        residual[rows, samples] -= 1.0
        g = (residual[:-1] @ X.T).ravel()
    if not np.isfinite(f):
        _refuse_nonfinite(X)
    return f, g


def _classes(theta: FloatArray, n: int, y: IntArray, num_classes: int | None) -> int:
    """K: as given, or as theta's length says."""
    largest = int(y.max())
    if num_classes is None:
        if theta.size == n * largest:
            raise ValueError(
                f"theta: expected {n * (largest - 1)} = {n} × {largest - 1}, got {theta.size} = {n} × {largest}: "
                f"the fixed class has no entries (if class {largest + 1} is fixed and does not occur in y, "
                f"pass num_classes={largest + 1})"
            )
        # A theta too short for the labels, or of a length that no matrix has, is left for unpack to refuse.
        num_classes = max(theta.size // n + 1, largest) if theta.size % n == 0 else largest
    if largest > num_classes:
        raise ValueError(f"y holds the label {largest}, expected 1 … {num_classes}")
    return num_classes


def _refuse_nonfinite(X: FloatArray) -> None:
    bad = np.argwhere(~np.isfinite(X))
    if bad.size:
        row, column = bad[0]
        raise ValueError(f"X is not finite: {X[row, column]} in row {row + 1} (feature), column {column + 1} (sample)")
