"""Contestants of a benchmark, each in a process of its own, timed in turns.

In one process the threads of one library wait for work, spinning, while another's run: NumPy and compiled parallel
loops in turn, on two cores, were measured to take many times as long. So each contestant has a process with the same
number of threads and the same data; one works while the others wait for a message. A pause before each turn lets the
threads of the last one fall asleep; a tenth of a second of calls that are not counted begins it, so that its own
threads run as they do in a long loop: on a virtual machine two may share a core for tens of milliseconds first.
"""

import multiprocessing
import os
import time
from collections.abc import Callable, Mapping, Sequence
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Any, Self

from workbench.threads import let_waiting_threads_sleep, limited_to

let_waiting_threads_sleep()  # as the command line has it; in this process and those that it starts

SETTLING = 0.1
"""Seconds of calls that are not counted, at the beginning of a turn."""
TURN, FEWEST, MOST = 0.1, 2, 1500
"""Seconds for each call of a turn, and how often it is made at least and at most."""
PAUSE = 0.1

Calls = dict[str, Callable[[], Any]]


def turn(call: Callable[[], Any]) -> list[float]:
    """Return the seconds of each of some calls, after others that wake the threads and fill the caches."""
    began = time.perf_counter()
    call()
    while time.perf_counter() - began < SETTLING:
        call()
    seconds: list[float] = []
    began = time.perf_counter()
    while len(seconds) < FEWEST or (len(seconds) < MOST and time.perf_counter() - began < TURN):
        start = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - start)
    return seconds


def serve(pipe: Connection, make: Callable[[Any], Calls], threads: int | None) -> None:
    """Answer messages: a case with what each call returns, or a turn's names with the seconds of those calls."""
    calls: Calls = {}
    with limited_to(threads):
        while (message := pipe.recv()) is not None:
            case, names = message
            if names:
                pipe.send({name: turn(calls[name]) for name in names})
            else:
                calls.clear()  # the last case's data, before the next are made
                calls = make(case)
                pipe.send({name: call() for name, call in calls.items()})


class Contestant:
    """A process that makes calls from a case and times them.

    Parameters
    ----------
    name : str
        For messages.
    make : callable
        Returns the calls for a case, by name; must be importable.
    threads : int or None
        Of compiled code and BLAS; None means all.
    environment : mapping
        Variables that the process has besides the user's.
    """

    def __init__(
        self, name: str, make: Callable[[Any], Calls], threads: int | None, environment: Mapping[str, str]
    ) -> None:
        self.name = name
        context = multiprocessing.get_context("spawn")
        self._pipe, other = context.Pipe()
        self._process = context.Process(target=serve, args=(other, make, threads), daemon=True)
        before = dict(os.environ)
        os.environ.update(environment)
        try:
            self._process.start()
        finally:
            os.environ.clear()
            os.environ.update(before)
        other.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if kind is None:
            self._pipe.send(None)
            self._process.join()
        else:
            self._process.kill()

    def _ask(self, message: Any) -> Any:
        try:
            self._pipe.send(message)
            return self._pipe.recv()
        except (EOFError, ConnectionError):
            raise RuntimeError(f"the process of {self.name} ended without an answer: see its message above") from None

    def prepare(self, case: Any) -> dict[str, Any]:
        """Make the calls for a case; return what each returns."""
        return self._ask((case, ()))

    def seconds(self, names: Sequence[str]) -> dict[str, list[float]]:
        """Return the seconds of the calls of a turn, by name."""
        time.sleep(PAUSE)
        return self._ask((None, names))
