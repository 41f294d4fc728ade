"""The samples of an objective: rows, labels and weights, checked once and copied only where they must be."""

from typing import Any, NamedTuple

import numpy as np
from scipy import sparse


class Labels(NamedTuple):
    """Labels as class numbers: ``classes[codes]`` are the labels."""

    classes: np.ndarray
    codes: np.ndarray


def as_rows(X: Any, name: str = "X") -> Any:
    """Return `X` as a C-ordered array or CSR of float64 or float32, itself where it already is one.

    Raises
    ------
    TypeError, ValueError
        When it is not a table of finite real numbers; the message names row and column.
    """
    if sparse.issparse(X):
        if X.ndim != 2:
            raise ValueError(f"{name} has {X.ndim} dimensions: expected two, samples in rows")
        X = _floats(X, name).tocsr()
        if not X.has_canonical_format:
            X = X.copy()
            X.sum_duplicates()
        bad = np.flatnonzero(~np.isfinite(X.data))
        if bad.size:
            row = int(np.searchsorted(X.indptr, bad[0], side="right")) - 1
            _refuse(X.data[bad[0]], name, row, int(X.indices[bad[0]]))
    else:
        X = np.asarray(X)
        if X.ndim != 2:
            raise ValueError(f"{name} has shape {X.shape}: expected two dimensions, samples in rows")
        X = np.ascontiguousarray(_floats(X, name))
        # One pass that allocates nothing: a sum is finite unless a term is not (or it overflows, so look again).
        with np.errstate(over="ignore", invalid="ignore"):
            suspicious = not np.isfinite(X.sum())
        if suspicious and not (finite := np.isfinite(X)).all():
            row, column = (int(index[0]) for index in np.nonzero(~finite))
            _refuse(X[row, column], name, row, column)
    if 0 in X.shape:
        raise ValueError(f"{name} has shape {X.shape}: expected at least one row and one column")
    return X


def as_labels(y: Any, n_samples: int) -> Labels:
    """Return `y` as class numbers of at least two classes.

    Raises
    ------
    ValueError
        For another length than `n_samples`, labels that are missing, or one class only.
    """
    y = np.asarray(y)
    if y.ndim != 1:
        raise ValueError(f"y has shape {y.shape}: expected one dimension, a label for each row of X")
    if y.size != n_samples:
        raise ValueError(f"X has {n_samples} rows and y has {y.size} labels: expected a label for each row")
    if y.dtype.kind == "f" and np.isnan(y).any():
        raise ValueError(f"y[{int(np.flatnonzero(np.isnan(y))[0])}] is nan: expected a label for each row")
    classes, codes = np.unique(y, return_inverse=True)
    if classes.size < 2:
        raise ValueError(f"y has one class only, {classes[0].item()!r}: expected two or more")
    return Labels(classes, codes.astype(np.int64))


def as_weights(weight: Any, n_samples: int) -> np.ndarray:
    """Return sample weights as a vector of float64, empty where there are none.

    Raises
    ------
    ValueError
        For another length than `n_samples`, weights that are negative or not finite, or all zero.
    """
    if weight is None:
        return np.empty(0)
    weight = np.ascontiguousarray(weight, dtype=np.float64)
    if weight.shape != (n_samples,):
        raise ValueError(f"sample_weight has shape {weight.shape}: expected {(n_samples,)}, a weight for each row of X")
    if not (np.isfinite(weight).all() and (weight >= 0.0).all()):
        index = int(np.flatnonzero(~(np.isfinite(weight) & (weight >= 0.0)))[0])
        raise ValueError(f"sample_weight[{index}] is {weight[index]}: expected finite numbers of at least 0")
    if not weight.any():
        raise ValueError("sample_weight is 0 for every row: expected at least one above 0")
    return weight


def _floats(X: Any, name: str) -> Any:
    if X.dtype.kind not in "fiub":
        raise TypeError(f"{name} has dtype {X.dtype}: expected real numbers")
    return X if X.dtype in (np.float32, np.float64) else X.astype(np.float64)


def _refuse(value: float, name: str, row: int, column: int) -> None:
    raise ValueError(f"{name} has {value} at row {row}, column {column}: expected finite numbers; drop or fill them")
