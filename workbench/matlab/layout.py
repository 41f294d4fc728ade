"""The layout of MATLAB's arrays: theta flat and column-major, samples in columns, labels from 1."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]


def pack(W: ArrayLike) -> FloatArray:
    """``W(:)``: the n × (K-1) matrix as a flat vector, column by column."""
    W = real(W, "W")
    if W.ndim != 2:
        raise ValueError(f"W has shape {W.shape}, expected the two dimensions n × (K-1)")
    return W.flatten(order="F")


def unpack(theta: ArrayLike, n: int, K: int) -> FloatArray:
    """``reshape(theta, n, K-1)``: the n × (K-1) matrix of the flat vector, as a view where possible.

    Raises
    ------
    ValueError
        When theta has another length than n (K-1).
    """
    theta = real(theta, "theta")
    if theta.size != n * (K - 1):
        hint = ": the fixed class has no entries" if theta.size == n * K else ""
        raise ValueError(f"theta: expected {n * (K - 1)} = {n} × {K - 1}, got {_product(theta.size, n)}{hint}")
    if theta.ndim > 1 and theta.size != max(theta.shape) and theta.shape != (n, K - 1):
        raise ValueError(f"theta has shape {theta.shape}, expected ({n}, {K - 1}): one column per free class")
    return theta.reshape((n, K - 1), order="F")


def columns(X: ArrayLike, y: ArrayLike, first: int = 1) -> tuple[FloatArray, IntArray]:
    """X as an n × m float matrix and y as m whole numbers from `first` on, or the error that says what to change."""
    X, y = real(X, "X"), np.asarray(y)
    if X.ndim != 2 or not X.size:
        raise ValueError(f"X has shape {X.shape}, expected n × m with one sample per column")
    if y.ndim > 1 and y.size != max(y.shape):
        raise ValueError(f"y has shape {y.shape}, expected one label per column of X")
    if y.dtype.kind not in "iuf":
        raise TypeError(f"y has dtype {y.dtype}, expected whole numbers from {first} on")
    y = y.ravel()
    if y.size != X.shape[1]:
        hint = (
            "samples lie in columns here: transpose X" if y.size == X.shape[0] else "one label per column is expected"
        )
        raise ValueError(f"X is {X.shape[0]} × {X.shape[1]} and y has {y.size} labels: {hint}")
    labels = np.where(np.isfinite(y), y, first - 1).astype(np.int64)
    if not np.array_equal(labels, y):
        raise ValueError(f"y holds {y[labels != y][0]}, expected whole numbers from {first} on")
    if labels.min() < first:
        if labels.min() == 0:
            raise ValueError("labels run from 0; MATLAB's run from 1: pass y + 1")
        raise ValueError(f"labels run from {labels.min()}, expected from {first} on")
    return X, labels


def real(values: ArrayLike, name: str) -> FloatArray:
    """`values` as float64 without a copy where possible; TypeError for complex numbers, text and objects."""
    array = np.asarray(values)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{name} has dtype {array.dtype}, expected real numbers")
    return array.astype(np.float64, copy=False)


def _product(size: int, n: int) -> str:
    return f"{size} = {n} × {size // n}" if size % n == 0 else f"{size}"
