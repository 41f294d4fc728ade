"""A place: a point at which f and g are known, and how noisy they are there."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from workbench.gradient_check.contract import FloatArray
    from workbench.gradient_check.noise import Noise

# Distance of the random point from x0 and of the far one from 0, in max(|x0|, 1), coordinate by coordinate.
NEAR, FAR = 0.1, 10.0
RANDOM, DISTANT, OPTIMAL = "a random point", "a point of large norm", "the point near the optimum"


@dataclass(frozen=True, eq=False)
class Place:
    """A point `x`, what it is called, and f, g and their noise there."""

    name: str
    x: FloatArray
    f: float
    g: FloatArray
    noise: Noise

    @cached_property
    def scale(self) -> FloatArray:
        """The size of each coordinate: ``max(|x_j|, 1)``."""
        return scale_of(self.x)


def scale_of(x: FloatArray) -> FloatArray:
    """Return the sizes that steps are relative to, ``max(|x_j|, 1)``."""
    return np.maximum(np.abs(x), 1.0)


def other_points(x: FloatArray, count: int, near: FloatArray | None, seed: int) -> list[tuple[str, FloatArray]]:
    """Return up to two points beside `x`, close to it and far from 0, and then `near`, with their names."""
    scale = scale_of(x)
    close, far = np.random.default_rng([seed, 4]).standard_normal((2, x.size))
    found = [(RANDOM, x + NEAR * scale * close), (DISTANT, FAR * scale * far)][:count]
    return found if near is None else [*found, (OPTIMAL, near)]
