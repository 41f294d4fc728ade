"""Quantiles and bootstrap intervals of times, where ``inf`` (never) is a value like any other."""

import numpy as np

SHARE = 0.95
RESAMPLES = 2000
SEED = 0


def quantile(values: list[float] | np.ndarray, share: float) -> float:
    """Quantile of `values` by linear interpolation. ``numpy.quantile`` makes NaN of infinities: it forms inf - inf."""
    ordered = np.sort(np.asarray(values, dtype=np.float64))
    place = share * (ordered.size - 1)
    low, high = ordered[int(np.floor(place))], ordered[int(np.ceil(place))]
    rest = place - np.floor(place)
    return float(low if rest == 0.0 or low == high else low + rest * (high - low))


def resampled_medians(values: list[float] | np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Medians of ``RESAMPLES`` samples, each drawn from `values` with replacement and as large."""
    array = np.asarray(values, dtype=np.float64)
    drawn = np.sort(array[generator.integers(array.size, size=(RESAMPLES, array.size))], axis=1)
    low, high = drawn[:, (array.size - 1) // 2], drawn[:, array.size // 2]
    middle: np.ndarray = np.where(low == high, low, low + 0.5 * (high - np.where(np.isinf(low), 0.0, low)))
    return middle


def interval(values: list[float] | np.ndarray) -> tuple[float, float]:
    """Percentile-bootstrap interval of the median (Efron & Tibshirani 1993, section 13.3), the same for same values."""
    medians = resampled_medians(values, np.random.default_rng(SEED))
    return quantile(medians, 0.5 - 0.5 * SHARE), quantile(medians, 0.5 + 0.5 * SHARE)
