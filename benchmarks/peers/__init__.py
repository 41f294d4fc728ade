"""Peers: softmax regression by other libraries, a file each, found by being there.

A file of this folder names the packages that do the work in ``DISTRIBUTIONS``, and in ``CONTESTANTS`` the ways in which
they fit: a label to a `Contestant`. What a peer penalises is told here alone, by `Problem`.
"""

import importlib
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse

import workbench as wb

UNPROVEN = 0.02
"""Largest gradient component of our f, as a share of the penalty's, with which a peer's point still counts as ours."""


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
    threads : int
        To use.
    """

    X: Any
    y: np.ndarray
    l2: float
    threads: int

    @property
    def n_classes(self) -> int:
        """The number of classes."""
        return int(self.y.max()) + 1

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the unknowns: a class each, the intercept last."""
        return self.n_classes, self.X.shape[1] + 1

    @property
    def lambda_of_mean(self) -> float:
        """The weight for who minimises ``mean loss + lambda / 2 |W|^2``."""
        return self.l2

    @property
    def C(self) -> float:  # noqa: N802 - what scikit-learn calls it
        """The weight for who minimises ``C * sum of losses + |W|^2 / 2``."""
        return 1.0 / (self.l2 * self.y.size)

    def objective(self, dtype: Any = np.float32) -> wb.SoftmaxObjective:
        """Return f as ours."""
        return wb.SoftmaxObjective(self.X.astype(dtype, copy=False), self.y, l2=self.l2, reference=None)


Visit = Callable[[Any], bool]
"""Called with an iterate in the peer's own form; true ends the run."""


class Fitting:
    """A peer with the data in its own container; it has `trace`, or `fit`, or both.

    ``trace(visit)`` starts anew and calls `visit` after every iteration. ``fit(budget)`` starts anew, and returns where
    it is after so many iterations, or passes over the rows.
    """

    def theta(self, found: Any) -> np.ndarray:
        """Return what `trace` or `fit` gave as one row per class, the intercept last, flat."""
        return found


@dataclass(frozen=True)
class Contestant:
    """A way to fit: what makes it ready, and what it is for."""

    ready: Callable[[Problem], Fitting]
    sparse: bool = False
    most_variables: int | None = None

    def unfit(self, problem: Problem) -> str:
        """Return why it cannot take a problem, or nothing."""
        variables = math.prod(problem.shape)
        if sparse.issparse(problem.X) and not self.sparse:
            return "takes no sparse rows"
        if self.most_variables and variables > self.most_variables:
            return f"would factorise a matrix of {variables:,} rows"
        return ""


def names() -> list[str]:
    """Return the names of the files."""
    return sorted(path.stem for path in Path(__file__).parent.glob("[!_]*.py"))


def contestants(name: str) -> Mapping[str, Contestant]:
    """Return the contestants of a file, by their labels.

    Raises
    ------
    ImportError
        Where the library is not installed.
    """
    found: Mapping[str, Contestant] = importlib.import_module(f"{__name__}.{name}").CONTESTANTS
    return found


def stacked(W: Any, b: Any) -> np.ndarray:
    """Return weights, shape (n_classes, n_features), and intercepts as one flat float64 array."""
    return np.column_stack([np.asarray(W, np.float64), np.asarray(b, np.float64)]).ravel()


def proof(contestant: Contestant) -> float:
    """Return the largest gradient component of our f where a peer comes to rest, as a share of the penalty's.

    It is small if the peer minimises our f; with a penalty of twice or half the weight it would be 1 or 1/2.
    """
    rng = np.random.default_rng(0)
    X = rng.standard_normal((300, 5)).astype(np.float32)
    y = np.argmax(X @ rng.standard_normal((5, 4)) + rng.gumbel(size=(300, 4)) + [0.0, 0.5, 1.0, 2.0], axis=1)
    problem = Problem(X, y, l2=0.05, threads=1)
    objective = problem.objective(np.float64)

    def share(theta: np.ndarray) -> float:
        penalty = problem.l2 * float(np.abs(objective.weights(theta)[0]).max())
        return objective.certificate(theta).grad_inf / penalty if penalty else math.inf

    fitting: Any = contestant.ready(problem)
    shares = [share(fitting.theta(fitting.fit(300)))] if hasattr(fitting, "fit") else []
    if hasattr(fitting, "trace"):
        visited: list[float] = []

        def visit(found: Any) -> bool:
            visited.append(share(fitting.theta(found)))
            return len(visited) == 100

        fitting.trace(visit)
        shares.append(min(visited))
    return max(shares)
