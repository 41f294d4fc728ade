"""The library behind a family of peers: its version, or why it cannot be used. Nothing is imported to find out."""

from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

PROJECT = "minfunc-workbench"


@dataclass(frozen=True)
class Library:
    """What has to be installed.

    Parameters
    ----------
    prefix : str
        What its peers' names begin with.
    distributions : tuple of str
        What a package index calls it, the one that does the work first.
    modules : tuple of str
        What is imported.
    extra : str
        The extra of this project that installs it; empty where every installation has it.
    """

    prefix: str
    distributions: tuple[str, ...]
    modules: tuple[str, ...]
    extra: str = ""

    @property
    def missing(self) -> str:
        """Why it cannot be used, or nothing."""
        absent = [name for name in self.modules if find_spec(name) is None]
        if not absent:
            return ""
        return f"is not installed ({', '.join(absent)} not found): pip install '{PROJECT}[{self.extra or self.prefix}]'"

    @property
    def versions(self) -> str:
        """What is installed of it, such as ``torch 2.9.0``; empty where nothing is."""
        found = []
        for name in self.distributions:
            try:
                found.append(f"{name} {version(name)}")
            except PackageNotFoundError:
                continue
        return ", ".join(found)
