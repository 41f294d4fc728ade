"""Columns of a table: one of them holds the labels, the others are features."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.data.errors import DataError, did_you_mean, listed

if TYPE_CHECKING:
    import pandas as pd

MAX_LABEL = 256  # characters; NumPy gives every label the room of the longest


def target_index(columns: list[str], target: str | None, table: str) -> int:
    """The position of the label column.

    Raises
    ------
    DataError
        No target is given or no column has that name, two columns share a name, or one has none.
    """
    if target is None:
        raise DataError(f"{table}: say which column holds the labels with target=; its columns are {listed(columns)}")
    if "" in columns:
        raise DataError(
            f"{table}: column {columns.index('')} (counted from 0) has no name; "
            "name it, or drop it if it is a row number"
        )
    twice = sorted({name for name in columns if columns.count(name) > 1}) if len(set(columns)) < len(columns) else []
    if twice:
        raise DataError(f"{table}: two columns are named {listed(twice)}; give each its own name")
    if target not in columns:
        looks_like_data = sum(map(_is_number, columns)) > len(columns) / 2
        hint = "; the first line should name them, here it looks like data" if looks_like_data else ""
        raise DataError(
            f"{table} has no column '{target}'{did_you_mean(target, columns)} its columns are {listed(columns)}{hint}"
        )
    if len(columns) == 1:
        raise DataError(f"{table} has no column beside '{target}': there are no features")
    return columns.index(target)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def feature_block(frame: pd.DataFrame, table: str, first_row: int = 0) -> np.ndarray[Any, Any]:
    """The columns of a frame as float64, with NaN where a value is missing.

    Raises
    ------
    DataError
        Columns are not numeric; they are named, the first of them with its first such value.
    """
    from pandas.api.types import is_complex_dtype, is_numeric_dtype

    wrong = [
        name
        for name, dtype in frame.dtypes.items()
        # A column without any value is text to some readers: it is refused as missing values, not as text.
        if (not is_numeric_dtype(dtype) or is_complex_dtype(dtype)) and not frame[name].isna().all()
    ]
    if wrong:
        column = frame[wrong[0]]
        present = np.flatnonzero(column.notna())
        # One at a time: a column of categories, written out, may be too large for the memory.
        row = next((row for row in present if not _is_numeric(column.iloc[row])), present[0])
        raise DataError(
            f"{table}: not numeric: {listed(map(str, wrong))}, such as {repr(column.iloc[row])[:40]} in '{wrong[0]}' "
            f"at row {first_row + row}, counted from 0; drop these columns or encode them as numbers"
        )
    return np.asarray(frame.to_numpy(dtype=np.float64, na_value=np.nan))


def _is_numeric(value: Any) -> bool:
    return isinstance(value, (bool, int, float, np.number)) or (isinstance(value, str) and _is_number(value))


def label_column(column: pd.Series[Any], target: str) -> np.ndarray[Any, Any]:
    """The labels of a column as numbers or text.

    Raises
    ------
    DataError
        A label is missing, is neither number nor text, or is longer than `MAX_LABEL`.
    """
    missing = column.isna().to_numpy()
    if missing.any():
        raise DataError(
            f"y has no label in column '{target}' at row {int(missing.argmax())}, counted from 0 "
            f"({int(missing.sum()):,} missing in all): drop these rows or fill them in"
        )
    if hasattr(column, "cat"):
        names = label_column(column.cat.categories.to_series(), target)
        return np.asarray(names[np.asarray(column.cat.codes)])
    labels = column.tolist()
    wrong = {type(label).__name__ for label in labels if not isinstance(label, str | bytes | bool | int | float)}
    if wrong:
        raise DataError(f"column '{target}' holds {listed(sorted(wrong))}, expected numbers or text as labels")
    longest = max((len(label) for label in labels if isinstance(label, str | bytes)), default=0)
    if longest > MAX_LABEL:
        raise DataError(f"column '{target}' holds text of up to {longest:,} characters, which is no label")
    return np.array(labels)
