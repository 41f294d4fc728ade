"""Complex steps: derivatives without a difference, exact to rounding, where a function computes with complex numbers.

``f'(x; d) = Im f(x + i h d) / h`` for a tiny h, if f is analytic and its code is, too: no absolute value, norm,
conjugate, comparison or cast of x on the way. After Squire & Trapp (1998), "Using complex variables to estimate
derivatives of real functions", SIAM Review 40, 110-112.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from solvers.jit import is_compiled
from workbench.gradient_check.central import SAFETY, length_of, times
from workbench.gradient_check.sweep import EPS, Slope

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from workbench.gradient_check.contract import Evaluations, FloatArray
    from workbench.gradient_check.noise import Probe
    from workbench.gradient_check.place import Place

STEP = 1e-100
# NumPy makes complex copies of the data that x is multiplied with: twice the size, in every evaluation.
MOST_BYTES = 2**26


class ComplexStep:
    """Derivatives by complex steps, one evaluation each."""

    name = "complex steps"
    cost = 1, 1

    def __init__(self, evaluate: Evaluations) -> None:
        self.evaluate = evaluate

    def along(self, place: Place, d: FloatArray, where: str) -> Slope:
        """Return the derivative along `d`; its error is that of g, or the smallest that differences have."""
        length = length_of(d, place)
        unit = d / length
        value = self.evaluate.complex(place.x + 1j * STEP * unit).imag / STEP
        rounding = float(np.sqrt(unit**2 @ place.noise.g**2)) + EPS * float(np.abs(unit) @ np.abs(place.g))
        # What no difference of f could show is no mistake in g: a log(p + 1e-12), for one.
        unseen = EPS ** (2 / 3) * float(np.abs(place.g).max() * np.linalg.norm(unit))
        error = rounding + unseen + 4 * EPS * abs(value) if np.isfinite(value) else np.inf
        return times(Slope(value, error, STEP, abs(value), False), length)


def worth_trying(fun: Callable[..., Any], args: Sequence[Any]) -> bool:
    """Whether a complex step costs no compilation, and no large copies of the data."""
    return not is_compiled(fun) and sum(getattr(each, "nbytes", 0) for each in args) <= MOST_BYTES


def refusal(evaluate: Evaluations, place: Place, probed: Probe) -> str:
    """Return why complex steps are not to be had of this function, "" if they are: judged along the lines probed."""
    complex_step = ComplexStep(evaluate)
    for line, central in zip(probed.lines, probed.slopes, strict=True):
        try:
            found = complex_step.along(place, line, "along a random line")
        except Exception as error:
            return f"fun raises {type(error).__name__} at complex points: {' '.join(str(error).split())[:200]}"
        # Written so that NaN is no agreement.
        if not abs(found.value - central.value) <= SAFETY * (found.error + central.error):
            return (
                f"along a random line they give {found.value:.6g}, differences {central.value:.6g}: fun takes an"
                " absolute value, a comparison or the real part of x somewhere"
            )
        if not central.error <= 1e-3 * max(abs(central.value), central.rise):
            return "f is too noisy to tell whether it is analytic"
    return ""
