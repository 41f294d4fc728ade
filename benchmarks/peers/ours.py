"""The solvers of the workbench."""

from functools import partial
from typing import Any

import numpy as np

import workbench as wb
from peers import Contestant, Fitting, Problem, Visit

DISTRIBUTIONS = ("minfunc-workbench", "numba")


class Ours(Fitting):
    """A method by name; it is timed without a callback, which the search for its budgets uses."""

    def __init__(self, problem: Problem, method: str) -> None:
        self.fun = problem.objective()
        self.method = method

    def trace(self, visit: Visit) -> None:
        self._minimize(callback=visit)

    def fit(self, budget: int) -> np.ndarray:
        return self._minimize(max_iter=budget)

    def _minimize(self, **options: Any) -> np.ndarray:
        options = {"max_iter": 10**6, "max_evals": 10**6, "gtol": 1e-12, **options}
        return wb.minimize(self.fun, self.fun.x0, method=self.method, **options).x


CONTESTANTS = {
    "auto": Contestant(partial(Ours, method="auto"), sparse=True),
    "lbfgs": Contestant(partial(Ours, method="lbfgs"), sparse=True),
}
