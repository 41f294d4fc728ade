"""The fingerprint follows the content, and nothing but the content."""

import hashlib

import numpy as np
import pytest
from scipy.sparse import csr_array

from workbench.data.fingerprint import fingerprint


def test_it_is_the_sha256_of_name_dtype_shape_and_bytes():
    expected = hashlib.sha256(b"X:<f8:2,1\n" + np.array([1.0, 2.0]).tobytes() + b"X_test:none\n").hexdigest()
    assert fingerprint({"X": np.array([[1.0], [2.0]]), "X_test": None}) == expected


def test_byte_order_and_memory_layout_do_not_count():
    X = np.arange(6.0).reshape(2, 3)
    same = (X.astype(">f8"), np.asfortranarray(X), np.repeat(X, 2, axis=0)[::2])
    assert {fingerprint({"X": other}) for other in same} == {fingerprint({"X": X})}


def test_byte_order_of_text_does_not_count():
    y = np.array(["ä", "b"])
    assert fingerprint({"y": y.astype(">U1")}) == fingerprint({"y": y})


def test_the_width_of_sparse_indices_does_not_count():
    X = csr_array(np.eye(3))
    wide = csr_array((X.data, X.indices.astype(np.int64), X.indptr.astype(np.int64)), shape=X.shape)
    wide.indices = wide.indices.astype(np.int64)
    assert fingerprint({"X": wide}) == fingerprint({"X": X})


@pytest.mark.parametrize(
    "changed",
    [
        {"X": np.array([[1.0, 2.0], [3.0, 4.5]]), "y": np.array([0, 1])},
        {"X": np.array([[1.0, 2.0, 3.0, 4.0]]), "y": np.array([0, 1])},
        {"X": np.array([[1.0, 2.0], [3.0, 4.0]], dtype=np.float32), "y": np.array([0, 1])},
        {"X": np.array([[1.0, 2.0], [3.0, 4.0]]), "y": np.array([1, 0])},
        {"X": np.array([[1.0, 2.0], [3.0, 4.0]]), "y": None},
        {"X": csr_array(np.array([[1.0, 2.0], [3.0, 4.0]])), "y": np.array([0, 1])},
    ],
    ids=["a value", "the shape", "the dtype", "the labels", "no labels", "sparse"],
)
def test_any_other_change_counts(changed):
    assert fingerprint(changed) != fingerprint({"X": np.array([[1.0, 2.0], [3.0, 4.0]]), "y": np.array([0, 1])})


def test_an_empty_array_has_one_too():
    assert fingerprint({"X": np.zeros((0, 3))}) != fingerprint({"X": np.zeros((3, 0))})
