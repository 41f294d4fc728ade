"""Central differences along a line: with a sweep of steps, or with one step whose truncation is read from g.

Both are *derivatives* in the sense of `workbench.gradient_check.check`: ``along(place, d, where)`` is the derivative of
``t -> f(x + t d)`` at 0, as a `Slope`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from workbench.gradient_check.sweep import EPS, FIRST_STEPS, MORE_STEPS, Shifted, Slope, slope

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.gradient_check.contract import Evaluations, FloatArray
    from workbench.gradient_check.place import Place

# A difference whose truncation exceeds its rounding this often, and which decides nothing, is taken again, finer.
COARSE = 10.0
# Estimated errors are good to a small factor; this many of them is far outside.
SAFETY = 10.0


class Swept:
    """Differences whose step is chosen, for every line, from a sweep of steps, as `sweep.slope` takes them."""

    name = "central differences"

    def __init__(self, evaluate: Evaluations, steps: Sequence[float] = FIRST_STEPS, more: int = MORE_STEPS) -> None:
        self.evaluate, self.steps, self.more = evaluate, steps, more
        self.cost = 2 * len(steps), 2 * (len(steps) + more)

    def along(self, place: Place, d: FloatArray, where: str) -> Slope:
        """Return the derivative along `d`."""
        length = length_of(d, place)
        unit = d / length
        reach = np.abs(unit).max()

        def shifted(h: float) -> Shifted:
            above, below = place.x + h * unit, place.x - h * unit
            plus, _ = self.evaluate(above, f"{place.name} + {h * reach:.1e} {where}")
            minus, _ = self.evaluate(below, f"{place.name} - {h * reach:.1e} {where}")
            # The points as floating point has them, not as they were meant.
            return Shifted(plus, minus, float((above - below) @ unit / (unit @ unit)))

        return times(slope(shifted, place.f, place.noise.f, self.steps, self.more), length)


class OneStep:
    """Differences with one step, relative to `Place.scale`, over the length of the line.

    Truncation is read from how g bends: ``d·(g(x + hd) - 2 g(x) + g(x - hd)) / 6``. That is right where g is, which is
    all that is needed to leave a correct g in peace.
    """

    name = "central differences"
    cost = 2, 4

    def __init__(self, evaluate: Evaluations, step: float) -> None:
        self.evaluate, self.step = evaluate, step

    def along(self, place: Place, d: FloatArray, where: str) -> Slope:
        """Return the derivative along `d`; by a finer step where truncation alone hides whether g agrees."""
        found, truncation, rounding = self._difference(place, d, where, self.step)
        off = abs(float(d @ place.g) - found.value)
        if truncation > COARSE * rounding and not off > SAFETY * found.error:
            finer = self.step * max((rounding / (2 * truncation)) ** (1 / 3), 1e-3)
            found, _, _ = self._difference(place, d, where, finer)
        return found

    def _difference(self, place: Place, d: FloatArray, where: str, step: float) -> tuple[Slope, float, float]:
        """Return the derivative along `d`, its truncation and its rounding."""
        length = length_of(d, place)
        unit = d / length
        move = step * unit
        above, below = place.x + move, place.x - move
        plus, g_plus = self.evaluate(above, f"{place.name} + {step:.1e} {where}")
        minus, g_minus = self.evaluate(below, f"{place.name} - {step:.1e} {where}")
        width = 2 * step
        # A sum in float32 can stay the same over all the steps of the probe, which then takes it for exact.
        noise = max(place.noise.f, self.evaluate.g_eps * abs(place.f), EPS * max(abs(plus), abs(minus)))
        rounding = length * 2 * noise / width
        with np.errstate(all="ignore"):
            # What f owes to the rounding of the points is taken off.
            value = length * (plus - minus - float(place.g @ (above - below - 2 * move))) / width
            truncation = length * float(abs(unit @ (g_plus - 2 * place.g + g_minus))) / 6
        usable = bool(np.isfinite(value) and np.isfinite(truncation))
        found = Slope(
            value if usable else np.nan,
            truncation + rounding if usable else np.inf,
            step,
            length * 2 * max(abs(plus - place.f), abs(minus - place.f)) / width if usable else 0.0,
            plus == place.f == minus,
        )
        return found, truncation, rounding


def length_of(d: FloatArray, place: Place) -> float:
    """Return the length of `d` in the scale of the place."""
    return float(np.linalg.norm(d / place.scale))


def times(found: Slope, length: float) -> Slope:
    """Return the slope along a vector that is `length` times as long."""
    return found._replace(value=found.value * length, error=found.error * length, rise=found.rise * length)
