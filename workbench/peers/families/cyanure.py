"""Cyanure: variance-reduced and quasi-Newton solvers in C++; its iterations are passes over the rows."""

import warnings
from functools import partial
from typing import Annotated, Any, NamedTuple

import numpy as np
from scipy import sparse

from solvers.options import Between
from solvers.status import Status
from workbench.peers import coding, penalty
from workbench.peers.demands import Demand, a_penalty, dense, free_intercepts, no_weights, softmax, symmetric
from workbench.peers.family import Family
from workbench.peers.library import Library
from workbench.peers.peer import Peer
from workbench.peers.task import Ending, Task

LIBRARY = Library("cyanure", ("cyanure",), ("cyanure",))
FINEST = 1e-14
"""The smallest relative duality gap that is asked for."""


class Random(NamedTuple):
    """The option of all of them."""

    seed: Annotated[int, Between(0), "of the order of the rows"] = 0


class Classifier:
    """``Classifier`` with a solver of its; two classes are fitted by the second's weights less the first's."""

    counts = "passes over the rows"

    def __init__(self, task: Task, solver: str) -> None:
        from cyanure.estimators import Classifier as Model

        objective = self.objective = task.objective
        X = coding.rows(objective)
        self.X = sparse.csr_matrix(X) if sparse.issparse(X) else X
        self.y = coding.labels(objective)
        two = objective.n_classes == 2
        # Its rule is a relative duality gap: for a function of curvature up to L, |g|^2 <= 2 L (f - f*).
        gap = task.gtol**2 / (2.0 * objective.lipschitz / objective.gradient_scale * np.log(objective.n_classes))
        self.gap = max(float(gap), FINEST)
        self.model = partial(
            Model,
            loss="logistic" if two else "multiclass-logistic",
            penalty="l2",
            lambda_1=penalty.of_difference(objective),
            fit_intercept=objective.fit_intercept,
            solver=solver,
            tol=self.gap,
            random_state=task.options["seed"],
            n_threads=task.threads,
            verbose=False,
        )

    def fit(self, budget: int) -> Ending:
        """Start anew, and return where it is after so many passes."""
        model = self.model(max_iter=budget)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that the budget ended it, which it does not always tell
            model.fit(self.X, self.y)
        passes, _, _, gap, *_ = model.optimization_info_[0, :, -1]  # as it was evaluated last: every fifth pass
        if gap <= self.gap:
            return Ending(Status.CLAIMED, f"relative duality gap {gap:.1e} <= {self.gap:.1e}", model, int(passes))
        return Ending(Status.ITERATIONS, "", model, budget)

    def theta(self, found: Any) -> np.ndarray:
        """Return theta for a fitted model."""
        b = found.intercept_ if self.objective.fit_intercept else np.zeros(self.objective.n_classes)
        W = np.asarray(found.coef_)
        if self.objective.n_classes == 2:
            return coding.theta(self.objective, *coding.of_two(W, b))
        return coding.theta(self.objective, W.T, np.ravel(b))


def _peer(solver: str, summary: str, *more: Demand) -> Peer:
    demands = (softmax, symmetric, free_intercepts, a_penalty, no_weights, *more)
    return Peer(LIBRARY, solver, summary, partial(Classifier, solver=solver), Random(), demands)


# On sparse rows of several classes its QNING ends the process (seen with 1.2.2), and "auto" may choose it.
PEERS = (
    _peer("auto", "what it chooses", dense),
    _peer("qning-svrg", "quasi-Newton on a smoothed objective, by SVRG", dense),
    _peer("catalyst-miso", "accelerated MISO"),
)

FAMILY = Family(LIBRARY, {peer.word: peer for peer in PEERS})
