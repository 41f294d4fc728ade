"""The noise of an objective: how much f and g jitter over steps too small for either to bend."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from workbench.gradient_check.place import scale_of
from workbench.gradient_check.sweep import EPS, Shifted, Slope, best

if TYPE_CHECKING:
    from workbench.gradient_check.contract import Evaluations, FloatArray
    from workbench.gradient_check.place import Place

STEPS = (1e-7, 1e-9, 1e-11)
REACH = 4
ORDERS = (4, 5, 6)
# Differences of pure noise agree on its size in every order; of a smooth function they fall from order to order.
AGREEMENT = 4.0
EPS_32 = float(np.finfo(np.float32).eps)


class Noise(NamedTuple):
    """Standard deviation of the rounding errors in f (a number) and in every entry of g (a vector)."""

    f: float
    g: FloatArray


class Probe(NamedTuple):
    """The noise at a point, and what its measurement tells on the side: the slopes of f along the lines probed."""

    noise: Noise
    lines: list[FloatArray]
    slopes: list[Slope]


class _Values(NamedTuple):
    """f and g at nine points of a line, ``step`` apart."""

    step: float
    f: FloatArray
    g: FloatArray


def probe(
    evaluate: Evaluations, name: str, x: FloatArray, f: float, g: FloatArray, rng: np.random.Generator, n_lines: int = 2
) -> Probe:
    """Noise of f and g around `x`, from high differences over nine points on each of `n_lines` random lines.

    Every coordinate moves, by up to ``1e-7 max(|x_j|, 1)`` from point to point: far enough for a computation in float32
    to notice. Where f still bends over so little, by a hundredth of that. After Moré & Wild (2011), "Estimating
    computational noise", SIAM J. Sci. Comput. 33, section 3. Never below machine epsilon times the size of f, that of
    float32 where every value is one of float32; 8 to 24 evaluations a line (`cost`).
    """
    scale = scale_of(x)
    f_level, g_level = EPS * abs(f), evaluate.g_eps * np.abs(g)
    precise = False
    lines, coarsest = [], []
    # More than one line: on an even grid the rounding errors of one may happen to follow each other smoothly.
    for _ in range(n_lines):
        line = scale * rng.uniform(0.5, 1.0, x.size) * rng.choice((-1.0, 1.0), x.size)
        f_found, g_found, values = _along(evaluate, name, x, f, g, line)
        f_level, g_level = max(f_level, f_found), np.fmax(g_level, g_found)
        precise = precise or not _fit_float32(values.f)
        lines.append(line)
        coarsest.append(values)
    if not precise:  # nine values may well be equal there, and look as if there were no noise
        f_level = max(f_level, EPS_32 * abs(f))
    if _fit_float32(g):
        g_level = np.fmax(g_level, EPS_32 * np.abs(g))
    slopes = [_slope(values, x, g, line, f_level) for line, values in zip(lines, coarsest, strict=True)]
    return Probe(Noise(f_level, g_level), lines, slopes)


def cost(n_lines: int = 2) -> tuple[int, int]:
    """Return the fewest and the most evaluations that `probe` takes."""
    return 2 * REACH * n_lines, 2 * REACH * n_lines * len(STEPS)


def elsewhere(known: Place, f: float, g: FloatArray) -> Noise:
    """Return the noise at another point, taken to grow with f and with the largest entry of g; never to fall."""
    f_growth = max(1.0, abs(f) / abs(known.f)) if known.f else 1.0
    largest = np.abs(known.g).max()
    g_growth = max(1.0, np.abs(g).max() / largest) if largest else 1.0
    return Noise(max(known.noise.f * f_growth, EPS * abs(f)), np.fmax(known.noise.g * g_growth, EPS * np.abs(g)))


def _fit_float32(values: FloatArray) -> bool:
    """Whether all values, not all of them integers, are numbers of float32."""
    with np.errstate(over="ignore"):
        return bool(np.all(values == values.astype(np.float32)) and np.any(values != np.rint(values)))


def _along(
    evaluate: Evaluations, name: str, x: FloatArray, f: float, g: FloatArray, line: FloatArray
) -> tuple[float, FloatArray, _Values]:
    """Return the noise of f and of g along a line, and both at its longest steps."""
    first: _Values | None = None
    found = [(np.inf, np.zeros(x.size))]
    for step in STEPS:
        values = _Values(step, np.empty(2 * REACH + 1), np.empty((2 * REACH + 1, x.size)))
        for row, i in enumerate(range(-REACH, REACH + 1)):
            place = f"{name} {i * step:+.0e} along a random line"
            values.f[row], values.g[row] = (f, g) if i == 0 else evaluate(x + i * step * line, place)
        first = values if first is None else first
        with np.errstate(all="ignore"):
            levels = [_level(values.f, order) for order in ORDERS]
            g_level = _level(values.g, ORDERS[0])
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


def _slope(values: _Values, x: FloatArray, g: FloatArray, line: FloatArray, noise: float) -> Slope:
    """Return the slope of f along the line."""
    seen = {}
    for i in range(1, REACH + 1):
        h = i * values.step
        # Floating point has rounded the points: what f owes to that is taken off, by g, to which it is all but nothing.
        astray = (x + h * line) - (x - h * line) - 2 * h * line
        with np.errstate(invalid="ignore"):
            seen[h] = Shifted(values.f[REACH + i] - float(g @ astray), values.f[REACH - i], 2 * h)
    return best(seen, values.f[REACH], noise)
