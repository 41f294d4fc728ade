"""NumPy archives: dense, sparse, several in one, and those that are not what they promise."""

import io
import zipfile

import numpy as np
import pytest
from scipy.sparse import csr_array

from workbench.data import DataError, load_dataset

X = np.arange(24.0).reshape(12, 2)
Y = np.arange(12) % 3


def loaded(path, **options):
    return load_dataset(path, **{"test_fraction": 0, **options})


@pytest.fixture
def npz(tmp_path):
    """Write arrays to an archive; returns its path."""

    def write(_name="a.npz", **arrays):
        np.savez_compressed(tmp_path / _name, **arrays)
        return tmp_path / _name

    return write


@pytest.fixture
def forged(tmp_path):
    """Write an archive whose member X is made of these bytes; returns its path."""

    def write(content):
        with zipfile.ZipFile(tmp_path / "forged.npz", "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("y.npy", npy_bytes(Y))
            with archive.open("X.npy", "w") as member:
                for chunk in content:
                    member.write(chunk)
        return tmp_path / "forged.npz"

    return write


def npy_bytes(array):
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


def npy_header(shape, descr="<f8"):
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(stream, {"descr": descr, "fortran_order": False, "shape": shape})
    return stream.getvalue()


def sparse_parts(prefix, matrix):
    parts = {"data": matrix.data, "indices": matrix.indices, "indptr": matrix.indptr, "shape": np.array(matrix.shape)}
    return {prefix + name: part for name, part in parts.items()}


def test_dense_features_and_labels_come_back(npz):
    data = loaded(npz(X=X, y=Y))
    assert data.X.tolist() == X.tolist()
    assert data.y.tolist() == Y.tolist()
    assert data.name == "a"


def test_the_test_split_of_the_archive_is_kept(npz):
    data = load_dataset(npz(X=X, y=Y, X_test=X[:5] + 1, y_test=Y[:5]))
    assert str(data) == "a 12 + 5 × 2 · 3 classes"
    assert data.X_test.tolist() == (X[:5] + 1).tolist()


def test_fortran_order_is_read_as_written(npz):
    assert loaded(npz(X=np.asfortranarray(X), y=Y)).X.tolist() == X.tolist()


@pytest.mark.parametrize(("train", "test"), [("X_", "X_test_"), ("", "test_")])
def test_sparse_features_come_in_four_parts(npz, train, test):
    matrix = csr_array(X)
    y_test = "y_test" if train else "test_y"
    data = loaded(npz(y=Y, **{y_test: Y}, **sparse_parts(train, matrix), **sparse_parts(test, matrix * 2)))
    assert data.X.format == "csr"
    assert data.X.dtype == np.float64
    assert data.X.toarray().tolist() == X.tolist()
    assert data.X_test.toarray().tolist() == (2 * X).tolist()


def test_labels_that_are_positions_among_classes_get_their_names(npz):
    data = loaded(npz(X=X, y=Y.astype(np.uint8), classes=np.array(["zebra", "ape", "cat"])))
    assert data.y[:3].tolist() == ["zebra", "ape", "cat"]
    assert data.classes.tolist() == ["ape", "cat", "zebra"]


def test_feature_names_are_taken(npz):
    assert loaded(npz(X=X, y=Y, feature_names=np.array(["a", "b"]))).feature_names == ("a", "b")


def test_one_of_several_sets_is_named_after_a_colon(npz):
    path = npz(first_X=X, first_y=Y, second_X=X * 2, second_y=Y, second_classes=np.array(["p", "q", "r"]))
    data = loaded(f"{path}:second")
    assert data.name == "a-second"
    assert data.X.tolist() == (2 * X).tolist()
    assert data.classes.tolist() == ["p", "q", "r"]


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"a_X": X, "a_y": Y, "b_X": X, "b_y": Y}, r"several sets: name one, as in 'a.npz:a'; it holds a, b"),
        ({"X": X}, "a.npz has no y: it holds X"),
        ({"y": Y, "Z": X}, "a.npz has no X: it holds y, Z"),
        ({"X": X, "Y": X}, "Y with several labels per row is not supported"),
        ({"X": X, "y": Y, "X_test": X}, "one of X_test and y_test without the other"),
        ({"X": X, "y": Y, "classes": np.array(["a", "b"])}, "labels from 0 to 2 are no positions in its 2 classes"),
        ({"X": X.astype(object), "y": Y}, "array 'X' has dtype object"),
        ({"X": X, "y": np.zeros(12, dtype=[("a", "f8")])}, "array 'y' has dtype"),
        ({"X": X, "y": np.zeros(12, dtype="M8[s]")}, "array 'y' has dtype datetime64"),
        ({"y": Y, **sparse_parts("X_", csr_array(X)), "X_shape": np.array([12.0, 2.0])}, "vectors of integers"),
        ({"y": Y, **sparse_parts("X_", csr_array(X)), "X_shape": np.array([12, 1])}, "make no CSR matrix"),
        ({"y": Y, **sparse_parts("X_", csr_array(X)), "X_shape": np.array([12, -2])}, "make no CSR matrix"),
        ({"y": Y, **sparse_parts("X_", csr_array(X)), "X_indptr": np.arange(13)[::-1]}, "make no CSR matrix"),
        ({"y": Y, **sparse_parts("X_", csr_array(X)), "X_indices": np.array([0])}, "make no CSR matrix"),
        ({"y": Y, **sparse_parts("X_", csr_array(X)), "X_data": np.array(["a"])}, "X_data is <U1, expected numbers"),
    ],
)
def test_an_archive_that_cannot_be_used_is_refused_in_one_line(npz, arrays, message):
    with pytest.raises(DataError, match=message) as caught:
        loaded(npz(**arrays))
    assert "\n" not in str(caught.value)


