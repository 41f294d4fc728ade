"""The border where a user's ``f, g = fun(x, *args)`` comes in: found out once, checked, and made ready for a loop.

Three kinds are accepted: a plain Python function, a function compiled by ``numba.njit``, and an object that is callable
and offers ``compiled_form() -> (njit function, args)``, with the attributes

``gradient_scale``
    what ``gtol`` is multiplied with, so that a tolerance means the gradient of the *mean* objective (default 1);
``n_rows``
    that the first of its args is the index array of the rows to use (see `RowObjective`).
"""

import functools
import inspect
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numba import njit, typeof, types
from numba.core.errors import NumbaError

from solvers.jit import is_compiled, part
from solvers.pointer import Pointer

VECTOR = types.float64[::1]
PAIR = types.Tuple((types.float64, VECTOR))


class ContractError(TypeError, ValueError):
    """An objective that does not return what ``f, g = fun(x, *args)`` promises."""


class Objective(NamedTuple):
    """A user's objective, ready to run.

    `function` is called from Python and checks what it returns; `pointer` is the machine code, or None for a plain
    Python function.
    """

    function: Callable[..., tuple[float, np.ndarray]]
    args: tuple[Any, ...]
    pointer: Pointer | None
    gradient_scale: float
    n_rows: int
    source: Any

    def at_start(self, x0: np.ndarray) -> tuple[float, np.ndarray]:
        """Return f and g at the start, asking an object that binds its data itself, so that its own checks speak."""
        if isinstance(self.source, RowObjective) or hasattr(self.source, "compiled_form"):
            return _checked(self.source, x0.shape)(x0)
        return self.function(x0, *self.args)


class RowObjective:
    """An objective that can be evaluated on a subset of rows: what stochastic methods need.

    Parameters
    ----------
    fun : callable
        ``f, g = fun(x, rows, *args)``: value and gradient of the mean over the rows (an int64 array of indices), plain
        Python or compiled by ``numba.njit``.
    n_rows : int
        How many rows there are.
    args : tuple
        What else `fun` takes.
    """

    def __init__(self, fun: Callable[..., Any], n_rows: int, args: tuple[Any, ...] = ()) -> None:
        if n_rows < 1:
            raise ValueError(f"n_rows is {n_rows}: expected at least one row")
        self.fun, self.n_rows = fun, int(n_rows)
        self.args = (np.arange(self.n_rows), *args)

    def __call__(self, x: np.ndarray) -> tuple[float, np.ndarray]:
        """Return f and g over all rows."""
        f, g = self.fun(x, *self.args)
        return f, g


def resolve(fun: Any, x0: np.ndarray, args: tuple[Any, ...] = (), jac: Any = True) -> Objective:
    """Return what `fun` is, ready to run from `x0`.

    Parameters
    ----------
    fun : callable
        ``f, g = fun(x, *args)``, or ``f = fun(x, *args)`` with a callable `jac`.
    x0 : ndarray, shape (n,)
        Where it will be evaluated first.
    args : tuple
        What else `fun` takes.
    jac : True, None or callable
        As in ``scipy.optimize.minimize``.

    Raises
    ------
    ContractError
        When `fun` is not callable, or is compiled and returns something else than a float and a float64 vector.
    """
    if callable(jac):
        # SciPy splits a function that returns the pair: take it whole.
        whole = getattr(fun, "fun", None)
        fun = whole if whole and getattr(jac, "__self__", None) is fun else _joined(fun, jac)
    if not callable(fun):
        raise ContractError(f"fun is {type(fun).__name__} {fun!r}: expected a function that returns (f, g)")
    scale, n_rows, function = getattr(fun, "gradient_scale", 1.0), getattr(fun, "n_rows", 0), fun
    if isinstance(fun, RowObjective):
        function, args = fun.fun, fun.args
    elif hasattr(fun, "compiled_form"):
        function, args = fun.compiled_form()
    pointer = None
    if is_compiled(function):
        function, pointer = _pointer(function, (VECTOR, *map(typeof, args)))
    return Objective(_checked(function, x0.shape), args, pointer, scale, n_rows, fun)


def _joined(fun: Any, jac: Any) -> Any:
    """Return the function that gives both f and g."""

    def pair(x, *args):
        return fun(x, *args), jac(x, *args)

    return njit(pair) if is_compiled(fun) and is_compiled(jac) else pair


