"""An attempt at a cell: checked once at the border and made storable."""

import json
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

import numpy as np
import pandas as pd

from reports import schema

_GIVEN_BY_THE_STORE = ("id", "cell", "attempt", "environment")
RESULT_COLUMNS = tuple(column.name for column in schema.run.columns if column.name not in _GIVEN_BY_THE_STORE)
TRACE_COLUMNS = tuple(column.name for column in schema.trace.columns if column.name not in ("run", "row"))
_OPTIONAL = ("rho", "train_accuracy", "test_accuracy")
_ABSENT: dict[type, Any] = {str: "", bool: False, float: float("nan")}
_CHOICES = {"state": schema.STATES, "verdict": schema.VERDICTS, "traced": schema.TRACED}


def result_row(result: Mapping[str, Any]) -> dict[str, Any]:
    """Values of ``RESULT_COLUMNS``; an absent number is NaN, an absent text empty, an absent success False.

    An absent ``state`` is "done", or "failed" where there is an ``error``.
    """
    _refuse_unknown("result", result, RESULT_COLUMNS)
    row = {name: _value(name, result) for name in RESULT_COLUMNS}
    row["state"] = row["state"] or ("failed" if row["error"] else "done")
    for name, choices in _CHOICES.items():
        if row[name] not in choices:
            raise ValueError(f"result[{name!r}] is {row[name]!r}, expected one of {', '.join(map(repr, choices))}")
    return row


def _value(name: str, result: Mapping[str, Any]) -> Any:
    kind = schema.run.columns[name].type.python_type
    value = result[name] if name in result else _ABSENT[kind]
    if name == "flags":
        return _flags(value)
    if kind is str:
        if not isinstance(value, str):
            raise ValueError(f"result[{name!r}] is {value!r}, expected a text")
        return value
    if value is None and kind is float:
        return float("nan")
    try:
        return kind(value)
    except (TypeError, ValueError) as error:
        raise ValueError(f"result[{name!r}] is {value!r}, expected a number") from error


def _flags(value: Any) -> str:
    """The flags of a row in one order, between blanks; given so, or as a list."""
    found = value.replace(",", " ").split() if isinstance(value, str) else list(value)
    for flag in found:
        if flag not in schema.FLAGS:
            raise ValueError(f"result['flags'] holds {flag!r}, expected some of {', '.join(map(repr, schema.FLAGS))}")
    return " ".join(flag for flag in schema.FLAGS if flag in found)


def trace_rows(trace: pd.DataFrame | None) -> list[dict[str, Any]]:
    """Rows of the trace table."""
    if trace is None or len(trace) == 0:
        return []
    _refuse_unknown("trace", trace.columns, TRACE_COLUMNS)
    columns = {name: _numbers(trace, name) for name in TRACE_COLUMNS}
    names = ("row", *columns)
    return [dict(zip(names, entry, strict=True)) for entry in zip(range(len(trace)), *columns.values(), strict=True)]


def _numbers(trace: pd.DataFrame, name: str) -> list[float]:
    if name not in trace:
        if name in _OPTIONAL:
            return [float("nan")] * len(trace)
        raise ValueError(f"trace has no column {name!r}: expected {', '.join(TRACE_COLUMNS)}")
    try:
        values = np.asarray(trace[name], dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"trace column {name!r} must hold numbers: {error}") from error
    if name != "nit":
        return list(values.tolist())
    # Written so that NaN and inf are refused too.
    if not np.all(np.abs(values - np.rint(values)) == 0.0):
        raise ValueError("trace column 'nit' must hold whole numbers")
    return list(values.astype(np.int64).tolist())


def array_row(name: str, array: Any) -> dict[str, Any]:
    """Row of the array table: raw bytes with dtype and shape, so that reading never unpickles anything."""
    array = np.asarray(array, order="C")
    if array.dtype.kind not in "biuf" or array.dtype.itemsize > 8:
        raise ValueError(f"array {name!r} has dtype {array.dtype}: only booleans, integers and floats are stored")
    return {"name": name, "dtype": array.dtype.str, "shape": json.dumps(array.shape), "data": array.tobytes()}


def _refuse_unknown(what: str, found: Iterable[Any], known: tuple[str, ...]) -> None:
    for name in found:
        if name not in known:
            near = get_close_matches(str(name), known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known)}"
            raise ValueError(f"{what} has an unknown column {name!r}: {hint}")
