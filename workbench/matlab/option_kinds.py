"""Kinds of option values in the MATLAB face: what each takes, and what is made of it.

A MATLAB script gives numbers where Python has booleans, words in any case, and ``[]`` for "the default"; a struct read
from a file holds arrays of one element. Each kind turns that into one Python value or refuses it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from numbers import Real
from typing import Any, Protocol

import numpy as np

from solvers.options import Between, nearest

UNLIMITED = int(np.iinfo(np.int64).max)
"""What an infinite limit becomes."""


class Refused(Exception):  # noqa: N818 - caught where the option's name is known
    """A value of the right type that an option does not take; the text is a hint for the message."""


class Kind(Protocol):
    """A kind of value; `expected` completes the sentence "expected …"."""

    @property
    def expected(self) -> str:
        """What is taken, in words."""

    def read(self, value: Any, strict: bool) -> Any:
        """Return what is made of `value`.

        Raises
        ------
        TypeError, Refused
            When it is of the wrong type, or out of range.
        """


def is_empty(value: Any) -> bool:
    """Whether `value` is MATLAB's ``[]`` or ``''``, or None."""
    if isinstance(value, (str, list, tuple)):
        return len(value) == 0
    return value is None or (isinstance(value, np.ndarray) and value.size == 0)


def scalar(value: Any) -> Any:
    """Return the element of an array of one element, and anything else as it is."""
    return value.item() if isinstance(value, np.ndarray) and value.size == 1 else value


def real(value: Any) -> float:
    """Return a real number that is no truth value and not NaN."""
    value = scalar(value)
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, Real):
        raise TypeError
    if math.isnan(value):
        raise Refused
    return float(value)


@dataclass(frozen=True)
class Number:
    """A number in a range."""

    rule: Between
    finite: bool = False

    @property
    def expected(self) -> str:
        """What is taken, in words."""
        return "a finite number" if self.finite else f"a number, {self.rule}"

    def read(self, value: Any, strict: bool) -> float:
        """Return the number."""
        number = real(value)
        if number not in self.rule or (self.finite and math.isinf(number)):
            raise Refused
        return number


@dataclass(frozen=True)
class Whole:
    """A whole number from `low` on; where it is a limit, also infinity."""

    low: int
    limit: bool = False

    @property
    def expected(self) -> str:
        """What is taken, in words."""
        return f"a whole number, at least {self.low}" + (", or inf" if self.limit else "")

    def read(self, value: Any, strict: bool) -> int:
        """Return the number; `UNLIMITED` for infinity."""
        number = real(value)
        if self.limit and number == math.inf:
            return UNLIMITED
        if not (number >= self.low and number.is_integer()):
            raise Refused
        return min(int(number), UNLIMITED)


@dataclass(frozen=True)
class Code:
    """One of a few whole numbers.

    Parameters
    ----------
    codes : tuple of int
        What is taken.
    otherwise : int, optional
        What the original takes any other number for.
    unlisted : tuple of int
        What the original takes beside `codes`, without saying so.
    """

    codes: tuple[int, ...]
    otherwise: int | None = None
    unlisted: tuple[int, ...] = ()

    @property
    def expected(self) -> str:
        """What is taken, in words."""
        return "one of " + ", ".join(map(str, self.codes))

    def read(self, value: Any, strict: bool) -> int:
        """Return the number."""
        value = scalar(value)
        number = float(value) if isinstance(value, (bool, np.bool_)) else real(value)
        if number in self.codes or (strict and number in self.unlisted):
            return int(number)
        if strict and self.otherwise is not None:
            return self.otherwise
        raise Refused


@dataclass(frozen=True)
class Switch:
    """Yes or no: 0 and 1, False and True and, where `words`, 'off' and 'on'."""

    words: bool = False

    @property
    def expected(self) -> str:
        """What is taken, in words."""
        return "0 or 1" + (", 'off' or 'on'" if self.words else "")

    def read(self, value: Any, strict: bool) -> bool:
        """Return whether it is on."""
        value = scalar(value)
        if isinstance(value, (bool, np.bool_)):
            return bool(value)
        if self.words and isinstance(value, str):
            word = value.lower()
            if word in ("on", "off") or strict:
                return word == "on"
            raise Refused(nearest(word, ("on", "off")))
        number = real(value)
        if number in (0.0, 1.0):
            return number == 1.0
        if strict:
            return not self.words  # a switch with words is compared with 1, one without is tested for not being 0
        raise Refused


@dataclass(frozen=True)
class Word:
    """One of a few words, in any case; the original takes any other for `otherwise`."""

    words: tuple[str, ...]
    otherwise: str

    @property
    def expected(self) -> str:
        """What is taken, in words."""
        return "one of " + ", ".join(self.words)

    def read(self, value: Any, strict: bool) -> str:
        """Return the word in lower case."""
        value = scalar(value)
        if not isinstance(value, str):
            raise TypeError
        word = value.lower()
        if word in self.words:
            return word
        if strict:
            return self.otherwise
        raise Refused(nearest(word, self.words))


class DisplayMode:
    """How much is printed: every word and number means something, as in the original."""

    expected = "'off', 'none' or 0, 'final', 'iter', 'full' or 'excessive'"

    def read(self, value: Any, strict: bool) -> str:
        """Return one of off, final, iter, full, excessive."""
        value = scalar(value)
        if isinstance(value, str):
            word = {"none": "off"}.get(value.lower(), value.lower())
            return word if word in ("off", "final", "full", "excessive") else "iter"
        return "iter" if (value if isinstance(value, (bool, np.bool_)) else real(value)) else "off"


class Function:
    """A function."""

    expected = "a function"

    def read(self, value: Any, strict: bool) -> Any:
        """Return it."""
        if not callable(value):
            raise TypeError
        return value
