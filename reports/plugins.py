"""Plug-ins: the modules of a folder, found by being there."""

from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType


def found(package: ModuleType) -> dict[str, ModuleType]:
    """Public modules of `package` by name, sorted by their ``ORDER``, then by name."""
    names = [module.name for module in iter_modules(package.__path__) if not module.name.startswith("_")]
    modules = {name: import_module(f"{package.__name__}.{name}") for name in names}
    return dict(sorted(modules.items(), key=lambda item: (item[1].ORDER, item[0])))
