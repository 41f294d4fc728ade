"""IDX files: what their header promises, and nothing else."""

import gzip
import struct

import numpy as np
import pytest

from workbench.data import DataError, MissingFileError, load_dataset
from workbench.data.readers.idx import idx_array


@pytest.mark.parametrize("dtype", ["u1", "i1", "i2", "i4", "f4", "f8"])
def test_numbers_of_every_type_come_back(tmp_path, idx_bytes, dtype):
    array = np.array([[1, 2, 3], [4, 5, 100]], dtype=dtype)
    (tmp_path / "a.idx").write_bytes(idx_bytes(array))
    found = idx_array(tmp_path / "a.idx")
    assert found.dtype == array.dtype
    assert found.tolist() == array.tolist()


def test_a_file_is_unpacked_by_its_content_whatever_its_name(tmp_path, idx_bytes):
    content = idx_bytes(np.arange(3, dtype="u1"))
    (tmp_path / "packed.idx").write_bytes(gzip.compress(content))
    (tmp_path / "plain.idx.gz").write_bytes(content)
    assert idx_array(tmp_path / "packed.idx").tolist() == idx_array(tmp_path / "plain.idx.gz").tolist() == [0, 1, 2]


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda content: content[:-1], r"cut off: its header promises 72 bytes \(12 × 2 × 3\), it holds 71"),
        (lambda content: content + b"x", r"goes on after the 72 bytes"),
        (lambda content: content[:9], "is not an IDX file"),
        (lambda content: b"", "is empty"),
        (lambda content: b"\0\0\x07\x03" + content[4:], "is not an IDX file: it begins with"),
        (lambda content: b"\0\0\x08\x00" + content[4:], "is not an IDX file: it begins with"),
        (lambda content: content[:4] + struct.pack(">3I", 0, 2, 3), "is empty: its header promises 0 bytes"),
        (lambda content: b"<!DOCTYPE html><html>404</html>", "is not an IDX file: it is an HTML page"),
        (lambda content: b"\x89PNG\r\n\x1a\n" + content, "is not an IDX file: it is a PNG image"),
        (lambda content: b"version https://git-lfs.github.com/spec/v1\n", "Git LFS pointer"),
        (lambda content: gzip.compress(gzip.compress(content)), "is not an IDX file: it is a gzip file"),
    ],
    ids=[
        "cut",
        "longer",
        "header only",
        "empty",
        "type",
        "no dimension",
        "no rows",
        "html",
        "png",
        "lfs",
        "gzip twice",
    ],
)
def test_a_file_that_is_not_what_its_name_says_is_refused(tmp_path, idx_bytes, images, change, message, packed):
    content = change(idx_bytes(images))
    path = tmp_path / "train-images-idx3-ubyte.gz"
    path.write_bytes(gzip.compress(content) if packed else content)
    with pytest.raises(DataError, match=message):
        idx_array(path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda packed: packed[:-12], "is damaged: Compressed file ended"),
        (lambda packed: packed[:-8] + b"\0" * 8, "is damaged: CRC check failed"),
        (lambda packed: packed + b"trailing", "is damaged: Not a gzipped file"),
        (lambda packed: packed[:20] + b"\xff" * 9 + packed[29:], "is damaged: "),
    ],
    ids=["cut", "checksum", "more", "bytes"],
)
def test_a_damaged_gzip_file_is_named_as_such(tmp_path, idx_bytes, images, change, message):
    path = tmp_path / "images.idx.gz"
    path.write_bytes(change(gzip.compress(idx_bytes(images))))
    with pytest.raises(DataError, match=f"^images.idx.gz {message}"):
        idx_array(path)


def test_the_labels_and_the_test_split_are_found_beside_the_images(tmp_path, idx_pair, images, labels):
    path = idx_pair(tmp_path, images, labels)
    idx_pair(tmp_path, images[:4], labels[:4], part="t10k", packed=False)
    data = load_dataset(path)
    assert str(data) == "train-images 12 + 4 × 6 · 3 classes"
    assert data.preprocessing == "pixels / 255"
    assert data.image_shape == (2, 3)
    assert data.X[1].tolist() == [value / 255 for value in range(6, 12)]
    assert data.y.tolist() == labels.tolist()
    assert data.y_test.tolist() == [3, 7, 9, 3]


def test_images_without_a_test_part_are_split(tmp_path, idx_pair, images, labels):
    data = load_dataset(idx_pair(tmp_path, images, labels), test_fraction=0.25)
    assert str(data) == "train-images 9 + 3 × 6 · 3 classes"


def test_numbers_that_are_not_bytes_are_left_as_given(tmp_path, idx_pair, images, labels):
    data = load_dataset(idx_pair(tmp_path, images.astype("f4"), labels), test_fraction=0)
    assert data.preprocessing == "as given"
    assert data.X[0].tolist() == [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]


def test_names_with_a_dot_are_paired_too(tmp_path, idx_bytes, images, labels):
    (tmp_path / "train-images.idx3-ubyte").write_bytes(idx_bytes(images))
    (tmp_path / "train-labels.idx1-ubyte").write_bytes(idx_bytes(labels))
    assert load_dataset(tmp_path / "train-images.idx3-ubyte", test_fraction=0).n_samples == 12


def test_images_without_labels_are_refused(tmp_path, idx_bytes, images):
    (tmp_path / "train-images-idx3-ubyte").write_bytes(idx_bytes(images))
    with pytest.raises(MissingFileError, match="the labels of train-images-idx3-ubyte were not found"):
        load_dataset(tmp_path / "train-images-idx3-ubyte")


def test_labels_given_for_images_are_refused(tmp_path, idx_pair, images, labels):
    idx_pair(tmp_path, images, labels)
    with pytest.raises(MissingFileError, match=r"the labels of train-labels-idx1-ubyte.gz were not found"):
        load_dataset(tmp_path / "train-labels-idx1-ubyte.gz")


def test_fewer_labels_than_images_are_refused(tmp_path, idx_pair, images, labels):
    with pytest.raises(DataError, match="X has 12 rows and y has 11 labels"):
        load_dataset(idx_pair(tmp_path, images, labels[:11]))


def test_a_forged_header_costs_no_memory(tmp_path, memory_peak):
    path = tmp_path / "forged.idx"
    path.write_bytes(struct.pack(">BBBB3I", 0, 0, 8, 3, 60_000, 1000, 1000))
    with memory_peak() as peak, pytest.raises(DataError, match="promises 60,000,000,000 bytes"):
        idx_array(path)
    assert peak() < 2


@pytest.mark.parametrize(
    ("rows", "message"), [(2**20, "promises 1,073,741,824 bytes"), (4, "goes on after the 4,096 bytes")]
)
def test_a_gibibyte_of_zeros_costs_no_memory(zeros_gz, memory_peak, rows, message):
    bomb = zeros_gz("bomb.idx.gz", struct.pack(">BBBB3I", 0, 0, 8, 3, rows, 32, 32), 1024)
    with memory_peak() as peak, pytest.raises(DataError, match=message):
        idx_array(bomb)
    assert peak() < 10
