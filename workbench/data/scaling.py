"""Scaling of features: a sentence that states it, and the arrays it makes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.data.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class Scaling:
    """One way to scale features: ``apply(X, X_test)`` returns both scaled, in place where it can."""

    sentence: str
    apply: Callable[[Any, Any], tuple[Any, Any]]


def divided_by(divisor: float, sentence: str) -> Scaling:
    """Scaling that divides every feature by one number."""

    def divided(X: Any, X_test: Any) -> tuple[Any, Any]:
        for part in (X, X_test):
            if part is not None:
                part /= divisor
        return X, X_test

    return Scaling(sentence, divided)


def _standardised(X: Any, X_test: Any) -> tuple[Any, Any]:
    if not isinstance(X, np.ndarray):
        raise DataError("standardize needs dense features: taking the mean from sparse ones would fill them in")
    # A constant column is found by its values: the rounding of its mean would leave a tiny standard deviation,
    # and dividing by that would blow the rounding up to the size of a feature.
    constant = X.min(axis=0) == X.max(axis=0)
    mean = X.mean(axis=0)
    sd = np.where(constant, 1.0, X.std(axis=0))
    for part in (X, X_test):
        if part is not None:
            part -= mean
            part /= sd
            part[:, constant] = 0.0
    return X, X_test


AS_GIVEN = Scaling("as given", lambda X, X_test: (X, X_test))
STANDARDISED = Scaling(
    "standardised with the training rows' mean and population standard deviation, constant columns set to 0",
    _standardised,
)
