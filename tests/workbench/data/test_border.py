"""At the border, data that cannot be used become one clear line."""

import numpy as np
import pytest
from scipy.sparse import coo_array, csr_array

from workbench.data import DataError, border
from workbench.data.border import checked
from workbench.data.samples import Samples

X = np.arange(12.0).reshape(6, 2)
Y = np.array([0, 1, 0, 1, 0, 1])


def with_value(value, row=4, column=1):
    changed = X.copy()
    changed[row, column] = value
    return changed


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_value_that_is_not_finite_is_named_by_row_column_and_name(value):
    with pytest.raises(DataError, match=rf"^X has {value} at row 4, column 1 \('width'\): 1 such values"):
        checked(Samples(with_value(value), Y, feature_names=("length", "width")))


def test_a_value_that_is_not_finite_is_found_in_sparse_data_too():
    with pytest.raises(DataError, match="X has nan at row 4, column 1:"):
        checked(Samples(csr_array(with_value(np.nan)), Y))


def test_a_value_that_is_not_finite_is_found_in_the_test_part():
    with pytest.raises(DataError, match="X_test has inf at row 4, column 1:"):
        checked(Samples(X, Y, with_value(np.inf), Y))


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        (Samples(X, Y[:5]), "X has 6 rows and y has 5 labels"),
        (Samples(X, Y, X, Y[:2]), "X_test has 6 rows and y_test has 2 labels"),
        (Samples(X, Y, X[:, :1], Y), "X_test has 1 columns, X has 2"),
        (Samples(X, Y, X, Y.astype(str)), "no label could ever agree"),
        (Samples(X, np.zeros(6)), r"one class only, 0\.0"),
        (Samples(X, np.full(6, "spam")), "one class only, 'spam'"),
        (Samples(X[:0], Y[:0]), "X is empty: it has 0 rows and 2 columns"),
        (Samples(X[:, :0], Y), "X is empty: it has 6 rows and 0 columns"),
        (Samples(X[:, 0], Y), r"X has shape \(6,\), expected two dimensions"),
        (Samples(X + 1j, Y), "X is not numeric: its dtype is complex128"),
        (Samples(X.astype(str), Y), "X is not numeric: its dtype is <U"),
        (Samples(X.astype(object), Y), "X is not numeric: its dtype is object"),
        (Samples(X, np.stack([Y, Y], axis=1)), r"y has shape \(6, 2\), expected one label per row"),
        (Samples(X, np.array([0, 1, np.nan, 1, 0, 1])), "y has no label at row 2, counted from 0: found nan"),
        (Samples(X, np.array(["a", "b", "", "b", "a", "b"])), "y has no label at row 2, counted from 0: found ''"),
        (Samples(X, Y + 0.25), r"y is a quantity, not a label: 0\.25 at row 0, 2 different values"),
        (Samples(X, Y.astype(object)), "y has dtype object"),
        (Samples(X, Y + 1j), "y has dtype complex128"),
        (Samples(X, np.array([b"a", b"\xff"] * 3)), "bytes that are not UTF-8"),
        (Samples(X, Y, feature_names=("a",)), "1 feature names for 2 columns"),
        (Samples(np.arange(60.0).reshape(60, 1), np.arange(60) // 1.5 // 1), "40 different labels in 60 rows"),
    ],
)
def test_data_that_cannot_be_used_are_refused(samples, message):
    with pytest.raises(DataError, match=message) as caught:
        checked(samples)
    assert "\n" not in str(caught.value)


def test_a_forged_index_cannot_claim_a_weight_for_every_column_up_to_it():
    wide = csr_array((np.ones(2), ([0, 1], [0, border.MAX_FEATURES])), shape=(2, border.MAX_FEATURES + 1))
    with pytest.raises(DataError, match="100,000,001 columns, more than the 100,000,000"):
        checked(Samples(wide, Y[:2]))


@pytest.mark.parametrize("dtype", [bool, np.int8, np.uint16, np.int64, np.float16, np.float32, ">f8"])
def test_numbers_of_every_kind_become_float64_rows(dtype):
    found = checked(Samples(np.asfortranarray(X).astype(dtype), Y)).X
    assert found.dtype == np.float64
    assert found.dtype.isnative
    assert found.flags.c_contiguous
    assert np.array_equal(found, X.astype(dtype).astype(float))


def test_float64_rows_are_not_copied():
    assert checked(Samples(X, Y)).X is X


def test_sparse_data_become_csr_with_sorted_unique_indices():
    found = checked(Samples(coo_array((np.array([1, 2, 4]), ([0, 0, 1], [1, 1, 0])), shape=(2, 2)), Y[:2])).X
    assert found.format == "csr"
    assert found.has_canonical_format
    assert found.toarray().tolist() == [[0.0, 3.0], [4.0, 0.0]]


@pytest.mark.parametrize(
    "labels",
    [["b", "a", "b"], [True, False, True], [-1, 1, 1], [1.0, 2.0, 2.0], [10, 2, 10]],
)
def test_labels_stay_what_they_are(labels):
    assert checked(Samples(X[:3], np.array(labels))).y.tolist() == labels


def test_labels_of_small_unsigned_integers_can_be_counted_down_without_wrapping_around():
    assert (checked(Samples(X, Y.astype(np.uint8))).y - 1).min() == -1


def test_labels_in_a_column_or_in_bytes_are_accepted():
    assert checked(Samples(X, Y[:, None])).y.shape == (6,)
    assert checked(Samples(X[:2], np.array([b"no", b"ja"]))).y.tolist() == ["no", "ja"]
