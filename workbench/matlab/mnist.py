"""MNIST files in MATLAB's order: one image per column, unrolled column by column."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.data.errors import DataError
from workbench.data.readers.idx import idx_array

if TYPE_CHECKING:
    import os

    from workbench.matlab.layout import FloatArray, IntArray


def load_mnist_images(path: str | os.PathLike[str]) -> FloatArray:
    """Images of an IDX file, plain or gzip: shape (rows * columns, N), in [0, 1].

    Entry ``r + rows * c`` of a column is the pixel in row r and column c, both counted from 0: ``image(:)`` of the
    upright image, as UFLDL's ``loadMNISTImages`` gives it, **not** the order of the file, which
    `workbench.load_dataset` keeps.

    Raises
    ------
    DataError
        The file is missing, damaged, no IDX file, or holds no images of bytes.
    """
    images = idx_array(Path(path))
    if images.ndim != 3 or images.dtype != np.uint8:
        raise DataError(f"{Path(path).name} holds {_found(images)}, expected images: N × rows × columns of uint8")
    flat: FloatArray = images.transpose(2, 1, 0).reshape(-1, len(images)) / 255.0
    return flat


def load_mnist_labels(path: str | os.PathLike[str]) -> IntArray:
    """Labels of an IDX file, plain or gzip: shape (N,), as in the file, for MNIST 0 … 9.

    Raises
    ------
    DataError
        The file is missing, damaged, no IDX file, or holds no labels.
    """
    labels = idx_array(Path(path))
    if labels.ndim != 1 or labels.dtype != np.uint8:
        raise DataError(f"{Path(path).name} holds {_found(labels)}, expected labels: N numbers of uint8")
    return labels.astype(np.int64)


def _found(array: np.ndarray[Any, Any]) -> str:
    return f"{' × '.join(str(length) for length in array.shape)} numbers of {array.dtype}"
