"""The check: analytic against numeric derivatives, coordinate by coordinate and along random directions."""

from __future__ import annotations

import inspect
import operator
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.optimize import check_grad

from workbench.gradient_check.contract import Evaluations, start_point
from workbench.gradient_check.noise import Noise, noise_level
from workbench.gradient_check.report import GradientReport
from workbench.gradient_check.sweep import Shifted, Slope, slope
from workbench.gradient_check.verdict import SAFETY, judged

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike

    from workbench.gradient_check.contract import FloatArray

ALL_UP_TO = 2_000
SAMPLE = 50
DIRECTIONS = 4


def check_gradient(
    fun: Callable[..., Any],
    x0: ArrayLike,
    args: Sequence[Any] = (),
    *,
    coordinates: int | Sequence[int] | None = None,
    seed: int = 0,
    names: Sequence[tuple[Any, Any]] | None = None,
) -> GradientReport:
    """Whether g is the gradient of f at `x0`, coordinate by coordinate.

    Parameters
    ----------
    fun : callable
        ``fun(x, *args) -> (f, g)``: f a real scalar, g a float array of x's shape. Plain Python, njit, or an object.
    x0 : array_like, shape (n,)
        The point, finite. Where many coordinates are 0 a faulty penalty hides; a random point shows more.
    args : sequence
        Further arguments of `fun`.
    coordinates : int, sequence of int, or None
        Which coordinates to check: so many, drawn at random; exactly these (0-based); or all of them, which from
        2,001 on becomes 50 drawn at random. Drawn coordinates are joined by 4 random directions, in which every
        coordinate takes part.
    seed : int
        Seeds the draw, the directions and the probe of the noise.
    names : sequence of (class, feature), optional
        One pair per coordinate for the table; by default what ``fun.coordinate_names()`` says, if `fun` has it.

    Returns
    -------
    GradientReport
        ``.ok``, ``.verdict``, ``.table``, ``.scipy_check_grad``; ``str()`` is the text of the command line.

    Raises
    ------
    TypeError, ValueError
        When `x0` or what `fun` returns breaks the contract. Exceptions of `fun` pass with a note naming the evaluation.

    Notes
    -----
    The numeric derivative is a central difference whose step is chosen per coordinate from a sweep
    (`workbench.gradient_check.sweep`); the tolerance is ten times the error that the sweep and the noise of f and g
    reveal, so that no threshold is fixed in advance. About 6 to 10 evaluations a coordinate.
    """
    x = start_point(x0)
    n = x.size
    evaluate = Evaluations(fun, args, n)
    labels = _labels(fun, names, n)
    chosen, drawn = _coordinates(coordinates, n, np.random.default_rng([seed, 0]))
    f, g = evaluate.at_start(x)

    scale = np.maximum(np.abs(x), 1.0)
    noise = noise_level(evaluate, x, f, g, scale, np.random.default_rng([seed, 1]))
    slopes = [_along_coordinate(evaluate, x, int(j), scale[j], f, noise) for j in chosen]
    g_error = SAFETY * noise.g + 4 * evaluate.g_eps * np.abs(g)

    lines = np.random.default_rng([seed, 2]).standard_normal((DIRECTIONS if drawn else 0, n)) * scale / np.sqrt(n)
    sums = [_along_direction(evaluate, x, d, k, f, noise) for k, d in enumerate(lines)]
    sum_error = SAFETY * np.sqrt(lines**2 @ noise.g**2) + 4 * evaluate.g_eps * (np.abs(lines) @ np.abs(g))

    table = judged(g[chosen], slopes, g_error[chosen])
    table.insert(0, "coordinate", chosen)
    table.insert(1, "class", pd.Series([labels[j][0] for j in chosen], dtype=object))
    table.insert(2, "feature", pd.Series([labels[j][1] for j in chosen], dtype=object))
    directions = judged(lines @ g, sums, sum_error)
    directions.insert(0, "direction", np.arange(len(lines)))

    full = n <= ALL_UP_TO
    return GradientReport(
        table=table,
        directions=directions,
        scipy_check_grad=_scipy_check_grad(evaluate, x, g, full, seed),
        scipy_direction="all" if full else "random",
        f=f,
        noise=noise.f,
        n_coordinates=n,
        drawn=drawn,
        seed=seed,
        evaluations=evaluate.count,
    )


def _coordinates(
    coordinates: int | Sequence[int] | None, n: int, rng: np.random.Generator
) -> tuple[np.ndarray[Any, np.dtype[np.intp]], bool]:
    """Coordinates to check in rising order, and whether they were drawn at random."""
    if coordinates is None:
        coordinates = n if n <= ALL_UP_TO else SAMPLE
    if isinstance(coordinates, (bool, str)):
        raise TypeError(f"coordinates is {coordinates!r}, expected None, a number of coordinates, or their indices")
    if not isinstance(coordinates, (Sequence, np.ndarray, range)):
        count = operator.index(coordinates)
        if count < 1:
            raise ValueError(f"coordinates is {count}, expected at least 1")
        return (np.arange(n), False) if count >= n else (np.sort(rng.choice(n, count, replace=False)), True)
    indices = np.array([operator.index(j) for j in coordinates], dtype=np.intp)
    if indices.size == 0:
        raise ValueError("coordinates is empty, expected at least one index")
    outside = indices[(indices < 0) | (indices >= n)]
    if outside.size:
        raise ValueError(f"coordinate {outside[0]} is outside 0 … {n - 1}: x0 has {n} entries, counted from 0")
    return np.unique(indices), False


def _labels(fun: Any, names: Sequence[tuple[Any, Any]] | None, n: int) -> Sequence[tuple[Any, Any]]:
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


def _along_coordinate(evaluate: Evaluations, x: FloatArray, j: int, scale: float, f: float, noise: Noise) -> Slope:
    def shifted(h: float) -> Shifted:
        above, below = x.copy(), x.copy()
        above[j] += h * scale
        below[j] -= h * scale
        plus, _ = evaluate(above, f"x0 + {h * scale:.1e} in coordinate {j}")
        minus, _ = evaluate(below, f"x0 - {h * scale:.1e} in coordinate {j}")
        return Shifted(plus, minus, float(above[j] - below[j]))

    return slope(shifted, f, noise.f)


def _along_direction(evaluate: Evaluations, x: FloatArray, d: FloatArray, k: int, f: float, noise: Noise) -> Slope:
    def shifted(h: float) -> Shifted:
        plus, _ = evaluate(x + h * d, f"x0 + {h:.1e} along random direction {k}")
        minus, _ = evaluate(x - h * d, f"x0 - {h:.1e} along random direction {k}")
        return Shifted(plus, minus, 2 * h)

    return slope(shifted, f, noise.f)


def _scipy_check_grad(evaluate: Evaluations, x: FloatArray, g: FloatArray, full: bool, seed: int) -> float:
    def f_alone(point: FloatArray) -> float:
        return evaluate(np.asarray(point, dtype=np.float64), "a step of scipy.optimize.check_grad")[0]

    # SciPy 1.15 renamed the argument from seed to rng.
    random = "rng" if "rng" in inspect.signature(check_grad).parameters else "seed"
    how = {} if full else {"direction": "random", random: np.random.default_rng([seed, 3])}
    with np.errstate(all="ignore"):
        return float(check_grad(f_alone, lambda point: g, x, **how))
