"""A published data set: four IDX files with pinned content, found in a folder or downloaded once."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from workbench.data import fetch
from workbench.data.catalogue import builtins
from workbench.data.errors import DataError, listed
from workbench.data.readers.idx import idx_array, image_samples
from workbench.data.search import VARIABLE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from workbench.data.samples import Samples
    from workbench.data.search import Search


@dataclass(frozen=True)
class Published:
    """An entry of the catalogue that is kept as files.

    The pins are of the *unpacked* content, because two gzip files of the same content differ in their headers.
    A download must match them. Files in the user's own folders need not: a subset or a variant loads too, under the
    name ``NAME-unverified``, so that no table calls it by the published name. The files of another published set are
    refused.

    Attributes
    ----------
    name, title, source, size : str
        As in `workbench.data.catalogue.Builtin`.
    mirrors : tuple of str
        Base addresses, tried in order; each holds the files with ``.gz`` appended.
    sha256 : mapping of str to str
        SHA-256 of the unpacked content of training images, training labels, test images and test labels, in this order.
    """

    name: str
    title: str
    source: str
    size: str
    mirrors: tuple[str, ...]
    sha256: Mapping[str, str]

    def read(self, where: Search) -> Samples:
        """The samples, from the first folder that has the files, else from the cache, else downloaded.

        Raises
        ------
        DataError
            The files are nowhere and could not be downloaded, are damaged, or are another data set's.
        """
        own = self._in_folders(where)
        paths = own or self._in_cache(where)
        digests = [hashlib.sha256() for _ in paths]
        X, y, X_test, y_test = (idx_array(path, digest=digest) for path, digest in zip(paths, digests, strict=True))
        samples = image_samples(X, y, X_test, y_test)
        content = {file: digest.hexdigest() for file, digest in zip(self.sha256, digests, strict=True)}
        if content == self.sha256:
            return samples
        folder = paths[0].parent
        if own is None:
            raise DataError(f"the copy of {self.name} in the cache is damaged: delete the folder '{folder}'")
        for other in builtins().values():
            if isinstance(other, Published) and other.sha256 == content:
                raise DataError(f"the files in '{folder}' are those of {other.name}, not of {self.name}")
        title = f"{self.title}; from {folder}, whose files are not the published ones"
        return replace(samples, name=f"{self.name}-unverified", title=title)

    def on_disk(self, where: Search) -> bool:
        """Whether `read` needs no network; some of the files are as good as none."""
        try:
            in_folders = self._in_folders(where) is not None
        except DataError:
            return False
        return in_folders or all(path.exists() for path in self._cached())

    def _in_folders(self, where: Search) -> list[Path] | None:
        """The four files, plain or packed, from the first of the user's folders that has them."""
        for folder in (place for root in where.folders for place in (root / self.name, root)):
            found = {file: _plain_or_packed(folder / file) for file in self.sha256}
            paths = [path for path in found.values() if path is not None]
            if len(paths) == len(found):
                return paths
            if paths:
                missing = listed(file for file, path in found.items() if path is None)
                raise DataError(f"'{folder}' has some files of {self.name} but lacks {missing} (plain or .gz)")
        return None

    def _cached(self) -> list[Path]:
        return [fetch.cache_folder(self.name) / file for file in self.sha256]

    def _in_cache(self, where: Search) -> list[Path]:
        """The four files in the cache, fetched if they are not there and that is allowed."""
        cached = self._cached()
        if not where.download:
            if all(path.exists() for path in cached):
                return cached
            raise DataError(f"{self.name} is not on disk and download is off; {self._advice(where)}")
        try:
            return [fetch.fetched(self.mirrors, file, pin, cached[0].parent) for file, pin in self.sha256.items()]
        except fetch.NotFetchedError as error:
            raise DataError(
                f"{self.name} is not on disk and could not be fetched ({error}); {self._advice(where)}"
            ) from None

    def _advice(self, where: Search) -> str:
        looked = " and ".join(f"'{folder}'" for folder in where.folders) or "no folder, as none was given"
        return (
            f"looked in {looked}; put the files {', '.join(self.sha256)} (plain or .gz) into a folder "
            f"and give it as data_dir or in {VARIABLE}"
        )


def _plain_or_packed(path: Path) -> Path | None:
    return next((place for place in (path, path.with_name(f"{path.name}.gz")) if place.is_file()), None)
