"""Whatever bytes a file holds, loading it succeeds or gives a data error, in bounded memory."""

import gzip
import io
import struct
import zipfile

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.data import DataError, load_dataset

X = np.arange(24, dtype=np.uint8).reshape(12, 2)
Y = np.arange(12, dtype=np.uint8) % 3


def idx_file():
    return struct.pack(">BBBB2I", 0, 0, 8, 2, 12, 2) + X.tobytes()


def npz_file(**arrays):
    stream = io.BytesIO()
    np.savez_compressed(stream, **arrays)
    return stream.getvalue()


def sparse_npz_file():
    data, indices, indptr = X.ravel(), np.tile([0, 1], 12), np.arange(0, 25, 2)
    return npz_file(X_data=data, X_indices=indices, X_indptr=indptr, X_shape=np.array([12, 2]), y=Y)


def csv_file():
    return b"a,b,y\n" + b"".join(b"%d,%d.5,%d\n" % (*row, label) for row, label in zip(X, Y, strict=True))


def svmlight_file():
    return b"".join(b"%d 1:%d 2:%d\n" % (label, *row) for row, label in zip(X, Y, strict=True))


FILES = {
    "train-images-idx2-ubyte": idx_file(),
    "train-images-idx2-ubyte.gz": gzip.compress(idx_file()),
    "a.npz": npz_file(X=X, y=Y, classes=np.array(["p", "q", "r"])),
    "sparse.npz": sparse_npz_file(),
    "a.csv": csv_file(),
    "a.csv.gz": gzip.compress(csv_file()),
    "a.svm": svmlight_file(),
    "a.svm.gz": gzip.compress(svmlight_file()),
}


def npy_bytes():
    stream = io.BytesIO()
    np.save(stream, X)
    return stream.getvalue()


@st.composite
def changed(draw, content):
    """The content with a few bytes replaced, left out or put in, and perhaps cut off."""
    found = bytearray(content)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, max(len(found) - 1, 0)))
        until = at + draw(st.integers(0, 4))
        found[at:until] = draw(
            st.one_of(st.binary(max_size=4), st.sampled_from([b"9" * 12, b"\xff" * 4, b"\0", b"-", b"e9"]))
        )
    return bytes(found[: draw(st.integers(0, len(found)))] if draw(st.booleans()) else found)


def outcome(path):
    """The data set's or the data error's text; any other exception fails the test."""
    try:
        return str(load_dataset(path, target="y" if ".csv" in path.name else None, test_fraction=0))
    except DataError as error:
        return str(error)


def test_the_unchanged_files_load(tmp_path):
    (tmp_path / "train-labels-idx2-ubyte").write_bytes(struct.pack(">BBBBI", 0, 0, 8, 1, 12) + Y.tobytes())
    for name, content in FILES.items():
        (tmp_path / name).write_bytes(content)
        assert " 12 × 2 · 3 classes" in outcome(tmp_path / name)


@pytest.mark.parametrize("name", FILES)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_changed_files_load_or_give_one_line(tmp_path, memory_peak, name, data):
    (tmp_path / "train-labels-idx2-ubyte").write_bytes(struct.pack(">BBBBI", 0, 0, 8, 1, 12) + Y.tobytes())
    (tmp_path / name).write_bytes(data.draw(changed(FILES[name])))
    with memory_peak() as peak:
        assert "\n" not in outcome(tmp_path / name)
        assert peak() < 40


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=changed(npy_bytes()))
def test_arrays_changed_before_they_were_packed_load_or_give_one_line(tmp_path, memory_peak, content):
    (tmp_path / "a.npz").write_bytes(npz_file(y=Y))
    with zipfile.ZipFile(tmp_path / "a.npz", "a") as archive:
        archive.writestr("X.npy", content)
    with memory_peak() as peak:
        assert "\n" not in outcome(tmp_path / "a.npz")
        assert peak() < 20
