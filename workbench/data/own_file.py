"""A user's own file: its path, perhaps with the name of one set in it, becomes samples by the reader of its format."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from workbench.data.catalogue import builtins
from workbench.data.errors import DataError, MissingFileError, did_you_mean, listed
from workbench.data.reader import reader_of, readers, stem
from workbench.data.search import expanded

if TYPE_CHECKING:
    from pathlib import Path

    from workbench.data.samples import Samples
    from workbench.data.search import Search


def samples_in(text: str, target: str | None, where: Search) -> Samples:
    """The samples of the file that ``text`` names, themselves named after it.

    Raises
    ------
    DataError
        There is no such file, no reader for it, or an option that its format does not take.
    """
    path, member = _located(text, where)
    reader = reader_of(path)
    given = {"target": target, "member": member}
    options = {option: value for option, value in given.items() if value is not None}
    if "target" in options and "target" not in reader.options:
        raise DataError(
            f"{path.name}: target= names the label column of a table (CSV, TSV, Parquet); this format has its own"
        )
    if "member" in options and "member" not in reader.options:
        raise DataError(f"{path.name}: ':{member}' names one set of an .npz file; this format holds one set only")
    samples = reader.read(path, **options)
    name = stem(path.name) + (f"-{member}" if member else "")
    return replace(samples, name=re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.") or "data", title=str(path))


def _located(text: str, where: Search) -> tuple[Path, str | None]:
    """The file and the name of the set in it, if one is given after a colon."""
    path = expanded(text)
    member = None
    found = where.file(path)
    if found is None and ":" in path.name:
        head, _, member = text.rpartition(":")
        path = expanded(head)
        found = where.file(path)
    if found is None:
        raise _missing(path, where)
    if found.is_dir():
        raise DataError(f"'{found}' is a folder: give a file in it, or the name of a data set with data_dir='{found}'")
    if not found.is_file():
        raise DataError(f"'{found}' is no regular file: data are read from files")
    return found, member


def _missing(path: Path, where: Search) -> DataError:
    suffixes = tuple(suffix for reader in readers() for suffix in reader.suffixes)
    if len(path.parts) > 1 or path.name.lower().removesuffix(".gz").endswith(suffixes):
        folder = path.parent
        beside = [place.name for place in folder.iterdir()] if folder.is_dir() else []
        looked = "".join(f", nor in '{root}'" for root in where.folders if not path.is_absolute())
        return MissingFileError(f"no such file: '{path}'{looked}{did_you_mean(path.name, beside)}".removesuffix(";"))
    names = sorted(builtins())
    return DataError(
        f"unknown data set '{path}'{did_you_mean(str(path), names)} known are {listed(names)}; or give a path to a file"
    )
