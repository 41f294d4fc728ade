"""An exercise: what is handed to the user, and what their answer is held against."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class Exercise:
    """An objective that a user is to write.

    Attributes
    ----------
    name, style : str
        What is to be written, and whose conventions it follows.
    function : str
        Name of the function to be written, and of the file without its ``.py``.
    skeleton : str
        Text of the file: shapes, conventions, the TODO, and no answer.
    value : callable
        ``value(theta, *args)``: the f of a right answer, as a float.
    """

    name: str
    style: str
    function: str
    skeleton: str
    value: Callable[..., Any]
