"""Estimators with the face of scikit-learn's ``LogisticRegression``: ``C * sum of losses + |W|^2 / 2``.

Two classes are fitted by one row of weights, the second's less the first's.
"""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from solvers.status import Status
from workbench.peers import coding, penalty
from workbench.peers.demands import free_intercepts, softmax, symmetric
from workbench.peers.task import Ending, Task
from workbench.peers.watch import Watch

DEMANDS = (softmax, symmetric, free_intercepts)
UNLIMITED = 10**9
Ravel = Callable[[np.ndarray], np.ndarray]
"""Makes the vector that a library minimises over of one row of coefficients per class, the intercept last."""
Unravel = Callable[[np.ndarray, tuple[int, int]], np.ndarray]
"""The inverse of it."""


class Estimator:
    """The data and the options of an estimator of a class, for a solver of its."""

    def __init__(self, task: Task, estimator: Any, **options: Any) -> None:
        objective = self.objective = task.objective
        weight = penalty.of_difference(objective)
        self.X, self.y = coding.rows(objective), coding.labels(objective)
        self.sample_weight = objective.sample_weight if objective.sample_weight.size else None
        self.options = {
            "C": penalty.inverse_of_sum(weight, objective),
            "fit_intercept": objective.fit_intercept,
            "tol": task.gtol,
            **options,
        }
        self.estimator = estimator

    def fitted(self, budget: int) -> tuple[Any, list[Any]]:
        """Return an estimator after so many iterations, and what it warned of."""
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            model = self.estimator(max_iter=budget, **self.options).fit(self.X, self.y, self.sample_weight)
        return model, said

    def coefficients(self, W: np.ndarray, b: np.ndarray) -> np.ndarray:
        """Return theta for its ``coef_`` and ``intercept_``."""
        if self.objective.n_classes == 2:
            W, b = coding.of_two(W, b)
        return coding.theta(self.objective, W, b)


class Budgeted(Estimator):
    """A solver that shows no iterates."""

    counts = "iterations"

    def fit(self, budget: int) -> Ending:
        """Start anew, and return where it is after so many iterations."""
        from sklearn.exceptions import ConvergenceWarning

        model, said = self.fitted(budget)
        nit = int(np.max(model.n_iter_))
        status, words = Status.CLAIMED, f"{nit} of {budget} iterations"
        if nit >= budget and any(issubclass(each.category, ConvergenceWarning) for each in said):
            status = Status.ITERATIONS
        elif said:
            status, words = Status.LINE_SEARCH, str(said[-1].message)
        return Ending(status, words, model, nit)

    def theta(self, found: Any) -> np.ndarray:
        """Return theta for a fitted estimator."""
        return self.coefficients(found.coef_, found.intercept_)


class Passes(Budgeted):
    """A solver whose iterations are passes over the rows."""

    counts = "passes over the rows"


class Traced(Estimator):
    """A solver that is SciPy's L-BFGS-B: SciPy is asked to show its iterates, and what it minimises."""

    counts = "evaluations"

    def __init__(self, task: Task, estimator: Any, ravel: Ravel, unravel: Unravel, **options: Any) -> None:
        super().__init__(task, estimator, solver="lbfgs", **options)
        self.ravel, self.unravel = ravel, unravel
        columns = task.objective.n_features + task.objective.fit_intercept
        self.shape = (1 if task.objective.n_classes == 2 else task.objective.n_classes, columns)

    def run(self, watch: Watch) -> Ending:
        """Minimise."""
        ended: list[Any] = []

        def observed(minimize: Any, fun: Any, x0: Any, **options: Any) -> Any:
            def counted(*args: Any) -> Any:
                watch.evaluated()
                return fun(*args)

            ended.append(minimize(counted, x0, **{**options, "callback": lambda xk: watch.visit(xk)}))
            return ended[-1]

        with _minimize_replaced(observed):
            self.fitted(UNLIMITED)
        found = ended[-1]
        return Ending(Status.CLAIMED if found.success else Status.LINE_SEARCH, str(found.message), found.x, found.nit)

    def own_loss(self, theta: np.ndarray) -> float:
        """Return what SciPy is given to minimise, at theta."""
        seen: list[Any] = []

        def asked(minimize: Any, fun: Any, x0: Any, args: Any, **options: Any) -> Any:
            seen.append(fun(self.own(theta).astype(x0.dtype), *args)[0])
            return minimize(fun, x0, args=args, **options)

        with _minimize_replaced(asked):
            self.fitted(1)
        return float(seen[0])

    def own(self, theta: np.ndarray) -> np.ndarray:
        """Return theta as the vector that is minimised over."""
        W, b = self.objective.weights(theta)
        W = np.column_stack([W, b])[:, : self.shape[1]]
        return self.ravel(W[1:] - W[:1] if self.objective.n_classes == 2 else W)

    def theta(self, found: np.ndarray) -> np.ndarray:
        """Return theta for the vector that is minimised over."""
        W = self.unravel(found, self.shape)
        with_intercept = self.objective.fit_intercept
        return self.coefficients(*(W[:, :-1], W[:, -1]) if with_intercept else (W, np.zeros(W.shape[0])))


@contextmanager
def _minimize_replaced(by: Callable[..., Any]) -> Iterator[None]:
    """Have ``by(minimize, ...)`` called where a library calls ``scipy.optimize.minimize``."""
    from scipy import optimize

    minimize = optimize.minimize
    optimize.minimize = lambda *args, **options: by(minimize, *args, **options)
    try:
        yield
    finally:
        optimize.minimize = minimize
