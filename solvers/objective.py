"""The border where a user's ``f, g = fun(x, *args)`` comes in: found out once, checked, and made ready for a loop.

Three kinds are accepted: a plain Python function, a function compiled by ``numba.njit``, and an object that is callable
and offers ``compiled_form() -> (njit function, args)``, with the attributes

``gradient_scale``
    what ``gtol`` is multiplied with, so that a tolerance means the gradient of the *mean* objective (default 1);
``n_rows``
    that the first of its args is the index array of the rows to use (see `RowObjective`).

It may also offer ``product_form() -> function`` for ``(v, x, *args) -> H(x) v``, which some of Newton's methods use,
``preconditioner_form(x0) -> (function, args)`` for ``(v, x, *args)``, about the inverse of H near x0 times v, and
``finer() -> object``: the same objective with less rounding, or None, for a run that rounding would end; `resolution`
is then the relative error of f without (default 0: known when the run has come to it). `work` are the multiply-adds of
an evaluation, for methods that choose by it.
"""

import contextlib
import functools
import inspect
import math
import re
import weakref
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numba import njit, typeof, types
from numba.core.errors import NumbaError

from solvers.jit import by_presence, is_compiled, part
from solvers.pointer import Pointer
from solvers.problem import COUNTED, Problem, gradient, hessian, new_counters

VECTOR = types.float64[::1]
COMPLEX_VECTOR = types.complex128[::1]
OUTPUTS = (types.float64, VECTOR, types.float64[:, ::1], types.float64[:, :, ::1])
"""What a compiled objective returns, as far as it is asked to: f, g, H, T."""


class ContractError(TypeError, ValueError):
    """An objective that does not return what ``f, g = fun(x, *args)`` promises."""


class NotEvaluable(Exception):  # noqa: N818 - no error: a place where f is not defined
    """Raised by an objective where it has no value: the run takes the point as one where f is not a number.

    A function compiled by ``numba.njit`` returns ``nan`` instead: what it raises ends the run.
    """


class Objective(NamedTuple):
    """A user's objective, ready to run.

    The functions of `problem` are called from Python and check what they return; those of `compiled` are pointers to
    machine code. `compiled` is None where one of them is a plain Python function. `seconds` were spent on what a run
    needs of the objective before it begins, such as a preconditioner. `resolution` is the relative error of f, where
    there is a finer form of it.
    """

    problem: Problem
    compiled: Problem | None
    gradient_scale: float
    n_rows: int
    source: Any
    seconds: float = 0.0
    resolution: float = 0.0

    def preconditioned_like(self, other: "Objective") -> "Objective":
        """Return this objective with the preconditioner of another one."""

        def taken(mine: Problem, its: Problem) -> Problem:
            return mine._replace(preconditioner=its.preconditioner, preconditioner_args=its.preconditioner_args)

        compiled = self.compiled and other.compiled and taken(self.compiled, other.compiled)
        return self._replace(problem=taken(self.problem, other.problem), compiled=compiled)

    def preconditioned_by(self, args: tuple[Any, ...]) -> "Objective":
        """Return the objective whose preconditioner takes other `args`, of the same types."""
        compiled = self.compiled and self.compiled._replace(preconditioner_args=args)
        return self._replace(problem=self.problem._replace(preconditioner_args=args), compiled=compiled)

    def at_start(self, x0: np.ndarray, second_order: bool) -> tuple[float, np.ndarray, np.ndarray | None, np.ndarray]:
        """Return f, g, H (None for a method without) and the counters of a run after its first evaluation.

        An object that binds its data itself is asked itself, so that its own checks speak.
        """
        problem = self.problem
        if isinstance(self.source, RowObjective) or hasattr(self.source, "compiled_form"):
            asked = _checked(self.source, x0.shape, 3 if second_order else 2, self.compiled is None)
            problem = Problem(None, (), asked) if second_order else Problem(asked, ())
        return at_start(True if second_order else None, problem, x0)


@part
def _first_order(nothing, problem, x0, nfev):
    f, g = gradient(problem, x0, nfev)
    return f, g, None, nfev


