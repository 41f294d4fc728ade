"""Ctrl-C held back while something must be finished: a result be judged and stored, machine code be made."""

import signal
import threading
from types import FrameType, TracebackType
from typing import Any, Self


class HeldBack:
    """Context in which the first Ctrl-C only sets `arrived`, for whoever opened it to look at; a second goes through.

    Outside the main thread, or where Ctrl-C is ignored, nothing changes.
    """

    def __init__(self) -> None:
        self.arrived = False
        self._before: Any = None

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread() and callable(signal.getsignal(signal.SIGINT)):
            self._before = signal.signal(signal.SIGINT, self._hold)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)

    def _hold(self, number: int, frame: FrameType | None) -> None:
        if self.arrived:
            raise KeyboardInterrupt
        self.arrived = True
