"""The trace: one row per iteration, written by the loop itself, and what else is known of the last one."""

from typing import NamedTuple

import numpy as np

from solvers.jit import part

COLUMNS = ("nit", "nfev", "seconds", "f", "grad_inf", "step", "rho")
WIDTH = len(COLUMNS)
CAPACITY = 512
"""Rows that the loop may write before it hands control back."""


class LastStep(NamedTuple):
    """What else is known of the last iteration: its slope and direction, and the counters of `solvers.problem`.

    `rho` is the last ratio of `solvers.diagnosis` that could be resolved, or the one that ended the run.
    """

    slope: float
    direction: np.ndarray
    calls: np.ndarray
    rho: float


def new_trace(capacity: int = CAPACITY) -> np.ndarray:
    """Return an empty trace buffer."""
    return np.empty((capacity, WIDTH))


@part
def record(trace, row, nit, nfev, seconds, f, grad_inf, step, rho):
    """Write one row."""
    trace[row, 0] = nit
    trace[row, 1] = nfev
    trace[row, 2] = seconds
    trace[row, 3] = f
    trace[row, 4] = grad_inf
    trace[row, 5] = step
    trace[row, 6] = rho
