"""CSV and TSV files with the label column named."""

import numpy as np
import pytest

from workbench.data import DataError, bounded, load_dataset, text

ROWS = ("length,width,species", "1.5,2,a", "2.5,3,b", "3.5,4,a", "4.5,5,b")


def loaded(path, target="species", **options):
    return load_dataset(path, target=target, **{"test_fraction": 0, **options})


@pytest.mark.parametrize("name", ["flowers.csv", "flowers.csv.gz", "FLOWERS.CSV"])
def test_a_table_becomes_features_and_labels(text_file, name):
    data = loaded(text_file(name, *ROWS))
    assert data.X.tolist() == [[1.5, 2.0], [2.5, 3.0], [3.5, 4.0], [4.5, 5.0]]
    assert data.y.tolist() == ["a", "b", "a", "b"]
    assert data.feature_names == ("length", "width")
    assert data.name.lower() == "flowers"
    assert data.preprocessing == "as given"
    assert data.X_test is None


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_delimiter_is_found_in_the_first_line(text_file, delimiter):
    data = loaded(text_file("flowers.tsv", *(row.replace(",", delimiter) for row in ROWS)))
    assert data.X[3].tolist() == [4.5, 5.0]


def test_a_byte_order_mark_spaces_after_commas_quotes_and_blank_lines_are_no_data(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b'\xef\xbb\xbf\n"le, ngth", y\r\n1, "a, b"\r\n\r\n2, c\r\n')
    data = loaded(path, "y")
    assert data.feature_names == ("le, ngth",)
    assert data.y.tolist() == ["a, b", "c"]


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (["2", "10"], [2, 10]),
        (["-1", "1"], [-1, 1]),
        (["1.0", "2"], [1.0, 2.0]),
        (["True", "False"], ["True", "False"]),
        (["1_0", "2_0"], ["1_0", "2_0"]),
        (["3", "x"], ["3", "x"]),
    ],
)
def test_labels_are_integers_if_all_are_else_numbers_if_all_are_else_text(text_file, labels, expected):
    data = loaded(text_file("a.csv", "x,y", *(f"{row},{label}" for row, label in enumerate(labels))), "y")
    assert data.y.tolist() == expected
    assert [type(label) for label in data.y.tolist()] == [type(label) for label in expected]


def test_a_delimiter_at_the_end_of_each_row_adds_no_column(text_file):
    assert loaded(text_file("a.csv", "x,y", "1,a,", "2,b,"), "y").X.tolist() == [[1.0], [2.0]]


def test_numbers_are_read_to_the_last_bit(text_file):
    value = 0.1 + 0.2
    data = loaded(text_file("a.csv", "x,y", f"{value!r},0", "1e-320,1", "9007199254740993.0,1"), "y")
    assert data.X[:, 0].tolist() == [value, 1e-320, 9007199254740993.0]


def test_rows_of_several_chunks_are_put_together_in_order(text_file, monkeypatch):
    monkeypatch.setattr("workbench.data.readers.delimited._CELLS", 6)
    lines = (f"{row},{row * 2},{row % 3}" for row in range(50))
    data = loaded(text_file("a.csv", "u,v,y", *lines), "y")
    assert data.X.tolist() == [[row, row * 2] for row in range(50)]
    assert data.y.tolist() == [row % 3 for row in range(50)]


