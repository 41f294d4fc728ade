"""What a coordinate of theta stands for: its class and its feature, from names or from the data beside theta."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Indices = NDArray[np.intp]

INTERCEPTS = ("intercept", "(intercept)", "bias", "const", "constant")


class Line(NamedTuple):
    """One class column or one feature row: what the text calls it, its coordinates, and whether it is the intercept."""

    kind: str
    name: str
    coordinates: Indices
    intercept: bool


@dataclass(frozen=True, eq=False)
class Layout:
    """Class columns and feature rows of theta, none where nothing is known, and the data, where they are at hand.

    Attributes
    ----------
    n : int
        Length of theta.
    lines : tuple of Line
        The class columns, then the feature rows.
    n_features : int or None
        Rows of theta as a matrix, the intercept's included.
    X, y : array_like or None
        Samples in rows, and their labels.
    n_samples : int or None
        Rows of X.
    """

    n: int
    lines: tuple[Line, ...] = ()
    n_features: int | None = None
    X: Any = None
    y: NDArray[Any] | None = None
    n_samples: int | None = None

    @property
    def intercept(self) -> Indices:
        """Coordinates of the intercept, none where it is unknown."""
        found = [line.coordinates for line in self.lines if line.intercept]
        return found[0] if found else np.empty(0, dtype=np.intp)


def layout(fun: Any, args: Sequence[Any], names: Sequence[tuple[Any, Any]], n: int) -> Layout:
    """Layout of the theta of `fun`, from the names of its coordinates, else from (X, y) among `args`.

    Without names, theta is read class by class, as everywhere in the workbench, and X with or without a column for the
    intercept; where neither fits the length of theta there are no lines.
    """
    X, y = _data(args)
    n_samples = len(y) if y is not None else getattr(fun, "n_samples", None)
    n_samples = n_samples if isinstance(n_samples, (int, np.integer)) and n_samples > 0 else None
    known = {"X": X, "y": y, "n_samples": None if n_samples is None else int(n_samples)}
    if any(pair[0] is not None or pair[1] is not None for pair in names):
        columns, rows = _groups([k for k, _ in names]), _groups([r for _, r in names])
        lines = [Line("class column", str(k), j, False) for k, j in columns.items()]
        lines += [Line("feature row", str(r), j, str(r).lower() in INTERCEPTS) for r, j in rows.items()]
        return Layout(n, tuple(lines), len(rows) if len(rows) * len(columns) == n else None, **known)
    if y is None:
        return Layout(n, **known)
    classes, width = np.unique(y), X.shape[1]
    for p in (width, width + 1):
        for free in (len(classes) - 1, len(classes)):
            if free > 0 and p * free == n:
                return Layout(n, _lines(classes[:free], p, X), p, **known)
    return Layout(n, **known)


def _lines(classes: NDArray[Any], p: int, X: Any) -> tuple[Line, ...]:
    matrix = np.arange(len(classes) * p).reshape(len(classes), p)
    lines = [Line("class column", str(label), matrix[k], False) for k, label in enumerate(classes)]
    constant: Any = None
    if p == X.shape[1] and isinstance(X, np.ndarray):
        ones = np.flatnonzero((X == 1).all(axis=0))
        constant = ones[0] if ones.size == 1 else None
    for r in range(p):
        # An intercept that fun adds itself is the first row or the last: the error tells which.
        added = p > X.shape[1] and r in (0, p - 1)
        lines.append(Line("feature row", str(r), matrix[:, r], bool(added or r == constant)))
    return tuple(lines)


def _groups(labels: Sequence[Any]) -> dict[Any, Indices]:
    found: dict[Any, list[int]] = {}
    for j, label in enumerate(labels):
        found.setdefault(str(label), []).append(j)
    return {label: np.array(j, dtype=np.intp) for label, j in found.items()}


def _data(args: Sequence[Any]) -> tuple[Any, NDArray[Any] | None]:
    """Return the first matrix among the arguments with samples in rows, and the first vector of labels that fits it."""
    for X in args:
        if getattr(X, "ndim", 0) != 2 or getattr(X, "dtype", np.dtype("O")).kind not in "fiub":
            continue
        for y in args:
            if not isinstance(y, np.ndarray) or y.ndim != 1 or y.dtype.kind not in "iufbUS" or len(y) not in X.shape:
                continue
            if 2 <= len(np.unique(y)) <= max(2, len(y) // 2):
                return (X if X.shape[0] == len(y) else X.T), y
    return None, None
