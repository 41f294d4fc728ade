"""What a solver says while it works: ``remark("...")`` in its source, heard by whoever listens in this thread.

Only interpreted runs speak: compiled into a loop a remark is nothing, and costs nothing.
"""

import contextlib
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any

from numba.extending import overload

_listener: ContextVar[Callable[..., None] | None] = ContextVar("listener", default=None)


@contextlib.contextmanager
def listening(listener: Callable[..., None]) -> Iterator[None]:
    """Hand every remark made inside the block to ``listener(text, *values)``; `text` is a %-format for `values`."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


def remark(text: str, *values: Any) -> None:
    """Say something about the run."""
    listener = _listener.get()
    if listener is not None:
        listener(text, *values)


@overload(remark)
def _compiled_remark(text, *values):
    return lambda text, *values: None
