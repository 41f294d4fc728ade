"""Kinds of columns: numbers, words and documents that come back from every database as they went in."""

import hashlib
import json
import math
from typing import Any

import numpy as np
from sqlalchemy import Dialect, Double, Text
from sqlalchemy.types import TypeDecorator


class Number(TypeDecorator[float]):
    """A float64. An absent number is NaN here and NULL there; infinities are themselves.

    SQLite stores NaN as NULL whatever one does, so that both databases are told the same.
    """

    impl = Double
    cache_ok = True
    python_type = float

    def process_bind_param(self, value: Any, dialect: Dialect) -> float | None:
        """Return what the database is given."""
        return None if value is None or math.isnan(value) else float(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> float:
        """Return what it gave, as a number."""
        return math.nan if value is None else float(value)


class Words(TypeDecorator[str]):
    """A text. What no database takes (NUL, halves of characters from odd file names) is written as an escape."""

    impl = Text
    cache_ok = True
    python_type = str

    def process_bind_param(self, value: Any, dialect: Dialect) -> str:
        """Return what the database is given."""
        return str(value or "").encode("utf-8", "backslashreplace").decode().replace("\0", "\\x00")


class Document(TypeDecorator[Any]):
    """A JSON value as ASCII text; NaN and infinities are allowed in it, as Python's json writes them."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str:
        """Return what the database is given."""
        return json.dumps(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        """Return the value; a text that is no JSON is an error."""
        return None if value is None else json.loads(value)  # NULL comes of an outer join alone


def plain(document: Any, what: str) -> Any:
    """Return `document` as JSON gives it back; NumPy's numbers and arrays are taken.

    Raises
    ------
    ValueError
        It holds what JSON cannot hold; `what` names it.
    """

    def converted(value: object) -> object:
        if isinstance(value, np.generic | np.ndarray):
            return value.tolist()
        raise ValueError(f"{what} holds a {type(value).__name__}, expected what JSON can hold: {value!r:.80}")

    return json.loads(json.dumps(document, default=converted))


def digest(document: Any) -> str:
    """SHA-256 of a JSON value, whatever the order of its keys."""
    return hashlib.sha256(json.dumps(document, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
