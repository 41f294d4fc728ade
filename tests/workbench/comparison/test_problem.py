"""Problems: an objective over data, and what it is called."""

from dataclasses import replace

import numpy as np
import pytest

from workbench.comparison.problem import objective_class, objective_names, problem
from workbench.data import load_dataset
from workbench.objectives.softmax import SoftmaxObjective


def test_objectives_are_found_by_their_files():
    assert "softmax" in objective_names()
    assert objective_class("softmax") is SoftmaxObjective


def test_an_unknown_objective_is_refused_and_the_nearest_offered():
    with pytest.raises(ValueError, match=r"unknown objective 'sofmax': .*did you mean 'softmax'\?"):
        objective_class("sofmax")


def test_the_headline_has_the_size_of_everything(iris):
    assert iris.headline(2) == (
        "softmax regression · iris 120 + 30 × 4 · 3 classes · theta 10 = 5 × 2 · l2 0.01 · float64 · 2 threads"
    )
    assert iris.headline(1).endswith("· 1 thread")


@pytest.mark.parametrize(("l2", "shown"), [(0.0, "l2 0"), (1e-4, "l2 1e-4"), (0.5, "l2 0.5"), (2.5e-7, "l2 2.5e-7")])
def test_the_headline_shows_the_penalty_as_a_person_writes_it(l2, shown, iris):
    assert f" · {shown} · " in problem("softmax", iris.data, l2=l2, dtype="float64").headline(1)


def test_the_description_is_plain_and_names_the_data_by_its_fingerprint(iris):
    import json

    described = iris.description()
    assert json.loads(json.dumps(described)) == described
    assert described["theta"] == {"size": 10, "rows": 5, "columns": 2}
    assert described["data"]["fingerprint"] == iris.data.fingerprint
    assert described["data"]["classes"] == ["setosa", "versicolor", "virginica"]
    assert (described["data"]["n_train"], described["data"]["n_test"]) == (120, 30)


def test_the_dtype_is_that_of_the_features_the_solver_sees():
    small = problem("softmax", load_dataset("iris"), l2=0.1, dtype="float32")
    assert small.objective.X.dtype == np.float32
    assert small.headline(1).split(" · ")[-2] == "float32"


def test_features_that_have_the_dtype_are_not_copied(iris):
    assert iris.objective.X is iris.data.X


def test_without_a_test_split_its_accuracy_is_unknown_and_the_confusion_is_of_the_training_rows(iris):
    alone = problem("softmax", replace(iris.data, X_test=None, y_test=None), l2=0.1, dtype="float64")
    train, test = alone.accuracy(alone.objective.x0)
    assert train == pytest.approx(1 / 3)
    assert np.isnan(test)
    assert alone.confusion(alone.objective.x0).sum() == 120
    assert alone.description()["data"]["n_test"] == 0
