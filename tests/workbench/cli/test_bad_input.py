"""Bad input to ``workbench compare``: one clear line, exit code 2, and nothing half-written."""

import numpy as np
import pandas as pd
import pytest

from workbench.data import load_dataset
from workbench.threads import available


@pytest.fixture
def table(tmp_path):
    """Write iris to a CSV file after a change; returns the words that name it on the command line."""

    def write(change=lambda frame: frame):
        iris = load_dataset("iris")
        frame = pd.DataFrame(iris.X[:60], columns=["a", "b", "c", "d"]).assign(kind=iris.y[:60])
        change(frame).to_csv(tmp_path / "flowers.csv", index=False)
        return "--data", "flowers.csv"

    return write


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("--data digitz", "unknown data set 'digitz': did you mean 'digits'?"),
        ("--data no/such.csv", "no such file: 'no/such.csv'"),
        ("--data-dir nowhere", "'nowhere' does not exist"),
        ("--data iris --target kind", "has its own labels"),
        ("--objective sofmax", "did you mean 'softmax'?"),
        ("--solver lbgfs", "did you mean 'lbfgs'?"),
        ("--solver lbfgs:memroy=3", "lbfgs has no option 'memroy'; did you mean 'memory'?"),
        ("--solver lbfgs:memory=0", "memory=0: expected a number at least 1"),
        ("--solver lbfgs:memory=2.5", "expected a whole number"),
        ("--solver lbfgs:memory", "'memory' is no option=value"),
        ("--solver lbfgs:=3", "'=3' is no option=value"),
        ("--solver lbfgs:memory=3,memory=4", "given twice"),
        ("--solver gd:step=bbb", "did you mean 'bb'?"),
        ("--solver cg:memory=3", "cg has no option 'memory'"),
        ("--solver gd --solver gd", "solver 'gd' is named twice"),
        ("--l2 -1", "'--l2': -1.0 is not in the range"),
        ("--l2 nan", "nan is no finite number"),
        ("--l2 inf", "inf is no finite number"),
        ("--l2 x", "'x' is not a valid"),
        ("--gap 0", "'--gap': 0.0 is not in the range"),
        ("--gap nan", "nan is no finite number"),
        ("--gap inf", "inf is no finite number"),
        ("--gtol nan", "nan is no finite number"),
        ("--max-time 0", "'--max-time': 0.0 is not in the range"),
        ("--max-time inf", "inf is no finite number"),
        ("--max-evals 0", "'--max-evals': 0 is not in the range"),
        ("--repeats 0", "'--repeats': 0 is not in the range"),
        ("--threads 0", "'--threads': 0 is not in the range"),
        ("--seed -1", "'--seed': -1 is not in the range"),
        ("--dtype float16", "'float16' is not one of 'float64', 'float32'"),
        ("surplus", "'surplus' does not exist"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_anything_is_written(arguments, said, refused, tmp_path):
    assert said in refused("compare", *arguments.split())
    assert list(tmp_path.iterdir()) == []


def test_more_threads_than_there_are_are_refused_with_the_number_there_is(refused, tmp_path):
    line = refused("compare", "--threads", available() + 1)
    assert f"expected 1 to {available()}" in line
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("change", "target", "said"),
    [
        (lambda t: t.assign(b=t["b"].where(t.index != 3)), "kind", "nan at row 3, column 1 ('b')"),
        (lambda t: t.assign(b=t["b"].where(t.index != 3, np.inf)), "kind", "inf at row 3, column 1 ('b')"),
        (
            lambda t: t.assign(c=t["c"].astype(object).where(t.index != 4, "tall")),
            "kind",
            "not numeric: c, such as 'tall'",
        ),
        (lambda t: t.assign(kind="x"), "kind", "one class only, 'x'"),
        (lambda t: t.assign(kind=t["kind"].where(t.index != 5)), "kind", "no label in column 'kind' at row 5"),
        (lambda t: t, None, "its columns are a, b, c, d, kind"),
        (lambda t: t, "kinds", "did you mean 'kind'?"),
    ],
    ids=["nan", "inf", "text", "one class", "missing label", "no target", "misspelt target"],
)
def test_a_table_that_cannot_be_used_is_refused_and_the_place_is_named(change, target, said, table, refused, tmp_path):
    arguments = table(change)
    assert said in refused("compare", *arguments, *([] if target is None else ["--target", target]))
    assert [path.name for path in tmp_path.iterdir()] == ["flowers.csv"]


def test_labels_and_rows_of_different_length_are_refused(refused, tmp_path):
    np.savez(tmp_path / "off.npz", X=np.ones((10, 2)), y=np.arange(9) % 2)
    assert "10 rows and y has 9 labels" in refused("compare", "--data", "off.npz")


def test_a_file_that_is_not_what_its_name_says_is_refused(refused, tmp_path):
    (tmp_path / "page.csv").write_text("<!DOCTYPE html><html><body>Not found</body></html>")
    assert "it is an HTML page" in refused("compare", "--data", "page.csv", "--target", "a")


def test_a_folder_that_is_no_run_is_left_as_it_is(refused, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").write_text("years of work")
    assert "mine exists and is no run" in refused("compare", "--data", "iris", "--out", "mine")
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["thesis.tex"]


def test_a_file_in_the_place_of_the_run_is_left_as_it_is(refused, tmp_path):
    (tmp_path / "mine").write_text("kept")
    assert "mine exists and is no folder" in refused("compare", "--data", "iris", "--out", "mine")
    assert "cannot be made" in refused("compare", "--data", "iris", "--out", "mine/run")
    assert (tmp_path / "mine").read_text() == "kept"


@pytest.mark.usefixtures("unreported")
def test_an_earlier_run_is_never_overwritten(refused, workbench, tmp_path):
    words = ("compare", "--data", "iris", "--l2", "0.1", "--max-evals", "2", "--solver", "gd", "--out", "run")
    assert workbench(*words).code == 0
    before = (tmp_path / "run" / "results.db").read_bytes()
    assert "already holds a run, which is never overwritten" in refused(*words, "--fresh")
    assert (tmp_path / "run" / "results.db").read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("report nowhere", "nowhere is no run: there is no such folder"),
        ("report", "Missing argument 'RUN'"),
        ("list solver", "'solver' is not one of 'solvers', 'objectives', 'datasets'"),
        ("list solvers --data-dir .", "--data-dir goes with datasets"),
        ("list datasets --data-dir nowhere", "'nowhere' does not exist"),
    ],
)
def test_other_commands_refuse_in_the_same_way(arguments, said, refused):
    assert said in refused(*arguments.split())


def test_a_report_is_made_only_of_a_run(refused, tmp_path):
    (tmp_path / "plain").mkdir()
    assert "plain is no run" in refused("report", "plain")
