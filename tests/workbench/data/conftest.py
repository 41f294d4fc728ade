"""Hand-made files of each format, kept apart from the data and the cache of the person who runs the tests."""

import gzip
import struct
import tracemalloc
from contextlib import contextmanager

import numpy as np
import pytest

IDX_CODES = {"u1": 0x08, "i1": 0x09, "i2": 0x0B, "i4": 0x0C, "f4": 0x0D, "f8": 0x0E}


def _idx_bytes(array):
    header = struct.pack(f">BBBB{array.ndim}I", 0, 0, IDX_CODES[array.dtype.str[1:]], array.ndim, *array.shape)
    return header + array.astype(array.dtype.newbyteorder(">")).tobytes()


@pytest.fixture
def idx_bytes():
    """The content of an IDX file that holds an array."""
    return _idx_bytes


@pytest.fixture
def idx_pair():
    """Write images and labels under the names of MNIST's files; returns the path of the images."""

    def write(folder, images, labels, part="train", packed=True):
        folder.mkdir(parents=True, exist_ok=True)
        suffix = ".gz" if packed else ""
        for kind, array in (("images-idx3", images), ("labels-idx1", labels)):
            content = _idx_bytes(array)
            (folder / f"{part}-{kind}-ubyte{suffix}").write_bytes(gzip.compress(content) if packed else content)
        return folder / f"{part}-images-idx3-ubyte{suffix}"

    return write


@pytest.fixture
def images():
    return np.arange(12 * 6, dtype=np.uint8).reshape(12, 2, 3)


@pytest.fixture
def labels():
    return np.tile(np.array([3, 7, 9], dtype=np.uint8), 4)


@pytest.fixture
def text_file(tmp_path):
    """Write text lines to a file of this name, packed where the name says so; returns its path."""

    def write(name, *lines):
        content = "".join(f"{line}\n" for line in lines).encode()
        path = tmp_path / name
        path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
        return path

    return write


@pytest.fixture
def zeros_gz(tmp_path):
    """Write a gzip file of a head and a number of MiB of zeros, never held in memory; returns its path."""

    def write(name, head, mebibytes, filler=b"\0"):
        path = tmp_path / name
        with gzip.open(path, "wb", compresslevel=1) as file:
            file.write(head)
            for _ in range(mebibytes):
                file.write(filler * (2**20 // len(filler)))
        return path

    return write


@pytest.fixture
def memory_peak():
    """A context whose value, called, is the most MiB that Python and NumPy held at once inside it."""

    @contextmanager
    def measured():
        tracemalloc.start()
        try:
            yield lambda: tracemalloc.get_traced_memory()[1] / 2**20
        finally:
            tracemalloc.stop()

    return measured


@pytest.fixture(autouse=True)
def _apart(monkeypatch, tmp_path_factory):
    cache = tmp_path_factory.mktemp("cache")
    monkeypatch.delenv("WORKBENCH_DATA", raising=False)
    monkeypatch.setattr("workbench.data.fetch.cache_folder", lambda name: cache / name)
