"""The canary: a fixed small workload that tells whether the machine is as fast as it was.

A cell's times mean something beside another's only if the machine did not change between them: a neighbour that takes
a core, a processor that throttles. The workload is timed between cells, and a cell is *drifted* where the canary
before or after it is more than `DRIFT` away from the median of the study.
"""

import statistics
import time

import numpy as np

DRIFT = 0.20
"""Share by which the canary may be off."""
TRIALS = 7
SIZE = 60_000


class Canary:
    """The workload and its times so far, in seconds."""

    def __init__(self) -> None:
        self._x = np.linspace(0.0, 1.0, SIZE)
        self.times: list[float] = []
        self.sing()  # the first use of anything is slower
        self.times.clear()

    def sing(self) -> float:
        """Time the workload, about 20 ms in all; return the median trial in seconds."""
        trials = []
        for _ in range(TRIALS):
            began = time.perf_counter()
            x = self._x
            for _ in range(10):
                x = np.sqrt(x * x + 1e-3)
            sum(range(20_000))
            trials.append(time.perf_counter() - began)
        self.times.append(statistics.median(trials))
        return self.times[-1]

    def ratio(self, before: float, after: float) -> float:
        """Return the worse of two times as a ratio to the median of all so far."""
        usual = statistics.median(self.times)
        return max((before / usual, after / usual), key=lambda ratio: max(ratio, 1.0 / ratio))


def drifted(ratio: float) -> bool:
    """Whether the machine was slower or faster than it usually is, beyond what is allowed."""
    return max(ratio, 1.0 / ratio) > 1.0 + DRIFT
