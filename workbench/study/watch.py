"""What watches a cell from outside its clock: the points it comes to, and what is compiled when nothing should be."""

import math
import time
from typing import Any, Protocol

import numpy as np
from numba.core import event

from workbench.study.job import POINT

MAX_CURVE_POINTS = 40
"""Points of a run at which accuracies are evaluated afterwards."""
PATIENCE, SHARE = 0.5, 0.05
"""Seconds before a point is judged amidst a run, and the share of the run's time that this may take: what is left of
a run that is killed."""


class Answers(Protocol):
    """Where answers go."""

    def __call__(self, **message: Any) -> None:
        """Answer."""

    def say(self, words: str) -> None:
        """Say what goes on."""


class Compilations(event.Listener):  # type: ignore[misc]
    """Counts what Numba compiles."""

    count = 0

    def on_start(self, event: Any) -> None:
        """Count it."""
        self.count += 1

    def on_end(self, event: Any) -> None:
        """Nothing to do."""


class Watch:
    """What watches a run from outside its clock: says how far it is, keeps points, and judges one now and then."""

    def __init__(self, problem: Any, label: str, f_star: float | None, answer: Answers) -> None:
        self.problem, self.label, self.f_star, self.answer = problem, label, f_star, answer
        self.points: dict[int, np.ndarray] = {0: problem.objective.x0}
        self.seconds = 0.0
        self._judged, self._last = 0.0, time.perf_counter()

    def __call__(self, nit: int, seconds: float, x: np.ndarray) -> None:
        """See a point."""
        began = time.perf_counter()
        self.answer.say(f"{self.label} · iteration {nit:,} · {seconds:.1f} s")
        if nit not in self.points:  # sgd is amidst its next epoch otherwise, and x perhaps with it
            self.points[nit] = x.copy()
            if len(self.points) > 2 * MAX_CURVE_POINTS:
                for passed in list(self.points)[1:-1:2]:
                    del self.points[passed]
            if began - self._last >= PATIENCE and self._judged <= SHARE * seconds:
                self.judge(nit, seconds, x)
        self.seconds += time.perf_counter() - began

    def judge(self, nit: int, seconds: float, x: np.ndarray) -> None:
        """Evaluate a point and send it off."""
        began = time.perf_counter()
        certificate = self.problem.objective.certificate(x)
        gap = math.nan if self.f_star is None else self.problem.relative_gap(certificate.f, self.f_star)
        values = (nit, seconds, certificate.f, certificate.grad_inf, gap)
        self.answer(point=dict(zip(POINT, values, strict=True)))
        self._last = time.perf_counter()
        self._judged += self._last - began
