"""Class order, reference class and intercept: a peer's coefficients as our theta, and our data as it takes them.

A peer that codes classes keeps their order: `labels` are positions in ``objective.classes``. Where a class is fixed to
zero, its row is subtracted from all rows: probabilities depend on differences of scores alone.
"""

from typing import Any

import numpy as np


def labels(objective: Any) -> np.ndarray:
    """Return each row's position in ``objective.classes``, from the kernels' numbers, which have the reference last."""
    order = [*objective.free] if objective.reference is None else [*objective.free, objective.reference]
    return np.asarray(order)[objective.codes]


def theta(objective: Any, W: Any, b: Any) -> np.ndarray:
    """Return theta for weights, shape (n_classes, n_features), and intercepts, shape (n_classes,), of all classes."""
    W = np.column_stack([np.asarray(W, np.float64), np.asarray(b, np.float64)])
    if objective.reference is not None:
        W = W - W[objective.reference]
    return W[objective.free, : objective.shape[1]].ravel()


def of_two(w: Any, b: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return weights and intercepts of two classes, for the second's less the first's: half of it each."""
    w, b = 0.5 * np.asarray(w, np.float64).ravel(), 0.5 * float(np.ravel(b)[0])
    return np.stack([-w, w]), np.array([-b, b])


def rows(objective: Any) -> Any:
    """Return X as libraries take it: float32 for images of bytes, else itself."""
    return objective.X.astype(np.float32) if objective.X.dtype == np.uint8 else objective.X
