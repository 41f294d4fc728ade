"""A peer: another library's solver, with the face of a method of ours, so that it can enter a comparison."""

import math
import signal
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from solvers.interrupt import HeldBack
from solvers.options import Option, declared, nearest
from solvers.status import Status
from workbench.peers.demands import Demand, first
from workbench.peers.library import Library
from workbench.peers.task import Task

if TYPE_CHECKING:
    from solvers.driver import Observer
    from solvers.result import Result

TERMS = ("gtol", "max_iter", "max_evals", "max_time")
"""The stopping rules that a comparison holds everyone to."""
WARM_UP = 2
"""Iterations after which a library that shows them has loaded, compiled and allocated all that it needs."""


@dataclass(frozen=True, eq=False)
class Peer:
    """A solver of another library.

    Parameters
    ----------
    library : Library
        Where it comes from.
    word : str
        What the library calls it.
    summary : str
        What it is, in a line.
    adapter : callable
        ``adapter(task) -> Fitting``: puts the data into the library's own container, or takes f and g as they are.
    own : NamedTuple
        Its own options, declared as those of our solvers are, with the defaults they have here.
    demands : tuple of callables
        What it needs of an objective; see `workbench.peers.demands`.
    anywhere : bool
        Whether it can be told where to start; others start at zero.
    tight : mapping
        Options with which it converges tightly on a small problem, for the test of parity.
    """

    library: Library
    word: str
    summary: str
    adapter: Callable[[Task], Any]
    own: Any = ()
    demands: tuple[Demand, ...] = ()
    anywhere: bool = False
    tight: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What a comparison calls it."""
        return f"{self.library.prefix}:{self.word}"

    @cached_property
    def _declared(self) -> Mapping[str, Option]:
        from solvers.stopping import Stopping

        rules = declared(Stopping())
        own = declared(self.own) if self.own else {}
        return MappingProxyType(own | {name: rules[name] for name in TERMS})

    def options(self) -> Mapping[str, Option]:
        """Return the options that it takes: its own, and the stopping rules of a comparison."""
        return self._declared

    def settings(self, **options: Any) -> dict[str, Any]:
        """Return all options, checked; what is not named keeps its default.

        Raises
        ------
        TypeError, ValueError
            For an option that it does not have, or a value that does not fit.
        """
        found = {name: option.decode(option.default) for name, option in self._declared.items()}
        for name, value in options.items():
            if name not in self._declared:
                hint = nearest(name, self._declared) or f", it takes {', '.join(sorted(self._declared))}"
                raise TypeError(f"{self.name} has no option {name!r}{hint}")
            option = self._declared[name]
            found[name] = option.decode(option.encode(value, self.name))
        return found

    def unfit(self, objective: Any) -> str:
        """Return why it cannot minimise this objective here, or nothing."""
        return self.library.missing or first(self.demands, objective)

    def fitting(self, objective: Any, x0: Any, **options: Any) -> Any:
        """Return the data in the library's own container, ready to run.

        Raises
        ------
        ValueError
            Where the peer cannot take the objective.
        """
        return self.adapter(self._task(objective, x0, self.settings(**options)))

    def prepare(self, fun: Any, x0: Any, **options: Any) -> float:
        """Import the library and let it run for an iteration or two; return the seconds that this took."""
        from solvers.jit import clock

        began = clock()
        budgeted = hasattr(self.fitting(fun, x0, **options), "fit")
        self(fun, x0, **{**options, "max_iter": 1 if budgeted else WARM_UP, "max_evals": 2 * WARM_UP})
        return clock() - began

    def __call__(
        self,
        fun: Any,
        x0: Any,
        *,
        gtol: float = 1e-5,
        max_time: float = math.inf,
        max_evals: int = 1_000_000,
        max_iter: int = 10_000,
        observer: "Observer | None" = None,
        **options: Any,
    ) -> "Result":
        """Minimise ``f, g = fun(x)`` from `x0` on the terms of a comparison.

        The result's history has f and the gradient as our objective has them, evaluated outside the clock. Beside the
        attributes of `solvers.result.Result` it has ``traced``, "iterates" or "budgets" (each row is a run of its own),
        and ``counted``, what ``nfev`` counts.

        Raises
        ------
        ValueError
            Where the peer cannot take the objective.
        """
        from workbench.peers.running import Running
        from workbench.threads import limited_to

        terms = {"gtol": gtol, "max_time": max_time, "max_evals": max_evals, "max_iter": max_iter}
        settings = self.settings(**terms, **options)
        task = self._task(fun, x0, settings)
        with HeldBack() as held:
            fitting = self.adapter(task)
            # The library is loaded only now, and has brought threads of its own.
            with limited_to(task.threads), warnings.catch_warnings(record=True) as said, np.errstate(all="ignore"):
                warnings.simplefilter("always")
                result = Running(self.name, task, settings, fitting, observer, held, said).result()
        if held.arrived and result.status != Status.INTERRUPTED and not held.nested:
            signal.raise_signal(signal.SIGINT)  # it came when the run was over: it is meant for the caller
        return result

    def _task(self, objective: Any, x0: Any, settings: Mapping[str, Any]) -> Task:
        from numba import get_num_threads

        from solvers.method import as_start

        reason = self.unfit(objective)
        if reason:
            raise ValueError(f"{self.name} {reason}")
        start = as_start(x0)
        if start.any() and not self.anywhere:
            raise ValueError(f"{self.name} starts at zero, and cannot be told another x0")
        own = {name: value for name, value in settings.items() if name not in TERMS}
        return Task(objective, start, settings["gtol"], settings["max_iter"], own, get_num_threads())
