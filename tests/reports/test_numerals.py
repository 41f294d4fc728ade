"""Numbers are written short, and never wrong."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.numerals import power, share, significant, whole


@pytest.mark.parametrize(
    ("x", "text"),
    [(1e-4, "1e-4"), (2.5e-7, "2.5e-7"), (1.0, "1e0"), (1234.0, "1.23e3"), (9.999e-7, "1e-6"), (-0.05, "-5e-2")],
)
def test_powers_of_ten_carry_no_padding(x, text):
    assert power(x) == text


@pytest.mark.parametrize(
    ("x", "text"),
    [
        (0.0, "0"),
        (0.0123456, "0.0123"),
        (12.3456, "12.3"),
        (123456.0, "123,456"),
        (1.23456e-7, "1.23e-7"),
        (-0.5, "-0.500"),
    ],
)
def test_significant_digits_are_written_out_where_that_is_short(x, text):
    assert significant(x) == text


def test_counts_keep_a_half():
    assert [whole(1234.0), whole(2.5), whole(0)] == ["1,234", "2.5", "0"]


@pytest.mark.parametrize("form", [power, significant, whole, share])
def test_what_is_no_number_has_a_sign_of_its_own(form):
    assert [form(math.nan), form(math.inf), form(-math.inf)] == ["–", "∞", "−∞"]


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_rounding_changes_less_than_half_of_the_last_digit(x):
    for text in (power(x, 8), significant(x, 8)):
        assert float(text.replace(",", "")) == pytest.approx(x, rel=1e-7, abs=0)
