"""``workbench new``: the skeleton of an exercise, and what check-gradient says of it until it is done."""

import numpy as np
import pytest
from exercise_answer import ANSWER

import workbench as package
from workbench.exercises import exercise

NAME = "softmax_regression_vec"
RAISE = '    raise NotImplementedError("f and g are still to be written, at the TODO")\n'


def solved(**changes):
    """The skeleton with an answer, or with one that is changed."""
    text = exercise("softmax", "ufldl").skeleton
    assert RAISE in text
    answer = ANSWER
    for found, put in changes.values():
        assert found in answer
        answer = answer.replace(found, put)
    return text.replace(RAISE, answer)


def test_the_skeleton_is_named_after_its_function_and_says_what_to_do_next(workbench, tmp_path):
    outcome = workbench("new", "softmax", "--style", "ufldl")
    assert (outcome.code, outcome.err) == (0, "")
    assert "wrote softmax_regression_vec.py\n" in outcome.out
    assert f"workbench check-gradient {NAME}.py:{NAME} --data digits" in outcome.out
    assert "TODO" in (tmp_path / f"{NAME}.py").read_text()


def test_a_file_that_is_there_is_left_as_it_is(workbench, refused, tmp_path):
    (tmp_path / "mine.py").write_text("years of work")
    assert "mine.py is there already and is left as it is" in refused("new", "softmax", "mine.py")
    assert (tmp_path / "mine.py").read_text() == "years of work"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("sofmax", "there is no exercise 'sofmax'; did you mean 'softmax'?"),
        ("zzz", "there is no exercise 'zzz': expected softmax"),
        ("softmax --style ufdl", "there is no style 'ufdl' of softmax; did you mean 'ufldl'?"),
        ("softmax notes.txt", "expected one that ends in .py"),
        ("softmax nowhere/mine.py", "No such file or directory"),
    ],
)
def test_what_cannot_be_written_is_refused(arguments, said, refused, tmp_path):
    assert said in refused("new", *arguments.split())
    assert list(tmp_path.iterdir()) == []


def test_an_unfinished_skeleton_is_called_that_in_one_line(workbench, refused):
    workbench("new", "softmax", "mine.py")
    line = refused("check-gradient", f"mine.py:{NAME}", "--data", "iris")
    assert "mine.py, line 40, is unfinished: f and g are still to be written, at the TODO" in line
    assert "NotImplementedError" not in line


def test_a_missing_part_of_a_library_is_not_called_unfinished(refused, tmp_path):
    """NotImplementedError from code that a finished function calls is an error like any other."""
    (tmp_path / "part.py").write_text("def missing(): raise NotImplementedError('no such branch')\n")
    (tmp_path / "f.py").write_text("from part import missing\ndef fun(x): return missing(), x\n")
    line = refused("check-gradient", "f.py:fun", "--size", 2)
    assert "f.py, line 2, raised: NotImplementedError: no such branch" in line


def test_the_finished_skeleton_passes_named_by_class_and_feature(workbench, tmp_path):
    (tmp_path / "mine.py").write_text(solved())
    outcome = workbench("check-gradient", f"mine.py:{NAME}", "--data", "iris", "--json")
    assert (outcome.code, outcome.json["verdict"], outcome.json["n_coordinates"]) == (0, "PASS", 10)
    rows = [(row["class"], row["feature"]) for row in outcome.json["table"]]
    assert rows[0] == ("setosa", "intercept")
    assert rows[4:6] == [("setosa", "petal width (cm)"), ("versicolor", "intercept")]


def test_a_gradient_raveled_row_by_row_is_found_out(workbench, tmp_path):
    (tmp_path / "mine.py").write_text(solved(order=('order="F"', 'order="C"')))
    assert workbench("check-gradient", f"mine.py:{NAME}", "--data", "iris").code == 1


def test_a_file_that_asks_for_it_gets_the_data_as_matlab_has_them(workbench, tmp_path):
    (tmp_path / "f.py").write_text(
        "import numpy as np\nlayout = 'matlab'\n"
        "def fun(theta, X, y):\n    np.savez('seen.npz', X=X, y=y)\n    return float(theta @ theta), 2 * theta\n"
    )
    assert workbench("check-gradient", "f.py:fun", "--data", "iris").code == 0
    data = package.load_dataset("iris")
    with np.load(tmp_path / "seen.npz") as seen:
        assert np.array_equal(seen["X"], np.vstack([np.ones(data.n_samples), data.X.T]))
        assert np.array_equal(seen["y"], np.unique(data.y, return_inverse=True)[1] + 1)


@pytest.mark.parametrize(
    ("layout", "arguments", "said"),
    [
        ("'columns'", "--data iris", "layout is 'columns' in the file, expected 'matlab', or no layout at all"),
        ("'matlab'", "--size 3", "takes data (layout = 'matlab'): give --data, such as --data digits"),
        ("'matlab'", "--data few.svm", "goes with dense data: those of few are sparse"),
    ],
)
def test_a_layout_that_does_not_fit_is_refused(layout, arguments, said, refused, tmp_path):
    (tmp_path / "f.py").write_text(
        f"layout = {layout}\ndef fun(theta, *data): return float(theta @ theta), 2 * theta\n"
    )
    (tmp_path / "few.svm").write_text("".join(f"{i % 2} 1:{i + 1} 3:1\n" for i in range(20)))
    assert said in refused("check-gradient", "f.py:fun", *arguments.split())
