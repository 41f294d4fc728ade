"""A name or a path is understood, or answered with what there is."""

import os
from pathlib import Path

import numpy as np
import pytest

from workbench.data import DataError, MissingFileError, load_dataset


@pytest.fixture
def table(text_file):
    return text_file("flowers.csv", "x,y", "1,0", "2,1", "3,0", "4,1")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "digit",
            "unknown data set 'digit': did you mean 'digits'\\? known are breast_cancer, digits, .*or give a path",
        ),
        ("MNIST", "unknown data set 'MNIST': did you mean 'mnist'\\?"),
        ("fashion_mnist", "did you mean 'fashion-mnist'\\?"),
        ("xyzzy", "unknown data set 'xyzzy'; known are breast_cancer, digits, fashion-mnist, iris, mnist, wine"),
    ],
)
def test_an_unknown_name_is_answered_with_the_nearest(name, message):
    with pytest.raises(DataError, match=message):
        load_dataset(name)


def test_a_missing_file_is_answered_with_the_nearest_beside_it(table):
    with pytest.raises(MissingFileError, match=r"no such file: '.*flower.csv': did you mean 'flowers.csv'\?$"):
        load_dataset(table.with_name("flower.csv"), target="y")


def test_a_missing_file_is_a_value_error_and_a_file_not_found_error(tmp_path):
    for kind in (ValueError, FileNotFoundError):
        with pytest.raises(kind, match=r"^no such file: '.*gone.csv'$"):
            load_dataset(tmp_path / "nowhere" / "gone.csv", target="y")


def test_a_relative_path_is_looked_for_in_the_data_folders(table, monkeypatch, tmp_path):
    monkeypatch.chdir("/")
    assert load_dataset("flowers.csv", target="y", data_dir=tmp_path).name == "flowers"
    monkeypatch.setenv("WORKBENCH_DATA", str(tmp_path))
    assert load_dataset("flowers.csv", target="y").name == "flowers"
    with pytest.raises(MissingFileError, match=f"no such file: 'weeds.csv', nor in '{tmp_path}'"):
        load_dataset("weeds.csv", target="y")


def test_a_name_of_the_catalogue_wins_over_a_file_and_a_path_over_the_catalogue(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    Path("iris").write_text("x,y\n1,0\n2,1\n")
    assert load_dataset("iris").n_features == 4
    with pytest.raises(DataError, match="iris: no reader for files of this name"):
        load_dataset("./iris")
    with pytest.raises(DataError, match="iris: no reader for files of this name"):
        load_dataset(Path("iris"))


def test_the_home_folder_may_be_written_as_a_tilde(table, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert load_dataset("~/flowers.csv", target="y").name == "flowers"
    with pytest.raises(MissingFileError, match="no such file"):
        load_dataset("~nobody-of-this-name/flowers.csv", target="y")


def test_the_name_of_a_file_becomes_a_name_fit_for_a_folder(table):
    odd = table.with_name("../my dätä (1).csv".removeprefix("../"))
    odd.write_bytes(table.read_bytes())
    data = load_dataset(odd, target="y")
    assert data.name == "my-d-t-1"
    assert data.title == str(odd)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda path: path.rename(path.with_suffix(".xyz")),
            "flowers.xyz: no reader for files of this name; known are .csv",
        ),
        (lambda path: path.parent, "is a folder: give a file in it, or the name of a data set with data_dir="),
        (lambda path: f"{path}:part", "':part' names one set of an .npz file; this format holds one set only"),
        (lambda path: "x" * 5000 + ".csv", "no such file"),
    ],
)
def test_a_path_that_cannot_be_read_says_why(table, change, message):
    with pytest.raises(DataError, match=message):
        load_dataset(change(table), target="y")


def test_a_pipe_is_no_file(tmp_path):
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(DataError, match="is no regular file"):
        load_dataset(tmp_path / "pipe.csv", target="y")


@pytest.mark.parametrize("name", ["a.npz", "a.svm"])
def test_a_target_is_refused_where_the_format_has_labels_of_its_own(tmp_path, name):
    np.savez(tmp_path / "a.npz", X=np.eye(2), y=np.arange(2))
    (tmp_path / "a.svm").write_text("1 1:1\n2 1:2\n")
    with pytest.raises(DataError, match="target= names the label column of a table"):
        load_dataset(tmp_path / name, target="y")


def test_a_target_is_refused_for_a_built_in_set():
    with pytest.raises(DataError, match="iris has its own labels"):
        load_dataset("iris", target="species")


@pytest.mark.parametrize("fraction", [-0.1, 1.0, 7, float("nan")])
def test_a_test_fraction_outside_its_range_is_refused(fraction):
    with pytest.raises(DataError, match=f"test_fraction is {fraction}, expected a share from 0"):
        load_dataset("iris", test_fraction=fraction)


@pytest.mark.parametrize("seed", [-1, 2**32])
def test_a_seed_outside_its_range_is_refused(seed):
    with pytest.raises(DataError, match=f"seed is {seed}, expected an integer from 0"):
        load_dataset("iris", seed=seed)


def test_what_is_neither_a_name_nor_a_path_is_a_type_error():
    with pytest.raises(TypeError, match="name_or_path is a int, expected the name of a data set or a path"):
        load_dataset(3)


def test_a_data_dir_that_is_no_folder_is_refused(table):
    with pytest.raises(DataError, match=r"data_dir '.*flowers.csv' is not a folder"):
        load_dataset("iris", data_dir=table)


def test_own_features_are_standardised_if_asked(table):
    data = load_dataset(table, target="y", test_fraction=0, standardize=True)
    assert data.X.mean() == 0.0
    assert data.X.std() == 1.0
    assert data.preprocessing.startswith("standardised")
