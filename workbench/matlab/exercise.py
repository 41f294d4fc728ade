"""The data of the exercise: images in columns, shuffled, standardised, with an intercept row."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from workbench.matlab.layout import columns

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from workbench.matlab.layout import FloatArray, IntArray


class Examples(NamedTuple):
    """Samples in the columns of `X` (n × m) and their labels `y` (m)."""

    X: FloatArray
    y: IntArray


def ex1c_data(
    train_images: ArrayLike,
    train_labels: ArrayLike,
    test_images: ArrayLike,
    test_labels: ArrayLike,
    *,
    seed: int | np.random.Generator | None = 0,
) -> tuple[Examples, Examples]:
    """Training and test examples as ``ex1c_softmax`` prepares them: ``train, test = ex1c_data(...)``.

    Each set is shuffled; every pixel is standardised with the *training* mean and (standard deviation + 0.1), m-1 in
    its denominator; then a row of ones is put on top, and labels 0 … K-1 become 1 … K.

    Parameters
    ----------
    train_images, test_images : array_like, shape (pixels, m)
        One image per column, pixels in [0, 1].
    train_labels, test_labels : array_like, m entries
        Labels 0 … K-1.
    seed : int, Generator or None
        Seeds the shuffling.
    """
    rng = np.random.default_rng(seed)
    raw, labels = columns(train_images, train_labels, first=0)
    mean, spread = raw.mean(axis=1, keepdims=True), raw.std(axis=1, ddof=1, keepdims=True) + 0.1

    def prepared(images: FloatArray, labels: IntArray) -> Examples:
        order = rng.permutation(labels.size)
        X = np.empty((images.shape[0] + 1, labels.size))
        X[0] = 1.0
        X[1:] = images[:, order]
        X[1:] -= mean
        X[1:] /= spread
        return Examples(X, labels[order] + 1)

    train = prepared(raw, labels)
    return train, prepared(*columns(test_images, test_labels, first=0))
