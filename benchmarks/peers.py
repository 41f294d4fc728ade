"""Peers of ``time_to_gap.py``: the adapters of `workbench.peers`, each way to fit with the dtypes that it is run in.

What a peer penalises is told in `workbench.peers` alone; what it minimises is proven there too.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

import solvers
import workbench as wb
from solvers.status import Status
from workbench.peers.family import family
from workbench.peers.parity import Form, parity
from workbench.peers.watch import Stop

OURS = "ours"
SINGLE, DOUBLE = "float32", "float64"
RUN = {
    "sklearn": {"lbfgs": (DOUBLE, SINGLE), "newton-cg": (DOUBLE, SINGLE), "newton-cholesky": (DOUBLE,)},
    "sklearnex": {"lbfgs": (SINGLE,)},
    "torch": {"LBFGS": (SINGLE,)},
    "jax": {"optax": (SINGLE,), "optimistix": (SINGLE,)},
    "jaxopt": {"LBFGS": (SINGLE,)},
    "cyanure": {"auto": (SINGLE,)},
}
"""Of each family the solvers, and the dtypes of their rows."""


@dataclass(frozen=True)
class Problem:
    """``mean_i(log sum_k exp(z_ik) - z_{i, y_i}) + l2 / 2 |W|^2`` with ``z = X W' + b``: free b, every class has a row.

    Attributes
    ----------
    X : ndarray or csr_array of float32, shape (n_samples, n_features)
        Samples.
    y : ndarray of int64, shape (n_samples,)
        Classes, 0 to n_classes - 1, each at least once.
    l2 : float
        Weight of the penalty.
    """

    X: Any
    y: np.ndarray
    l2: float

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the unknowns: a class each, the intercept last."""
        return int(self.y.max()) + 1, self.X.shape[1] + 1

    def objective(self, dtype: str = SINGLE) -> wb.SoftmaxObjective:
        """Return f as ours."""
        return wb.SoftmaxObjective(self.X.astype(dtype, copy=False), self.y, l2=self.l2, reference=None)


Visit = Callable[[Any], bool]
"""Called with an iterate in the peer's own form; true ends the run."""


class Ours:
    """A method of ours; it is timed without a callback, which the search for its budgets uses."""

    def __init__(self, problem: Problem, method: str) -> None:
        self.fun, self.method = problem.objective(), method

    def prepare(self) -> None:
        """Compile what a run may need further on."""
        getattr(solvers, self.method).prepare(self.fun, self.fun.x0)

    def trace(self, visit: Visit) -> None:
        self._minimize(callback=visit)

    def fit(self, budget: int) -> np.ndarray:
        return self._minimize(max_iter=budget)

    def theta(self, found: np.ndarray) -> np.ndarray:
        return found

    def _minimize(self, **options: Any) -> np.ndarray:
        options = {"max_iter": 10**6, "max_evals": 10**6, "gtol": 1e-12, **options}
        return wb.minimize(self.fun, self.fun.x0, method=self.method, **options).x


class Iterates:
    """What a peer calls while it runs, without limits and without a clock: those are the benchmark's."""

    def __init__(self, objective: wb.SoftmaxObjective, visit: Visit) -> None:
        self.evaluate = self.unlimited = objective
        self._visit, self.nit = visit, 0

    def evaluated(self) -> None:
        return

    def visit(self, found: Any) -> None:
        self.nit += 1
        if self._visit(found):
            raise Stop(Status.CALLBACK, "")


class Theirs:
    """A peer with the data in its own container, to be run on past any tolerance; it has `trace` or `fit`."""

    def __init__(self, problem: Problem, peer: Any, dtype: str) -> None:
        objective = problem.objective(dtype)
        fitting = peer.fitting(objective, objective.x0, gtol=0.0)
        self.theta = fitting.theta
        if hasattr(fitting, "fit"):
            self.fit = lambda budget: fitting.fit(budget).found
        else:
            self.trace = lambda visit: self._trace(fitting, Iterates(objective, visit))

    @staticmethod
    def _trace(fitting: Any, iterates: Iterates) -> None:
        try:
            fitting.run(iterates)
        except Stop:
            return


@dataclass(frozen=True)
class Contestant:
    """A way to fit: what makes it ready, and the peer that it is; None is ours."""

    ready: Callable[[Problem], Any]
    peer: Any = None
    dtype: str = SINGLE

    def unfit(self, problem: Problem) -> str:
        """Return why it cannot take a problem, or nothing."""
        return "" if self.peer is None else self.peer.unfit(problem.objective(self.dtype))

    def refusal(self) -> str:
        """Return why it is left out, because it minimises another f, or nothing."""
        if self.peer is None:
            return ""
        found = parity(self.peer, Form(dtype=self.dtype).problem(0.05))
        return "" if found.ok else found.sentence


def names() -> list[str]:
    """Return the families, ours among them."""
    return [OURS, *RUN]


def contestants(name: str) -> Mapping[str, Contestant]:
    """Return the contestants of a family, by their labels."""
    if name == OURS:
        return {each: Contestant(lambda problem, each=each: Ours(problem, each)) for each in ("auto", "lbfgs")}
    found = {}
    for word, dtypes in RUN[name].items():
        peer = family(name).member(word)
        for dtype in dtypes:
            label = peer.name if dtype == DOUBLE else f"{peer.name} {dtype}"
            ready = lambda problem, peer=peer, dtype=dtype: Theirs(problem, peer, dtype)  # noqa: E731
            found[label] = Contestant(ready, peer, dtype)
    return found


def missing(name: str) -> str:
    """Return why a family cannot run, or nothing."""
    return "" if name == OURS else family(name).library.missing


def distributions(name: str) -> tuple[str, ...]:
    """Return the packages that do the work of a family."""
    return ("minfunc-workbench", "numba") if name == OURS else family(name).library.distributions
