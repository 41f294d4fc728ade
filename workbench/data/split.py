"""A stratified split: rows held out so that every class keeps its share."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

Rows = np.ndarray[Any, np.dtype[np.intp]]


def stratified_rows(y: np.ndarray[Any, Any], test_fraction: float, seed: int) -> tuple[Rows, Rows]:
    """Training rows and test rows, each in ascending order.

    ``ceil(test_fraction * n_samples)`` rows are shared out over the classes in proportion to their size, by largest
    remainder, and drawn at random within each class. A class always keeps a row for training, so the test part may be
    smaller than asked, down to empty where every class has one row.

    Parameters
    ----------
    y : ndarray, shape (n_samples,)
        Labels.
    test_fraction : float
        From 0, which holds nothing out, to below 1.
    seed : int
        From 0 to 2**32 - 1.
    """
    n = len(y)
    # Rounded first: 0.07 * 100 is 7.000000000000001, which is no reason to hold out 8 rows.
    n_test = math.ceil(round(test_fraction * n, 9))
    _, codes, counts = np.unique(y, return_inverse=True, return_counts=True)
    share = counts * (n_test / n)
    held = np.minimum(np.floor(share).astype(np.intp), counts - 1)
    by_remainder = np.argsort(held - share, kind="stable")
    spare = by_remainder[held[by_remainder] < counts[by_remainder] - 1]
    held[spare[: n_test - int(held.sum())]] += 1

    # RandomState's stream is frozen, a Generator's may change between NumPy versions and the fingerprint with it.
    order = np.random.RandomState(seed).permutation(n)
    by_class = order[np.argsort(codes[order], kind="stable")]
    first = np.cumsum(counts) - counts
    is_test = np.zeros(n, dtype=bool)
    for start, size in zip(first, held, strict=True):
        is_test[by_class[start : start + size]] = True
    return np.flatnonzero(~is_test), np.flatnonzero(is_test)
