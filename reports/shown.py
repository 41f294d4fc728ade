"""A table as a person reads it: every number in the form that its column calls for."""

from collections.abc import Callable
from functools import partial

import pandas as pd

from reports.numerals import power, share, significant, whole
from reports.tables.summary import EVALUATIONS, INTERVAL, QUARTILES

_BESIDE = tuple(f" {label}" for label in (*QUARTILES, *INTERVAL))
_FORMS: dict[str, Callable[[float], str]] = {
    "iter": whole,
    "f+g": whole,
    "repeats": whole,
    "compile": significant,
    "f": partial(significant, digits=8),
    "||g||inf": partial(power, digits=2),
    "gap": power,
    "absolute gap": power,
    "certified bound": power,
    "train": share,
    "test": share,
    "f*": partial(significant, digits=8),
    "target": power,
    "seconds": significant,
    "problems": whole,
    "cells": whole,
    "failed": lambda value: value if isinstance(value, str) else whole(value),
    "first": lambda value: value if isinstance(value, str) else whole(value),
    "reached": lambda value: value if isinstance(value, str) else whole(value),
    "not ranked": whole,
    "memory MB": whole,
    "canary": significant,
    "ratio": significant,
    "low": significant,
    "high": significant,
    "gap A": power,
    "gap B": power,
    "seconds A": significant,
    "seconds B": significant,
}


def shown(frame: pd.DataFrame) -> pd.DataFrame:
    """Texts of `frame`, a table of a report; quartiles that differ stand in brackets."""
    quartiles = [f" {label}" for label in QUARTILES]
    columns = [column for column in frame.columns if not (_timed(column) and column.endswith(_BESIDE))]
    texts = {}
    for column in columns:
        form = _FORMS.get(column, significant if _timed(column) else str)
        form = whole if column.startswith(f"{EVALUATIONS} to ") else form
        cells = [form(value) for value in frame[column]]
        if f"{column}{quartiles[0]}" in frame:
            low, high = ([form(value) for value in frame[f"{column}{quartile}"]] for quartile in quartiles)
            cells = [c if a == c == b else f"{c} [{a}, {b}]" for c, a, b in zip(cells, low, high, strict=True)]
        texts[column] = cells
    return pd.DataFrame(texts, columns=columns, dtype=object)


def _timed(column: str) -> bool:
    return column.startswith("s to ") or column.endswith(" s")
