"""The clock of a peer's run, which stands still while an iterate is looked at, and the limits that it is held to."""

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from solvers.interrupt import HeldBack
from solvers.jit import clock
from solvers.status import Status
from workbench.peers.trace import Trace

if TYPE_CHECKING:
    from solvers.driver import Observer


class Stop(Exception):  # noqa: N818 - it ends a run from inside, and is no error
    """Raised out of a callback or an evaluation: a limit is reached."""

    def __init__(self, status: Status, message: str) -> None:
        super().__init__(message)
        self.status, self.message = status, message


class Watch:
    """What a peer that shows its iterates calls while it runs.

    Parameters
    ----------
    trace : Trace
        Where rows are written.
    theta : callable
        Makes theta of what the peer shows.
    max_time, max_evals, max_iter : float, int, int
        The limits; where evaluations are not counted an iteration stands for one.
    observer : callable, optional
        ``observer(nit, seconds, x)``, at each iterate, outside the clock.
    held : HeldBack
        Where a Ctrl-C is noted.

    Attributes
    ----------
    nit, nfev : int
        Iterates shown and evaluations counted.
    seconds : float
        Of the peer, up to the last stop of the clock.
    oracle : float
        Of these in our f and g; 0 where the library has a loss of its own, whose time nobody tells.
    x, at : ndarray, float
        The last iterate, and the seconds at which it was shown.
    """

    def __init__(
        self,
        trace: Trace,
        theta: Callable[[Any], np.ndarray],
        x0: np.ndarray,
        *,
        max_time: float,
        max_evals: int,
        max_iter: int,
        observer: "Observer | None",
        held: HeldBack,
    ) -> None:
        self._trace, self._theta, self._observer, self._held = trace, theta, observer, held
        self._max_time, self._max_evals, self._max_iter = max_time, max_evals, max_iter
        self.nit, self.nfev, self.seconds, self.oracle, self.x, self.at = 0, 0, 0.0, 0.0, x0, 0.0
        self._began = math.nan

    def start(self) -> None:
        """Let the clock run."""
        self._began = clock()

    def stop(self) -> None:
        """Halt the clock; it may stand already."""
        if not math.isnan(self._began):
            self.seconds += clock() - self._began
            self._began = math.nan

    def evaluate(self, x: Any) -> tuple[float, np.ndarray]:
        """Return f and g of the objective on the peer's time, and count it.

        Raises
        ------
        Stop
            Where a limit does not allow it.
        """
        self.evaluated()
        return self.unlimited(x)

    def unlimited(self, x: Any) -> tuple[float, np.ndarray]:
        """Return f and g of the objective for a peer that counts its evaluations itself."""
        began = clock()
        found = self._trace.evaluate(np.ascontiguousarray(x, np.float64))
        self.oracle += clock() - began
        return found

    def evaluated(self) -> None:
        """Count an evaluation of f and g that is about to be made.

        Raises
        ------
        Stop
            Where a limit does not allow it.
        """
        if self.nfev >= self._max_evals:
            raise Stop(Status.EVALUATIONS, f"{self.nfev} of {self._max_evals}")
        self._check(self.seconds + clock() - self._began)
        self.nfev += 1

    def visit(self, found: Any) -> None:
        """Look at an iterate with the clock stopped.

        Raises
        ------
        Stop
            When a limit is reached.
        """
        self.stop()
        self.nit += 1
        self.x, self.at = np.array(self._theta(found), np.float64), self.seconds
        if self.nit >= self._trace.due:
            f, _ = self._trace.add(self.nit, self.nfev or self.nit, self.seconds, self.x)
            if not math.isfinite(f):
                raise Stop(Status.NOT_FINITE, f"f = {f}")
        if self._observer is not None:
            self._observer(self.nit, self.seconds, self.x)
        self._check(self.seconds)
        if self.nit >= self._max_iter:
            raise Stop(Status.ITERATIONS, f"{self.nit} of {self._max_iter}")
        if not self.nfev and self.nit >= self._max_evals:
            raise Stop(Status.EVALUATIONS, f"{self.nit} of {self._max_evals}")
        self.start()

    def _check(self, seconds: float) -> None:
        if self._held.arrived:
            raise Stop(Status.INTERRUPTED, "")
        if seconds >= self._max_time:
            raise Stop(Status.TIME, f"{self._max_time:g} s")
