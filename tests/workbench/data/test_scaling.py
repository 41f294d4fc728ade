"""Scaling does what its sentence says."""

import numpy as np
import pytest
from scipy.sparse import csr_array

from workbench.data.errors import DataError
from workbench.data.scaling import AS_GIVEN, STANDARDISED, divided_by


def test_standardised_training_columns_have_mean_zero_and_population_standard_deviation_one():
    X, X_test = STANDARDISED.apply(np.array([[1.0, 10.0], [3.0, 30.0]]), np.array([[2.0, 50.0]]))
    assert X.tolist() == [[-1.0, -1.0], [1.0, 1.0]]
    assert X_test.tolist() == [[0.0, 3.0]]


def test_a_constant_column_is_zero_even_where_its_mean_is_rounded():
    X = np.full((49, 1), 0.1)
    assert X.std() > 0.0
    scaled, scaled_test = STANDARDISED.apply(X, np.array([[5.0]]))
    assert (scaled == 0.0).all()
    assert (scaled_test == 0.0).all()


def test_sparse_features_are_not_standardised():
    with pytest.raises(DataError, match="standardize needs dense features"):
        STANDARDISED.apply(csr_array(np.eye(2)), None)


def test_division_treats_both_parts_and_sparse_ones():
    scaling = divided_by(4.0, "quarters")
    X, X_test = scaling.apply(csr_array(np.eye(2)), np.array([[8.0, 2.0]]))
    assert X.toarray().tolist() == [[0.25, 0.0], [0.0, 0.25]]
    assert X_test.tolist() == [[2.0, 0.5]]
    assert scaling.sentence == "quarters"


def test_as_given_changes_nothing():
    X = np.eye(2)
    assert AS_GIVEN.apply(X, None) == (X, None)
