"""The border: samples as they were found become arrays that every later part may rely on, or one clear error."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.data.errors import DataError

if TYPE_CHECKING:
    from workbench.data.samples import Samples

MAX_FEATURES = 100_000_000  # a forged index in a sparse file would else claim memory for every weight up to it
_FEW_CLASSES = 20


def checked(samples: Samples) -> Samples:
    """The same samples with X in float64 (C order or canonical CSR), y of plain labels, lengths and values checked.

    Raises
    ------
    DataError
        X is not a table of finite numbers, y is not one label per row, or there is one class only.
    """
    names = samples.feature_names
    X = _features(samples.X, "X", names)
    y = _labels(samples.y, "y", X.shape[0], "X")
    if names is not None and len(names) != X.shape[1]:
        raise DataError(f"{len(names):,} feature names for {X.shape[1]:,} columns of X: give one name per column")
    classes = np.unique(y)
    if len(classes) == 1:
        raise DataError(f"y has one class only, {classes[0].item()!r}: a classifier needs two or more")
    if len(classes) > max(_FEW_CLASSES, len(y) // 2):
        raise DataError(
            f"y has {len(classes):,} different labels in {len(y):,} rows: it looks like an identifier or a quantity; "
            "choose another target, or put its values into a few classes"
        )
    if samples.X_test is None:
        return replace(samples, X=X, y=y)
    X_test = _features(samples.X_test, "X_test", names)
    y_test = _labels(samples.y_test, "y_test", X_test.shape[0], "X_test")
    if X_test.shape[1] != X.shape[1]:
        raise DataError(
            f"X_test has {X_test.shape[1]:,} columns, X has {X.shape[1]:,}: they must have the same features"
        )
    if (y_test.dtype.kind == "U") != (y.dtype.kind == "U"):
        raise DataError(f"y_test has labels of dtype {y_test.dtype}, y of {y.dtype}: no label could ever agree")
    return replace(samples, X=X, y=y, X_test=X_test, y_test=y_test)


def _features(X: Any, name: str, column_names: tuple[str, ...] | None) -> Any:
    if X.ndim != 2:
        raise DataError(
            f"{name} has shape {X.shape}, expected two dimensions: one row per sample, one column per feature"
        )
    if 0 in X.shape:
        raise DataError(f"{name} is empty: it has {X.shape[0]:,} rows and {X.shape[1]:,} columns")
    if X.shape[1] > MAX_FEATURES:
        raise DataError(
            f"{name} has {X.shape[1]:,} columns, more than the {MAX_FEATURES:,} that workbench.data.border allows"
        )
    if X.dtype.kind not in "biuf":
        raise DataError(f"{name} is not numeric: its dtype is {X.dtype}, expected integers or real numbers")
    exact = X.dtype.kind != "f"
    if isinstance(X, np.ndarray):
        X = np.ascontiguousarray(X, dtype=np.float64)
        values = X
    else:
        X = _canonical(X)
        values = X.data
    if not exact and not (finite := np.isfinite(values)).all():
        first = int(np.argmin(finite))
        row, column = divmod(first, X.shape[1]) if values is X else _position(X, first)
        label = f" ('{column_names[column]}')" if column_names is not None and column < len(column_names) else ""
        raise DataError(
            f"{name} has {values.flat[first]} at row {row}, column {column}{label}: "
            f"{np.sum(~finite):,} such values in all, rows and columns counted from 0; drop these rows or fill them in"
        )
    return X


def _canonical(X: Any) -> Any:
    from scipy.sparse import csr_array

    X = csr_array(X, dtype=np.float64)
    X.sum_duplicates()
    return X


def _position(X: Any, stored: int) -> tuple[int, int]:
    """Row and column of the ``stored``-th stored value of a CSR matrix."""
    return int(np.searchsorted(X.indptr, stored, side="right")) - 1, int(X.indices[stored])


def _labels(y: np.ndarray[Any, Any], name: str, n_rows: int, features: str) -> np.ndarray[Any, Any]:
    if y.ndim == 2 and y.shape[1] == 1:
        y = y.ravel()
    if y.ndim != 1:
        raise DataError(
            f"{name} has shape {y.shape}, expected one label per row; several labels per row are not supported"
        )
    if len(y) != n_rows:
        raise DataError(f"{features} has {n_rows:,} rows and {name} has {len(y):,} labels: each row needs one label")
    if y.dtype.kind == "S":
        try:
            y = np.char.decode(y, "utf-8")
        except UnicodeDecodeError as error:
            raise DataError(f"{name} holds bytes that are not UTF-8 text: {error.reason}") from None
    if y.dtype.kind not in "biufU":
        raise DataError(f"{name} has dtype {y.dtype}, expected integers, text or booleans as labels")
    missing = ~np.isfinite(y) if y.dtype.kind == "f" else y == "" if y.dtype.kind == "U" else np.zeros(0, bool)
    if missing.any():
        row = int(missing.argmax())
        raise DataError(
            f"{name} has no label at row {row}, counted from 0: found {y[row].item()!r}; drop the row or fill it in"
        )
    if y.dtype.kind == "f" and (fraction := y != np.round(y)).any():
        row = int(fraction.argmax())
        raise DataError(
            f"{name} is a quantity, not a label: {y[row].item()} at row {row}, "
            f"{len(np.unique(y)):,} different values in all; choose another target, or put its values into classes"
        )
    # Small unsigned integers, as IDX files hold them, would wrap around in a user's y - 1.
    return y.astype(np.int64) if y.dtype.kind in "iu" and y.dtype != np.uint64 else y
