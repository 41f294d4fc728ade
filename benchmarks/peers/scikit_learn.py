"""scikit-learn's ``LogisticRegression``: its L-BFGS is SciPy's, the Newton methods are its own."""

import warnings
from functools import partial
from typing import Any
from unittest import mock

import numpy as np
from scipy import optimize
from sklearn.linear_model import LogisticRegression

from peers import Contestant, Fitting, Problem, Visit, stacked

DISTRIBUTIONS = ("scikit-learn", "scipy")


class Newton(Fitting):
    """A solver that shows no iterates."""

    def __init__(self, problem: Problem, solver: str, dtype: Any) -> None:
        self.X, self.y, self.shape = problem.X.astype(dtype, copy=False), problem.y, problem.shape
        self.options = {"C": problem.C, "solver": solver, "tol": 0.0}

    def fit(self, budget: int) -> np.ndarray:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that the budget ended it
            model = LogisticRegression(max_iter=budget, **self.options).fit(self.X, self.y)
        return stacked(model.coef_, model.intercept_)


class LBFGS(Fitting):
    """Its L-BFGS, whose iterates SciPy shows."""

    def __init__(self, problem: Problem, dtype: Any) -> None:
        self.newton = Newton(problem, "lbfgs", dtype)

    def trace(self, visit: Visit) -> None:
        def callback(x: np.ndarray) -> None:
            if visit(x):
                raise StopIteration

        def minimize(*args: Any, **options: Any) -> Any:
            return unobserved(*args, **{**options, "callback": callback})

        unobserved = optimize.minimize
        with mock.patch.object(optimize, "minimize", minimize):
            self.newton.fit(10**6)

    def theta(self, found: np.ndarray) -> np.ndarray:
        return found.reshape(self.newton.shape, order="F").astype(np.float64).ravel()


CONTESTANTS = {
    "sklearn lbfgs": Contestant(partial(LBFGS, dtype=np.float64), sparse=True),
    "sklearn lbfgs float32": Contestant(partial(LBFGS, dtype=np.float32), sparse=True),
    "sklearn newton-cg": Contestant(partial(Newton, solver="newton-cg", dtype=np.float64), sparse=True),
    "sklearn newton-cg float32": Contestant(partial(Newton, solver="newton-cg", dtype=np.float32), sparse=True),
    "sklearn newton-cholesky": Contestant(
        partial(Newton, solver="newton-cholesky", dtype=np.float64), sparse=False, most_variables=3000
    ),
}
