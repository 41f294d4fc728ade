"""The contract of an objective, ``fun(x, *args) -> (f, g)``: checked at every evaluation, in one line each."""

from __future__ import annotations

import numbers
from typing import TYPE_CHECKING, Any

import numpy as np

from solvers.objective import asking

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import ArrayLike, NDArray

    FloatArray = NDArray[np.float64]


class Evaluations:
    """An objective that is counted and held to its contract.

    Parameters
    ----------
    fun : callable
        ``fun(x, *args) -> (f, g)``: plain Python, njit, or an objective object; a Hessian and third derivatives after
        them are left alone.
    args : sequence
        Further arguments of `fun`.
    n : int
        Number of coordinates: g has the shape ``(n,)``.

    Attributes
    ----------
    count : int
        Evaluations so far.
    g_eps : float
        Machine epsilon of the dtype in which `fun` last returned g.
    """

    def __init__(self, fun: Callable[..., Any], args: Sequence[Any], n: int) -> None:
        if not callable(fun):
            raise TypeError(f"fun is {_a(fun)}, expected a callable fun(x, *args) -> (f, g)")
        self.args, self.n = tuple(args), n
        self.fun = asking(fun, 2, len(self.args))
        self.count = 0
        self.g_eps = float(np.finfo(np.float64).eps)

    def __call__(self, x: FloatArray, place: str) -> tuple[float, FloatArray]:
        """Return f and a copy of g at `x`, of the right types and shapes; not necessarily finite.

        Raises
        ------
        TypeError, ValueError
            When `fun` returns something else than a real scalar and a float array of x's shape, or modifies x.
            An exception of `fun` itself passes through with a note that names the evaluation.
        """
        self.count += 1
        given = x.copy()
        try:
            # A shifted point may lie outside the domain of f: the sweep sees that from the value.
            with np.errstate(all="ignore"):
                returned = self.fun(given, *self.args)
        except Exception as error:
            error.add_note(f"raised by fun in evaluation {self.count} of the gradient check, at {place}")
            raise
        if not np.array_equal(given, x):
            j = int(np.flatnonzero(given != x)[0])
            raise ValueError(
                f"fun modified x in place (x[{j}] was {x[j]:g}, is {given[j]:g}): work on a copy, x = x.copy()"
            )
        f, g = _pair(returned)
        value, gradient = _scalar(f), _gradient(g, self.n)
        self.g_eps = float(np.finfo(gradient.dtype).eps)
        # A copy: fun may hand out the same buffer at the next call.
        return value, np.array(gradient, dtype=np.float64)

    def at_start(self, x0: FloatArray) -> tuple[float, FloatArray]:
        """Return f and g at `x0`, both finite; ValueError otherwise."""
        f, g = self(x0, "x0")
        if not np.isfinite(f):
            raise ValueError(f"f is {f} at x0, expected a finite number: choose a start inside the domain of f")
        bad = np.flatnonzero(~np.isfinite(g))
        if bad.size:
            raise ValueError(
                f"g is not finite at x0: {bad.size:,} of {self.n:,} entries, the first is g[{bad[0]}] = {g[bad[0]]}"
            )
        return f, g


def start_point(x0: ArrayLike) -> FloatArray:
    """Copy `x0` as float64; TypeError or ValueError unless it is a real, finite, non-empty vector."""
    x = np.asarray(x0)
    if x.dtype.kind not in "fiu":
        raise TypeError(f"x0 has dtype {x.dtype}, expected real numbers")
    if x.ndim != 1 or x.size == 0:
        hint = ": flatten it, x0.ravel(), and reshape inside fun" if x.ndim > 1 else ""
        raise ValueError(f"x0 has shape {x.shape}, expected one dimension and at least one entry{hint}")
    bad = np.flatnonzero(~np.isfinite(x))
    if bad.size:
        raise ValueError(f"x0 is not finite: x0[{bad[0]}] = {x[bad[0]]}")
    return np.array(x, dtype=np.float64)


def _pair(returned: Any) -> tuple[Any, Any]:
    if isinstance(returned, (tuple, list)) and 2 <= len(returned) <= 4:
        f, g, *higher = returned
        if all(np.ndim(each) == ndim for ndim, each in enumerate(higher, 2)):  # a Hessian, third derivatives
            return f, g
    found = f"{_a(returned)} of {len(returned)}" if isinstance(returned, (tuple, list)) else _a(returned)
    hint = ": is the return statement missing?" if returned is None else ": end with `return f, g`"
    raise TypeError(f"fun returned {found}, expected the pair (f, g){hint}")


def _scalar(f: Any) -> float:
    if isinstance(f, np.ndarray):
        if f.ndim:
            hint = "return float(f[0])" if f.size == 1 else "sum over the samples, and return f before g"
            raise TypeError(f"f has shape {f.shape}, expected a real scalar: {hint}")
        f = f[()]
    if isinstance(f, (bool, np.bool_)) or not isinstance(f, numbers.Real):
        raise TypeError(f"f is {_a(f)} ({f!r}), expected a real scalar")
    return float(f)


def _gradient(g: Any, n: int) -> NDArray[np.floating[Any]]:
    if not isinstance(g, np.ndarray):
        raise TypeError(f"g is {_a(g)}, expected a NumPy float array of shape ({n},)")
    if g.dtype.kind != "f":
        raise TypeError(f"g has dtype {g.dtype}, expected float64")
    if g.shape != (n,):
        raise ValueError(f"g has shape {g.shape}, expected ({n},): {_shape_hint(g, n)}")
    return g


def _shape_hint(g: NDArray[Any], n: int) -> str:
    if g.size == n:
        return "flatten it in the order in which x is laid out"
    surplus = abs(g.size - n)
    if g.size > n and surplus > 1 and n % surplus == 0:
        # Softmax with the last class fixed at zero: one column of n_features entries too many.
        columns = n // surplus
        return f"{n} = {surplus} × {columns}, {g.size} = {surplus} × {columns + 1}: a fixed class has no entries"
    entries = "entry" if surplus == 1 else "entries"
    return f"{surplus} {entries} too {'many' if g.size > n else 'few'}"


def _a(thing: Any) -> str:
    if thing is None:
        return "None"
    name = type(thing).__name__
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"
