"""The classes and features of a run's problem, by name."""

import numpy as np

from reports.run import Run


def class_names(run: Run, n_classes: int) -> list[str]:
    """Names of the classes in the data's order; numbers where the record has no fitting list."""
    return _names(run.entry("problem", "data", "classes"), n_classes, "")


def feature_names(run: Run, n_features: int) -> list[str]:
    """Names of the features; "feature 0", "feature 1", ... where the record has no fitting list."""
    return _names(run.entry("problem", "data", "feature_names"), n_features, "feature ")


def image_shape(run: Run, n_features: int) -> tuple[int, int] | None:
    """Rows and columns of the pixels that the features are; None where they are no pixels."""
    shape = run.entry("problem", "data", "image_shape")
    if not isinstance(shape, list) or len(shape) != 2 or np.prod(shape) != n_features:
        return None
    return int(shape[0]), int(shape[1])


def _names(listed: object, count: int, prefix: str) -> list[str]:
    if isinstance(listed, list) and len(listed) == count:
        return [str(entry) for entry in listed]
    return [f"{prefix}{index}" for index in range(count)]
