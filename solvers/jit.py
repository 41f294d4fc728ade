"""Compilation: what is compiled, where the machine code is kept, and when it is stale.

Two decorators make every source file of the solvers run both ways:

``part``
    for functions that receive the objective: plain Python when called from Python, compiled into the caller when
    called from compiled code.
``compiled``
    for leaves that see only arrays and scalars: always compiled, so that an interpreted loop does not pay for every
    coordinate, and so that interpreted and compiled loops get the same bits.

Machine code is kept on disk by Numba. Numba alone notices an edit in the file of the function it compiles, but not in
the files of the functions that one calls; here each file carries a hash of all sources of the package instead.
"""

import functools
import gc
import hashlib
import importlib
import sys
import time
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from llvmlite import ir
from numba import config, njit, types
from numba.core import cgutils
from numba.core import event as events
from numba.extending import intrinsic, overload, register_jitable

from solvers.code_files import CodeFiles

LEAN = {"no_cfunc_wrapper": True}
"""Numba's option to leave out a second form of each function, for callers in C: nobody calls it, and it takes time."""
POINTED_AT: dict[str, Any] = {"no_cpython_wrapper": True}
"""And the one to leave out the form for callers in Python, where a function is called through a `Pointer` alone."""


def part(function: Callable[..., Any] | None = None, **options: Any) -> Any:
    """Return `function` as it is, to be compiled into the compiled functions that call it.

    Parameters
    ----------
    function : callable
        Plain Python in Numba's subset.
    **options
        Options of ``numba.njit``, such as ``error_model="numpy"``.
    """
    if function is None:
        return functools.partial(part, **options)
    return register_jitable(**LEAN, **options)(function)


_dispatchers: "weakref.WeakSet[Any]" = weakref.WeakSet()


class Pause(events.Listener):  # type: ignore[misc]
    """No garbage collection while Numba compiles: it makes millions of objects that live on, and little garbage."""

    depth = 0

    def on_start(self, event: Any) -> None:
        """Switch collection off, unless the program has done so itself."""
        if self.depth or gc.isenabled():
            self.depth += 1
            gc.disable()

    def on_end(self, event: Any) -> None:
        """Switch it on again, after the outermost compilation."""
        if self.depth:
            self.depth -= 1
            if not self.depth:
                gc.enable()


class Notice(events.Listener):  # type: ignore[misc]
    """One line on a terminal's stderr when something has to be compiled, the first time in a process."""

    said = False

    def on_start(self, event: Any) -> None:
        """Say so, where the function is one of ours."""
        dispatcher = event.data["dispatcher"]
        if self.said or dispatcher not in _dispatchers:
            return
        self.said = True
        if not (sys.stderr.isatty() or hasattr(sys, "ps1")):  # a pipe, or a program that nobody watches
            return
        folder = dispatcher.stats.cache_path
        kept = "once on this machine" if folder else "in every process: no folder to keep it in can be written"
        print(f"workbench: compiling, {kept}; `workbench doctor --warm` does it ahead", file=sys.stderr)

    def on_end(self, event: Any) -> None:
        """Say nothing."""


events.register("numba:compile", Notice())
events.register("numba:compile", Pause())


@functools.cache
def source_stamp(package: str) -> str:
    """Hash of the sources of `package` and of the solvers, which every compiled function may call."""
    digest = hashlib.sha256()
    for name in sorted({package, "solvers"}):
        origin = importlib.import_module(name).__file__
        root = Path(origin).parent if origin else Path()
        for path in sorted(root.rglob("*.py")):
            digest.update(path.relative_to(root).as_posix().encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def compiled(function: Callable[..., Any] | None = None, **options: Any) -> Any:
    """Compile `function` on first use and keep the machine code until any source file of its package changes.

    Parameters
    ----------
    function : callable
        Plain Python in Numba's subset, in an importable module (what stands in ``__main__`` is compiled anew in every
        process).
    **options
        Options of ``numba.njit``, such as ``parallel=True``.
    """
    if function is None:
        return functools.partial(compiled, **options)
    try:
        dispatcher = njit(cache=True, **LEAN, **options)(function)
    except RuntimeError:  # neither the package nor the user's cache folder is writable: compile in every process
        dispatcher = njit(**LEAN, **options)(function)
    if not config.DISABLE_JIT:
        _dispatchers.add(dispatcher)
        numbered = getattr(dispatcher._cache, "_cache_file", None)
        if numbered is not None:
            stamp = source_stamp(function.__module__.partition(".")[0])
            dispatcher._cache._cache_file = CodeFiles(numbered, stamp, function)
    return dispatcher


def by_presence(present: Callable[..., Any], absent: Callable[..., Any]) -> Callable[..., Any]:
    """Return ``f(given, *rest)``: ``present(given, *rest)``, or ``absent(given, *rest)`` where `given` is None.

    In compiled code the type of `given` decides, and the other function is not even compiled: Numba alone leaves out a
    branch for None only where it is not taken.
    """

    def choose(given, *rest):
        return (absent if given is None else present)(given, *rest)

    @overload(choose, jit_options=LEAN, strict=False)
    def _typed(given, *rest):
        return absent if isinstance(given, types.NoneType) else present

    return choose


def is_kept(dispatcher: Any) -> bool:
    """Whether `dispatcher` is one that `compiled` made, and its machine code goes to disk."""
    return dispatcher in _dispatchers and bool(dispatcher.stats.cache_path)


class Statistics(NamedTuple):
    """How much was compiled, and how much came from disk, in this process."""

    compiled: int
    loaded: int


def statistics() -> Statistics:
    """Numba's own cache statistics, summed over every function that `compiled` made in this process."""
    stats = [dispatcher.stats for dispatcher in _dispatchers]
    return Statistics(
        compiled=sum(sum(s.cache_misses.values()) for s in stats),
        loaded=sum(sum(s.cache_hits.values()) for s in stats),
    )


def is_compiled(function: object) -> bool:
    """Whether `function` is one that ``numba.njit`` made."""
    return hasattr(function, "py_func") and hasattr(function, "overloads")


def clock() -> float:
    """Seconds of a monotonic clock, the same one in Python and in compiled code."""
    return time.monotonic()


def nanoseconds() -> int:
    """The same clock in whole nanoseconds."""
    return time.monotonic_ns()


_CLOCK_MONOTONIC = 6 if sys.platform == "darwin" else 1


@intrinsic
def _clock_gettime(typing_context):
    """``clock_gettime(CLOCK_MONOTONIC)`` called as the C library's symbol, which the disk cache can keep."""

    def generate(context, builder, signature, arguments):
        int32, int64 = ir.IntType(32), ir.IntType(64)
        timespec = ir.ArrayType(int64, 2)
        slot = cgutils.alloca_once(builder, timespec)
        function_type = ir.FunctionType(int32, [int32, timespec.as_pointer()])
        function = builder.module.globals.get("clock_gettime")
        if function is None:
            function = ir.Function(builder.module, function_type, name="clock_gettime")
        builder.call(function, [ir.Constant(int32, _CLOCK_MONOTONIC), slot])
        pair = builder.load(slot)
        seconds, rest = builder.extract_value(pair, 0), builder.extract_value(pair, 1)
        return builder.add(builder.mul(seconds, ir.Constant(int64, 10**9)), rest)

    return types.int64(), generate


@overload(clock)
def _compiled_clock():
    return lambda: _clock_gettime() * 1e-9


@overload(nanoseconds)
def _compiled_nanoseconds():
    return lambda: _clock_gettime()
