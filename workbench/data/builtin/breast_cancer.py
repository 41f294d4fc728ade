"""Breast cancer Wisconsin (diagnostic): shapes of cell nuclei, benign or malignant."""

from workbench.data.bundled import Bundled
from workbench.data.samples import Samples
from workbench.data.scaling import STANDARDISED


def _samples() -> Samples:
    from sklearn.datasets import load_breast_cancer

    found = load_breast_cancer()
    return Samples(
        found.data,
        found.target_names[found.target],
        feature_names=tuple(found.feature_names),
        scaling=STANDARDISED,
    )


DATASETS = (
    Bundled(
        name="breast_cancer",
        title="breast tumours, benign or malignant, measures of cell nuclei",
        source="scikit-learn; UCI, Wolberg, Street & Mangasarian 1995",
        size="455 + 114 × 30 · 2 classes",
        samples=_samples,
    ),
)
