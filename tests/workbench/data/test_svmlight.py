"""svmlight files: sparse rows of index:value pairs."""

import numpy as np
import pytest

from workbench.data import DataError, load_dataset


def loaded(path):
    return load_dataset(path, test_fraction=0)


@pytest.mark.parametrize("name", ["a.svm", "a.svmlight", "a.libsvm", "a.svm.gz"])
def test_indices_count_from_one(text_file, name):
    data = loaded(text_file(name, "1 1:0.5 3:2", "-1 2:1  # a remark", "# nothing", "1"))
    assert data.X.format == "csr"
    assert data.X.toarray().tolist() == [[0.5, 0.0, 2.0], [0.0, 1.0, 0.0], [0.0, 0.0, 0.0]]
    assert data.y.tolist() == [1, -1, 1]
    assert data.y.dtype == np.int64
    assert data.name == "a"


def test_indices_count_from_zero_where_a_zero_occurs(text_file):
    assert loaded(text_file("a.svm", "0 0:5", "1 1:6")).X.toarray().tolist() == [[5.0, 0.0], [0.0, 6.0]]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (("1 1:2", "2 1:x"), "a.svm, line 2: expected 'label index:value"),
        (("1 1:2", "", "# r", "2 5"), "a.svm, line 4: expected 'label index:value"),
        (("1 3:1 2:1", "2 1:1"), "a.svm, line 1: .*sorted and unique"),
        (("1 -3:1", "2 1:1"), "a.svm, line 1: .*Invalid index"),
        (("1 99999999999999999999:1", "2 1:1"), "a.svm, line 1: "),
        (("spam 1:1", "2 1:1"), "a.svm, line 1: "),
        (("1,2 1:1", "3 1:1"), "a.svm, line 1: "),
        (("1 1:nan", "2 1:1"), "X has nan at row 0, column 0"),
        (("1 2:1", "2 1:1 2:-inf"), "X has -inf at row 1, column 1"),
        (("nan 2:1", "2 1:1"), "y has no label at row 0"),
        (("1.5 2:1", "2 1:1"), "y is a quantity"),
        (("1 2000000000:1", "2 1:1"), "2,000,000,000 columns, more than"),
        (("1", "2"), "no index:value pair in any of its 2 rows"),
        (("# only a remark",), "no index:value pair in any of its 0 rows"),
        ((), "not an svmlight file: it is empty"),
        (("<html>",), "not an svmlight file: it is an HTML page"),
        (("1 1:1\0", "2 1:1"), "binary zeros"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_in_one_line(text_file, lines, message):
    with pytest.raises(DataError, match=message) as caught:
        loaded(text_file("a.svm", *lines))
    assert "\n" not in str(caught.value)


def test_a_bomb_of_zeros_costs_no_memory(zeros_gz, memory_peak):
    bomb = zeros_gz("bomb.svm.gz", b"1 1:1\n", 256)
    with memory_peak() as peak, pytest.raises(DataError, match="binary zeros"):
        loaded(bomb)
    assert peak() < 10


def test_a_bomb_of_rows_is_stopped_at_the_ratio(zeros_gz, memory_peak, monkeypatch):
    monkeypatch.setattr("workbench.data.bounded.SMALL_BYTES", 2**16)
    bomb = zeros_gz("bomb.svm.gz", b"1 1:1\n", 32, filler=b"0 1:1 2:1 3:1 4:\n1")
    with memory_peak() as peak, pytest.raises(DataError, match=r"goes on after|line"):
        loaded(bomb)
    assert peak() < 50
