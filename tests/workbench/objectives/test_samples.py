"""Rows, labels, weights and indices at the border: what is accepted, what is not copied, what each mistake is told."""

import re

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from workbench.objectives.samples import as_float64, as_indices, as_labels, as_rows, as_weights

TABLE = np.array([[1.0, 0.0, 2.0], [0.0, 0.0, 3.0], [4.0, 5.0, 0.0], [0.0, 6.0, 7.0]])


def refusal(message):
    """A pattern for a whole message, written as it is."""
    return f"^{re.escape(message)}$"


def values(X):
    return X.toarray() if sparse.issparse(X) else X


# ---- rows


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_floating_rows_in_c_order_are_used_as_they_are(dtype):
    X = TABLE.astype(dtype)
    assert as_rows(X) is X
    X.flags.writeable = False
    assert as_rows(X) is X


@pytest.mark.parametrize("make", [sparse.csr_array, sparse.csr_matrix])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_canonical_compressed_rows_are_used_as_they_are(make, dtype):
    X = make(TABLE.astype(dtype))
    assert as_rows(X) is X


def test_a_memory_map_is_read_and_not_copied(tmp_path):
    np.save(tmp_path / "X.npy", TABLE)
    mapped = np.load(tmp_path / "X.npy", mmap_mode="r")
    assert np.shares_memory(as_rows(mapped), mapped)


def test_a_view_of_whole_rows_is_not_copied():
    assert np.shares_memory(as_rows(TABLE[1:3]), TABLE)


@pytest.mark.parametrize(
    "X",
    [
        np.asfortranarray(TABLE),
        np.repeat(TABLE, 2, axis=0)[::2],
        np.repeat(TABLE, 2, axis=1)[:, ::2],
        TABLE[::-1][::-1],
        TABLE.T.copy().T,
        TABLE.tolist(),
        TABLE.astype(np.int8),
        TABLE.astype(np.uint64),
        TABLE.astype(np.float16),
        TABLE.astype(np.longdouble),
        TABLE.astype(">f8"),
        pd.DataFrame(TABLE),
        pd.DataFrame({"a": TABLE[:, 0].astype(int), "b": TABLE[:, 1], "c": TABLE[:, 2].astype(np.float32)}),
    ],
    ids=lambda X: f"{type(X).__name__}-{getattr(X, 'dtype', '')}",
)
def test_other_tables_become_float64_in_c_order(X):
    rows = as_rows(X)
    assert type(rows) is np.ndarray
    assert rows.dtype == np.float64
    assert rows.flags.c_contiguous
    assert np.array_equal(rows, TABLE)


def test_booleans_are_zeros_and_ones():
    assert as_rows(TABLE > 0).tolist() == (TABLE > 0).astype(float).tolist()
    assert values(as_rows(sparse.csr_array(TABLE > 0))).tolist() == (TABLE > 0).astype(float).tolist()


@pytest.mark.parametrize("kind", ["csr", "csc", "coo", "bsr", "dok", "lil", "dia"])
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int8])
def test_sparse_tables_of_every_format_become_compressed_rows(kind, dtype):
    rows = as_rows(sparse.coo_array(TABLE.astype(dtype)).asformat(kind))
    assert rows.format == "csr"
    assert rows.has_canonical_format
    assert rows.dtype == (np.float64 if dtype == np.int8 else dtype)
    assert np.array_equal(values(rows), TABLE)


def test_entries_given_twice_are_added():
    twice = (np.array([1, 2, 4, 8], np.int8), (np.array([0, 0, 1, 1]), np.array([1, 1, 2, 0])))
    for make in (sparse.coo_array, sparse.coo_matrix):
        assert values(as_rows(make(twice, shape=(2, 3)))).tolist() == [[0, 3, 0], [8, 0, 4]]


