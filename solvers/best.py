"""The lowest point that a run has left for a higher one: what is returned where it ends in a fault."""

from typing import NamedTuple

import numpy as np

from solvers.jit import part
from solvers.vectors import overwrite


class Best(NamedTuple):
    """A point, and f (an array of one number, infinite where there is no point yet) and g there."""

    x: np.ndarray
    f: np.ndarray
    g: np.ndarray


@part
def none_yet(n):
    """Return that no point of `n` variables was left."""
    f = np.empty(1)
    f[0] = np.inf
    return Best(np.empty(n), f, np.empty(n))


@part
def leave_lower(best, x, f, g, f_next):
    """Note the point that is about to be left, if the next one is not as low and none before was lower."""
    if not f_next <= f and f < best.f[0]:
        best.f[0] = f
        overwrite(best.x, x)
        overwrite(best.g, g)


@part
def leave_any(best, x, f, g, f_next):
    """Note nothing: a monotone run is never higher than before, but for rounding."""
