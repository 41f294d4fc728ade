"""The samples of an objective: rows, labels and weights, checked once and copied only where they must be."""

from typing import Any, NamedTuple

import numpy as np
from scipy import sparse


class Labels(NamedTuple):
    """Labels as class numbers: ``classes[codes]`` are the labels."""

    classes: np.ndarray
    codes: np.ndarray


def as_rows(X: Any, name: str = "X") -> Any:
    """Return `X` as a C-ordered array of float64, float32 or uint8, or CSR of floats, itself where it already is one.

    Raises
    ------
    TypeError, ValueError
        When it is not a table of finite real numbers; the message names row and column.
    """
    if sparse.issparse(X):
        if X.ndim != 2:
            raise ValueError(f"{name} has {X.ndim} dimensions: expected two, samples in rows")
        X = _floats(X, name).tocsr()
        # Compiled code goes where the indices say, past the end of the arrays too.
        used = X.indices[: X.nnz]
        if (np.diff(X.indptr) < 0).any() or (used.size and not 0 <= used.min() <= used.max() < X.shape[1]):
            raise ValueError(f"{name} is no valid CSR: its indices leave its {X.shape[0]} × {X.shape[1]} entries")
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
        X = np.ascontiguousarray(X if X.dtype == np.uint8 else _floats(X, name))
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
    TypeError, ValueError
        For another length than `n_samples`, labels that are missing, fractions, of kinds that do not sort, or one class
        only.
    """
    y = np.asarray(y)
    if y.ndim != 1:
        raise ValueError(f"y has shape {y.shape}: expected one dimension, a label for each row of X")
    if y.size != n_samples:
        raise ValueError(f"X has {n_samples} rows and y has {y.size} labels: expected a label for each row")
    missing = _missing(y)
    if missing.any():
        index = int(missing.argmax())
        raise ValueError(f"y[{index}] is {y[index]}: expected a label for each row")
    if y.dtype.kind == "f" and (fractions := y != np.rint(y)).any():
        index = int(fractions.argmax())
        raise ValueError(f"y[{index}] is {y[index]}: expected class labels, not quantities; numbers must be whole")
    try:
        classes, codes = np.unique(y, return_inverse=True)
    except TypeError as error:
        raise TypeError(
            f"y has labels of kinds that do not sort ({error}): expected one kind, text or numbers"
        ) from None
    if classes.size < 2:
        raise ValueError(f"y has one class only, {classes.tolist()[0]!r}: expected two or more")
    return Labels(classes, codes.astype(np.int64))


def as_weights(weight: Any, n_samples: int) -> np.ndarray:
    """Return sample weights as a vector of float64, empty where there are none.

    Raises
    ------
    TypeError, ValueError
        For another length than `n_samples`, weights that are no real numbers, negative, not finite, or all zero.
    """
    if weight is None:
        return np.empty(0)
    weight = np.asarray(weight)
    if weight.shape != (n_samples,):
        raise ValueError(f"sample_weight has shape {weight.shape}: expected {(n_samples,)}, a weight for each row of X")
    weight = as_float64(weight, "sample_weight")
    if not (np.isfinite(weight).all() and (weight >= 0.0).all()):
        index = int(np.flatnonzero(~(np.isfinite(weight) & (weight >= 0.0)))[0])
        raise ValueError(f"sample_weight[{index}] is {weight[index]}: expected finite numbers of at least 0")
    if not weight.any():
        raise ValueError("sample_weight is 0 for every row: expected at least one above 0")
    return weight


def as_indices(rows: Any, n_rows: int) -> np.ndarray:
    """Return `rows` as indices from 0 to ``n_rows - 1``, at least one, in any order, repeated or not.

    Raises
    ------
    TypeError, ValueError
        For anything else; a mask is refused, because its booleans would pass for rows 0 and 1.
    """
    rows = np.asarray(rows)
    expected = f"expected a vector of indices from 0 to {n_rows - 1}, with at least one"
    if rows.ndim != 1 or rows.size == 0:
        raise ValueError(f"rows has shape {rows.shape}: {expected}")
    if rows.dtype.kind not in "iu":
        hint = "; numpy.flatnonzero turns a mask into them" if rows.dtype.kind == "b" else ""
        raise TypeError(f"rows has dtype {rows.dtype}: {expected}{hint}")
    if rows.min() < 0 or rows.max() >= n_rows:
        raise ValueError(f"rows has {rows[(rows < 0) | (rows >= n_rows)][0]}: {expected}")
    return np.ascontiguousarray(rows, dtype=np.int64)


def as_float64(values: Any, name: str) -> np.ndarray:
    """Return `values` as a C-ordered array of float64, itself where it already is one.

    Raises
    ------
    TypeError
        When they are not real numbers; an imaginary part is not dropped.
    """
    array = np.asarray(values)
    _require_real(array, name)
    return np.ascontiguousarray(array, dtype=np.float64)


def _missing(y: np.ndarray) -> np.ndarray:
    """Return where `y` has no label; None and pandas' marks can hide in an array of objects."""
    if y.dtype.kind == "f":
        return ~np.isfinite(y)
    if y.dtype.kind != "O":
        return np.zeros(y.shape, bool)
    import pandas as pd

    return np.asarray(pd.isna(y))


def _floats(X: Any, name: str) -> Any:
    _require_real(X, name)
    return X if X.dtype in (np.float32, np.float64) else X.astype(np.float64)


def _require_real(array: Any, name: str) -> None:
    if array.dtype.kind not in "fiub":
        hint = "; convert it, as with .astype(float)" if array.dtype.kind == "O" else ""
        raise TypeError(f"{name} has dtype {array.dtype}: expected real numbers{hint}")


def _refuse(value: float, name: str, row: int, column: int) -> None:
    raise ValueError(f"{name} has {value} at row {row}, column {column}: expected finite numbers; drop or fill them")
