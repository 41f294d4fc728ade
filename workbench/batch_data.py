"""What the problems of a batch differ in, checked and laid out for compiled code: starts, data, rows."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from solvers.batch import Ragged
from workbench.objectives.samples import as_float64, as_indices


def as_tuple(value: Any, name: str) -> tuple[Any, ...]:
    """Return `value`, or raise where it is no tuple: an array would be taken apart by its rows."""
    if isinstance(value, tuple):
        return value
    raise TypeError(f"{name} is {type(value).__name__}: expected a tuple, one entry for each argument of fun")


def by_problem(value: Any, name: str) -> np.ndarray | Ragged:
    """Return an array whose first axis is the problem, or a `Ragged` of a list of arrays of different lengths.

    Raises
    ------
    TypeError, ValueError
        For a single number, no problems, entries that are no numbers, or that differ in more than the first axis.
    """
    if isinstance(value, list) and len({np.shape(each) for each in value}) > 1:
        parts = [np.asarray(each) for each in value]
        odd = next((i for i, part in enumerate(parts) if part.ndim == 0 or part.shape[1:] != parts[0].shape[1:]), None)
        if odd is not None:
            raise ValueError(
                f"{name}[{odd}] has shape {parts[odd].shape} and {name}[0] {parts[0].shape}:"
                " expected the same shape, except for the length of the first axis"
            )
        values = np.ascontiguousarray(np.concatenate(parts))
        found: np.ndarray | Ragged = Ragged(values, np.cumsum([0, *(part.shape[0] for part in parts)]))
    else:
        found = values = np.ascontiguousarray(value) if np.ndim(value) else np.asarray(value)
    if values.dtype.kind not in "biufc":
        raise TypeError(f"{name} has dtype {values.dtype}: expected numbers")
    if values.ndim == 0 or length(found) == 0:
        raise ValueError(
            f"{name} has shape {values.shape}: expected an entry for each problem along the first axis;"
            " what is the same for all goes into common="
        )
    return found


def rows_by_problem(rows: Any, n_rows: int) -> np.ndarray | Ragged:
    """Return the rows of each problem as indices from 0 to ``n_rows - 1``, at least one for each.

    Raises
    ------
    TypeError, ValueError
        For an objective without rows, or indices that are none.
    """
    if n_rows == 0:
        raise TypeError(
            "rows= needs an objective with rows: SoftmaxObjective, or solvers.RowObjective(fun, n_rows, args)"
            " with fun(x, rows, *args)"
        )
    found = by_problem(rows, "rows")
    values = found.values if isinstance(found, Ragged) else found
    if values.ndim != (1 if isinstance(found, Ragged) else 2):
        raise ValueError(f"rows has shape {np.shape(rows)}: expected (problems, rows of each), or a list of vectors")
    lengths = np.diff(found.first) if isinstance(found, Ragged) else np.array([found.shape[1]])
    if (lengths == 0).any():
        raise ValueError(f"rows[{int(lengths.argmin())}] is empty: expected at least one row for each problem")
    flat = as_indices(values.ravel(), n_rows)  # beyond the last row, compiled code would read what is not there
    return found._replace(values=flat) if isinstance(found, Ragged) else flat.reshape(found.shape)


def length(each: np.ndarray | Ragged) -> int:
    """Return of how many problems this is."""
    return each.first.size - 1 if isinstance(each, Ragged) else each.shape[0]


def starts(X0: Any, others: Mapping[str, np.ndarray | Ragged]) -> np.ndarray:
    """Return the starts, shape (problems, n), where `others` are what else the problems differ in, by name.

    Raises
    ------
    TypeError, ValueError
        For starts that are not finite numbers, or numbers of problems that do not agree.
    """
    X0 = as_float64(X0, "X0")
    if X0.ndim not in (1, 2) or X0.size == 0:
        raise ValueError(f"X0 has shape {X0.shape}: expected (problems, variables), or (variables,) for one start")
    if not np.isfinite(X0).all():
        place = tuple(int(index[0]) for index in np.nonzero(~np.isfinite(X0)))
        raise ValueError(f"X0[{', '.join(map(str, place))}] is {X0[place]}: expected finite numbers")
    counts = {name: length(each) for name, each in others.items()}
    if X0.ndim == 2:
        counts = {"X0": X0.shape[0], **counts}
    if not counts:
        raise ValueError(
            "X0 is one start, and nothing differs between problems: give X0 a row for each, data= or rows="
        )
    if len(set(counts.values())) > 1:
        said = ", ".join(f"{name} {count}" for name, count in counts.items())
        raise ValueError(f"the numbers of problems do not agree: {said}")
    return X0 if X0.ndim == 2 else np.tile(X0, (next(iter(counts.values())), 1))
