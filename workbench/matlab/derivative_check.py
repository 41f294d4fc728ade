"""minFunc's derivative checks: a user's gradient or Hessian against differences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.matlab.display import formatted
from workbench.matlab.layout import real
from workbench.matlab.matrix_display import displayed
from workbench.matlab.numerical_derivatives import (
    CENTRAL,
    COMPLEX,
    FORWARD,
    IMAGINARY_STEP,
    RELATIVE_STEP,
    SCHEMES,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike

    from workbench.matlab.layout import FloatArray

SUSPICIOUS = 1e-4
"""An absolute difference above which the derivatives themselves are shown."""


def derivativeCheck(  # noqa: N802 - the original's name
    fun: Callable[..., Any], x: ArrayLike, order: int = 1, type: int = CENTRAL, *args: Any
) -> float:
    """Return the largest absolute difference between a user's derivative and its estimate by differences.

    Parameters
    ----------
    fun : callable
        ``fun(x, *args)`` to ``f, g``, or ``f, g, H`` for order 2.
    x : array_like
        Where to check, as a vector; a matrix is taken column by column.
    order : int
        1 for the gradient, 2 for the Hessian.
    type : int
        1 forward, 2 central differences, 3 the complex step (`workbench.matlab.numerical_derivatives`).

    Notes
    -----
    Prints the difference and, where it exceeds 1e-4, the user's derivative, the estimate and their difference. The
    original then waits for a key, and returns a value in that case alone. `workbench.check_gradient` chooses its steps,
    judges relative to their rounding, and says which coordinate is wrong and why.
    """
    x = _checked(x, order, type)
    return _compare(fun, x, args, order, type)


def fastDerivativeCheck(  # noqa: N802 - the original's name
    fun: Callable[..., Any],
    x: ArrayLike,
    order: int = 1,
    type: int = CENTRAL,
    *args: Any,
    rng: np.random.Generator | int | None = None,
) -> float:
    """Return the largest absolute difference along one random direction of entries 1 and -1.

    Parameters
    ----------
    fun, x, order, type, *args
        As for `derivativeCheck`. Order 1 compares ``g . d``, order 2 the vector ``H d``.
    rng : Generator, int or None
        What the direction is drawn with: the signs of standard normal numbers.

    Notes
    -----
    Takes two or three evaluations whatever the number of variables. The original does not return the difference.
    """
    x = _checked(x, order, type)
    generator = np.random.default_rng(rng)
    d = np.where(generator.standard_normal(x.size) < 0.0, -1.0, 1.0)
    user = fun(x.copy(), *args)
    ours = np.asarray(user[order], np.float64) @ d if order == 2 else np.dot(np.ravel(user[1]), d)
    difference = float(np.max(np.abs(ours - _along(fun, x, d, args, order, type, user))))
    if order == 1:
        print("Checking Gradient along random direction:")
        _say("Max difference between user and numerical directional-derivative: %e", difference)
    else:
        print("Checking Hessian-vector product along random direction:")
        _say("Max difference between user and numerical Hessian-vector product: %e", difference)
    return difference


def check_at_start(
    fun: Callable[..., Any], x: FloatArray, args: tuple[Any, ...], order: int, use_complex: bool = False
) -> float:
    """Print the checks of minFunc's option `DerivativeCheck`, and return the largest difference.

    The gradient is checked and, from order 2 on, the Hessian; by central differences or the complex step.
    """
    kind = COMPLEX if use_complex else CENTRAL
    return max(_compare(fun, x, args, k, kind) for k in range(1, min(order, 2) + 1))


def _checked(x: ArrayLike, order: int, kind: int) -> FloatArray:
    if order not in (1, 2):
        raise ValueError(f"order is {order!r}: expected 1 (gradient) or 2 (Hessian)")
    if kind not in (FORWARD, CENTRAL, COMPLEX):
        raise ValueError(f"type is {kind!r}: expected 1 (forward), 2 (central) or 3 (complex step)")
    return real(x, "x").flatten(order="F")


def _compare(fun: Callable[..., Any], x: FloatArray, args: tuple[Any, ...], order: int, kind: int) -> float:
    """Print the check of one derivative; return the largest difference."""
    print("Checking Gradient..." if order == 1 else "Checking Hessian...")
    shape = (x.size,) * order
    result = fun(x.copy(), *args)
    if not isinstance(result, (tuple, list)) or len(result) <= order:
        raise ValueError(
            f"fun returned no {'gradient' if order == 1 else 'Hessian'}: expected (f, g{', H' * (order - 1)})"
        )
    ours = np.array(result[order], dtype=np.float64)
    if ours.size != x.size**order:
        raise ValueError(
            f"fun returned {'g' if order == 1 else 'H'} of shape {ours.shape}: expected {shape}, by the size of x"
        )
    ours = ours.reshape(shape)
    estimate = SCHEMES[order, kind](fun, x, args, True)[order]
    differences = np.abs(ours - estimate)
    largest = float(differences.max())
    name = "gradient" if order == 1 else "hessian"
    _say(f"Max difference between user and numerical {name}: %e", largest)
    if not largest <= SUSPICIOUS:
        print("User NumDif:")
        print(displayed("ans", np.column_stack([ours, estimate])))
        print(displayed("diff", differences.reshape(x.size, -1)))
    return largest


def _along(
    fun: Callable[..., Any],
    x: FloatArray,
    d: FloatArray,
    args: tuple[Any, ...],
    order: int,
    kind: int,
    here: Any,
) -> Any:
    """Return the derivative of f, or of g, along `d` by differences."""
    lower, h = order - 1, RELATIVE_STEP
    if kind == COMPLEX:
        return np.imag(fun(x + 1j * (IMAGINARY_STEP * d), *args)[lower]) / IMAGINARY_STEP
    above = np.array(fun(x + h * d, *args)[lower])
    if kind == FORWARD:
        return (above - np.asarray(here[lower])) / h
    return (above - np.asarray(fun(x - h * d, *args)[lower])) / (2.0 * h)


def _say(text: str, value: float) -> None:
    print(formatted(text, value))
