"""The noise of an objective: how much f and g jitter over steps too small for either to bend."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from workbench.gradient_check.contract import Evaluations, FloatArray

STEPS = (1e-7, 1e-9, 1e-11)
REACH = 4
ORDERS = (4, 5, 6)
# Differences of pure noise agree on its size in every order; of a smooth function they fall from order to order.
AGREEMENT = 4.0
EPS, EPS_32 = float(np.finfo(np.float64).eps), float(np.finfo(np.float32).eps)


class Noise(NamedTuple):
    """Standard deviation of the rounding errors in f (a number) and in every entry of g (a vector)."""

    f: float
    g: FloatArray


def noise_level(
    evaluate: Evaluations, x: FloatArray, f: float, g: FloatArray, scale: FloatArray, rng: np.random.Generator
) -> Noise:
    """Noise of f and g around `x`, from high differences over nine points on each of two random lines.

    Every coordinate moves, by up to ``1e-7 * scale`` from point to point: far enough for a computation in float32 to
    notice. Where f still bends over so little, by a hundredth of that. After Moré & Wild (2011), "Estimating
    computational noise", SIAM J. Sci. Comput. 33, section 3. Never below machine epsilon times the size of f, that of
    float32 where every value is one of float32; 16 to 48 evaluations.
    """
    f_level, g_level = EPS * abs(f), evaluate.g_eps * np.abs(g)
    precise = False
    # Two lines: on an even grid the rounding errors of one may happen to follow each other smoothly.
    for _ in range(2):
        line = scale * rng.uniform(0.5, 1.0, x.size) * rng.choice((-1.0, 1.0), x.size)
        f_found, g_found, values = _along(evaluate, x, f, g, line)
        f_level, g_level = max(f_level, f_found), np.fmax(g_level, g_found)
        precise = precise or not _fit_float32(values)
    if not precise:  # nine values may well be equal there, and look as if there were no noise
        f_level = max(f_level, EPS_32 * abs(f))
    if _fit_float32(g):
        g_level = np.fmax(g_level, EPS_32 * np.abs(g))
    return Noise(f_level, g_level)


def _fit_float32(values: FloatArray) -> bool:
    """Whether all values, not all of them integers, are numbers of float32."""
    with np.errstate(over="ignore"):
        return bool(np.all(values == values.astype(np.float32)) and np.any(values != np.rint(values)))


def _along(
    evaluate: Evaluations, x: FloatArray, f: float, g: FloatArray, line: FloatArray
) -> tuple[float, FloatArray, FloatArray]:
    """Return the noise of f and of g along a line, and the values of f at its longest steps."""
    first: FloatArray | None = None
    found = [(np.inf, np.zeros(x.size))]
    for step in STEPS:
        values, gradients = np.empty(2 * REACH + 1), np.empty((2 * REACH + 1, x.size))
        for row, i in enumerate(range(-REACH, REACH + 1)):
            place = f"x0 {i * step:+.0e} along a random line"
            values[row], gradients[row] = (f, g) if i == 0 else evaluate(x + i * step * line, place)
        first = values if first is None else first
        with np.errstate(all="ignore"):
            levels = [_level(values, order) for order in ORDERS]
            g_level = _level(gradients, ORDERS[0])
        # All zero: the steps are too short to be seen. Not finite: they lead out of the domain.
        if np.all(np.isfinite(levels)) and np.any(levels):
            found.append((float(levels[0]), g_level))
            if max(levels) <= AGREEMENT * min(levels):
                break
    f_level, g_level = min(found, key=lambda pair: pair[0])
    assert first is not None
    return f_level if np.isfinite(f_level) else 0.0, g_level, first


def _level(values: FloatArray, order: int) -> FloatArray:
    """Size of independent errors, as a standard deviation, from differences, which amplify the variance by C(2k, k)."""
    differences: FloatArray = np.diff(values, order, axis=0)
    level: FloatArray = np.sqrt(np.mean(differences**2, axis=0) / math.comb(2 * order, order))
    return level
