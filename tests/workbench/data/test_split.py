"""A stratified split keeps every class's share, and every class in training."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.data.split import stratified_rows


def test_each_class_gives_its_share():
    y = np.repeat(["a", "b"], [80, 20])
    train, test = stratified_rows(y, 0.25, seed=0)
    assert (np.sum(y[test] == "a"), np.sum(y[test] == "b")) == (20, 5)
    assert len(train) == 75


def test_no_fraction_holds_out_nothing():
    train, test = stratified_rows(np.array([0, 1, 0, 1]), 0.0, seed=0)
    assert train.tolist() == [0, 1, 2, 3]
    assert len(test) == 0


def test_a_fraction_that_rounds_up_in_floating_point_holds_out_no_row_too_many():
    assert 0.07 * 100 > 7
    _, test = stratified_rows(np.arange(100) % 2, 0.07, seed=0)
    assert len(test) == 7


def test_a_class_of_one_row_stays_in_training():
    y = np.array([0] * 10 + [1])
    _, test = stratified_rows(y, 0.5, seed=0)
    assert 10 not in test
    assert len(test) == 6


def test_classes_of_one_row_each_leave_no_test_rows():
    train, test = stratified_rows(np.array(["a", "b", "c"]), 0.9, seed=0)
    assert len(train) == 3
    assert len(test) == 0


def test_another_seed_holds_out_other_rows_and_the_same_seed_the_same():
    y = np.arange(60) % 3
    first, again, other = (stratified_rows(y, 0.2, seed)[1].tolist() for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_the_drawn_rows_are_those_of_every_other_machine():
    _, test = stratified_rows(np.arange(12) % 3, 0.5, seed=0)
    assert test.tolist() == [2, 4, 6, 9, 10, 11]


@given(
    st.lists(st.integers(0, 5), min_size=1, max_size=80),
    st.floats(0.0, 1.0, exclude_max=True),
    st.integers(0, 2**32 - 1),
)
def test_the_parts_are_disjoint_complete_ordered_and_fair(labels, fraction, seed):
    y = np.array(labels)
    train, test = stratified_rows(y, fraction, seed)
    assert sorted([*train, *test]) == list(range(len(y)))
    assert (np.diff(train) > 0).all()
    assert (np.diff(test) > 0).all()
    assert set(y[train]) == set(labels)
    for label, count in zip(*np.unique(y, return_counts=True), strict=True):
        assert np.sum(y[test] == label) <= fraction * count + 2


@pytest.mark.parametrize("fraction", [0.1, 0.33, 0.5, 0.8])
def test_classes_that_are_large_enough_give_exactly_the_number_asked(fraction):
    y = np.arange(210) % 7
    _, test = stratified_rows(y, fraction, seed=3)
    assert len(test) == np.ceil(round(fraction * 210, 9))
