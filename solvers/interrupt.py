"""Ctrl-C held back: noted when it arrives, acted on where nothing can be lost or left half-done.

An exception that a signal raises inside Numba's own conversion of a result to Python ends the process: the conversion
calls Python code and does not expect it to fail. So compiled code is only ever left with a signal noted, not raised.
"""

import signal
import threading

# What stands behind signal.signal and signal.getsignal, which wrap every handler in an enumeration: that alone takes a
# sixth of the time of a whole run on two variables.
from _signal import getsignal  # type: ignore[import-not-found]
from _signal import signal as install
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any, Self


class HeldBack:
    """Context in which the first Ctrl-C only sets `arrived`, for whoever opened it to look at; a second goes through.

    In code called with `letting_through` the first goes through too. Outside the main thread, or where Ctrl-C is
    ignored or handled by the program itself, nothing changes. Contexts may be nested: the outer one hears of what the
    inner one noted.
    """

    def __init__(self) -> None:
        self.arrived = False
        self._through = False
        self._before: Any = None

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            before = getsignal(signal.SIGINT)
            if before is signal.default_int_handler or isinstance(getattr(before, "__self__", None), HeldBack):
                self._before = install(signal.SIGINT, self._hold)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        if self._before is not None:
            install(signal.SIGINT, self._before)
            outer = getattr(self._before, "__self__", None)
            if isinstance(outer, HeldBack):
                outer.arrived |= self.arrived

    @property
    def nested(self) -> bool:
        """Whether there is an outer one, which hears of what this one noted."""
        return isinstance(getattr(self._before, "__self__", None), HeldBack)

    def letting_through(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return `function` so that Ctrl-C ends it at once; one that was noted before ends it before it begins."""

        def through(*args: Any, **options: Any) -> Any:
            if self.arrived:
                raise KeyboardInterrupt
            self._through = True
            try:
                return function(*args, **options)
            finally:
                self._through = False

        return through

    def _hold(self, number: int, frame: FrameType | None) -> None:
        again, self.arrived = self.arrived, True
        if again or self._through:
            raise KeyboardInterrupt