@part
def _second_order(given, problem, x0, nfev):
    f, g, H = hessian(problem, x0, nfev)
    return f, g, H.copy(), nfev


_evaluated = by_presence(_second_order, _first_order)


@part
def at_start(second_order, problem, x0):
    """Return f, g, the Hessian (None where `second_order` is), and the counters of a run after its first evaluation."""
    nfev = new_counters()
    nfev[COUNTED] = 1
    return _evaluated(second_order, problem, x0, nfev)


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


def resolve(
    fun: Any,
    x0: np.ndarray,
    args: tuple[Any, ...] = (),
    jac: Any = True,
    *,
    hess: Any = None,
    order: int = 1,
    product: Any = None,
    preconditioner: Any = None,
    preconditioner_args: tuple[Any, ...] | None = None,
    at_complex: bool = False,
) -> Objective:
    """Return what `fun` is, ready to run from `x0`.

    Parameters
    ----------
    fun : callable
        ``f, g = fun(x, *args)``, or ``f = fun(x, *args)`` with a callable `jac`; ``f, g, H`` or ``f, g, H, T`` where a
        method needs it. A parameter named ``nargout`` is given the number of outputs wanted, so that work can be saved;
        what is returned beyond that is left alone.
    x0 : ndarray, shape (n,)
        Where it will be evaluated first.
    args : tuple
        What else the functions take.
    jac : True, None or callable
        As in ``scipy.optimize.minimize``.
    hess : callable, optional
        ``hess(x, *args)``, where `fun` does not return the Hessian.
    order : {1, 2, 3}
        The highest derivative that is needed: gradient, Hessian or tensor.
    product, preconditioner : callable, optional
        ``product(v, x, *args)`` and ``preconditioner(v, x, *args)``, each a vector.
    preconditioner_args : tuple, optional
        What the preconditioner takes instead of `args`.
    at_complex : bool
        Whether `fun` will be evaluated at complex points.

    Raises
    ------
    ContractError
        When `fun` is not callable, or is compiled and returns something else than promised.
    """
    if callable(jac):
        # SciPy splits a function that returns the pair: take it whole.
        whole = getattr(fun, "fun", None)
        fun = whole if whole and getattr(jac, "__self__", None) is fun else _joined(fun, jac)
    if hess is not None:
        fun = _joined_hessian(fun, hess)
    if not callable(fun):
        raise ContractError(f"fun is {type(fun).__name__} {fun!r}: expected a function that returns (f, g)")
    scale, n_rows, function = getattr(fun, "gradient_scale", 1.0), getattr(fun, "n_rows", 0), fun
    if isinstance(fun, RowObjective):
        function, args = fun.fun, fun.args
    elif hasattr(fun, "compiled_form"):
        function, args = fun.compiled_form()
    others = [each for each in (product, preconditioner) if each is not None]
    all_compiled = is_compiled(function) and all(map(is_compiled, others))
    # The poorer outputs are asked for only where that saves work: else the richest function gives them all.
    asked = range(1, order + 1) if "nargout" in _parameters(function) else [order]
    outputs = {k: _checked(function, x0.shape, k + 1) for k in asked}
    problem = Problem(
        outputs.get(1),
        args,
        outputs.get(2),
        outputs.get(3),
        product and _checked_vector(product, x0.shape),
        preconditioner and _checked_vector(preconditioner, x0.shape),
        _complex_gradient(function, x0.shape) if at_complex else None,
        preconditioner_args,
    )
    pointers = None
    if all_compiled:
        kinds = tuple(map(typeof, args))
        own_kinds = kinds if preconditioner_args is None else tuple(map(typeof, preconditioner_args))
        given: dict[int, Any] = {k: _pointer(function, k + 1, (VECTOR, *kinds)) for k in asked}
        pointers = Problem(
            given.get(1),
            args,
            given.get(2),
            given.get(3),
            product and _pointer(product, 0, (VECTOR, VECTOR, *kinds)),
            preconditioner and _pointer(preconditioner, 0, (VECTOR, VECTOR, *own_kinds)),
            _pointer(function, -1, (COMPLEX_VECTOR, *kinds)) if at_complex else None,
            preconditioner_args,
        )
    resolution = float(getattr(fun, "resolution", 0.0))
    return Objective(problem, pointers, scale, n_rows, fun, resolution=resolution)