def test_unsorted_indices_and_duplicates_are_put_in_order_in_a_copy():
    data, indices, indptr = np.array([1.0, 2.0, 4.0, 8.0]), np.array([2, 0, 1, 1]), np.array([0, 2, 4])
    X = sparse.csr_array((data, indices, indptr), shape=(2, 3))
    rows = as_rows(X)
    assert rows.has_canonical_format
    assert values(rows).tolist() == [[2, 0, 1], [0, 12, 0]]
    assert X.indices.tolist() == [2, 0, 1, 1]
    assert X.data.tolist() == [1, 2, 4, 8]


def test_large_values_are_not_mistaken_for_infinities():
    X = np.full((3, 2), 1e308)  # their sum overflows
    assert as_rows(X) is X


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("make", [np.array, np.asfortranarray, sparse.csr_array, sparse.csc_array, pd.DataFrame])
def test_a_number_that_is_not_finite_is_named_with_its_place(make, bad):
    X = TABLE.copy()
    X[2, 1] = X[3, 0] = bad
    with pytest.raises(
        ValueError, match=refusal(f"X has {bad} at row 2, column 1: expected finite numbers; drop or fill them")
    ):
        as_rows(make(X))


def test_infinities_of_both_signs_do_not_hide_each_other():
    X = TABLE.copy()
    X[0, 0], X[1, 1] = -np.inf, np.inf
    with pytest.raises(ValueError, match="X has -inf at row 0, column 0"):
        as_rows(X)


def test_a_row_after_empty_ones_is_named_rightly():
    X = sparse.csr_array(([np.inf], [1], [0, 0, 0, 1, 1]), shape=(4, 2))
    with pytest.raises(ValueError, match="X has inf at row 2, column 1"):
        as_rows(X)


@pytest.mark.parametrize(
    ("X", "error", "message"),
    [
        (TABLE[0], ValueError, "X has shape (3,): expected two dimensions, samples in rows"),
        (TABLE[None], ValueError, "X has shape (1, 4, 3): expected two dimensions, samples in rows"),
        (5.0, ValueError, "X has shape (): expected two dimensions, samples in rows"),
        (sparse.coo_array(TABLE[0]), ValueError, "X has 1 dimensions: expected two, samples in rows"),
        (np.empty((0, 3)), ValueError, "X has shape (0, 3): expected at least one row and one column"),
        (np.empty((3, 0)), ValueError, "X has shape (3, 0): expected at least one row and one column"),
        (sparse.csr_array((0, 3)), ValueError, "X has shape (0, 3): expected at least one row and one column"),
        (TABLE + 0j, TypeError, "X has dtype complex128: expected real numbers"),
        (sparse.csr_array(TABLE + 0j), TypeError, "X has dtype complex128: expected real numbers"),
        (TABLE.astype(str), TypeError, "X has dtype <U32: expected real numbers"),
        (
            TABLE.astype(object),
            TypeError,
            "X has dtype object: expected real numbers; convert it, as with .astype(float)",
        ),
        (
            pd.DataFrame({"a": list("abcd"), "b": 1.0}),
            TypeError,
            "X has dtype object: expected real numbers; convert it, as with .astype(float)",
        ),
    ],
)
def test_what_is_no_table_of_numbers_is_refused(X, error, message):
    with pytest.raises(error, match=refusal(message)):
        as_rows(X)


@pytest.mark.parametrize(("indices", "indptr"), [([0, 3], [0, 1, 2]), ([0, -1], [0, 1, 2]), ([0, 1], [0, 5, 2])])
def test_indices_that_lead_outside_the_table_never_reach_compiled_code(indices, indptr):
    X = sparse.csr_array(np.eye(2, 3))
    X.indices, X.indptr = np.array(indices, np.int32), np.array(indptr, np.int32)
    with pytest.raises(ValueError, match=refusal("X is no valid CSR: its indices leave its 2 × 3 entries")):
        as_rows(X)


