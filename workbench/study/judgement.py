"""The judgement of a run: what its solver claimed, beside what is found when its point is evaluated once more.

==================  ===================================================================================
verified            it claims success, and the point is what was asked for
false success       it claims success, and the point is not
silent success      it claims nothing, and the point is what was asked for all the same
honest failure      it claims nothing, and is right
diverged            f or the point is not finite, or f is above its value at the start
==================  ===================================================================================

What was asked for: no component of the gradient (of the mean objective) above ``gtol``, or a gap to a *certified*
optimum within the smallest target. A reference run proves no gap.
"""

import math

VERDICTS = ("verified", "silent success", "honest failure", "false success", "diverged")
SLACK = 0.01
"""Share by which the gradient may exceed the tolerance: the judge sums in another order than the solver."""
FLOOR = 1e-13
"""Rounding of the judge's own gradient, relative to its size at the start."""


def verdict(
    *,
    claimed: bool,
    f: float,
    f_start: float,
    grad_inf: float,
    grad_start: float,
    gtol: float,
    gap: float,
    smallest: float,
) -> str:
    """Return the verdict on a point.

    Parameters
    ----------
    claimed : bool
        Whether the solver said that it succeeded.
    f, grad_inf : float
        Of the point, recomputed in float64.
    f_start, grad_start : float
        The same of the start.
    gtol : float
        What was asked of the gradient.
    gap : float
        A proven bound on the relative gap, or the gap to a certified optimum; NaN where there is neither.
    smallest : float
        The smallest gap asked for.
    """
    if not (math.isfinite(f) and math.isfinite(grad_inf)) or f > f_start + 1e-12 * abs(f_start):
        return "false success" if claimed else "diverged"
    reached = grad_inf <= gtol * (1.0 + SLACK) + FLOOR * grad_start or gap <= smallest
    if claimed:
        return "verified" if reached else "false success"
    return "silent success" if reached else "honest failure"
