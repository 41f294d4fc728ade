"""Whether a claim of success repeats: f and g evaluated once more at the point that a run returns.

A function with a memory, or with noise, can show a small gradient once. The evaluation is outside the counters and the
clock of the run; it is made where a run returns to Python, not for callers that are compiled.
"""

from typing import Any, NamedTuple

import numpy as np

from solvers.problem import Problem, gradient, new_counters
from solvers.status import Status
from solvers.vectors import norm_inf

ROUNDING = 3e-6
"""What f and g may differ by, relative: fifty roundings of float32, which a function may use inside."""


class Again(NamedTuple):
    """f and the largest component of g, evaluated once more."""

    f: float
    grad_inf: float


def again_at(problem: Problem, x: np.ndarray) -> Again:
    """Return f and g of a problem of plain functions at `x`."""
    f, g = gradient(problem, x, new_counters())
    return Again(f, norm_inf(g))


def repeats(again: Again, status: Status, stopping: Any, gtol: float, f: float, f_start: float) -> bool:
    """Whether the claim `status` of a run from `f_start` to `f` holds of what was evaluated again, within rounding.

    Rounding of f is in proportion to its terms, which f at the start gives an idea of where f itself is next to 0.
    """
    rounding = ROUNDING * (abs(f) + abs(f_start))
    if not abs(again.f - f) <= rounding:
        return False
    if status == Status.TARGET:
        return again.f <= stopping.target + rounding
    return again.grad_inf <= gtol * (1.0 + ROUNDING)
