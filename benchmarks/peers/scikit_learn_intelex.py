"""scikit-learn-intelex: the ``LogisticRegression`` of oneDAL in the place of scikit-learn's."""

import warnings

import daal4py
import numpy as np
from sklearnex.linear_model import LogisticRegression

from peers import Contestant, Fitting, Problem, stacked

DISTRIBUTIONS = ("scikit-learn-intelex",)


class OneDAL(Fitting):
    """Its L-BFGS, which shows no iterates."""

    def __init__(self, problem: Problem) -> None:
        daal4py.daalinit(nthreads=problem.threads)
        self.X, self.y, self.C = problem.X, problem.y, problem.C

    def fit(self, budget: int) -> np.ndarray:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that the budget ended it
            model = LogisticRegression(C=self.C, tol=0.0, max_iter=budget).fit(self.X, self.y)
        return stacked(model.coef_, model.intercept_)


CONTESTANTS = {"sklearnex lbfgs float32": Contestant(OneDAL)}
