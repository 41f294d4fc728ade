"""Search directions: one per file, each a settings tuple, a memory, and four operations on it.

``new_memory(n, settings)``
    The arrays that the direction keeps between iterations, for `n` variables.
``propose(memory, settings, g)``
    The direction at the gradient `g`, a new array.
``learn(memory, settings, step)``
    Take in an accepted step (a `Step`).
``forget(memory)``
    Drop what was learnt: the next proposal is steepest descent. Returns whether there was anything to drop.
"""

from typing import NamedTuple

import numpy as np


class Step(NamedTuple):
    """An accepted step: ``s = t d`` and ``y = g_new - g_old``."""

    t: float
    d: np.ndarray
    s: np.ndarray
    y: np.ndarray
    g_old: np.ndarray
    g_new: np.ndarray
