"""Wine: chemical analyses of wines of three growers."""

from workbench.data.bundled import Bundled
from workbench.data.samples import Samples
from workbench.data.scaling import STANDARDISED


def _samples() -> Samples:
    from sklearn.datasets import load_wine

    found = load_wine()
    return Samples(
        found.data,
        found.target_names[found.target],
        feature_names=tuple(found.feature_names),
        scaling=STANDARDISED,
    )


DATASETS = (
    Bundled(
        name="wine",
        title="wines of three growers, chemical analyses",
        source="scikit-learn; UCI, Forina et al. 1988",
        size="142 + 36 × 13 · 3 classes",
        samples=_samples,
    ),
)
