"""The optimum that gaps are counted from: certified where the objective allows, else a reference run, and said so."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from solvers.methods import method
from solvers.status import Status
from workbench.comparison.preparation import prepared

TIGHTEST = 1e-12


@dataclass(frozen=True)
class Optimum:
    """f*, how it is known, and how well.

    Attributes
    ----------
    f : float
        The lowest value found; at most `relative_error` above f*. NaN where none was found.
    kind : str
        ``"certificate"`` where the error is proven small against the smallest target, else ``"reference run"``;
        ``"none"`` where there is no value.
    relative_error : float or None
        The proven bound on ``(f - f*) / f*``; None where nothing is proven.
    sentence : str
        All this in words.
    """

    f: float
    kind: str
    relative_error: float | None
    sentence: str

    def entry(self) -> dict[str, Any]:
        """Return the optimum as JSON values, for the run record."""
        return {**vars(self), "f": self.f if math.isfinite(self.f) else None}


def unknown(reason: str) -> Optimum:
    """Return that no optimum is known, and why."""
    sentence = f"f* is unknown, so there are no gaps: the reference run (lbfgs) failed: {reason}"
    return Optimum(math.nan, "none", None, sentence)


def optimum(
    objective: Any, smallest_gap: float, max_time: float, say: Callable[[str], None] = lambda text: None
) -> tuple[Optimum, Status]:
    """Return the optimum of an objective, and how the run that found it ended.

    L-BFGS runs on, with a tolerance ten times tighter each time, until the certified gap is a hundredth of
    `smallest_gap`, or it can go no further.

    Parameters
    ----------
    objective : object
        With ``x0`` and ``certificate(theta)``.
    smallest_gap : float
        The smallest relative gap that will be asked for.
    max_time : float
        Seconds to spend.
    say : callable
        Told about every 50 ms how far it is.
    """
    lbfgs = method("lbfgs")
    say("optimum f*")
    prepared(lbfgs, objective, {})
    x, gtol, left = objective.x0, 1e-6, max_time

    def observe(nit: int, seconds: float, x: Any) -> None:
        say(f"optimum f* · {max_time - left + seconds:.1f} s")

    while True:
        result = lbfgs(objective, x, gtol=gtol, max_time=max(left, 1e-3), observer=observe)
        x, left = result.x, left - result.seconds
        certificate = objective.certificate(x)
        enough = certificate.relative_gap <= 0.01 * smallest_gap
        if enough or not result.success or gtol <= TIGHTEST:
            break
        gtol *= 0.1
    if not math.isfinite(certificate.f):
        return unknown(f"it came to f = {certificate.f}; is f bounded from below?"), result.status
    error = certificate.relative_gap
    if enough:
        sentence = (
            f"f* = {certificate.f:.12g}, certified: no theta has an f lower by more than {error:.1e} of it"
            f" ({certificate.kind}, l2 = {objective.l2:g})"
        )
        return Optimum(certificate.f, "certificate", error, sentence), result.status
    proven = "nothing is proven" if math.isinf(error) else f"only a relative error of {error:.1e} is proven"
    sentence = (
        f"f = {certificate.f:.12g} is the value of a reference run (lbfgs, largest gradient component"
        f" {certificate.grad_inf:.1e}), not a certified optimum: {proven}"
    )
    return Optimum(certificate.f, "reference run", None if math.isinf(error) else error, sentence), result.status
