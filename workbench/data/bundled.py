"""A data set that an installed package brings along."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.data.samples import Samples
    from workbench.data.search import Search


@dataclass(frozen=True)
class Bundled:
    """An entry of the catalogue whose samples come from ``samples()``, without files or network."""

    name: str
    title: str
    source: str
    size: str
    samples: Callable[[], Samples]

    def read(self, where: Search) -> Samples:
        """The samples; there is nothing to look for."""
        return self.samples()

    def on_disk(self, where: Search) -> bool:
        """Whether `read` needs no network: it never does."""
        return True
