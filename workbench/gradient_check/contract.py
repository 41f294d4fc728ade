"""The contract of an objective, ``fun(x, *args) -> (f, g)``: checked at every evaluation, in one line each."""

from __future__ import annotations

import numbers
import sys
import warnings
from collections import deque
from contextlib import contextmanager
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np

from solvers.objective import asking

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import ArrayLike, NDArray

    FloatArray = NDArray[np.float64]


class Spent(Exception):  # noqa: N818 - no error: a budget's end
    """No evaluations are left."""


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
    complex_seconds : float
        What an evaluation at a complex point takes, at least; NaN before there is one.
    """

    def __init__(self, fun: Callable[..., Any], args: Sequence[Any], n: int) -> None:
        if not callable(fun):
            raise TypeError(f"fun is {_a(fun)}, expected a callable fun(x, *args) -> (f, g)")
        self.args, self.n = tuple(args), n
        self.fun = asking(fun, 2, len(self.args))
        self.count = 0
        self._last = sys.maxsize
        self.g_eps = float(np.finfo(np.float64).eps)
        self._times: deque[float] = deque(maxlen=15)
        self.complex_seconds = float("nan")
        self._handed_out: NDArray[Any] | None = None
        self._start: tuple[FloatArray, float, FloatArray] | None = None

    def __call__(self, x: FloatArray, place: str) -> tuple[float, FloatArray]:
        """Return f and a copy of g at `x`, of the right types and shapes; not necessarily finite.

        Raises
        ------
        TypeError, ValueError
            When `fun` returns something else than a real scalar and a float array of x's shape, or modifies x.
            An exception of `fun` itself passes through with a note that names the evaluation.
        """
        if self.count >= self._last:
            raise Spent
        self.count += 1
        given = x.copy()
        began = perf_counter()
        try:
            # A shifted point may lie outside the domain of f: the sweep sees that from the value.
            with np.errstate(all="ignore"):
                returned = self.fun(given, *self.args)
        except Exception as error:
            error.add_note(f"raised by fun in evaluation {self.count} of the gradient check, at {place}")
            raise
        if self.count > 1:  # the first may compile
            self._times.append(perf_counter() - began)
        if not np.array_equal(given, x):
            j = int(np.flatnonzero(given != x)[0])
            raise ValueError(
                f"fun modified x in place (x[{j}] was {x[j]:g}, is {given[j]:g}): work on a copy, x = x.copy()"
            )
        f, g = _pair(returned)
        value, gradient = _scalar(f), _gradient(g, self.n)
        if self._handed_out is not None and np.may_share_memory(gradient, self._handed_out):
            raise ValueError(
                f"fun returned the same array g in evaluations {self.count - 1} and {self.count}, so that a g that was"
                " kept changes later: return a new one, such as g.copy()"
            )
        # Kept, so that no new array comes to lie in its place.
        self._handed_out = gradient
        self.g_eps = float(np.finfo(gradient.dtype).eps)
        return value, np.array(gradient, dtype=np.float64)

    @contextmanager
    def at_most(self, budget: int) -> Iterator[None]:
        """Raise Spent in the block before an evaluation more than `budget`."""
        self._last = self.count + budget
        try:
            yield
        finally:
            self._last = sys.maxsize

    def complex(self, z: NDArray[np.complex128]) -> complex:
        """Return f at a complex point; whatever `fun` makes of it, exceptions and warnings, passes through."""
        self.count += 1
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("error")
            began = perf_counter()
            f = complex(_pair(self.fun(z, *self.args))[0])
        self.complex_seconds = float(np.fmin(self.complex_seconds, perf_counter() - began))
        return f

    @property
    def seconds(self) -> float:
        """What an evaluation takes: a median, without the first, which may compile; NaN before there is one."""
        return median(self._times) if self._times else float("nan")

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
        self._start = x0, f, g
        return f, g

    def repeat(self) -> float:
        """Return f at x0, evaluated once more.

        Raises
        ------
        ValueError
            When f or g is another than at the start, by more than the order of a sum explains.
        """
        assert self._start is not None
        x0, f, g = self._start
        again, g_again = self(x0, "x0, once more")
        same = np.sqrt(self.g_eps)
        if not abs(again - f) <= same * abs(f):
            raise ValueError(f"f was {f:.10g} at x0 and is {again:.10g} there in evaluation {self.count}: {_CHANGED}")
        if not np.abs(g_again - g).max() <= same * np.abs(g).max():
            j = int(np.nanargmax(np.abs(g_again - g)))
            raise ValueError(
                f"g[{j}] was {g[j]:.10g} at x0 and is {g_again[j]:.10g} there in evaluation {self.count}: {_CHANGED}"
            )
        return again


_CHANGED = "fun must give the same at the same point; does it draw at random, or keep something between calls?"


def start_point(x0: ArrayLike, name: str = "x0") -> FloatArray:
    """Copy `x0` as float64; TypeError or ValueError unless it is a real, finite, non-empty vector."""
    x = np.asarray(x0)
    if x.dtype.kind not in "fiu":
        raise TypeError(f"{name} has dtype {x.dtype}, expected real numbers")
    if x.ndim != 1 or x.size == 0:
        hint = f": flatten it, {name}.ravel(), and reshape inside fun" if x.ndim > 1 else ""
        raise ValueError(f"{name} has shape {x.shape}, expected one dimension and at least one entry{hint}")
    bad = np.flatnonzero(~np.isfinite(x))
    if bad.size:
        raise ValueError(f"{name} is not finite: {name}[{bad[0]}] = {x[bad[0]]}")
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
