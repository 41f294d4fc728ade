"""How many evaluations a check will take, to be said before it takes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from workbench.gradient_check import noise
from workbench.gradient_check.bisection import BUDGET, MANY
from workbench.gradient_check.choice import ELSEWHERE_UP_TO, Choice, elsewhere

if TYPE_CHECKING:
    from workbench.gradient_check.check import Derivative

SAMPLE = 50
"""Coordinates drawn where directions have found the gradient wrong, and wrong in many coordinates."""
OF_A_GROUP = 5
"""Coordinates of a wrong group that the search does not take apart."""
INTERCEPTS = 10
"""Most intercepts that join the evidence where the draw has left them out."""
FAR_POINTS = 3
"""Evaluations far out, which show the penalty of f."""


class Plan(NamedTuple):
    """Evaluations, those already made included: `least` to `most`, and up to `if_wrong` more if g is wrong."""

    least: int
    most: int
    if_wrong: int

    def sentence(self, seconds: float) -> str:
        """Say it, with the time that follows from the `seconds` of one evaluation."""
        count = f"{self.least:,}" if self.least == self.most else f"{self.least:,} to {self.most:,}"
        takes = f"{count} evaluations of {_time(seconds)}, about {_time(self.least * seconds)} in all"
        return (
            f"{takes}; if the gradient is wrong, at most {self.if_wrong:,} more to find out where"
            if self.if_wrong
            else takes
        )


def planned(n: int, choice: Choice, derivative: Derivative, n_others: int, trials: int, seed: int) -> Plan:
    """Return the plan of a check of `n` coordinates at x0 and `n_others` points more, `trials` spent on complex steps.

    Bounds, not guesses, unless x0 lies at the edge of the domain of f.
    """
    cost = np.array(derivative.cost)
    probe = np.array(noise.cost(1 if choice.by_directions else 2))
    there = elsewhere(choice.coordinates, seed).size + choice.n_lines_elsewhere
    start = (1 if choice.by_directions else 2) + probe + trials
    # By directions, x0's own is the line probed, unless that is too noisy.
    here = cost * [0, 1] if choice.by_directions else cost * (choice.coordinates.size + choice.n_lines)
    other = 1 + there * cost + (0 if choice.by_directions else probe)
    scipy = n + 1 if choice.coordinates.size == n else 2
    least, most = start + here + n_others * other + scipy
    if not choice.drawn:
        return Plan(int(least), int(most) + FAR_POINTS, 0)
    more = SAMPLE + MANY * OF_A_GROUP + n_others * ELSEWHERE_UP_TO
    return Plan(int(least), int(most), 1 + FAR_POINTS + BUDGET + max(4, int(cost[1])) * (more + 2 * INTERCEPTS))


def _time(seconds: float) -> str:
    if seconds < 1e-3:
        return "under 1 ms"
    if seconds < 1.0:
        return f"{1e3 * seconds:.0f} ms"
    return f"{seconds:.1f} s" if seconds < 60.0 else f"{seconds / 60.0:.0f} min"
