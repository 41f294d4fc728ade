"""Cells: their keys say all that they depend on, and nothing else; their order is drawn, and the same each time."""

import tomllib

import pytest

from workbench.study.cells import cells_of, in_turn, key_of, labels
from workbench.study.reading import study_of

TEXT = """
[run]
repeats = 3
[[problem]]
data = ["iris", "wine"]
[[solver]]
name = ["gd", "cg", "lbfgs", "sgd"]
"""


def study(text=TEXT, **run):
    tables = tomllib.loads(text)
    tables["run"] |= run
    return study_of(tables)


def keys(**run):
    return {cell.key for cell in cells_of(study(**run), ["a", "b"], 2)}


def test_each_solver_runs_on_each_problem_in_each_repeat():
    cells = cells_of(study(), ["a", "b"], 2)
    assert len(cells) == len({cell.key for cell in cells}) == 3 * 2 * 4
    assert len({(cell.problem, cell.solver.label, cell.repeat) for cell in cells}) == 24


def test_repeats_come_one_after_the_other_each_in_an_order_of_its_own():
    listed = cells_of(study(), ["a", "b"], 2)
    cells = in_turn(study(), listed)
    assert [cell.repeat for cell in cells] == [0] * 8 + [1] * 8 + [2] * 8
    orders = [[(c.problem, c.solver.label) for c in cells if c.repeat == repeat] for repeat in range(3)]
    assert orders[0] != orders[1] != orders[2]
    assert sorted(orders[0]) == sorted(orders[1])
    assert cells == in_turn(study(), listed)
    assert cells != in_turn(study(seed=1), cells_of(study(seed=1), ["a", "b"], 2))


def test_they_come_as_listed_where_that_is_asked_for():
    cells = in_turn(study(order="listed"), cells_of(study(order="listed"), ["a", "b"], 2))
    assert [c.solver.label for c in cells[:4]] == ["gd", "cg", "lbfgs", "sgd"]
    assert [c.problem for c in cells[:8]] == ["a"] * 4 + ["b"] * 4


@pytest.mark.parametrize(
    ("changed", "same"),
    [
        ({"order": "listed"}, True),
        ({"reruns": 0}, True),
        ({"hard_time": 1e4}, True),
        ({"repeats": 1}, "fewer"),
        ({"max_time": 61.0}, False),
        ({"max_evals": 1}, False),
        ({"seed": 9}, False),
        ({"max_memory": 1e4}, False),
    ],
)
def test_a_key_changes_with_what_the_answer_depends_on(changed, same):
    if same == "fewer":
        assert keys(**changed) < keys()
    else:
        assert (keys(**changed) == keys()) is same
        assert same or not keys(**changed) & keys()


def test_other_threads_and_another_problem_are_other_cells():
    assert not {c.key for c in cells_of(study(), ["a", "b"], 1)} & keys()
    assert not {c.key for c in cells_of(study(), ["c", "d"], 2)} & keys()


def test_a_key_does_not_depend_on_the_order_in_which_options_are_written():
    assert key_of({"a": 1, "b": 2.0}) == key_of({"b": 2.0, "a": 1})
    assert key_of({"a": 1}) != key_of({"a": 2})


def test_problems_are_called_by_what_differs():
    text = '[run]\n[[problem]]\ndata = ["iris", "wine"]\nl2 = [0.1, 0.2]\n[[solver]]\nname = "gd"'
    names = ["softmax-iris", "softmax-iris", "softmax-wine", "softmax-wine"]
    assert labels(study(text).problems, names) == [
        "softmax-iris l2=0.1",
        "softmax-iris l2=0.2",
        "softmax-wine l2=0.1",
        "softmax-wine l2=0.2",
    ]
    assert labels(study().problems, ["softmax-iris", "softmax-wine"]) == ["softmax-iris", "softmax-wine"]


def test_two_files_of_one_name_are_told_apart():
    text = '[run]\n[[problem]]\ndata = ["a/x.npz", "b/x.npz"]\n[[solver]]\nname = "gd"'
    assert labels(study(text).problems, ["softmax-x", "softmax-x"]) == ["softmax-x (1)", "softmax-x (2)"]
