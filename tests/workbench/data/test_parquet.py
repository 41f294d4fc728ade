"""Parquet files with the label column named."""

import sys
from datetime import date
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from workbench.data import DataError, load_dataset

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")


@pytest.fixture
def parquet(tmp_path):
    """Write columns to a file; returns its path."""

    def write(**columns):
        pq.write_table(pa.table(columns), tmp_path / "t.parquet")
        return tmp_path / "t.parquet"

    return write


def loaded(path, target="y"):
    return load_dataset(path, target=target, test_fraction=0)


def test_columns_become_features_and_labels(parquet):
    data = loaded(parquet(a=[1, 2, 3], y=["p", "q", "p"], b=[0.5, 1.5, 2.5], c=[True, False, True]))
    assert data.X.tolist() == [[1.0, 0.5, 1.0], [2.0, 1.5, 0.0], [3.0, 2.5, 1.0]]
    assert data.y.tolist() == ["p", "q", "p"]
    assert data.feature_names == ("a", "b", "c")
    assert data.name == "t"


@pytest.mark.parametrize(
    "labels",
    [[3, 1, 3], [True, False, True], pa.array(["p", "q", "p"]).dictionary_encode(), [b"p", b"q", b"p"]],
    ids=["integers", "booleans", "categories", "bytes"],
)
def test_labels_of_every_kind_come_back(parquet, labels):
    expected = labels.to_pylist() if isinstance(labels, pa.Array) else labels
    found = loaded(parquet(a=[1, 2, 3], y=labels)).y.tolist()
    assert found == [label.decode() if isinstance(label, bytes) else label for label in expected]


def test_a_frame_saved_by_pandas_keeps_its_index_out_of_the_features(tmp_path):
    frame = pd.DataFrame({"a": [1.0, 2.0], "y": [0, 1]}, index=[7, 9])
    frame.to_parquet(tmp_path / "t.pq")
    assert loaded(tmp_path / "t.pq").X.tolist() == [[1.0], [2.0]]


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"a": [1, None], "y": [0, 1]}, r"X has nan at row 1, column 0 \('a'\)"),
        ({"a": [None, None], "y": [0, 1]}, r"X has nan at row 0, column 0 \('a'\)"),
        ({"a": [1, 2], "y": [0, None]}, "y has no label in column 'y' at row 1"),
        ({"a": [1, 2], "b": ["x", "1"], "y": [0, 1]}, "not numeric: b, such as 'x' in 'b' at row 0"),
        ({"a": [1, 2], "y": [[0], [1]]}, "column 'y' holds ndarray, expected numbers or text"),
        ({"a": [1, 2], "b": [["p"], ["q"]], "y": [0, 1]}, "not numeric: b, such as"),
        ({"a": [1, 2], "b": [{"c": "p"}, {"c": "q"}], "y": [0, 1]}, "not numeric: b, such as {'c': 'p'} in 'b'"),
        ({"a": [1, 2], "y": [Decimal("1.50"), Decimal("2")]}, "column 'y' holds Decimal, expected numbers or text"),
        ({"a": [date(2020, 1, 2), None], "y": [0, 1]}, r"not numeric: a, such as datetime.date\(2020, 1, 2\) in 'a'"),
        ({"a": [1, 2], "y": ["0", "1" * 300]}, "text of up to 300 characters"),
        ({"a": [1, 2], "label": [0, 1]}, "t.parquet has no column 'y'; its columns are a, label"),
        ({"y": [0, 1]}, "no column beside 'y'"),
        ({"a": pa.array([], pa.float64()), "y": pa.array([], pa.int64())}, "X is empty"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused_in_one_line(parquet, columns, message):
    with pytest.raises(DataError, match=message) as caught:
        loaded(parquet(**columns))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"<html></html>", "not a Parquet file: it is an HTML page"),
        (b"PAR1 and nothing more", "t.parquet is damaged"),
    ],
)
def test_a_file_that_is_no_parquet_is_named_for_what_it_is(tmp_path, content, message):
    (tmp_path / "t.parquet").write_bytes(content)
    with pytest.raises(DataError, match=message):
        loaded(tmp_path / "t.parquet")


def test_a_cut_file_is_damaged(parquet):
    path = parquet(a=list(range(1000)), y=[0, 1] * 500)
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(DataError, match=r"t.parquet is damaged"):
        loaded(path)


def test_more_rows_than_its_size_can_hold_are_refused(parquet):
    path = parquet(a=np.zeros(4_000_000, dtype=np.int8), y=np.zeros(4_000_000, dtype=np.int8))
    assert path.stat().st_size < 50_000
    with pytest.raises(DataError, match="promises 4,000,000 rows × 2 columns"):
        loaded(path)


def test_one_long_word_in_every_row_is_not_written_out(parquet):
    word = pa.DictionaryArray.from_arrays(pa.array([0] * 1500, pa.int32()), pa.array(["w" * 1_000_000]))
    path = parquet(a=np.arange(1500), y=word)
    with pytest.raises(DataError, match="text of up to 1,000,000 characters"):
        loaded(path, "y")
    with pytest.raises(DataError, match="not numeric: y, such as 'wwwww"):
        loaded(path, "a")
    assert pa.default_memory_pool().max_memory() < 2**28


def test_without_pyarrow_it_says_what_to_install(parquet, monkeypatch):
    path = parquet(a=[1, 2], y=[0, 1])
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(DataError, match=r"pip install 'minfunc-workbench\[parquet\]'"):
        loaded(path)