def test_a_misspelt_set_is_answered_with_the_nearest(npz):
    path = npz(vowel_X=X, vowel_y=Y, glass_X=X, glass_y=Y)
    with pytest.raises(DataError, match="no set 'vowels': did you mean 'vowel'\\? it holds glass, vowel"):
        loaded(f"{path}:vowels")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "a.npz is not an .npz file: it is empty"),
        (b"<html>not found</html>", "it is an HTML page"),
        (npy_bytes(X), "it is a NumPy .npy file"),
        (b"PK\x03\x04 no archive at all", "a.npz is damaged: File is not a zip file"),
    ],
)
def test_a_file_that_is_no_archive_is_named_for_what_it_is(tmp_path, content, message):
    (tmp_path / "a.npz").write_bytes(content)
    with pytest.raises(DataError, match=message):
        loaded(tmp_path / "a.npz")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([npy_header((12, 2)), b"\0" * 191], "promises 192 bytes .* it holds 191"),
        ([npy_header((12, 2)), b"\0" * 193], "promises 192 bytes .* it holds 193"),
        ([npy_header((10**12, 2))], "promises 16,000,000,000,000 bytes"),
        ([npy_header((-12, -2)), b"\0" * 192], "is damaged"),
        ([npy_header((3,), "|O"), b"cos\nsystem\n(S'true'\ntR."], "has dtype object"),
        ([b"no array"], "array 'X' is damaged"),
        ([b"\x93NUMPY\x03\x00", npy_header((12, 2))[8:], b"\0" * 192], "array 'X' has named fields"),
    ],
    ids=["cut", "longer", "forged", "negative", "pickle", "no array", "version 3"],
)
def test_an_array_that_is_not_what_its_header_promises_is_refused(forged, memory_peak, content, message):
    path = forged(content)
    with memory_peak() as peak, pytest.raises(DataError, match=message):
        loaded(path)
    assert peak() < 5


def test_a_bomb_of_zeros_costs_no_memory(forged, memory_peak):
    path = forged([npy_header((2**19, 32)), *[bytes(2**20)] * 128])
    with memory_peak() as peak, pytest.raises(DataError, match=r"unpacks to 134,.* unpack it first"):
        loaded(path)
    assert peak() < 5


def test_a_flipped_bit_is_found_by_its_checksum(npz):
    path = npz(X=X, y=Y)
    content = bytearray(path.read_bytes())
    content[content.index(b"X.npy") + 60] ^= 1
    path.write_bytes(content)
    with pytest.raises(DataError, match="array 'X' is damaged"):
        loaded(path)
