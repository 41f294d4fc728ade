"""Certificates: what is proven of an answer, recomputed in float64 by code that shares nothing with the solver."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from solvers.objective import asking


@dataclass(frozen=True)
class Certificate:
    """What is known of a point, whoever returned it.

    Attributes
    ----------
    f : float
        The objective there, recomputed.
    grad_inf : float
        The largest component of the gradient of the mean objective there.
    gap : float
        A bound on ``f - f*``, proven; infinite where nothing is proven.
    kind : str
        ``"strong convexity"``, or ``"none"`` where there is no bound.
    """

    f: float
    grad_inf: float
    gap: float
    kind: str

    @property
    def lower_bound(self) -> float:
        """What no point can be below; minus infinity where nothing is proven."""
        return self.f - self.gap

    @property
    def relative_gap(self) -> float:
        """The bound on ``f - f*`` relative to the lower bound on ``|f*|``."""
        if self.gap == 0.0:
            return 0.0
        return self.gap / self.lower_bound if self.lower_bound > 0.0 else math.inf

    def __str__(self) -> str:
        known = f"f = {self.f:.12g}, largest gradient component {self.grad_inf:.3g}"
        if math.isinf(self.gap):
            return f"{known}; no bound on f - f* is proven for this objective"
        return f"{known}; f - f* <= {self.gap:.3g} ({self.kind})"


def certify(objective: Any, x: np.ndarray, args: tuple[Any, ...] = ()) -> Certificate:
    """Return what can be proven of `x` as a minimiser of `objective`.

    An objective that offers ``certificate(x)`` proves more than its value and gradient; of any other these two are
    recomputed.

    Parameters
    ----------
    objective : callable
        ``f, g = objective(x, *args)``; what it returns beyond that is left alone.
    x : ndarray, shape (n,)
        The point.
    args : tuple
        What else the objective takes.
    """
    if hasattr(objective, "certificate"):
        certificate: Certificate = objective.certificate(x)
        return certificate
    f, g, *_ = asking(objective, 2, len(args))(x, *args)
    scale = getattr(objective, "gradient_scale", 1.0)
    return Certificate(float(f), float(np.abs(g).max() / scale), math.inf, "none")
