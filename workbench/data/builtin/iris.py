"""Iris: four lengths of flowers of three species."""

from workbench.data.bundled import Bundled
from workbench.data.samples import Samples


def _samples() -> Samples:
    from sklearn.datasets import load_iris

    found = load_iris()
    return Samples(found.data, found.target_names[found.target], feature_names=tuple(found.feature_names))


DATASETS = (
    Bundled(
        name="iris",
        title="iris flowers, sepal and petal lengths and widths in cm",
        source="scikit-learn; Fisher 1936",
        size="120 + 30 × 4 · 3 classes",
        samples=_samples,
    ),
)