def test_another_name_stands_in_the_message():
    with pytest.raises(ValueError, match="X_test has nan at row 0, column 0"):
        as_rows([[np.nan]], "X_test")


# ---- labels


@pytest.mark.parametrize(
    ("y", "classes", "codes"),
    [
        (["b", "a", "b"], ["a", "b"], [1, 0, 1]),
        ([True, False, True], [False, True], [1, 0, 1]),
        ([-5, 7, -9], [-9, -5, 7], [1, 2, 0]),
        ([2.0, 1.0, 2.0], [1.0, 2.0], [1, 0, 1]),
        (np.array([3, 1, 3], np.uint8), [1, 3], [1, 0, 1]),
        (np.array(["b", "a", "b"], object), ["a", "b"], [1, 0, 1]),
        (
            np.array(["2020-01-02", "2020-01-01"], "M8[D]"),
            list(np.array(["2020-01-01", "2020-01-02"], "M8[D]")),
            [1, 0],
        ),
        (pd.Categorical(["b", "a", "b"], categories=["b", "a", "unused"]), ["a", "b"], [1, 0, 1]),
        (pd.Series(["b", "a", "b"], index=[7, 8, 9]), ["a", "b"], [1, 0, 1]),
        (pd.Series([3, 1, 3], dtype="Int64"), [1, 3], [1, 0, 1]),
    ],
    ids=lambda y: f"{type(y).__name__}-{getattr(y, 'dtype', '')}",
)
def test_labels_of_all_kinds_become_numbers_in_their_order(y, classes, codes):
    labels = as_labels(y, len(y))
    assert list(labels.classes) == classes
    assert labels.codes.tolist() == codes
    assert labels.codes.dtype == np.int64
    assert np.array_equal(labels.classes[labels.codes], np.asarray(y))


@pytest.mark.parametrize(
    ("y", "error", "message"),
    [
        ([[0], [1]], ValueError, "y has shape (2, 1): expected one dimension, a label for each row of X"),
        (1, ValueError, "y has shape (): expected one dimension, a label for each row of X"),
        ([0, 1, 0], ValueError, "X has 2 rows and y has 3 labels: expected a label for each row"),
        ([0.0, np.nan], ValueError, "y[1] is nan: expected a label for each row"),
        ([-np.inf, 0.0], ValueError, "y[0] is -inf: expected a label for each row"),
        (["a", None], ValueError, "y[1] is None: expected a label for each row"),
        (pd.Series(["a", np.nan]), ValueError, "y[1] is nan: expected a label for each row"),
        (pd.Series([pd.NA, "a"], dtype="string"), ValueError, "y[0] is <NA>: expected a label for each row"),
        (pd.Series([pd.NA, 1], dtype="Int64"), ValueError, "y[0] is nan: expected a label for each row"),
        (pd.Categorical(["a", None]), ValueError, "y[1] is nan: expected a label for each row"),
        (
            [0.0, 0.5],
            ValueError,
            "y[1] is 0.5: expected class labels, not quantities; numbers must be whole",
        ),
        ([7, 7], ValueError, "y has one class only, 7: expected two or more"),
        (["a", "a"], ValueError, "y has one class only, 'a': expected two or more"),
        (np.array(["a", "a"], object), ValueError, "y has one class only, 'a': expected two or more"),
        ([True, True], ValueError, "y has one class only, True: expected two or more"),
    ],
)
def test_what_is_no_label_for_each_row_is_refused(y, error, message):
    with pytest.raises(error, match=refusal(message)):
        as_labels(y, 2)


def test_labels_that_do_not_sort_are_refused():
    with pytest.raises(
        TypeError, match=r"^y has labels of kinds that do not sort .*: expected one kind, text or numbers$"
    ):
        as_labels(np.array(["a", 1], object), 2)


# ---- weights


def test_no_weights_are_an_empty_vector():
    assert as_weights(None, 3).shape == (0,)


