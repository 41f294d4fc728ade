"""scikit-learn: ``LogisticRegression`` with each solver that minimises the multinomial loss, and ``SGDClassifier``."""

import warnings
from functools import partial
from typing import Annotated, Any, NamedTuple

import numpy as np

from solvers.options import Between, Choice
from solvers.status import Status
from workbench.peers import coding, penalty
from workbench.peers.demands import a_penalty, two_classes, variables
from workbench.peers.family import Family
from workbench.peers.library import Library
from workbench.peers.logistic_regression import DEMANDS, Budgeted, Passes, Traced
from workbench.peers.peer import Peer
from workbench.peers.task import Ending, Task

LIBRARY = Library("sklearn", ("scikit-learn",), ("sklearn",))
MOST_VARIABLES = 3000


class Random(NamedTuple):
    """The option of those that draw rows at random."""

    seed: Annotated[int, Between(0), "of the order of the rows"] = 0


RATES = ("optimal", "invscaling", "adaptive", "constant")


class Rates(NamedTuple):
    """Options of SGDClassifier; a word is kept as its place among the words."""

    learning_rate: Annotated[int, Choice(RATES), "the schedule of the steps"] = RATES.index("optimal")
    eta0: Annotated[float, Between(0.0, open_low=True), "the first step of the other schedules"] = 0.01
    average: Annotated[bool, "return the mean of the iterates"] = False
    seed: Annotated[int, Between(0), "of the order of the rows"] = 0


def _lbfgs(task: Task) -> Traced:
    from sklearn.linear_model import LogisticRegression

    return Traced(task, LogisticRegression, partial(np.ravel, order="F"), partial(np.reshape, order="F"))


def _budgeted(task: Task, kind: type[Budgeted], solver: str) -> Budgeted:
    from sklearn.linear_model import LogisticRegression

    return kind(task, LogisticRegression, solver=solver, random_state=task.options.get("seed"))


class StochasticGradient:
    """``SGDClassifier(loss="log_loss")``, which stops when its loss has not fallen by gtol in five passes; 0: never."""

    counts = "passes over the rows"

    def __init__(self, task: Task) -> None:
        objective = self.objective = task.objective
        self.X, self.y = coding.rows(objective), coding.labels(objective)
        self.sample_weight = objective.sample_weight if objective.sample_weight.size else None
        own = dict(task.options)
        self.options = {
            "alpha": penalty.per_row(penalty.of_difference(objective), objective),
            "fit_intercept": objective.fit_intercept,
            "tol": task.gtol or None,
            "random_state": own.pop("seed"),
            **own,
        }

    def fit(self, budget: int) -> Ending:
        """Start anew, and return where it is after so many passes."""
        from sklearn.linear_model import SGDClassifier

        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            model = SGDClassifier(loss="log_loss", max_iter=budget, **self.options)
            model.fit(self.X, self.y, sample_weight=self.sample_weight)
        nit = int(model.n_iter_)
        to_the_end = self.options["tol"] is None or (said and nit >= budget)
        status = Status.ITERATIONS if to_the_end else Status.CLAIMED
        return Ending(status, f"{nit} of {budget} passes", model, nit)

    def theta(self, found: Any) -> np.ndarray:
        """Return theta for a fitted estimator."""
        return coding.theta(self.objective, *coding.of_two(found.coef_, found.intercept_))


PEERS = (
    Peer(LIBRARY, "lbfgs", "LogisticRegression: SciPy's L-BFGS-B", _lbfgs, demands=DEMANDS),
    Peer(
        LIBRARY,
        "newton-cg",
        "LogisticRegression: Newton by linear conjugate gradients",
        partial(_budgeted, kind=Budgeted, solver="newton-cg"),
        demands=DEMANDS,
    ),
    Peer(
        LIBRARY,
        "newton-cholesky",
        "LogisticRegression: Newton with a factorised Hessian",
        partial(_budgeted, kind=Budgeted, solver="newton-cholesky"),
        demands=(*DEMANDS, a_penalty, variables(MOST_VARIABLES)),
    ),
    Peer(
        LIBRARY,
        "sag",
        "LogisticRegression: stochastic average gradient",
        partial(_budgeted, kind=Passes, solver="sag"),
        Random(),
        DEMANDS,
    ),
    Peer(
        LIBRARY,
        "saga",
        "LogisticRegression: SAGA",
        partial(_budgeted, kind=Passes, solver="saga"),
        Random(),
        DEMANDS,
    ),
    Peer(
        LIBRARY,
        "SGD",
        "SGDClassifier: stochastic gradient, one row at a time",
        StochasticGradient,
        Rates(),
        (*DEMANDS, two_classes, a_penalty),
        tight={"gtol": 0.0, "max_iter": 2000},
    ),
)

FAMILY = Family(LIBRARY, {peer.word: peer for peer in PEERS})
