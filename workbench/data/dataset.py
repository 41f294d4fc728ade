"""A data set: training rows, a test split, and what they are called."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from workbench.data.fingerprint import fingerprint


@dataclass(frozen=True, eq=False, repr=False)
class Dataset:
    """Checked arrays of one classification problem.

    Attributes
    ----------
    name : str
        Short, fit for a file name: letters, digits, ``.``, ``_`` and ``-``.
    title : str
        One line that says what the data are.
    X : ndarray or scipy.sparse.csr_array, shape (n_samples, n_features)
        Training features, float64; dense ones in C order, sparse ones with sorted, unique indices.
    y : ndarray, shape (n_samples,)
        Training labels as the source gives them.
    X_test, y_test : like X and y, or None
        The test split.
    feature_names : tuple of str or None
        One name per feature.
    image_shape : tuple of int or None
        ``(rows, columns)`` where the features are pixels in row-major order.
    preprocessing : str
        What was done to the features, as a phrase, such as ``"pixels / 255"``.
    """

    name: str
    title: str
    X: Any
    y: np.ndarray[Any, Any]
    X_test: Any = None
    y_test: np.ndarray[Any, Any] | None = None
    feature_names: tuple[str, ...] | None = None
    image_shape: tuple[int, int] | None = None
    preprocessing: str = "as given"

    @property
    def n_samples(self) -> int:
        """Number of training rows."""
        return int(self.X.shape[0])

    @property
    def n_features(self) -> int:
        """Number of columns, without an intercept."""
        return int(self.X.shape[1])

    @property
    def n_classes(self) -> int:
        """Number of distinct training labels."""
        return len(self.classes)

    @cached_property
    def classes(self) -> np.ndarray[Any, Any]:
        """The distinct training labels in ascending order, shape ``(n_classes,)``."""
        return np.unique(self.y)

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the dtypes, shapes and bytes of X, y, X_test and y_test, the same on every machine.

        Computed at first use; arrays that are changed after that keep the old one.
        """
        return fingerprint({"X": self.X, "y": self.y, "X_test": self.X_test, "y_test": self.y_test})

    def __str__(self) -> str:
        test = "" if self.X_test is None else f" + {self.X_test.shape[0]:,}"
        return f"{self.name} {self.n_samples:,}{test} × {self.n_features:,} · {self.n_classes:,} classes"

    def __repr__(self) -> str:
        return f"<Dataset {self}>"