def asking(function: Any, outputs: int, args_count: int) -> Any:
    """Return `function` asked for so many outputs, if it has a parameter ``nargout`` to tell it by."""
    if "nargout" not in _parameters(function):
        return function
    if not is_compiled(function):
        return lambda x, *args: function(x, *args, nargout=outputs)
    names = [f"a{i}" for i in range(args_count + 1)]
    return _adapter(function, names, f"function({', '.join(names)}, nargout={outputs})")


_known: "weakref.WeakKeyDictionary[Any, Any]" = weakref.WeakKeyDictionary()


def _parameters(function: Any) -> Any:
    """Return the parameters of a function by their names, empty for one that does not tell.

    Reading a signature takes as long as a small solve: what was read is kept as long as the function lives.
    """
    plain = getattr(function, "py_func", function)
    try:
        return _known[plain]
    except (KeyError, TypeError):  # TypeError: it can be no key
        pass
    try:
        found: Any = inspect.signature(plain).parameters
    except (TypeError, ValueError):
        found = {}
    with contextlib.suppress(TypeError):
        _known[plain] = found
    return found


def _joined(fun: Any, jac: Any) -> Any:
    """Return the function that gives both f and g."""

    def pair(x, *args):
        return fun(x, *args), jac(x, *args)

    return _compiled_pair(fun, jac) if is_compiled(fun) and is_compiled(jac) else pair


@functools.lru_cache(maxsize=128)
def _compiled_pair(fun: Any, jac: Any) -> Any:
    """Return the same compiled: it is made once, or each run would compile it and leave it in memory."""
    return njit(lambda x, *args: (fun(x, *args), jac(x, *args)))


def _joined_hessian(fun: Any, hess: Any) -> Any:
    """Return the function that gives f, g and H."""

    def triple(x, *args):
        f, g = fun(x, *args)
        return f, g, hess(x, *args)

    return njit(triple) if is_compiled(fun) and is_compiled(hess) else triple


def own_product(fun: Any) -> Any:
    """Return the product with the Hessian that an objective brings, or None."""
    form = getattr(fun, "product_form", None)
    return form() if form is not None else None


def own_preconditioner(fun: Any, x0: np.ndarray) -> tuple[Any, tuple[Any, ...]]:
    """Return the preconditioner near `x0` that an objective brings, with what it takes.

    Raises
    ------
    TypeError
        When it brings none.
    """
    form = getattr(fun, "preconditioner_form", None)
    if form is None:
        raise TypeError(
            f"preconditioner='own' needs an objective with preconditioner_form(x0), and {_name(fun)} has none: give"
            " a function preconditioner(v, x, *args), about the inverse of the Hessian times v"
        )
    function, args = form(x0)
    return function, args


def swapped(hessp: Any) -> Any:
    """Return ``(v, x, *args)`` for SciPy's ``hessp(x, v, *args)``."""

    def product(v, x, *args):
        return hessp(x, v, *args)

    return njit(product) if is_compiled(hessp) else product


@functools.lru_cache(maxsize=128)
def _pointer(dispatcher: Any, outputs: int, argument_types: tuple[Any, ...]) -> Pointer:
    """Return the pointer to a function that gives exactly the first `outputs` of f, g, H, T.

    0 stands for a single vector, -1 for the gradient alone at a complex point.
    """
    names = [f"a{i}" for i in range(len(argument_types))]
    dispatcher = asking(dispatcher, outputs if outputs >= 0 else 2, len(names) - 1)
    if any(each.kind is each.VAR_POSITIONAL for each in _parameters(dispatcher).values()):
        dispatcher = _adapter(dispatcher, names, f"function({', '.join(names)})")
    try:
        dispatcher.compile(argument_types)
    except (NumbaError, TypeError) as error:
        reason = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
        raise ContractError(
            f"{_name(dispatcher)} does not compile for x: float64 vector, args: {argument_types[1:]}: {reason}"
        ) from error
    kind = dispatcher.overloads[argument_types].signature.return_type
    expected = (COMPLEX_VECTOR, VECTOR, None, *map(types.Tuple, (OUTPUTS[:2], OUTPUTS[:3], OUTPUTS[:4])))[outputs + 1]
    if kind != expected:
        _refuse_unless_convertible(dispatcher, outputs, kind)
        expression = ("own(function({0})[1])", "own(function({0}))", "", *_EXPRESSIONS)[outputs + 1]
        dispatcher = _adapter(dispatcher, names, expression.format(", ".join(names)))
    return Pointer(dispatcher, expected(*argument_types))


