"""Errors of data: what was found, what was expected, what to do, in one line."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_SHOWN = 12
_LONGEST = 40


class DataError(ValueError):
    """Data that cannot be used as they are; the message is one line meant for the person who brought them."""


class MissingFileError(DataError, FileNotFoundError):
    """A file that is not there."""


def did_you_mean(name: str, valid: Iterable[str]) -> str:
    """What joins a wrong name to the next words: ``": did you mean 'digits'?"`` or, with no name near, ``";"``."""
    by_lower = {candidate.lower(): candidate for candidate in valid}
    near = get_close_matches(name.lower(), by_lower, n=1, cutoff=0.6)
    return f": did you mean '{by_lower[near[0]]}'?" if near else ";"


def listed(names: Iterable[str]) -> str:
    """The names in a line, the first dozen of a long list and then how many there are."""
    every = [" ".join(str(name).split())[:_LONGEST] for name in names]
    more = f", … ({len(every):,} in all)" if len(every) > _SHOWN else ""
    return ", ".join(every[:_SHOWN]) + more
