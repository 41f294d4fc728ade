"""Derivatives by differences: a gradient from f, a Hessian from gradients, a tensor of third derivatives from Hessians.

Three kinds, with the step ``h = 2e-6 (1 + ||x||)`` along each coordinate:

``FORWARD``
    ``(F(x + h e_j) - F(x)) / h``, wrong by about ``h |F''| / 2`` and the rounding of F over h.
``CENTRAL``
    ``(F(x + h e_j) - F(x - h e_j)) / 2h``, wrong by about ``h^2 |F'''| / 6``.
``COMPLEX``
    ``Im F(x + 1e-150 i e_j) / 1e-150``, exact to rounding where `fun` is analytic and computes with complex numbers
    (no absolute value, comparison or conjugate of x on the way).

The functions are written once, in Numba's subset: they take plain Python functions and compiled ones.

References
----------
J. Nocedal and S. J. Wright, Numerical Optimization, 2nd ed., 2006, section 8.1.
W. Squire and G. Trapp, "Using complex variables to estimate derivatives of real functions", SIAM Review 40(1), 1998.
"""

# mypy: allow-untyped-defs, allow-untyped-calls, allow-untyped-decorators
# Numba infers the types of compiled functions; annotations there would be a second, unchecked copy.

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numba import njit, types
from numba.extending import overload

from solvers.jit import is_compiled, part
from solvers.vectors import norm_two

if TYPE_CHECKING:
    from collections.abc import Callable

FORWARD, CENTRAL, COMPLEX = 1, 2, 3
RELATIVE_STEP = 2e-6
IMAGINARY_STEP = 1e-150


def kind_of(num_diff: int, use_complex: bool) -> int:
    """Return the kind of differences that minFunc's options `numDiff`, not 0, and `useComplex` ask for."""
    return COMPLEX if use_complex or num_diff == COMPLEX else FORWARD if num_diff == FORWARD else CENTRAL


def calls(order: int, kind: int, n: int, strict: bool = False) -> int:
    """Return how often a function made by `differenced` calls the given one, for `n` variables.

    Central differences of values or gradients cost a call more than the original's, which has no value at x itself.
    """
    if kind == FORWARD:
        return n + 1
    if kind == CENTRAL:
        return 2 * n if strict and order < 3 else 2 * n + 1
    return n


def multiplier(order: int, num_diff: int, use_complex: bool, n: int, strict: bool = False) -> int:
    """Return what minFunc multiplies its count of evaluations with.

    Parameters
    ----------
    order : int
        1 for a gradient, 2 for a Hessian; a tensor is not counted, and 3 gives 1.
    num_diff, use_complex
        minFunc's options. Where the original has switched `useComplex` off (its methods newton0 and pnewton0) it
        chooses by `numDiff` alone, although the differences are complex: pass False under `strict`.
    n : int
        Number of variables.
    strict : bool
        As for `differenced`.
    """
    if num_diff == 0 or order > 2:
        return 1
    if strict:
        return n if use_complex else 2 * n if num_diff == CENTRAL else n + 1
    return calls(order, kind_of(num_diff, use_complex), n)


def announcement(order: int, kind: int) -> str:
    """Return the line that minFunc prints in its full display before the table."""
    return (
        f"Using {'complex differentials' if kind == COMPLEX else 'finite differences'} "
        f"for {('gradient', 'Hessian', 'tensor')[order - 1]} computation"
    )


def differenced(
    fun: Callable[..., Any], order: int, kind: int, args_count: int, strict: bool = False
) -> Callable[..., Any]:
    """Return the function that gives one derivative more than `fun`.

    Parameters
    ----------
    fun : callable
        ``fun(x, *args)``, plain Python or compiled by ``numba.njit``. For order 1 it returns f, or a tuple that begins
        with f; for order 2 a tuple that begins with f, g; for order 3 with f, g, H. For `COMPLEX` it is called at
        complex x and returns complex numbers there.
    order : int
        The highest derivative of the result.
    kind : int
        `FORWARD`, `CENTRAL` or `COMPLEX`.
    args_count : int
        How many arguments follow x.
    strict : bool
        What the original returns beside the derivative: for `CENTRAL` the means of f and of g over the shifted points
        and for a `FORWARD` Hessian f at the last shifted point, instead of f and g at x.

    Returns
    -------
    callable
        ``(x, *args)`` to ``f, g``, ``f, g, H`` or ``f, g, H, T``, with `x` a float64 vector; compiled, for this process
        alone, where `fun` is. A numerical Hessian is symmetrised; ``T[:, :, j]`` is the derivative of H along
        coordinate j.
    """
    scheme = SCHEMES[order, kind]
    if not is_compiled(fun):

        def function(x: np.ndarray, *args: Any) -> Any:
            return scheme(fun, x, args, strict)

        return function
    names = [f"a{i}" for i in range(args_count)]
    namespace = {"scheme": scheme, "fun": fun, "strict": strict}
    rest = "".join(f"{name}, " for name in names)
    exec(f"def function(x, {rest}):\n    return scheme(fun, x, ({rest}), strict)", namespace)
    return njit(namespace["function"])


def _value(result: Any) -> Any:
    """Return f out of whatever `fun` returned."""
    return result[0] if isinstance(result, (tuple, list)) else result


@overload(_value)
def _compiled_value(result):
    if isinstance(result, types.BaseTuple):
        return lambda result: result[0]
    return lambda result: result


