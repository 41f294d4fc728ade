"""The loop compiled in a second process, while this one compiles f and g: both keep their code in one place on disk.

Numba compiles on one core. Where a method is about to run, and something has to be compiled for its objective, there is
most likely no machine code of its loop either; its types are known before the objective is.
"""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from multiprocessing.spawn import get_executable
from typing import Any

from numba.core import event as events

from solvers.jit import is_kept

PROGRAM = "import sys; sys.path[:] = sys.argv[1].split('\\n'); from solvers.engine import compile_by_name; "
PROGRAM += "compile_by_name(*(words.split() for words in sys.argv[2:]))"


class SecondProcess(events.Listener):  # type: ignore[misc]
    """Waits for this process to compile, and then has `wanted` compiled by another: names of types, of functions."""

    def __init__(self) -> None:
        self.wanted: tuple[str, str] | None = None
        self.running: subprocess.Popen[bytes] | None = None

    def on_start(self, event: Any) -> None:
        """Start the other process, where what is compiled here will be kept on disk."""
        if self.wanted is None or not is_kept(event.data["dispatcher"]):
            return
        words, self.wanted = self.wanted, None
        if self.running is not None and self.running.poll() is None:
            return
        with contextlib.suppress(OSError):  # no more processes are allowed: then one after the other
            self.running = subprocess.Popen(
                [os.fsdecode(get_executable()), "-c", PROGRAM, "\n".join(sys.path), *words],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )

    def on_end(self, event: Any) -> None:
        """Do nothing."""

    def wait(self) -> None:
        """Return when the other process has ended, if there is one. If it failed, its work is done here."""
        if self.running is not None:
            self.running.wait()
            self.running = None


_second = SecondProcess()
wait = _second.wait
events.register("numba:compile", _second)


@contextlib.contextmanager
def beside(settings: Any, functions: list[str]) -> Iterator[None]:
    """Have the loop of `settings` compiled beside what the block compiles, if it compiles anything that goes to disk.

    That is done for what the types of the settings alone tell of: a line-search method, with its parts as by default.

    Parameters
    ----------
    settings : tuple
        Those of a method.
    functions : list of str
        The functions that a `Problem` will have; none, where that is not known.
    """
    if (
        functions
        and hasattr(settings, "search")
        and all(_types(type(part)()) == _types(part) for part in settings)
        and cores() > 1
    ):
        names = " ".join(f"{kind.__module__}:{kind.__qualname__}" for kind in (type(settings), *map(type, settings)))
        _second.wanted = names, " ".join(functions)
    try:
        yield
    finally:
        _second.wanted = None


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _types(part: Any) -> list[type]:
    return [type(value) for value in part]


def named(words: list[str]) -> Any:
    """Return settings of the types with these names, the first of which is that of the whole."""
    kind, *parts = (getattr(import_module(module), name) for module, _, name in (word.partition(":") for word in words))
    return kind(*(part() for part in parts))
