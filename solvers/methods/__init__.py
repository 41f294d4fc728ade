"""The methods: one per file, found by being there. Each file defines ``METHOD``."""

import functools
import importlib
import pkgutil
from typing import TYPE_CHECKING

from solvers.options import nearest

if TYPE_CHECKING:
    from solvers.method import Method


@functools.cache
def names() -> list[str]:
    """Return the names of all methods, in alphabetical order, without importing them."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


@functools.cache
def method(name: str) -> "Method":
    """Return a method by its name.

    Raises
    ------
    ValueError
        When there is none of that name.
    """
    if name not in names():
        raise ValueError(f"unknown method {name!r}: expected one of {', '.join(names())}{nearest(name, names())}")
    found: Method = importlib.import_module(f"{__name__}.{name}").METHOD
    return found
