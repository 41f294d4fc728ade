"""What passes between a peer and whoever runs it: a task, the data in the peer's own container, and how it ended."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np

from solvers.status import Status

if TYPE_CHECKING:
    from workbench.peers.watch import Watch


@dataclass(frozen=True)
class Task:
    """What a peer is asked to do.

    Attributes
    ----------
    objective : object
        f as ours: a `SoftmaxObjective`, or anything that `solvers.objective.resolve` takes.
    x0 : ndarray, shape (n,)
        The start.
    gtol : float
        The largest component that the gradient of the mean objective shall have; `gradient_tolerance` is the same for
        the gradient that f returns.
    max_iter : int
        Iterations; the peer's own count.
    options : mapping
        The peer's own options, complete.
    threads : int
        To use, where the library has a switch of its own.
    """

    objective: Any
    x0: np.ndarray
    gtol: float
    max_iter: int
    options: Mapping[str, Any]
    threads: int

    @property
    def gradient_tolerance(self) -> float:
        """The tolerance for the gradient that f returns."""
        return self.gtol * float(getattr(self.objective, "gradient_scale", 1.0))


class Ending(NamedTuple):
    """How a run of a peer ended, in its own words.

    `found` is its answer in its own form; None: the last iterate that was shown. `nit` is its count of iterations where
    it has one.
    """

    status: Status
    message: str
    found: Any = None
    nit: int | None = None


class Fitting(Protocol):
    """The data of a task in a peer's own container.

    Beside this it has ``run(watch) -> Ending``, which shows its iterates to ``watch.visit``, or, where a library shows
    none, ``fit(budget) -> Ending``, which starts anew with so many iterations. Where the library can say what it
    minimises, ``own_loss(theta) -> float`` does.
    """

    counts: str
    """What ``nfev`` counts: evaluations, or what stands for them where the library does not tell."""

    def theta(self, found: Any) -> np.ndarray:
        """Return what it found as theta of the objective."""
        ...


class Traced(Fitting, Protocol):
    """A peer that shows its iterates."""

    def run(self, watch: "Watch") -> Ending:
        """Minimise, and call ``watch.visit`` after every iteration."""
        ...


class Budgeted(Fitting, Protocol):
    """A peer that shows nothing but its answer."""

    def fit(self, budget: int) -> Ending:
        """Start anew, and return where it is after so many iterations."""
        ...
