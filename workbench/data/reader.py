"""Readers of file formats, found in the folder ``readers``: one module per format declares ``READER``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.data.errors import DataError, listed
from workbench.data.plugins import declared_in

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from workbench.data.samples import Samples


@dataclass(frozen=True)
class Reader:
    """One file format.

    Attributes
    ----------
    suffixes : tuple of str
        Lower-case ends of the file names it reads, without ``.gz``.
    read : callable
        ``read(path, **options)`` returns `Samples`.
    options : frozenset of str
        The options it takes: ``"target"``, the label column of a table; ``"member"``, one set of an archive of several.
    """

    suffixes: tuple[str, ...]
    read: Callable[..., Samples]
    options: frozenset[str] = frozenset()


def readers() -> tuple[Reader, ...]:
    """Every reader there is."""
    return tuple(declared_in("workbench.data.readers", "READER"))


def stem(file_name: str) -> str:
    """The name without ``.gz`` and without its format's suffix; the name itself where no reader knows it."""
    bare = file_name.removesuffix(".gz")
    for suffix in (suffix for reader in readers() for suffix in reader.suffixes):
        if bare.lower().endswith(suffix):
            return bare[: -len(suffix)].rstrip("-.") or bare
    return bare


def reader_of(path: Path) -> Reader:
    """The reader whose suffix the file's name has.

    Raises
    ------
    DataError
        No reader knows the suffix.
    """
    bare = path.name.lower().removesuffix(".gz")
    for reader in readers():
        if bare.endswith(reader.suffixes):
            return reader
    known = listed(suffix for reader in readers() for suffix in reader.suffixes)
    raise DataError(
        f"{path.name}: no reader for files of this name; known are {known}, each also with .gz if it is text or IDX"
    )
