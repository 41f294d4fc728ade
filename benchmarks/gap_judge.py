"""What judges a run of ``gap_run.py`` from outside: f in float64 by plain NumPy, and the memory that it takes."""

from pathlib import Path

import numpy as np
import peers

BLOCK = 4096
"""Rows that the judge converts to float64 at a time."""


def value(problem: peers.Problem, theta: np.ndarray) -> float:
    """Return f in float64."""
    W, b = theta.reshape(problem.shape)[:, :-1], theta.reshape(problem.shape)[:, -1]
    losses = 0.0
    for first in range(0, problem.y.size, BLOCK):
        labels = problem.y[first : first + BLOCK]
        Z = problem.X[first : first + BLOCK].astype(np.float64) @ W.T + b
        top = Z.max(axis=1)
        losses += (top + np.log(np.exp(Z - top[:, None]).sum(axis=1)) - Z[np.arange(labels.size), labels]).sum()
    return float(losses / problem.y.size + 0.5 * problem.l2 * (W**2).sum())


class Memory:
    """The most memory held while it is watched, above that at the start."""

    def __init__(self) -> None:
        self.base, self.peak = self._read("VmRSS"), 0.0

    def watch(self) -> None:
        Path("/proc/self/clear_refs").write_text("5")  # sets the high-water mark to what is held now

    def rest(self) -> None:
        self.peak = max(self.peak, self._read("VmHWM") - self.base)

    @staticmethod
    def _read(name: str) -> float:
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(name))
