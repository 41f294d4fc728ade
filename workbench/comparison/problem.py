"""What is compared on: an objective over a data set."""

import importlib
import pkgutil
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from solvers.objective import ContractError
from workbench import objectives
from workbench.data import Dataset


def objective_names() -> list[str]:
    """Return the names of the built-in objectives: the modules in ``workbench/objectives`` that define OBJECTIVE."""
    found = (module.name for module in pkgutil.iter_modules(objectives.__path__))
    return sorted(
        name for name in found if hasattr(importlib.import_module(f"workbench.objectives.{name}"), "OBJECTIVE")
    )


def objective_class(name: str) -> Any:
    """Return a built-in objective's class by its name.

    Raises
    ------
    ValueError
        When there is none of that name.
    """
    from solvers.options import nearest

    if name not in objective_names():
        names = objective_names()
        raise ValueError(f"unknown objective {name!r}: expected one of {', '.join(names)}{nearest(name, names)}")
    return importlib.import_module(f"workbench.objectives.{name}").OBJECTIVE


@dataclass(frozen=True)
class Problem:
    """An objective, the data it stands on, and what it is called."""

    objective: Any
    data: Dataset
    dtype: str
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """What it is called."""
        return str(self.objective.title)

    @property
    def name(self) -> str:
        """What it is called as part of a file's name."""
        return f"{self.objective.name}-{self.data.name}"

    def accuracy(self, theta: np.ndarray) -> tuple[float, float]:
        """Return the training and the test accuracy; NaN without a test split."""
        train = self.objective.accuracy(theta, self.objective.X, self.data.y)
        if self.data.X_test is None:
            return train, np.nan
        return train, self.objective.accuracy(theta, self.data.X_test, self.data.y_test)

    def confusion(self, theta: np.ndarray) -> np.ndarray:
        """Return the confusion matrix on the test split, or on the training rows where there is none."""
        if self.data.X_test is None:
            return self.objective.confusion(theta, self.objective.X, self.data.y)
        return self.objective.confusion(theta, self.data.X_test, self.data.y_test)

    def arrays(self, theta: np.ndarray) -> dict[str, np.ndarray]:
        """Return the arrays that a report draws, and the point itself."""
        weights, intercepts = self.objective.weights(theta)
        return {"weights": weights, "intercepts": intercepts, "theta": theta, "confusion": self.confusion(theta)}

    def relative_gap(self, f: float, f_star: float) -> float:
        """Return ``(f - f*) / |f*|``, or ``f - f*`` where f* is 0."""
        return (f - f_star) / (abs(f_star) or 1.0)

    def reference(self) -> dict[str, float]:
        """Return what a record needs beside f* to tell a gap: nothing."""
        return {}

    def reason(self, error: Exception) -> str:
        """Return why a run failed, in a line."""
        return in_words(error)

    def headline(self, threads: int) -> str:
        """Return the problem in a line."""
        rows, columns = self.objective.shape[::-1]
        size = f"theta {self.objective.x0.size} = {rows} × {columns}"
        l2 = f"l2 {_number(self.objective.l2)}"
        parts = [self.title, str(self.data), size, l2, self.dtype, thread_count(threads)]
        return " · ".join(parts)

    def description(self) -> dict[str, Any]:
        """Return the problem as plain JSON values, for the run record."""
        objective = self.objective
        return {
            "objective": objective.name,
            "formula": objective.formula,
            "l2": objective.l2,
            "theta": {"size": objective.x0.size, "rows": objective.shape[1], "columns": objective.shape[0]},
            "dtype": self.dtype,
            "data": described(self.data),
        }


def described(data: Dataset) -> dict[str, Any]:
    """Return a data set as plain JSON values: what it is called, how large it is, and its fingerprint."""
    return {
        "name": data.name,
        "fingerprint": data.fingerprint,
        "preprocessing": data.preprocessing,
        "n_train": data.n_samples,
        "n_test": 0 if data.X_test is None else int(data.X_test.shape[0]),
        "n_features": data.n_features,
        "classes": [str(label) for label in data.classes],
        "feature_names": None if data.feature_names is None else list(data.feature_names),
        "image_shape": None if data.image_shape is None else list(data.image_shape),
    }


def in_words(error: Exception) -> str:
    """Return an exception in a line, with its notes; of a caller's mistake its sentence alone."""
    sentence = str(error) if type(error) in (ValueError, TypeError, ContractError) else ""
    notes = "; ".join(getattr(error, "__notes__", []))
    said = sentence or f"{type(error).__name__}: {error}"
    return " ".join(f"{said}{f' ({notes})' if notes else ''}".split())


def _number(x: float) -> str:
    return f"{x:g}" if x == 0.0 or 1e-2 <= x < 1e4 else np.format_float_scientific(x, trim="-", exp_digits=1)


def thread_count(threads: int) -> str:
    """Return so many threads in words."""
    return f"{threads} thread" + "s" * (threads != 1)


def problem(name: str, data: Dataset, *, dtype: str = "float64", **options: Any) -> Problem:
    """Return the named objective over a data set, its features in the given dtype; `options` are the objective's."""
    X = data.X if data.X.dtype == dtype else data.X.astype(dtype)
    return Problem(objective_class(name)(X, data.y, **options), data, dtype, options)
