"""A run of a peer: along its iterates where it shows them, else by growing budgets; with our f, and as our result."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from solvers.interrupt import HeldBack
from solvers.objective import resolve
from solvers.result import Result
from solvers.status import Status
from workbench.peers.budgets import climbed
from workbench.peers.demands import softmax
from workbench.peers.task import Ending, Task
from workbench.peers.trace import Trace
from workbench.peers.watch import Stop, Watch

if TYPE_CHECKING:
    from solvers.driver import Observer


@dataclass(frozen=True)
class Running:
    """A run that is about to begin.

    Parameters
    ----------
    name : str
        The peer's.
    task : Task
        What it is asked to do.
    settings : mapping
        All options, the limits among them.
    fitting : Fitting
        The data in its own container.
    observer : callable or None
        Called with ``(nit, seconds, x)`` outside the clock.
    held : HeldBack
        Where a Ctrl-C is noted.
    said : list
        Where warnings of the library arrive.
    """

    name: str
    task: Task
    settings: Mapping[str, Any]
    fitting: Any
    observer: "Observer | None"
    held: HeldBack
    said: list[Any]

    def result(self) -> Result:
        """Return what came of it."""
        trace = Trace(evaluator(self.task.objective, self.task.x0), self.task.x0)
        return self._along(trace) if hasattr(self.fitting, "run") else self._climbing(trace)

    def _along(self, trace: Trace) -> Result:
        limits = {limit: self.settings[limit] for limit in ("max_time", "max_evals", "max_iter")}
        watch = Watch(trace, self.fitting.theta, self.task.x0, **limits, observer=self.observer, held=self.held)
        watch.start()
        try:
            ending: Ending = self.fitting.run(watch)
        except Stop as stop:
            ending = Ending(stop.status, stop.message)
        except KeyboardInterrupt:
            ending = Ending(Status.INTERRUPTED, "")
        watch.stop()
        x, at = watch.x, watch.at
        if ending.found is not None:
            found = np.array(self.fitting.theta(ending.found), np.float64)
            if not np.array_equal(found, x):
                x, at = found, watch.seconds
        nit = max(watch.nit, ending.nit or 0)
        found = self._made(trace, ending, "iterates", x, nit, watch.nfev or nit, watch.seconds, at)
        if watch.oracle:
            found["oracle_seconds"] = watch.oracle
        return found

    def _climbing(self, trace: Trace) -> Result:
        by_iterations = self.settings["max_iter"] <= self.settings["max_evals"]
        climb = climbed(
            self.fitting,
            trace,
            max_time=self.settings["max_time"],
            most=self.settings["max_iter"] if by_iterations else self.settings["max_evals"],
            which=Status.ITERATIONS if by_iterations else Status.EVALUATIONS,
            observer=self.observer,
            held=self.held,
        )
        x = climb.x if climb.nit else self.task.x0
        return self._made(trace, climb.ending, "budgets", x, climb.nit, climb.nit, climb.seconds, climb.seconds)

    def _made(
        self,
        trace: Trace,
        ending: Ending,
        traced: str,
        x: np.ndarray,
        nit: int,
        nfev: int,
        seconds: float,
        at: float,
    ) -> Result:
        """Return the result; its message is the status and the peer's own words: what it returned, or warned of."""
        words = ending.message
        if not words and self.said and ending.status in (Status.LINE_SEARCH, Status.NOT_FINITE):
            words = str(self.said[-1].message)
        message = ": ".join(filter(None, (ending.status.sentence, " ".join(words.split()))))
        own = {"message": message, "traced": traced, "counted": self.fitting.counts}
        return trace.result(self.name, x, nit, nfev, seconds, at, status=ending.status, **own)


def evaluator(objective: Any, x0: np.ndarray) -> Callable[[np.ndarray], tuple[float, np.ndarray]]:
    """Return ``f, g = evaluate(x)``, checked as for a method of ours.

    Softmax is asked itself: it has its arguments at hand, which unpacked at each call take longer than a small f.
    """
    if not softmax(objective):
        asked: Callable[[np.ndarray], tuple[float, np.ndarray]] = objective
        return asked
    problem = resolve(objective, x0).problem
    return lambda x: problem.fun(x, *problem.args)
