"""Digits: 8 × 8 images of handwritten digits, the first example of everything here."""

from workbench.data.bundled import Bundled
from workbench.data.samples import Samples
from workbench.data.scaling import divided_by


def _samples() -> Samples:
    from sklearn.datasets import load_digits

    found = load_digits()
    return Samples(
        found.data,
        found.target,
        feature_names=tuple(found.feature_names),
        image_shape=(8, 8),
        scaling=divided_by(16.0, "pixels / 16"),
    )


DATASETS = (
    Bundled(
        name="digits",
        title="handwritten digits, 8 × 8 pixels",
        source="scikit-learn; UCI, Alpaydin & Kaynak 1998, test part",
        size="1,437 + 360 × 64 · 10 classes",
        samples=_samples,
    ),
)
