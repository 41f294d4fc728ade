"""Bounded reading: a stream that stops with an error before a file costs more memory than it may.

A plain file yields at most its own size and `MAX_BYTES`. A gzip file yields at most `MAX_BYTES` and at most
`MAX_RATIO` times its packed size (small files up to `SMALL_BYTES`): real data pack 2 to 50 times, a bomb 1,000 times.
All three are module constants that a program may set.
"""

from __future__ import annotations

import gzip
import io
import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from workbench.data.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MAX_BYTES = 4 * 2**30
MAX_RATIO = 200
SMALL_BYTES = 16 * 2**20

_GZIP = b"\x1f\x8b"
_BUFFER = 2**18


def unpacked_limit(packed_size: int) -> int:
    """Most bytes that a packed file of this size may unpack to."""
    return min(MAX_BYTES, max(SMALL_BYTES, MAX_RATIO * packed_size))


def too_much(name: str, promised: str, limit: int) -> DataError:
    """The error for content beyond the limit, with the way out for data that are meant so."""
    return DataError(
        f"{name} {promised}, more than the {limit:,} bytes allowed for a file of its size: it is damaged "
        "or made to fill the memory (if it is meant so, unpack it first, or raise the limits in workbench.data.bounded)"
    )


class _Metered(io.RawIOBase):
    """Bytes of an inner stream, counted against the limit and hashed where a digest is given."""

    def __init__(self, inner: Any, name: str, limit: int, digest: Any) -> None:
        self._inner, self._name, self._limit, self._digest = inner, name, limit, digest
        self._count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer)[:_BUFFER]  # gzip would first make one bytes object of the whole request
        try:
            size: int = self._inner.readinto(view)
        except (EOFError, OSError, zlib.error) as error:
            raise DataError(f"{self._name} is damaged: {error}") from None
        self._count += size
        if self._count > self._limit:
            raise too_much(self._name, f"goes on after {self._limit:,} bytes", self._limit)
        if self._digest is not None:
            self._digest.update(view[:size])
        return size


class BoundedStream(io.BufferedReader):
    """A buffered reader that knows the most it will yield: ``limit`` in bytes."""

    def __init__(self, raw: io.RawIOBase, limit: int) -> None:
        super().__init__(raw, _BUFFER)
        self.limit = limit


@contextmanager
def opened(path: Path, *, digest: Any = None) -> Iterator[BoundedStream]:
    """Open a file for bounded reading, unpacked if its content, not its name, is gzip.

    Parameters
    ----------
    path : Path
        The file.
    digest : hashlib object, optional
        Updated with every unpacked byte that is read from the file.

    Raises
    ------
    DataError
        The file cannot be opened or is too large; while reading, also where it is damaged or unpacks to too much.
    """
    try:
        file = path.open("rb")
    except OSError as error:
        raise DataError(f"cannot read '{path}': {error.strerror or error}") from None
    with file:
        size = path.stat().st_size
        packed = file.peek(2)[:2] == _GZIP
        if size > MAX_BYTES:
            raise too_much(path.name, f"has {size:,} bytes", MAX_BYTES)
        limit = unpacked_limit(size) if packed else size
        inner = gzip.GzipFile(fileobj=file) if packed else file
        with BoundedStream(_Metered(inner, path.name, limit, digest), limit) as stream:
            yield stream