def test_weights_are_float64_and_not_copied_where_they_are():
    weight = np.array([0.0, 1.0, 2.5])
    assert as_weights(weight, 3) is weight
    for other in ([0, 1, 2.5], pd.Series([0, 1, 2.5]), weight.astype(np.float32), np.repeat(weight, 2)[::2]):
        assert as_weights(other, 3).tolist() == [0, 1, 2.5]
        assert as_weights(other, 3).dtype == np.float64
    assert as_weights([True, False, True], 3).tolist() == [1, 0, 1]


@pytest.mark.parametrize(
    ("weight", "error", "message"),
    [
        ([1, 1], ValueError, "sample_weight has shape (2,): expected (3,), a weight for each row of X"),
        (1.0, ValueError, "sample_weight has shape (): expected (3,), a weight for each row of X"),
        ([[1], [1], [1]], ValueError, "sample_weight has shape (3, 1): expected (3,), a weight for each row of X"),
        ([1, -2, 1], ValueError, "sample_weight[1] is -2.0: expected finite numbers of at least 0"),
        ([1, 1, np.nan], ValueError, "sample_weight[2] is nan: expected finite numbers of at least 0"),
        ([np.inf, 1, 1], ValueError, "sample_weight[0] is inf: expected finite numbers of at least 0"),
        ([0, 0, 0], ValueError, "sample_weight is 0 for every row: expected at least one above 0"),
        (["1", "1", "1"], TypeError, "sample_weight has dtype <U1: expected real numbers"),
        (np.ones(3) * 1j, TypeError, "sample_weight has dtype complex128: expected real numbers"),
    ],
)
def test_what_is_no_weight_for_each_row_is_refused(weight, error, message):
    with pytest.raises(error, match=refusal(message)):
        as_weights(weight, 3)


# ---- indices


@pytest.mark.parametrize("rows", [[2, 0, 2], np.array([2, 0, 2], np.uint8), np.array([2, 9, 0, 9, 2, 9])[::2]])
def test_indices_may_repeat_and_stand_in_any_order(rows):
    index = as_indices(rows, 3)
    assert index.tolist() == [2, 0, 2]
    assert index.dtype == np.int64
    assert index.flags.c_contiguous


def test_indices_are_not_copied_where_they_are():
    rows = np.arange(3)
    assert as_indices(rows, 3) is rows


EXPECTED = "expected a vector of indices from 0 to 2, with at least one"


@pytest.mark.parametrize(
    ("rows", "error", "message"),
    [
        ([], ValueError, f"rows has shape (0,): {EXPECTED}"),
        (1, ValueError, f"rows has shape (): {EXPECTED}"),
        ([[0, 1]], ValueError, f"rows has shape (1, 2): {EXPECTED}"),
        ([0, 3], ValueError, f"rows has 3: {EXPECTED}"),
        ([-1, 0], ValueError, f"rows has -1: {EXPECTED}"),
        ([0.0, 1.0], TypeError, f"rows has dtype float64: {EXPECTED}"),
        (["a"], TypeError, f"rows has dtype <U1: {EXPECTED}"),
        (
            [True, False, True],
            TypeError,
            f"rows has dtype bool: {EXPECTED}; numpy.flatnonzero turns a mask into them",
        ),
    ],
)
def test_what_is_no_vector_of_indices_is_refused(rows, error, message):
    with pytest.raises(error, match=refusal(message)):
        as_indices(rows, 3)


# ---- vectors


def test_a_vector_of_float64_is_used_as_it_is_and_others_are_converted():
    x = np.arange(3.0)
    assert as_float64(x, "x") is x
    assert as_float64([0, 1, 2], "x").tolist() == [0, 1, 2]
    assert as_float64(np.arange(6.0)[::2], "x").flags.c_contiguous


def test_an_imaginary_part_is_not_dropped():
    with pytest.raises(TypeError, match=refusal("x has dtype complex128: expected real numbers")):
        as_float64([1j], "x")
