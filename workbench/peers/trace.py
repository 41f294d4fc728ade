"""The trace of a peer's run: f and its gradient by our objective, evaluated outside the peer's clock."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from solvers.result import Result, build
from solvers.status import Status
from solvers.trace import LastStep, new_trace, record

EVERY, FINENESS = 40, 1.025
"""Iterations of which each one is evaluated, and beyond them the ratio of one that is to the next: 200 of 2,000."""


class Trace:
    """Rows of ``nit, nfev, seconds, f, grad_inf``; step and rho are the peer's own affair, and NaN.

    Parameters
    ----------
    evaluate : callable
        ``f, g = evaluate(x)``.
    x0 : ndarray, shape (n,)
        The start, which is the first row.
    """

    def __init__(self, evaluate: Callable[[np.ndarray], tuple[float, np.ndarray]], x0: np.ndarray) -> None:
        self.evaluate = evaluate
        self.rows: list[np.ndarray] = []
        self.due = 0
        self.add(0, 0, 0.0, x0)

    def add(self, nit: int, nfev: int, seconds: float, x: np.ndarray) -> tuple[float, np.ndarray]:
        """Evaluate at `x`, and write a row, over the one of the same iteration; return f and g."""
        with np.errstate(all="ignore"):  # a run that diverges overflows
            f, g = self.evaluate(x)
        row = new_trace(1)
        record(row, 0, nit, nfev, seconds, f, float(np.abs(g).max(initial=0.0)), math.nan, math.nan)
        if self.rows and self.rows[-1][0, 0] == nit:
            self.rows.pop()
        self.rows.append(row)
        self.due = max(nit + 1, math.ceil(FINENESS * nit)) if nit >= EVERY else nit + 1
        return float(f), g

    def result(
        self, method: str, x: np.ndarray, nit: int, nfev: int, seconds: float, at: float, **fields: Any
    ) -> Result:
        """Return the outcome at `x`, which was reached `at` so many seconds; an f that is no number is no success."""
        f, g = self.add(nit, nfev, at, x)
        status: Status = fields.pop("status")
        if not math.isfinite(f) and status != Status.NOT_FINITE:
            status, fields["message"] = Status.NOT_FINITE, f"{Status.NOT_FINITE.sentence}: f = {f}"
        last = LastStep(math.nan, np.zeros_like(x), np.array([nfev, nfev, 0, 0]), math.nan)
        return build(
            success=status.success,
            status=status,
            fun=f,
            x=x,
            nit=nit,
            jac=g,
            nfev=nfev,
            njev=nfev,
            seconds=seconds,
            method=method,
            trace_blocks=list(self.rows),
            last_step=last,
            **fields,
        )
