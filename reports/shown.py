"""A table as a person reads it: every number in the form that its column calls for."""

from collections.abc import Callable
from functools import partial

import pandas as pd

from reports.numerals import power, share, significant, whole
from reports.tables.summary import QUARTILES

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
}


def shown(frame: pd.DataFrame) -> pd.DataFrame:
    """Texts of `frame`, a summary or an optimality table; quartiles that differ stand in brackets."""
    quartiles = [f" {label}" for label in QUARTILES]
    columns = [column for column in frame.columns if not column.endswith(tuple(quartiles))]
    texts = {}
    for column in columns:
        form = _FORMS.get(column, significant if column.startswith("s to ") else str)
        cells = [form(value) for value in frame[column]]
        if f"{column}{quartiles[0]}" in frame:
            low, high = ([form(value) for value in frame[f"{column}{quartile}"]] for quartile in quartiles)
            cells = [c if a == c == b else f"{c} [{a}, {b}]" for c, a, b in zip(cells, low, high, strict=True)]
        texts[column] = cells
    return pd.DataFrame(texts, columns=columns, dtype=object)
