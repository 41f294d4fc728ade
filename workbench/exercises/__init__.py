"""Exercises: a file for the user to finish, and the f of a right answer; one Python file each, found by being there."""

import importlib
import pkgutil

from solvers.options import nearest
from workbench.exercises.exercise import Exercise

__all__ = ["Exercise", "exercise"]


def exercise(name: str, style: str) -> Exercise:
    """Return the exercise of this name in this style.

    Parameters
    ----------
    name : str
        What is to be written, such as ``"softmax"``.
    style : str
        Whose conventions it follows, such as ``"ufldl"``.

    Raises
    ------
    ValueError
        There is none; the nearest name, or all there are, are offered.
    """
    files = (module.name for module in pkgutil.iter_modules(__path__) if module.name != "exercise")
    found = [importlib.import_module(f"{__name__}.{file}").exercise for file in files]
    of_name = {one.style: one for one in found if one.name == name}
    if not of_name:
        names = sorted({one.name for one in found})
        raise ValueError(f"there is no exercise {name!r}{nearest(name, names) or f': expected {_listed(names)}'}")
    if style not in of_name:
        hint = nearest(style, of_name) or f": expected {_listed(sorted(of_name))}"
        raise ValueError(f"there is no style {style!r} of {name}{hint}")
    return of_name[style]


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"one of {', '.join(names)}"