@part
def _legal(f):
    """Return a value at a real point as a float: one with an imaginary part counts as NaN."""
    return float(f.real) if f.imag == 0.0 else np.nan


@part
def _step(x):
    return RELATIVE_STEP * (1.0 + norm_two(x))


@part
def _shifted(x, j, h):
    """Return a copy of `x` moved by `h` along coordinate j."""
    z = x.copy()
    z[j] += h
    return z


@part
def _shifted_off_the_real_line(x, j):
    """Return `x` with a tiny imaginary part in coordinate j."""
    z = x.astype(np.complex128)
    z[j] += 1j * IMAGINARY_STEP
    return z


@part
def _forward_gradient(fun, x, args, strict):
    h = _step(x)
    f = _legal(_value(fun(x.copy(), *args)))
    g = np.empty(x.size)
    for j in range(x.size):
        g[j] = (_legal(_value(fun(_shifted(x, j, h), *args))) - f) / h
    return f, g


@part
def _central_gradient(fun, x, args, strict):
    h = _step(x)
    g = np.empty(x.size)
    total_above = total_below = 0.0
    for j in range(x.size):
        above = _legal(_value(fun(_shifted(x, j, h), *args)))
        below = _legal(_value(fun(_shifted(x, j, -h), *args)))
        g[j] = (above - below) / (2.0 * h)
        total_above += above
        total_below += below
    if strict:
        return (total_above + total_below) / (2.0 * x.size), g
    return _legal(_value(fun(x.copy(), *args))), g


@part
def _complex_gradient(fun, x, args, strict):
    g = np.empty(x.size)
    total = f = 0.0
    for j in range(x.size):
        value = _value(fun(_shifted_off_the_real_line(x, j), *args))
        g[j] = value.imag / IMAGINARY_STEP
        f = value.real
        total += f
    return (total / x.size if strict else f), g


@part
def _forward_hessian(fun, x, args, strict):
    n = x.size
    h = _step(x)
    first = fun(x.copy(), *args)
    f = _legal(first[0])
    g = first[1].copy()
    H = np.empty((n, n))
    for j in range(n):
        shifted = fun(_shifted(x, j, h), *args)
        H[:, j] = (shifted[1] - g) / h
        if strict:
            f = _legal(shifted[0])
    return f, g, 0.5 * (H + H.T)


@part
def _central_hessian(fun, x, args, strict):
    n = x.size
    h = _step(x)
    H = np.empty((n, n))
    total = 0.0
    mean = np.zeros(n)
    for j in range(n):
        above = fun(_shifted(x, j, h), *args)
        f_above, g_above = _legal(above[0]), above[1].copy()
        below = fun(_shifted(x, j, -h), *args)
        H[:, j] = (g_above - below[1]) / (2.0 * h)
        total += f_above + _legal(below[0])
        mean += g_above + below[1]
    H = 0.5 * (H + H.T)
    if strict:
        return total / (2.0 * n), mean / (2.0 * n), H
    here = fun(x.copy(), *args)
    return _legal(here[0]), here[1].copy(), H


@part
def _complex_hessian(fun, x, args, strict):
    n = x.size
    H = np.empty((n, n))
    f = total = 0.0
    g = np.zeros(n)
    mean = np.zeros(n)
    for j in range(n):
        shifted = fun(_shifted_off_the_real_line(x, j), *args)
        H[:, j] = shifted[1].imag / IMAGINARY_STEP
        f = shifted[0].real
        g = shifted[1].real.copy()
        total += f
        mean += g
    H = 0.5 * (H + H.T)
    if strict:
        return total / n, mean / n, H
    return f, g, H


@part
def _forward_tensor(fun, x, args, strict):
    n = x.size
    h = _step(x)
    first = fun(x.copy(), *args)
    f, g, H = _legal(first[0]), first[1].copy(), first[2].copy()
    T = np.empty((n, n, n))
    for j in range(n):
        T[:, :, j] = (fun(_shifted(x, j, h), *args)[2] - H) / h
    return f, g, H, T


@part
def _central_tensor(fun, x, args, strict):
    n = x.size
    h = _step(x)
    T = np.empty((n, n, n))
    for j in range(n):
        above = fun(_shifted(x, j, h), *args)[2].copy()
        T[:, :, j] = (above - fun(_shifted(x, j, -h), *args)[2]) / (2.0 * h)
    here = fun(x.copy(), *args)
    return _legal(here[0]), here[1].copy(), here[2].copy(), T


@part
def _complex_tensor(fun, x, args, strict):
    n = x.size
    T = np.empty((n, n, n))
    f = 0.0
    g = np.zeros(n)
    H = np.zeros((n, n))
    for j in range(n):
        shifted = fun(_shifted_off_the_real_line(x, j), *args)
        T[:, :, j] = shifted[2].imag / IMAGINARY_STEP
        f = shifted[0].real
        g = shifted[1].real.copy()
        H = shifted[2].real.copy()
    return f, g, H, T


SCHEMES: dict[tuple[int, int], Any] = {
    (1, FORWARD): _forward_gradient,
    (1, CENTRAL): _central_gradient,
    (1, COMPLEX): _complex_gradient,
    (2, FORWARD): _forward_hessian,
    (2, CENTRAL): _central_hessian,
    (2, COMPLEX): _complex_hessian,
    (3, FORWARD): _forward_tensor,
    (3, CENTRAL): _central_tensor,
    (3, COMPLEX): _complex_tensor,
}
"""By order and kind: ``scheme(fun, x, args, strict)``, what `differenced` makes a function of."""
