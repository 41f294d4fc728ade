"""Which coordinates are checked: all of them, some, or none but those that random directions lead to."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from workbench.gradient_check.layout import Indices

ALL_UP_TO = 2_000
DIRECTIONS = 4
ELSEWHERE_UP_TO, ELSEWHERE = 50, 10


class Choice(NamedTuple):
    """Coordinates to be checked at x0, in rising order, and numbers of random directions there and at other points.

    `drawn` says that the others may be looked at, too, where a direction disagrees: they were not left out on purpose.
    """

    coordinates: Indices
    drawn: bool
    n_lines: int
    n_lines_elsewhere: int

    @property
    def by_directions(self) -> bool:
        """Whether the check goes by directions alone, as far as these agree."""
        return not self.coordinates.size


def chosen(coordinates: int | Sequence[int] | None, n: int, seed: int) -> Choice:
    """Return what `coordinates`, as `check_gradient` takes it, means for a theta of length `n`.

    Raises
    ------
    TypeError, ValueError
        For anything but None, a count of at least 1, or indices from 0 to ``n - 1``, at least one.
    """
    everything = Choice(np.arange(n), False, 0, 0 if n <= ELSEWHERE_UP_TO else DIRECTIONS)
    if coordinates is None:
        return everything if n <= ALL_UP_TO else Choice(np.empty(0, dtype=np.intp), True, 1, 1)
    if isinstance(coordinates, (bool, str)):
        raise TypeError(f"coordinates is {coordinates!r}, expected None, a number of coordinates, or their indices")
    if not isinstance(coordinates, (Sequence, np.ndarray, range)):
        count = operator.index(coordinates)
        if count < 1:
            raise ValueError(f"coordinates is {count}, expected at least 1")
        if count >= n:
            return everything
        draw = np.sort(np.random.default_rng([seed, 0]).choice(n, count, replace=False))
        return Choice(draw, True, DIRECTIONS, DIRECTIONS)
    indices = np.array([operator.index(j) for j in coordinates], dtype=np.intp)
    if indices.size == 0:
        raise ValueError("coordinates is empty, expected at least one index")
    outside = indices[(indices < 0) | (indices >= n)]
    if outside.size:
        raise ValueError(f"coordinate {outside[0]} is outside 0 … {n - 1}: x0 has {n} entries, counted from 0")
    return Choice(np.unique(indices), False, 0, 0)


def elsewhere(coordinates: Indices, seed: int) -> Indices:
    """Return those of the coordinates that are checked at other points than x0: the same at every one."""
    if coordinates.size <= ELSEWHERE_UP_TO:
        return coordinates
    return np.sort(np.random.default_rng([seed, 5]).choice(coordinates, ELSEWHERE, replace=False))


def names_of(fun: Any, names: Sequence[tuple[Any, Any]] | None, n: int) -> Sequence[tuple[Any, Any]]:
    """Return a pair (class, feature) for each coordinate: as given, as `fun` has them, or pairs of None.

    Raises
    ------
    ValueError
        For another number of names than `n`, or something else than pairs.
    """
    if names is None and callable(getattr(fun, "coordinate_names", None)):
        names = fun.coordinate_names()
    if names is None:
        return [(None, None)] * n
    names = list(names)
    if len(names) != n:
        raise ValueError(
            f"names has {len(names)} entries, expected {n}: one pair (class, feature) per coordinate of x0"
        )
    for j, pair in enumerate(names):
        if isinstance(pair, str) or not isinstance(pair, (Sequence, np.ndarray)) or len(pair) != 2:
            raise ValueError(f"names[{j}] is {pair!r}, expected a pair (class, feature)")
    return names
