"""What a solver says while it works: ``remark("...")`` in its source, heard by whoever listens in this thread.

Only interpreted runs speak: compiled into a loop a remark is nothing, and costs nothing.
"""

import contextlib
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any

from numba import types
from numba.core.typing import signature
from numba.core.typing.templates import AbstractTemplate, infer_global
from numba.extending import lower_builtin

_listener: ContextVar[Callable[..., None] | None] = ContextVar("listener", default=None)


@contextlib.contextmanager
def listening(listener: Callable[..., None]) -> Iterator[None]:
    """Hand every remark made inside the block to ``listener(text, *values)``; `text` is a %-format for `values`."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


def remark(text: str | tuple[str, ...], *values: Any) -> None:
    """Say something about the run; of a tuple of texts, the one whose index is the first value."""
    listener = _listener.get()
    if listener is None:
        return
    if isinstance(text, tuple):
        text, values = text[values[0]], values[1:]
    listener(text, *values)


# An ``overload`` would be compiled anew for every text.


@infer_global(remark)
class _CompiledRemark(AbstractTemplate):  # type: ignore[misc]
    """In compiled code a remark has no result, whatever its arguments are."""

    def generic(self, args: Any, kws: Any) -> Any:
        return signature(types.none, *args)


@lower_builtin(remark, types.VarArg(types.Any))
def _lower_remark(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    return context.get_dummy_value()
