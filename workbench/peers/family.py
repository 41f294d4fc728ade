"""A family: solvers whose names begin with one prefix, as ``scipy:L-BFGS-B`` does; each is a file of ``families``."""

import functools
import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from solvers.options import nearest
from workbench.peers import families
from workbench.peers.library import Library


@dataclass(frozen=True)
class Family:
    """What a file of ``families`` declares as ``FAMILY``.

    Parameters
    ----------
    library : Library
        Where its solvers come from; its prefix is the file's name.
    members : mapping
        Its solvers, by the word that follows the prefix.
    ours : bool
        Whether they are the workbench's own, and no peers.
    """

    library: Library
    members: Mapping[str, Any]
    ours: bool = False

    def member(self, word: str) -> Any:
        """Return a solver by the word that follows the prefix.

        Raises
        ------
        ValueError
            When there is none of that name; the nearest valid name is offered.
        """
        prefix = self.library.prefix
        if word not in self.members:
            said = f"unknown method {f'{prefix}:{word}'!r}" if word else f"{prefix} alone names no method"
            names = ", ".join(self.members)
            raise ValueError(f"{said}: expected {prefix}: and one of {names}{nearest(word, self.members)}")
        return self.members[word]


def prefixes() -> list[str]:
    """Return the prefixes of all families: the names of their files, none of which is imported."""
    return sorted(module.name for module in pkgutil.iter_modules(families.__path__))


@functools.cache
def family(prefix: str) -> Family:
    """Return a family by its prefix."""
    found: Family = importlib.import_module(f"{families.__name__}.{prefix}").FAMILY
    return found


def peers() -> list[Any]:
    """Return the solvers of other libraries, installed or not."""
    every = [family(prefix) for prefix in prefixes()]
    return [member for each in every if not each.ours for member in each.members.values()]