_EXPRESSIONS = ("pair(function({0}))", "triple(function({0}))", "quadruple(function({0}))")


def _refuse_unless_convertible(dispatcher: Any, outputs: int, kind: Any) -> None:
    """Raise unless what is wanted can be made of what `dispatcher` returns."""
    if outputs == 0:
        if not (isinstance(kind, types.Array) and kind.ndim == 1 and kind.dtype == types.float64):
            raise ContractError(f"{_name(dispatcher)} returns {kind}: expected a float64 vector")
        return
    wanted = abs(outputs) + (outputs < 0)
    number = types.complex128 if outputs < 0 else types.float64
    said = f"{_name(dispatcher)} returns {kind}: expected {_PROMISES[wanted]}"
    if not (isinstance(kind, types.BaseTuple) and len(kind) >= wanted):
        raise ContractError(said)
    if not isinstance(kind[0], (types.Float, types.Integer, types.Boolean, types.Complex)[: 3 + (outputs < 0)]):
        raise ContractError(said)
    for ndim, array in enumerate(kind.types[1:], 1):
        if not (isinstance(array, types.Array) and array.ndim == ndim):
            raise ContractError(said)
        if ndim < wanted and array.dtype != number:
            what = ("gradient", "Hessian", "tensor")[ndim - 1]
            raise ContractError(f"{_name(dispatcher)} returns a {what} of {array.dtype}: expected {number}")


_PROMISES = {
    2: "(f, g), a float and a float64 vector",
    3: "(f, g, H), a float, a float64 vector and a float64 matrix",
    4: "(f, g, H, T), a float, a float64 vector, matrix and array of three dimensions",
}


@part
def _own(array):
    """Return a contiguous array that nobody else writes into."""
    return np.ascontiguousarray(array).copy()


@part
def _as_pair(found):
    return float(found[0]), _own(found[1])


@part
def _as_triple(found):
    return float(found[0]), _own(found[1]), _own(found[2])


@part
def _as_quadruple(found):
    return float(found[0]), _own(found[1]), _own(found[2]), _own(found[3])


def _adapter(dispatcher: Any, names: list[str], expression: str) -> Any:
    """Return a compiled function of the named arguments: a pointer's type has no place for ``*args`` or keywords.

    The function is made for this process only, and compiled in it.
    """
    namespace = {
        "function": dispatcher,
        "own": _own,
        "pair": _as_pair,
        "triple": _as_triple,
        "quadruple": _as_quadruple,
    }
    exec(f"def adapted({', '.join(names)}):\n    return {expression}", namespace)
    adapted: Any = namespace["adapted"]
    adapted.__name__ = _name(dispatcher)
    return njit(adapted)


