"""Cyanure: variance-reduced and quasi-Newton solvers in C++, which it chooses from."""

import warnings

import numpy as np
from cyanure.estimators import Classifier
from scipy import sparse

from peers import Contestant, Fitting, Problem, stacked

DISTRIBUTIONS = ("cyanure",)


class Automatic(Fitting):
    """``solver="auto"``, which shows no iterates; its budget is passes over the rows."""

    def __init__(self, problem: Problem) -> None:
        self.X = sparse.csr_matrix(problem.X) if sparse.issparse(problem.X) else problem.X
        self.y = problem.y
        self.options = {"lambda_1": problem.lambda_of_mean, "n_threads": problem.threads}

    def fit(self, budget: int) -> np.ndarray:
        model = Classifier(
            loss="multiclass-logistic",
            penalty="l2",
            fit_intercept=True,
            tol=1e-12,
            max_iter=budget,
            verbose=False,
            **self.options,
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that the budget ended it
            model.fit(self.X, self.y)
        return stacked(model.coef_.T, np.ravel(model.intercept_))


CONTESTANTS = {"cyanure float32": Contestant(Automatic, sparse=True)}