@pytest.mark.parametrize(
    ("lines", "target", "message"),
    [
        (ROWS, None, "flowers.csv: say which column holds the labels with target=; its columns are length, width"),
        (ROWS, "speceis", "has no column 'speceis': did you mean 'species'\\? its columns are length, width, species"),
        (ROWS, "zzz", "has no column 'zzz'; its columns are"),
        (("5.1,3.5,setosa", "4.9,3.0,virginica"), "y", "the first line should name them"),
        (("species", "a", "b"), "species", "no column beside 'species'"),
        (("x,x,species", "1,2,a"), "species", "two columns are named x"),
        ((",x,species", "0,2,a"), "species", r"column 0 \(counted from 0\) has no name"),
        (("x,species",), "species", "has column names and no rows"),
        (("x,city,species", "1,3,a", "2,Paris,b"), "species", "not numeric: city, such as 'Paris' in 'city' at row 1"),
        (("x,species", "1,a", ",b"), "species", r"X has nan at row 1, column 0 \('x'\)"),
        (("x,species", "1,a", "inf,b"), "species", r"X has inf at row 1, column 0 \('x'\)"),
        (("x,species", "1,a", "2,"), "species", "y has no label in column 'species' at row 1"),
        (("x,species", "1,a", "2,b,c"), "species", "not a table of 2 columns"),
        (("x,species", "1,a,5", "2,b,6"), "species", "not a table of 2 columns"),
        (("x,species", '1,"a', "2,b"), "species", "not a table of 2 columns"),
        (("x,species", "1,a", "2," + "b" * 300), "species", "text of up to 300 characters, which is no label"),
        (("x,species", "1,1.5", "2,2.5", "3,3.5"), "species", r"y is a quantity, not a label: 1\.5 at row 0"),
        (("<!doctype html>", "<p>404"), "species", "not delimited text: it is an HTML page"),
        ((), "species", "not delimited text: it is empty"),
        (("x,species", "1,a\0", "2,b"), "species", "not text: it holds binary zeros"),
    ],
)
@pytest.mark.parametrize("name", ["flowers.csv", "flowers.csv.gz"])
def test_a_table_that_cannot_be_used_is_refused_in_one_line(text_file, lines, target, message, name):
    if name.endswith(".gz"):
        message = message.replace("flowers.csv:", "flowers.csv.gz:")
    with pytest.raises(DataError, match=message) as caught:
        loaded(text_file(name, *lines), target)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("x,y\n1,é\n2,b\n".encode("latin-1"), "a.csv is not UTF-8 text"),
        ("é,y\n1,a\n2,b\n".encode("latin-1"), "a.csv is not UTF-8 text"),
        ("x,y\n1,a\n2,b\n".encode("utf-16"), "UTF-16 text"),
        (b"\x89PNG\r\n\x1a\n\0\0", "it is a PNG image"),
        (b"PK\x03\x04 a spreadsheet", "it is a zip archive"),
    ],
)
def test_bytes_that_are_no_utf8_text_are_named(tmp_path, content, message):
    (tmp_path / "a.csv").write_bytes(content)
    with pytest.raises(DataError, match=message):
        loaded(tmp_path / "a.csv", "y")


def test_rows_in_an_error_are_counted_over_chunks(text_file, monkeypatch):
    monkeypatch.setattr("workbench.data.readers.delimited._CELLS", 6)
    path = text_file("a.csv", "u,v,y", *("1,2,0" for _ in range(7)), "1,oops,1")
    with pytest.raises(DataError, match="such as 'oops' in 'v' at row 7"):
        loaded(path, "y")


def test_a_bomb_of_zeros_costs_no_memory(zeros_gz, memory_peak):
    bomb = zeros_gz("bomb.csv.gz", b"x,y\n1,", 256)
    with memory_peak() as peak, pytest.raises(DataError, match="binary zeros"):
        loaded(bomb, "y")
    assert peak() < 10


def test_a_bomb_of_rows_is_stopped_at_the_ratio(zeros_gz, memory_peak, monkeypatch):
    monkeypatch.setattr(bounded, "SMALL_BYTES", 2**18)
    bomb = zeros_gz("bomb.csv.gz", b"x,y\n", 32, filler=b"0,1\n")
    with memory_peak() as peak, pytest.raises(DataError, match="goes on after"):
        loaded(bomb, "y")
    assert peak() < 500


def test_a_line_without_an_end_is_stopped(zeros_gz, monkeypatch):
    monkeypatch.setattr(text, "MAX_LINE", 2**20)
    with pytest.raises(DataError, match="a line of more than 1,048,576 bytes"):
        loaded(zeros_gz("long.csv.gz", b"x,y\n", 4, filler=b"7"), "y")


def test_more_numbers_than_allowed_are_stopped(text_file, monkeypatch):
    path = text_file("a.csv", "u,y", *(f"{row},{row % 2}" for row in range(400)))
    monkeypatch.setattr(bounded, "MAX_BYTES", 3000)
    assert path.stat().st_size < 3000
    with pytest.raises(DataError, match="holds over 400 rows, more than the 3,000 bytes"):
        loaded(path, "y")


def test_a_split_keeps_rows_and_labels_together(text_file):
    path = text_file("a.csv", "x,y", *(f"{row},{row % 2}" for row in range(20)))
    data = load_dataset(path, target="y", test_fraction=0.3, seed=5)
    assert str(data) == "a 14 + 6 × 1 · 2 classes"
    assert (data.X[:, 0] % 2 == data.y).all()
    assert (data.X_test[:, 0] % 2 == data.y_test).all()
    assert sorted(np.concatenate([data.X, data.X_test])[:, 0]) == list(range(20))


def test_a_truncated_gzip_file_is_damaged(text_file):
    path = text_file("a.csv.gz", "x,y", *(f"{row},{row % 2}" for row in range(500)))
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(DataError, match=r"a.csv.gz is damaged"):
        loaded(path, "y")


def test_plain_text_under_a_gz_name_is_read(tmp_path):
    (tmp_path / "a.csv.gz").write_bytes(b"x,y\n1,0\n2,1\n")
    assert loaded(tmp_path / "a.csv.gz", "y").n_samples == 2
