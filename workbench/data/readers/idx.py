"""IDX, the format of MNIST: a header of big-endian lengths, then the numbers; images and labels in two files.

Source: Y. LeCun, C. Cortes, C. J. C. Burges, "The MNIST database of handwritten digits", section "The IDX file format".
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.data.bounded import opened, too_much
from workbench.data.errors import DataError, MissingFileError
from workbench.data.reader import Reader
from workbench.data.samples import Samples
from workbench.data.scaling import AS_GIVEN, divided_by
from workbench.data.signatures import HEAD, description

if TYPE_CHECKING:
    from pathlib import Path

_TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
_MAX_DIMENSIONS = 4


def idx_array(path: Path, *, digest: Any = None) -> np.ndarray[Any, Any]:
    """The array of one IDX file, plain or gzip, in the machine's byte order.

    Parameters
    ----------
    path : Path
        The file.
    digest : hashlib object, optional
        Updated with the file's unpacked content, header included.

    Raises
    ------
    DataError
        The file is no IDX file, or holds less or more than its header promises.
    """
    with opened(path, digest=digest) as stream:
        head = stream.peek(HEAD)[:HEAD]
        magic = stream.read(4)
        is_idx = len(magic) == 4 and magic[:2] == b"\0\0" and magic[2] in _TYPES and 1 <= magic[3] <= _MAX_DIMENSIONS
        lengths = stream.read(4 * magic[3]) if is_idx else b""
        if not is_idx or len(lengths) < 4 * magic[3]:
            raise DataError(f"{path.name} is not an IDX file: it {description(head)}")
        shape = tuple(int(length) for length in np.frombuffer(lengths, ">u4"))
        dtype = np.dtype(_TYPES[magic[2]])
        promised = math.prod(shape) * dtype.itemsize
        extent = f"{promised:,} bytes ({' × '.join(f'{length:,}' for length in shape)})"
        if promised == 0:
            raise DataError(f"{path.name} is empty: its header promises {extent}")
        if promised > stream.limit:
            raise too_much(path.name, f"promises {extent} in its header", stream.limit)
        array = np.empty(shape, dtype)
        found = stream.readinto(array.reshape(-1).view(np.uint8).data)
        if found < promised:
            raise DataError(f"{path.name} is cut off: its header promises {extent}, it holds {found:,}; fetch it again")
        if stream.read(1):
            raise DataError(f"{path.name} is damaged: it goes on after the {extent} that its header promises")
    return array.astype(dtype.newbyteorder("="), copy=False)


def image_samples(images: np.ndarray[Any, Any], y: Any, X_test: Any = None, y_test: Any = None) -> Samples:
    """Samples from arrays of images; those of unsigned bytes are scaled to 0..1."""
    return Samples(
        _rows(images),
        y,
        None if X_test is None else _rows(X_test),
        y_test,
        image_shape=images.shape[1:] if images.ndim == 3 else None,
        scaling=divided_by(255.0, "pixels / 255") if images.dtype == np.uint8 and images.ndim > 2 else AS_GIVEN,
    )


def _rows(images: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return images.reshape(len(images), -1)


def _beside(path: Path, *renamed: tuple[str, str]) -> Path | None:
    """The file beside this one whose name has each new part for the old one, packed or not."""
    plain = path.name.removesuffix(".gz")
    for old, new in renamed:
        plain = plain.replace(old, new)
    return next((place for place in (path.with_name(plain), path.with_name(plain + ".gz")) if place.exists()), None)


def _labels(images: Path) -> np.ndarray[Any, Any]:
    labels = _beside(images, ("images", "labels"), ("idx3", "idx1"))
    if "images" not in images.name or labels is None:
        raise MissingFileError(
            f"the labels of {images.name} were not found: give a file named like train-images-idx3-ubyte "
            "with train-labels-idx1-ubyte beside it"
        )
    return idx_array(labels)


def read(path: Path) -> Samples:
    """Images with the labels beside them; beside images named ``train``, those named ``t10k`` are the test split.

    Raises
    ------
    DataError
        A file is no IDX file or damaged, or the labels of images are missing.
    """
    y = _labels(path)
    test = _beside(path, ("train", "t10k")) if "train" in path.name else None
    if test is None:
        return image_samples(idx_array(path), y)
    return image_samples(idx_array(path), y, idx_array(test), _labels(test))


READER = Reader(("-idx3-ubyte", ".idx3-ubyte", "-ubyte", ".idx"), read)
