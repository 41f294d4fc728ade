"""Quantiles and bootstrap intervals, worked by hand; infinity is a value like any other."""

import numpy as np
import pytest

from reports.quantile import interval, quantile


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [
        ([3.0, 1.0, 2.0], 0.5, 2.0),
        ([1.0, 2.0, 3.0, 4.0], 0.25, 1.75),
        ([1.0, np.inf], 0.5, np.inf),
        ([1.0, 2.0, np.inf], 0.5, 2.0),
        ([1.0, 2.0, np.inf], 0.75, np.inf),
        ([np.inf, np.inf, np.inf], 0.25, np.inf),
        ([7.0], 0.75, 7.0),
    ],
)
def test_infinity_is_a_value_like_any_other_in_a_quantile(values, share, expected):
    assert quantile(values, share) == expected


def test_the_interval_of_a_median_is_that_of_its_order_statistics():
    """For 21 values the exact 95% interval runs from the 6th to the 16th (binomial): the bootstrap comes within one."""
    values = list(range(1, 22))
    low, high = interval(values)
    assert 5 <= low <= 7
    assert 15 <= high <= 17
    assert interval(values) == (low, high), "the same for the same values"


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([2.0], (2.0, 2.0)),
        ([2.0, 2.0, 2.0], (2.0, 2.0)),
        ([1.0, np.inf], (1.0, np.inf)),
        ([np.inf, np.inf], (np.inf, np.inf)),
        ([1.0, 1.0, 1.0, 1.0, 1.0, 1.0, np.inf], (1.0, 1.0)),
    ],
)
def test_an_interval_of_times_of_which_some_never_came(values, expected):
    assert interval(values) == expected
