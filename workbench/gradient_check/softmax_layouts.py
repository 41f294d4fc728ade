"""Softmax regression in every layout of theta, for comparison with an objective whose layout is not known.

Written for clearness, in NumPy, and on few samples: the objective that is optimised is `workbench.objectives`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workbench.gradient_check.contract import FloatArray

# Far below every mistake that is looked for, and far above rounding in float32.
CLOSE = 1e-5


class Layout(NamedTuple):
    """How theta holds the weights W.

    Attributes
    ----------
    n_classes, columns : int
        Of the data, and weights of one class.
    free : tuple of int
        Classes that have weights; the scores of the others are zero.
    intercept : int or None
        Its column, if there is one.
    added : bool
        Whether the intercept comes on top of the features, not as one of them.
    by_feature : bool
        Whether theta runs feature after feature; class after class otherwise.
    """

    n_classes: int
    columns: int
    free: tuple[int, ...]
    intercept: int | None
    added: bool
    by_feature: bool

    def weights(self, theta: FloatArray) -> FloatArray:
        """Weights of the classes that have some, shape (free, columns)."""
        if self.by_feature:
            return theta.reshape(self.columns, len(self.free)).T
        return theta.reshape(len(self.free), self.columns)

    def mean_loss(self, theta: FloatArray, X: Any, codes: np.ndarray) -> float:
        """Mean negative log-likelihood of softmax regression."""
        W = self.weights(theta)
        scores = np.zeros((X.shape[0], self.n_classes))
        if self.added and self.intercept is not None:
            scores[:, self.free] = X @ np.delete(W, self.intercept, axis=1).T + W[:, self.intercept]
        else:
            scores[:, self.free] = X @ W.T
        scores -= scores.max(axis=1, keepdims=True)
        losses = np.log(np.exp(scores).sum(axis=1)) - scores[np.arange(len(codes)), codes]
        return float(losses.mean())

    def words(self, classes: np.ndarray) -> str:
        """The layout in words."""
        order = "feature after feature" if self.by_feature else "class after class"
        fixed = sorted(set(range(self.n_classes)) - set(self.free))
        zero = f", class {classes[fixed[0]]} fixed at zero" if fixed else ", no class fixed"
        place = ""
        if self.added:
            place = ", an intercept first" if self.intercept == 0 else ", an intercept last"
        return f"theta {order}{zero}{place}"


def layouts(size: int, X: Any, K: int) -> Iterator[Layout]:
    """Yield the layouts of `size` entries for the samples X and K classes, the workbench's own first."""
    d = X.shape[1]
    constant = _constant_column(X)
    every = tuple(range(K))
    for free in (every[:-1], every, every[1:]):
        for columns, intercept in ((d + 1, d), (d + 1, 0), (d, constant)):
            if size == columns * len(free):
                for by_feature in (False, True)[: 1 if len(free) == 1 else 2]:
                    yield Layout(K, columns, free, intercept, columns > d, by_feature)


def _constant_column(X: Any) -> int | None:
    """Return the only column of X that has one value, not zero, in every row: an intercept that is a feature."""
    first = np.asarray(X[[0]] if isinstance(X, np.ndarray) else X[[0]].toarray()).ravel()
    for j in (0, X.shape[1] - 1):
        column = X[:, [j]]
        column = np.asarray(column if isinstance(column, np.ndarray) else column.toarray())
        if first[j] != 0 and np.all(column == first[j]):
            return j
    return None


def agreement(
    f: FloatArray, points: FloatArray, layout: Layout, X: Any, codes: np.ndarray
) -> tuple[float, float, bool] | None:
    """Return what makes ``f = factor * mean loss + l2 / 2 |W|^2`` at all points, or None where nothing does.

    Parameters
    ----------
    f : ndarray, shape (n_points,)
        Values at the points.
    points : ndarray, shape (n_points, n)
        Values of theta, of different lengths: at one length a penalty could not be told from a constant.
    layout : Layout
        How theta is taken.
    X, codes : array and ndarray of int
        The samples, and the number of the class of each.

    Returns
    -------
    (factor, l2, free)
        `free` says that the penalty leaves the intercepts out. A penalty lost in the rounding of f is 0.
    """
    loss = np.array([layout.mean_loss(point, X, codes) for point in points])
    squares = np.array([np.sum(layout.weights(point) ** 2, axis=0) for point in points])
    penalties = [(squares.sum(axis=1) / 2, False)]
    if layout.intercept is not None:
        penalties.append((np.delete(squares, layout.intercept, axis=1).sum(axis=1) / 2, True))
    for penalty, free in penalties:
        terms = np.column_stack((loss, penalty))
        (factor, l2), *_ = np.linalg.lstsq(terms, f, rcond=None)
        # Written so that NaN is no agreement.
        if np.all(np.abs(terms @ (factor, l2) - f) <= CLOSE * np.abs(f).max()):
            negligible = abs(l2) * penalty.max() <= CLOSE * np.abs(f).max()
            return float(factor), 0.0 if negligible else float(l2), free
    return None
