"""The slope of f along a line: central differences over a sweep of steps, with the error that the sweep reveals.

The central difference ``D(h) = (f(+h) - f(-h)) / 2h`` has two errors: truncation, which falls like h², and noise,
which grows like 1/h. Seen from one step, whatever D changed by at *coarser* steps is laid to truncation and scaled down
to that step by h²; whatever it changed by at *finer* steps is laid to noise and scaled down to it by 1/h. The step with
the smallest sum of both wins.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from workbench.gradient_check.contract import FloatArray

RATIO = 10.0**1.5
FIRST_STEPS = (1e-3, 1e-3 / RATIO, 1e-3 / RATIO**2)
COARSEST, FINEST = 1e-3 * RATIO, 1e-12
MORE_STEPS = 4
# How far to search for a better step; no verdict depends on it.
GOOD_ENOUGH = 1e-6
# Two differences further apart than this do not yet follow h², so the finer one earns no credit for its step.
SETTLED = 0.1
EPS = float(np.finfo(np.float64).eps)


class Shifted(NamedTuple):
    """f on both sides of the point, and the distance between the two points as floating point has them."""

    plus: float
    minus: float
    width: float


class Slope(NamedTuple):
    """A numeric derivative: its value, the estimated error of it, the step it was taken with.

    `rise` is the largest one-sided slope at that step: the scale of the derivative even where it vanishes. `flat` says
    that f has the same bits at every point of the sweep.
    """

    value: float
    error: float
    step: float
    rise: float
    flat: bool


def slope(
    shifted: Callable[[float], Shifted],
    f: float,
    noise: float,
    steps: Sequence[float] = FIRST_STEPS,
    more: int = MORE_STEPS,
) -> Slope:
    """Slope at 0 of the function behind `shifted`.

    Parameters
    ----------
    shifted : callable
        ``shifted(h)``, f at the distance h on both sides; h is relative to the scale of the line.
    f : float
        The value at 0.
    noise : float
        Size of the rounding errors in f.
    steps : sequence of float
        Taken first, at least two.
    more : int
        Most steps after these, while a better one is in sight.

    Returns
    -------
    Slope
        With ``value = nan`` and ``error = inf`` when f is finite at fewer than two steps.
    """
    seen = {h: shifted(h) for h in steps}
    for _ in range(more):
        found, promising = _best(seen, f, noise)
        if promising == 0.0 or found.error <= GOOD_ENOUGH * max(abs(found.value), found.rise):
            return found
        seen[promising] = shifted(promising)
    return best(seen, f, noise)


def best(seen: dict[float, Shifted], f: float, noise: float) -> Slope:
    """Return the slope at the best of the steps seen, in the terms of `slope`."""
    return _best(seen, f, noise)[0]


def _best(seen: dict[float, Shifted], f: float, noise: float) -> tuple[Slope, float]:
    """Return the slope at the best of the steps seen, and the step to try next: 0 for none."""
    steps = np.sort(list(seen))[::-1]
    finer = steps[-1] / RATIO if steps[-1] / RATIO > FINEST else 0.0
    coarser = steps[0] * RATIO if steps[0] < COARSEST else 0.0
    flat = all(s.plus == f and s.minus == f for s in seen.values())

    plus, minus, width = np.array([seen[h] for h in steps]).T
    usable = np.isfinite(plus) & np.isfinite(minus)
    if usable.sum() < 2:
        return Slope(np.nan, np.inf, 0.0, 0.0, flat), float(finer)
    steps, plus, minus, width = steps[usable], plus[usable], minus[usable], width[usable]
    difference = (plus - minus) / width
    rounding = 2 * np.maximum(noise, EPS * np.maximum(abs(plus), abs(minus))) / width
    truncation = truncation_errors(width, difference, rounding)
    jitter = np.maximum(noise_errors(width, difference), rounding)
    error = truncation + jitter
    k = int(np.argmin(error))
    rise = 2 * max(abs(plus[k] - f), abs(minus[k] - f)) / width[k]
    found = Slope(float(difference[k]), float(error[k]), float(steps[k]), float(rise), flat)
    if flat or jitter[k] > truncation[k]:
        return found, float(coarser)
    return found, float(finer) if truncation[-1] > jitter[-1] else 0.0


def truncation_errors(h: FloatArray, difference: FloatArray, rounding: FloatArray) -> FloatArray:
    """Estimate the truncation in each difference, steps falling: what changed at coarser steps, scaled down by h²."""
    # Noise in the finer difference may hide as much of a change.
    change = np.abs(np.diff(difference)) + rounding[1:]
    shrink = (h[:-1] / h[1:]) ** 2
    settled = change <= SETTLED * np.maximum(abs(difference[:-1]), abs(difference[1:]))
    error = np.concatenate((change[:1], np.where(settled, change / (shrink - 1), change)))
    for k in range(1, h.size):
        # Two coarse differences may agree by accident; what their predecessors promised still holds then.
        error[k] = max(error[k], error[k - 1] / shrink[k - 1])
    # Nor is a change at a finer step noise alone, as far as it is larger than that.
    error[:-1] = np.maximum(error[:-1], np.abs(np.diff(difference)) - rounding[1:])
    return error


def noise_errors(h: FloatArray, difference: FloatArray) -> FloatArray:
    """Estimate the noise in each difference, steps falling: what changed at finer steps, scaled down by 1/h."""
    jitter = np.append(np.abs(np.diff(difference)) * h[1:], 0.0)
    return np.maximum.accumulate(jitter[::-1])[::-1] / h
