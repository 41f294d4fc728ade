"""The skeleton of an exercise, written to a file of the user's."""

import shlex
from pathlib import Path

from workbench.exercises import exercise


def write_skeleton(name: str, style: str, file: str | None) -> list[str]:
    """Write an exercise's skeleton, never over a file that is there; return what to tell the user, line by line.

    Raises
    ------
    ValueError
        For an unknown exercise or style, or a file that is there already or is not named as Python's are.
    """
    chosen = exercise(name, style)
    path = Path(file or f"{chosen.function}.py")
    if path.suffix != ".py":
        raise ValueError(f"{path} is no name of a Python file: expected one that ends in .py")
    try:
        with path.open("x", encoding="utf-8") as skeleton:
            skeleton.write(chosen.skeleton)
    except FileExistsError as error:
        raise ValueError(f"{path} is there already and is left as it is: name another file, or move it") from error
    target = shlex.quote(f"{path}:{chosen.function}")
    return [f"wrote {path}", f"next: finish the TODO, then workbench check-gradient {target} --data digits"]
