"""The exercise's gradient check: randomly drawn coordinates, one wide central difference each, a printed row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.matlab.layout import real

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike


DELTA = 1e-3


def grad_check(
    fun: Callable[..., Any],
    theta0: ArrayLike,
    num_checks: int,
    *args: Any,
    seed: int | np.random.Generator | None = 0,
    display: bool = True,
) -> float:
    """Average absolute error of g over randomly drawn coordinates: the exercise's check, which returns its average.

    Parameters
    ----------
    fun : callable
        ``fun(theta, *args) -> (f, g)``.
    theta0 : array_like
        A vector or a matrix, handed to `fun` in its shape; coordinates count from 1, column by column.
    num_checks : int
        How many coordinates to draw, uniformly and with replacement.
    seed : int, Generator or None
        Seeds the draw; None draws afresh each time.
    display : bool
        Print one row per check to stdout.

    Returns
    -------
    float
        Mean of ``|g_i - (f(theta + 1e-3 e_i) - f(theta - 1e-3 e_i)) / 2e-3|``. The step is large: the truncation error
        is about 2e-7 times the third derivative. `workbench.check_gradient` chooses steps and judges.

    Notes
    -----
    Two corrections of the original: its header named the columns of g and of its estimate the wrong way round, and it
    stored the average in a variable that was not its output, so that asking for it was an error.
    """
    if num_checks < 1:
        raise ValueError(f"num_checks is {num_checks}, expected at least 1")
    theta0 = real(theta0, "theta0")
    f, g = fun(theta0.copy(), *args)
    g = np.array(g, dtype=np.float64).ravel(order="F")
    if g.size != theta0.size:
        raise ValueError(f"g has {g.size} entries, expected {theta0.size}: one per entry of theta0")
    drawn = np.random.default_rng(seed).integers(theta0.size, size=num_checks)
    if display:
        print(" Iter       i             err               g           g_est               f")
    total = 0.0
    for check, i in enumerate(drawn, start=1):
        at = np.unravel_index(i, theta0.shape, order="F")
        above, below = theta0.copy(), theta0.copy()
        above[at] += DELTA
        below[at] -= DELTA
        estimate = (fun(above, *args)[0] - fun(below, *args)[0]) / (2 * DELTA)
        error = abs(g[i] - estimate)
        if display:
            print(f"{check: 5d}  {i + 1: 6d} {error: 15g} {g[i]: 15f} {estimate: 15f} {f: 15f}")
        total += error
    return float(total / num_checks)
