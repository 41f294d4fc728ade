"""Delimited text, CSV and TSV: the first line names the columns, one of them holds the labels."""

from __future__ import annotations

import csv
import io
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.data import bounded
from workbench.data.columns import feature_block, label_column, target_index
from workbench.data.errors import DataError
from workbench.data.reader import Reader
from workbench.data.samples import Samples
from workbench.data.text import opened_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_CELLS = 2**20


@contextmanager
def _text(path: Path) -> Iterator[io.TextIOWrapper]:
    try:
        with opened_text(path, "delimited text") as stream:
            yield io.TextIOWrapper(stream, encoding="utf-8-sig", newline="")
    except UnicodeDecodeError as error:
        raise DataError(f"{path.name} is not UTF-8 text: {error.reason}; save it as UTF-8") from None


def _header(path: Path) -> tuple[list[str], str]:
    """Column names and the delimiter: the most frequent of tab, semicolon and comma in the first line."""
    with _text(path) as text:
        line = next((line for line in text if line.strip()), "")
        delimiter = max(",;\t", key=line.count)
    with _text(path) as text:
        try:
            names = next((row for row in csv.reader(text, delimiter=delimiter, skipinitialspace=True) if row), [])
        except csv.Error as error:
            raise DataError(f"{path.name}: the first line does not name columns: {error}") from None
    return [name.strip() for name in names], delimiter


def _labels(text: Any, target: str) -> np.ndarray[Any, Any]:
    """Labels of a text column: integers if all are, else numbers if all are, else text."""
    y = label_column(text, target)
    if (np.char.find(y, "_") >= 0).any():  # Python would read the name 1_0 as the number 10
        return y
    for dtype in (np.int64, np.float64):
        try:
            return y.astype(dtype)
        except (ValueError, OverflowError):
            continue
    return y


def _release(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:2])


def read(path: Path, target: str | None = None) -> Samples:
    """A table of numbers with the label column ``target``, in UTF-8, with tab, semicolon or comma between columns.

    Empty cells and ``NA``, ``nan``, ``null`` and their like are missing values.

    Raises
    ------
    DataError
        The file is not such a table; the column, row or line is named.
    """
    import pandas as pd

    # From 3.1 on pandas reads numbers to the last bit, and warns of the option that made older ones do so.
    exact: dict[str, Any] = {} if _release(pd.__version__) >= (3, 1) else {"float_precision": "round_trip"}
    columns, delimiter = _header(path)
    at = target_index(columns, target, path.name)
    label = columns[at]
    features = [name for name in columns if name != label]
    blocks: list[np.ndarray[Any, Any]] = []
    labels: list[Any] = []
    n = 0
    try:
        with _text(path) as text, warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)  # pandas would drop the cells beyond the header
            for frame in pd.read_csv(
                text,
                sep=delimiter,
                header=0,
                names=columns,
                index_col=False,
                skipinitialspace=True,
                dtype={label: str},
                **exact,
                chunksize=max(1, _CELLS // len(columns)),
            ):
                blocks.append(feature_block(frame[features], path.name, n))
                labels.append(frame[label])
                n += len(frame)
                if n * len(features) * 8 > bounded.MAX_BYTES:
                    raise bounded.too_much(path.name, f"holds over {n:,} rows", bounded.MAX_BYTES)
    except (pd.errors.ParserError, pd.errors.ParserWarning, pd.errors.EmptyDataError) as error:
        reason = str(error).removeprefix("Error tokenizing data. C error: ").strip()
        raise DataError(f"{path.name} is not a table of {len(columns)} columns: {reason}") from None
    if n == 0:
        raise DataError(f"{path.name} is empty: it has column names and no rows")
    y = _labels(pd.concat(labels), label)
    return Samples(np.concatenate(blocks), y, feature_names=tuple(features))


READER = Reader((".csv", ".tsv"), read, frozenset({"target"}))
