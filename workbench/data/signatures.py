"""File signatures: what a file is by its first bytes, whatever its name says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.data.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

HEAD = 64

_SIGNATURES = (
    (b"\x1f\x8b", "a gzip file"),
    (b"PK\x03\x04", "a zip archive"),
    (b"PK\x05\x06", "an empty zip archive"),
    (b"PAR1", "a Parquet file"),
    (b"\x93NUMPY", "a NumPy .npy file"),
    (b"\x89HDF", "an HDF5 file"),
    (b"SQLite format 3", "an SQLite database"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"%PDF", "a PDF document"),
    (b"BZh", "a bzip2 file"),
    (b"\xfd7zXZ", "an xz file"),
    (b"\x28\xb5\x2f\xfd", "a zstd file"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"\xd0\xcf\x11\xe0", "an old Office document"),
    (b"\xff\xfe", "UTF-16 text (save it as UTF-8)"),
    (b"\xfe\xff", "UTF-16 text (save it as UTF-8)"),
    (b"version https://git-lfs", "a Git LFS pointer (the data themselves were not fetched)"),
)
_MARKUP = ((b"<!doctype html", "an HTML page"), (b"<html", "an HTML page"), (b"<?xml", "an XML document"))


def require_signature(path: Path, signature: bytes, expected: str) -> None:
    """Check that a file begins as ``expected`` does.

    Raises
    ------
    DataError
        It begins otherwise, or cannot be read.
    """
    try:
        with path.open("rb") as file:
            head = file.read(HEAD)
    except OSError as error:
        raise DataError(f"cannot read '{path}': {error.strerror or error}") from None
    if not head.startswith(signature):
        raise DataError(f"{path.name} is not {expected}: it {description(head)}")


def known_kind(head: bytes) -> str | None:
    """What a file that begins with these bytes is, or None where they are no known signature."""
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    matches = (kind for signature, kind in _SIGNATURES if head.startswith(signature))
    markup = (kind for signature, kind in _MARKUP if text.startswith(signature))
    return next(matches, None) or next(markup, None)


def description(head: bytes) -> str:
    """The end of the sentence "the file ...": what it is, or how it begins."""
    if not head:
        return "is empty"
    kind = known_kind(head)
    return f"is {kind}" if kind else f"begins with {head[:8]!r}"
