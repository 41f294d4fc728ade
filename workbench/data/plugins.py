"""Plug-ins found by being there: every module of a folder, in alphabetical order."""

from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


def declared_in(package: str, attribute: str) -> Iterator[Any]:
    """Yield what each module of ``package`` declares under the name ``attribute``."""
    folder = importlib.import_module(package).__path__
    for name in sorted(module.name for module in pkgutil.iter_modules(folder)):
        yield getattr(importlib.import_module(f"{package}.{name}"), attribute)
