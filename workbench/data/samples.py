"""Samples: what a reader found in a source, not yet checked, split or scaled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from workbench.data.scaling import AS_GIVEN, Scaling


@dataclass(frozen=True)
class Samples:
    """Rows of features with labels, as a reader hands them over.

    The arrays belong to the loader from here on: it may convert and scale them in place.

    Attributes
    ----------
    X, y : array or CSR, array
        Features of shape ``(n_samples, n_features)`` and one label per row.
    X_test, y_test : array or CSR, array, or None
        The source's own test split, where it has one.
    feature_names : tuple of str or None
        One name per column.
    image_shape : tuple of int or None
        ``(rows, columns)`` where the features are pixels in row-major order.
    scaling : Scaling
        What this source's features are put through unless the caller says otherwise.
    name, title : str
        Empty where the data set is named after its entry in the catalogue or its file.
    """

    X: Any
    y: Any
    X_test: Any = None
    y_test: Any = None
    feature_names: tuple[str, ...] | None = None
    image_shape: tuple[int, int] | None = None
    scaling: Scaling = AS_GIVEN
    name: str = ""
    title: str = ""
