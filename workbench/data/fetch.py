"""Fetching a published file: over https, once, unpacked into the cache, its content pinned by SHA-256."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from workbench.data.bounded import opened
from workbench.data.errors import DataError
from workbench.data.signatures import HEAD, description, known_kind

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_DOWNLOAD = 64 * 2**20
TIMEOUT = 30  # seconds without an answer


class NotFetchedError(DataError):
    """No mirror gave the file; the message says what each of them did instead."""


def cache_folder(data_set: str) -> Path:
    """The folder of the user's cache that keeps the files of one data set."""
    import platformdirs

    return Path(platformdirs.user_cache_dir("minfunc-workbench")) / "data" / data_set


def fetched(mirrors: Iterable[str], file: str, sha256: str, folder: Path) -> Path:
    """The path of a published file in the cache, downloaded from the first mirror that has it if it is not there.

    Parameters
    ----------
    mirrors : iterable of str
        Base addresses under which the file is kept with ``.gz`` appended.
    file : str
        Its name, unpacked.
    sha256 : str
        Of its unpacked content. A file in the cache with other content is fetched anew.
    folder : Path
        Where it is kept, unpacked.

    Raises
    ------
    NotFetchedError
        No mirror gave this content.
    """
    import pooch

    failures = []
    for mirror in mirrors:
        try:
            return Path(
                pooch.retrieve(
                    f"{mirror}{file}.gz", f"sha256:{sha256}", fname=file, path=folder, downloader=_unpacked_download
                )
            )
        except (OSError, ValueError) as error:
            failures.append(f"{urlsplit(mirror).netloc}: {_reason(error)}")
    raise NotFetchedError("; ".join(failures))


def _reason(error: Exception) -> str:
    if isinstance(error, DataError):
        return str(error)
    if isinstance(error, ValueError):  # pooch's word for a wrong hash, over several sentences
        return "its content is not the published one (SHA-256 differs)"
    status = getattr(getattr(error, "response", None), "status_code", None)
    if status:
        return f"HTTP status {status}"
    is_local = isinstance(error, OSError) and error.filename is not None  # the cache cannot be written
    return str(error) if is_local else f"no connection ({type(error).__name__})"


class _Capped:
    """A file to write to, up to `MAX_DOWNLOAD` bytes."""

    def __init__(self, file: Any) -> None:
        self._file = file

    def write(self, chunk: bytes) -> None:
        self._file.write(chunk)
        if self._file.tell() > MAX_DOWNLOAD:
            raise DataError(f"more than {MAX_DOWNLOAD:,} bytes came, no published file is that large")

    def flush(self) -> None:
        self._file.flush()


def _unpacked_download(url: str, output_file: str, pooch_: Any) -> None:
    """Pooch's downloader: what it leaves in ``output_file`` is unpacked, so that pooch compares the pin with that."""
    import pooch

    with tempfile.TemporaryDirectory() as folder:
        packed = Path(folder) / url.rpartition("/")[2]
        with packed.open("wb") as file:
            pooch.HTTPDownloader(timeout=TIMEOUT)(url, _Capped(file), pooch_)
        with opened(packed) as content, Path(output_file).open("wb") as unpacked:
            head = content.peek(HEAD)[:HEAD]
            if not head or known_kind(head):
                raise DataError(f"{packed.name} came, but it {description(head)}")
            shutil.copyfileobj(content, unpacked)
