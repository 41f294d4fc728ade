"""A data set says what it is and what is in it."""

import pickle

import numpy as np
import pytest

from workbench.data import Dataset


@pytest.fixture
def small():
    return Dataset(name="small", title="a small one", X=np.eye(4), y=np.array(["b", "a", "c", "a"]))


def test_its_text_counts_training_rows_test_rows_features_and_classes():
    X, y = np.zeros((1437, 64)), np.arange(1437) % 10
    assert str(Dataset("digits", "", X, y, X[:360], y[:360])) == "digits 1,437 + 360 × 64 · 10 classes"


def test_its_text_has_no_plus_without_a_test_split(small):
    assert str(small) == "small 4 × 4 · 3 classes"
    assert repr(small) == "<Dataset small 4 × 4 · 3 classes>"


def test_classes_are_the_sorted_training_labels(small):
    assert small.classes.tolist() == ["a", "b", "c"]
    assert (small.n_samples, small.n_features, small.n_classes) == (4, 4, 3)


def test_it_is_frozen(small):
    with pytest.raises(AttributeError, match="cannot assign"):
        small.X = np.zeros((4, 4))


def test_the_fingerprint_is_computed_once(small, monkeypatch):
    first = small.fingerprint
    monkeypatch.setattr("workbench.data.dataset.fingerprint", lambda arrays: pytest.fail("computed again"))
    assert small.fingerprint == first
    assert len(first) == 64


def test_it_survives_a_pickle(small):
    assert pickle.loads(pickle.dumps(small)).fingerprint == small.fingerprint
