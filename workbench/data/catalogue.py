"""The catalogue of built-in data sets, found in the folder ``builtin``: one module per set or family."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from workbench.data.plugins import declared_in
from workbench.data.search import Search, search

if TYPE_CHECKING:
    import os

    from workbench.data.samples import Samples


class Builtin(Protocol):
    """What a module of ``workbench.data.builtin`` declares, one or more in its tuple ``DATASETS``."""

    @property
    def name(self) -> str:
        """What the user types."""

    @property
    def title(self) -> str:
        """One line that says what the data are."""

    @property
    def source(self) -> str:
        """Who made or ships them."""

    @property
    def size(self) -> str:
        """Rows, features and classes, for people."""

    def read(self, where: Search) -> Samples:
        """The samples, from disk or, where allowed, from the network."""

    def on_disk(self, where: Search) -> bool:
        """Whether `read` needs no network."""


@dataclass(frozen=True)
class DatasetInfo:
    """One line of the catalogue.

    Attributes
    ----------
    name, title, source, size : str
        What to type, what it is, where it is from, and ``"train + test × features · classes"``.
    on_disk : bool
        Whether it loads without the network.
    """

    name: str
    title: str
    source: str
    size: str
    on_disk: bool


def builtins() -> dict[str, Builtin]:
    """Every built-in data set by name."""
    return {entry.name: entry for family in declared_in("workbench.data.builtin", "DATASETS") for entry in family}


def list_datasets(*, data_dir: str | os.PathLike[str] | None = None) -> tuple[DatasetInfo, ...]:
    """The built-in data sets in alphabetical order.

    Parameters
    ----------
    data_dir : path, optional
        A folder to look in first, as for `workbench.load_dataset`.

    Returns
    -------
    tuple of DatasetInfo
        Nothing is read or downloaded; files are only looked for.
    """
    where = search(data_dir, download=False)
    return tuple(
        DatasetInfo(entry.name, entry.title, entry.source, entry.size, entry.on_disk(where))
        for _, entry in sorted(builtins().items())
    )