def _checked(
    function: Any, shape: tuple[int, ...], outputs: int, read_only: bool | None = None
) -> Callable[..., tuple[Any, ...]]:
    """Return `function`, asked for so many outputs, held to its contract at each call: this is the place for that.

    It sees x `read_only` (if not said otherwise, unless it is compiled: for compiled code that would be another type).
    What it returns has the right types and shapes, and arrays are copies, which no later call writes into. Where it
    raises `NotEvaluable`, all outputs are not a number.
    """
    asked: Any = None
    if read_only is None:
        read_only = not is_compiled(function)

    def checked(x: np.ndarray, *args: Any) -> tuple[Any, ...]:
        nonlocal asked
        if asked is None:  # how many arguments there are is known only now
            asked = asking(function, outputs, len(args))
        if read_only:
            x = x[:]
            x.setflags(write=False)
        try:
            found = asked(x, *args)
        except NotEvaluable:
            return math.nan, *(np.full(shape * ndim, math.nan) for ndim in range(1, outputs))
        except (TypeError, ValueError) as error:
            if read_only and re.search("read-?only", str(error)):
                error.add_note(f"{_name(function)} is given x to read: work on a copy, x = x.copy()")
            raise
        is_pair = type(found) is tuple and len(found) == 2 == outputs  # what comes as a rule
        if not is_pair and not (_is_listed(found, outputs) and _are_derivatives(found[2:])):
            raise ContractError(f"{_name(function)} returned {_description(found)}: expected {_SHORT[outputs]}")
        f, g = found[0], found[1]
        if type(f) is not float:
            f = _real(f, function)
        fits = type(g) is np.ndarray and g.dtype == np.float64 and g.shape == shape
        g = g.copy() if fits else _array(g, shape, function, 1)
        if outputs == 2:
            return f, g
        return f, g, *(_array(each, shape, function, 2 + k) for k, each in enumerate(found[2:outputs]))

    return checked


def _is_listed(found: Any, outputs: int) -> bool:
    """Whether what came are the outputs that are wanted, and no more than there can be."""
    return isinstance(found, (tuple, list)) and outputs <= len(found) <= 4


def _are_derivatives(found: Any) -> bool:
    """Whether what follows f and g can be a Hessian and a tensor."""
    return all(np.ndim(each) == ndim for ndim, each in enumerate(found, 2))


_SHORT = {2: "the pair (f, g) (through scipy.optimize.minimize, pass jac=True)", 3: "(f, g, H)", 4: "(f, g, H, T)"}


def _checked_vector(function: Any, shape: tuple[int, ...]) -> Callable[..., np.ndarray]:
    """Return ``function(v, x, *args)`` with its result checked at each call."""

    def checked(v: np.ndarray, x: np.ndarray, *args: Any) -> np.ndarray:
        try:
            found = np.asarray(function(v, x, *args))
        except NotEvaluable:
            return np.full(shape, math.nan)
        if found.shape != shape or found.dtype.kind not in "fiu":
            raise ContractError(
                f"{_name(function)} returned {_description(found)}: expected a real vector of shape {shape}"
            )
        return found.astype(np.float64)

    return checked


def _complex_gradient(function: Any, shape: tuple[int, ...]) -> Callable[..., np.ndarray]:
    """Return the gradient of `function` at complex points."""
    options = {"nargout": 2} if "nargout" in _parameters(function) else {}

    def at_complex(z: np.ndarray, *args: Any) -> np.ndarray:
        found = function(z, *args, **options)
        g = np.asarray(found[1], dtype=np.complex128)
        if g.shape != shape:
            raise ContractError(
                f"{_name(function)} returned a gradient of shape {g.shape} at a complex point: expected {shape}"
            )
        return g

    return at_complex


def _real(f: Any, function: Any) -> float:
    if isinstance(f, float):
        return float(f)
    scalar = isinstance(f, (int, np.floating, np.integer)) or (isinstance(f, np.ndarray) and f.ndim == 0)
    if scalar and np.isrealobj(f):
        return float(f)
    raise ContractError(f"{_name(function)} returned f as {_description(f)}: expected a real number")


_NOUNS = {1: "gradient", 2: "Hessian", 3: "tensor"}


def _array(value: Any, shape: tuple[int, ...], function: Any, ndim: int) -> np.ndarray:
    """Return a copy of a derivative as a contiguous array, or raise when it is not one."""
    array = np.asarray(value)
    noun = _NOUNS[ndim]
    if array.dtype != np.float64:
        raise ContractError(f"{_name(function)} returned a {noun} of dtype {array.dtype}: expected float64")
    if array.shape != shape * ndim:
        raise ContractError(
            f"{_name(function)} returned a {noun} of shape {array.shape}: expected {shape * ndim}"
            + (", the shape of x0" if ndim == 1 else "")
        )
    return np.array(array, order="C")


def _name(function: Any) -> str:
    return getattr(function, "__name__", type(function).__name__)


def _description(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape} and dtype {value.dtype}"
    return f"{type(value).__name__} {value!r}"[:80]