@functools.lru_cache(maxsize=128)
def _pointer(dispatcher: Any, argument_types: tuple[Any, ...]) -> tuple[Any, Pointer]:
    """Return a dispatcher that gives exactly (float64, contiguous float64 vector), and the pointer to it."""
    count = len(argument_types) - 1
    if inspect.getfullargspec(dispatcher.py_func).varargs:
        dispatcher = _with_arguments(dispatcher, count, "function(x{0})")
    try:
        dispatcher.compile(argument_types)
    except (NumbaError, TypeError) as error:
        reason = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
        raise ContractError(
            f"{_name(dispatcher)} does not compile for x: float64 vector, args: {argument_types[1:]}: {reason}"
        ) from error
    kind = dispatcher.overloads[argument_types].signature.return_type
    if kind != PAIR:
        _refuse_unless_convertible(dispatcher, kind)
        dispatcher = _with_arguments(dispatcher, count, "as_pair(*function(x{0}))")
    return dispatcher, Pointer(dispatcher, PAIR(*argument_types))


def _refuse_unless_convertible(dispatcher: Any, kind: Any) -> None:
    """Raise unless a float and a contiguous float64 vector can be made of what `dispatcher` returns."""
    said = f"{_name(dispatcher)} returns {kind}: expected (f, g), a float and a float64 vector"
    if not (isinstance(kind, types.BaseTuple) and len(kind) == 2):
        raise ContractError(said)
    f, g = kind
    if not isinstance(f, (types.Float, types.Integer, types.Boolean)):
        raise ContractError(said)
    if not (isinstance(g, types.Array) and g.ndim == 1):
        raise ContractError(said)
    if g.dtype != types.float64:
        raise ContractError(f"{_name(dispatcher)} returns a gradient of {g.dtype}: expected float64")


@part
def _as_pair(f, g):
    """Return a float and a contiguous vector of its own."""
    return float(f), np.ascontiguousarray(g).copy()


def _with_arguments(dispatcher: Any, count: int, expression: str) -> Any:
    """Return a compiled function of x and `count` more arguments: a pointer's type has no place for ``*args``.

    The function is made for this process only, and compiled in it.
    """
    names = "".join(f", a{i}" for i in range(count))
    namespace = {"function": dispatcher, "as_pair": _as_pair}
    exec(f"def adapted(x{names}):\n    return {expression.format(names)}", namespace)
    namespace["adapted"].__name__ = _name(dispatcher)
    return njit(namespace["adapted"])


def _checked(function: Any, shape: tuple[int, ...]) -> Callable[..., tuple[float, np.ndarray]]:
    """Return `function` with its result checked at each call."""

    def checked(x: np.ndarray, *args: Any) -> tuple[float, np.ndarray]:
        pair = function(x, *args)
        try:
            f, g = pair
        except (TypeError, ValueError):
            raise ContractError(
                f"{_name(function)} returned {_description(pair)}: expected the pair (f, g)"
                " (through scipy.optimize.minimize, pass jac=True)"
            ) from None
        if type(f) is not float:
            f = _real(f, function)
        if type(g) is not np.ndarray or g.dtype != np.float64 or g.shape != shape:
            g = _vector(g, shape, function)
        return f, g

    return checked


def _real(f: Any, function: Any) -> float:
    if isinstance(f, float):
        return float(f)
    scalar = isinstance(f, (int, np.floating, np.integer)) or (isinstance(f, np.ndarray) and f.ndim == 0)
    if scalar and np.isrealobj(f):
        return float(f)
    raise ContractError(f"{_name(function)} returned f as {_description(f)}: expected a real number")


def _vector(g: Any, shape: tuple[int, ...], function: Any) -> np.ndarray:
    array = np.asarray(g)
    if array.dtype != np.float64:
        raise ContractError(f"{_name(function)} returned a gradient of dtype {array.dtype}: expected float64")
    if array.shape != shape:
        raise ContractError(
            f"{_name(function)} returned a gradient of shape {array.shape}: expected {shape}, the shape of x0"
        )
    return array


def _name(function: Any) -> str:
    return getattr(function, "__name__", type(function).__name__)


def _description(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape} and dtype {value.dtype}"
    return f"{type(value).__name__} {value!r}"[:80]
