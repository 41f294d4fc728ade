"""Options: declared once, beside the part that uses them, as the annotations of a settings tuple.

``memory: Annotated[int, AtLeast(1), "pairs kept"] = 100`` is the default, the check and the documentation of an option.
"""

import difflib
import functools
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Any, get_args, get_origin, get_type_hints


@dataclass(frozen=True)
class Between:
    """Numbers from `low` to `high`; an open end excludes its bound."""

    low: float
    high: float = math.inf
    open_low: bool = False
    open_high: bool = False

    def __contains__(self, value: float) -> bool:
        above = value > self.low if self.open_low else value >= self.low
        below = value < self.high if self.open_high else value <= self.high
        return above and below

    def __str__(self) -> str:
        if math.isinf(self.high) and not self.open_high:
            return f"{'more than' if self.open_low else 'at least'} {self.low:g}"
        left, right = ("(" if self.open_low else "["), (")" if self.open_high else "]")
        return f"in {left}{self.low:g}, {self.high:g}{right}"


@dataclass(frozen=True)
class Choice:
    """One of a few words; the settings tuple keeps its index, which compiled code can compare."""

    words: tuple[str, ...]

    def __str__(self) -> str:
        return "one of " + ", ".join(self.words)


@dataclass(frozen=True)
class Option:
    """What is known of one option."""

    name: str
    kind: type
    default: Any
    rule: Between | Choice | None
    doc: str

    def encode(self, value: Any, method: str) -> Any:
        """Return `value` as the settings tuple keeps it.

        Raises
        ------
        TypeError, ValueError
            When it is not of the option's kind, or out of its range.
        """
        said = f"{method}: option {self.name}={value!r}"
        if isinstance(self.rule, Choice):
            if value in self.rule.words:
                return self.rule.words.index(value)
            raise ValueError(f"{said}: expected {self.rule}{nearest(str(value), self.rule.words)}")
        if self.kind is bool:
            if isinstance(value, bool):
                return value
            raise TypeError(f"{said}: expected True or False")
        try:
            number = self.kind(value)
            exact = not isinstance(value, (str, bool)) and (number == value)
        except (TypeError, ValueError, OverflowError):
            exact = False
        if not exact:
            raise TypeError(f"{said}: expected {'a whole number' if self.kind is int else 'a number'}")
        if self.rule is not None and number not in self.rule:
            raise ValueError(f"{said}: expected a number {self.rule}")
        return number

    def decode(self, value: Any) -> Any:
        """Return the kept value as a user writes it."""
        return self.rule.words[value] if isinstance(self.rule, Choice) else value


def nearest(name: str, names: Iterable[str]) -> str:
    """Return ``; did you mean 'x'?`` for the closest of `names`, or nothing."""
    close = difflib.get_close_matches(name, list(names), n=1, cutoff=0.6)
    return f"; did you mean {close[0]!r}?" if close else ""


def declared(settings: Any) -> dict[str, Option]:
    """Return the options that a settings tuple declares, with its values as their defaults."""
    part: Any = type(settings)
    return {name: Option(name, kind, getattr(settings, name), rule, doc) for name, kind, rule, doc in _hints(part)}


@functools.cache
def _hints(kind: type) -> list[tuple[str, type, Between | Choice | None, str]]:
    """Return name, kind, rule and documentation of each option; by type, since tuples of two types may be equal."""
    found = []
    for name, hint in get_type_hints(kind, include_extras=True).items():
        if get_origin(hint) is Annotated:
            plain, *notes = get_args(hint)
            rule = next((note for note in notes if isinstance(note, (Between, Choice))), None)
            found.append((name, plain, rule, next((note for note in notes if isinstance(note, str)), "")))
    return found
