"""Where data are looked for: folders in order, and whether the network may be asked."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from workbench.data.errors import DataError

VARIABLE = "WORKBENCH_DATA"


@dataclass(frozen=True)
class Search:
    """Folders to look in, first to last, and whether a set that is in none of them may be downloaded."""

    folders: tuple[Path, ...]
    download: bool

    def file(self, path: Path) -> Path | None:
        """The path itself if it exists, else the first of that name under a folder of the search."""
        places = [path] if path.is_absolute() else [path, *(folder / path for folder in self.folders)]
        return next((place for place in places if _exists(place)), None)


def expanded(path: str | os.PathLike[str]) -> Path:
    """The path with ``~`` replaced by the home folder, where there is such a person."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        return Path(path)


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a name too long for any file, or a folder that may not be looked into
        return False


def search(data_dir: str | os.PathLike[str] | None, download: bool) -> Search:
    """The search a caller asks for: ``data_dir``, then the folder that the environment names.

    Raises
    ------
    DataError
        ``data_dir`` is not a folder. A stale environment variable is no error: it may be meant for other sets.
    """
    folders = []
    if data_dir is not None:
        folders.append(expanded(data_dir))
        if not folders[0].is_dir():
            raise DataError(f"data_dir '{data_dir}' is not a folder: give the folder that holds the data files")
    if os.environ.get(VARIABLE):
        folders.append(expanded(os.environ[VARIABLE]))
    return Search(tuple(folders), download)
