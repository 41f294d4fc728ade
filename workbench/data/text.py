"""Text to be parsed: bytes that are checked, as they come, to be lines of text."""

from __future__ import annotations

import io
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from workbench.data.bounded import BoundedStream, opened
from workbench.data.errors import DataError
from workbench.data.signatures import HEAD, description, known_kind

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MAX_LINE = 64 * 2**20


class _Lines(io.RawIOBase):
    """Bytes of an inner stream, refused at the first binary zero or endless line.

    A parser would keep either in memory as one word, up to the end of the file.
    """

    def __init__(self, inner: BoundedStream, name: str) -> None:
        self._inner, self._name = inner, name
        self._line = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer)
        size = self._inner.readinto1(view)
        chunk = bytes(view[:size])
        if b"\0" in chunk:
            raise DataError(f"{self._name} is not text: it holds binary zeros")
        since_newline = size - 1 - chunk.rfind(b"\n")
        self._line = self._line + size if since_newline == size else since_newline
        if self._line > MAX_LINE:
            raise DataError(f"{self._name} has a line of more than {MAX_LINE:,} bytes: it is not a table in text form")
        return size


@contextmanager
def opened_text(path: Path, expected: str) -> Iterator[BoundedStream]:
    """Open a text file, packed or not, for bounded reading of its bytes.

    Parameters
    ----------
    path : Path
        The file.
    expected : str
        What the file should be, for the error: ``"a CSV file"``.

    Raises
    ------
    DataError
        The file is empty or, by its first bytes, something else; while reading, also where it turns out not to be text.
    """
    with opened(path) as content:
        head = content.peek(HEAD)[:HEAD]
        if not head or known_kind(head):
            raise DataError(f"{path.name} is not {expected}: it {description(head)}")
        with BoundedStream(_Lines(content, path.name), content.limit) as stream:
            yield stream
