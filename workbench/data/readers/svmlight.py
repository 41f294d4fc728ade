"""svmlight text: a label and the index:value pairs of the features that are not zero, one row per line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.data.errors import DataError
from workbench.data.reader import Reader
from workbench.data.samples import Samples
from workbench.data.text import opened_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class _CountedLines:
    """Lines of a stream with the number of the one last given out, so that a parser's error can name it."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self.number = 0

    def __iter__(self) -> Iterator[bytes]:
        for line in self._stream:
            self.number += 1
            yield line

    def read(self, size: int = -1) -> bytes:
        return bytes(self._stream.read(size))


def read(path: Path) -> Samples:
    """Sparse rows; indices count from 1 unless a 0 occurs. Labels that are whole numbers become integers.

    Raises
    ------
    DataError
        A line is not of this form; it is named.
    """
    from sklearn.datasets import load_svmlight_file

    with opened_text(path, "an svmlight file") as stream:
        lines = _CountedLines(stream)
        try:
            X, y = load_svmlight_file(lines)
        except DataError:
            raise
        except (ValueError, OverflowError) as error:
            raise DataError(
                f"{path.name}, line {lines.number}: expected 'label index:value index:value ...' "
                f"with ascending indices: {error}"
            ) from None
    if X.nnz == 0:
        raise DataError(f"{path.name} has no index:value pair in any of its {X.shape[0]:,} rows: there are no features")
    whole = np.isfinite(y).all() and (y == np.round(y)).all() and np.abs(y).max(initial=0.0) < 2**53
    return Samples(X, y.astype(np.int64) if whole else np.array(y))


READER = Reader((".svm", ".svmlight", ".libsvm"), read)
