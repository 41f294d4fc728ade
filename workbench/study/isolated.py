"""A cell in a process of its own: bounded in time, its last words kept, killed with all that it started."""

import json
import os
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from workbench.study.job import Answer, Job

FAREWELL = 1.0
"""Seconds that a process has to end by itself after Ctrl-C."""
LOOK = 0.05
KEPT = 4096
"""Bytes of its other output that are kept, the last ones."""
THREADS_OF = ("OMP", "OPENBLAS", "MKL", "NUMEXPR", "VECLIB_MAXIMUM", "BLIS", "NUMBA")


class Interruption:
    """Whether Ctrl-C has arrived; asked while a process runs."""

    arrived = False


def environment(threads: int) -> dict[str, str]:
    """Return the environment of a cell's process: the threads of every library are set before it is loaded."""
    counts = {f"{library}_NUM_THREADS": str(threads) for library in THREADS_OF}
    path = os.pathsep.join(filter(None, (str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH"))))
    return {**os.environ, **counts, "PYTHONPATH": path}


def run_isolated(
    job: Job, *, patience: float, say: Callable[[str], None] = lambda words: None, interruption: Any = Interruption
) -> Answer:
    """Do a job in a process of its own and return what it answered, whatever happens to it.

    Parameters
    ----------
    job : Job
        What is to be done; its folder is made here, and removed.
    patience : float
        Seconds until the process is killed.
    say : callable
        Told what goes on.
    interruption : object
        With `arrived`: whether Ctrl-C has come.
    """
    folder = Path(tempfile.mkdtemp(prefix="cell-"))
    answer, began = Answer(), time.monotonic()
    try:
        with subprocess.Popen(
            [sys.executable, "-m", "workbench.study.child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(job.threads),
            start_new_session=True,  # Ctrl-C on a terminal reaches the parent alone, which passes it on
        ) as process:
            assert process.stdin is not None
            try:
                _tell(process, replace(job, folder=str(folder)))
                last_words = _Talk(process, answer, say).until(began + patience, interruption)
            finally:
                _kill_group(process)
                process.stdin.close()
            _end(answer, process.wait(), patience, last_words)
        answer.collect(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    answer.wall = time.monotonic() - began
    return answer


def _tell(process: subprocess.Popen[bytes], job: Job) -> None:
    """Hand over the job; the pipe stays open as long as this process lives."""
    assert process.stdin is not None
    try:
        process.stdin.write(job.dumps().encode() + b"\n")
        process.stdin.flush()
    except BrokenPipeError:  # it died at once: how is read from its end
        pass


class _Talk:
    """The conversation with a process until it has answered, ended, or used up its time."""

    def __init__(self, process: subprocess.Popen[bytes], answer: Answer, say: Callable[[str], None]) -> None:
        self.process, self.answer, self.say = process, answer, say
        self._unread = b""

    def until(self, deadline: float, interruption: Any) -> str:
        """Listen; return the end of what it printed beside its answers."""
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        answers, noise = self.process.stdout.fileno(), self.process.stderr.fileno()
        heard, told = b"", False
        with selectors.DefaultSelector() as selector:
            for pipe in (answers, noise):
                os.set_blocking(pipe, False)
                selector.register(pipe, selectors.EVENT_READ)
            while answers in selector.get_map():
                now = time.monotonic()
                if interruption.arrived and not told:
                    told, deadline = True, min(deadline, now + FAREWELL)
                    self.answer.state = "interrupted"
                    self.process.send_signal(signal.SIGINT)
                if now >= deadline:
                    if not told:
                        self.answer.state = "timeout"
                    break
                for key, _ in selector.select(LOOK):
                    chunk = os.read(key.fd, 1 << 20)
                    if not chunk:
                        selector.unregister(key.fd)
                    elif key.fd == noise:
                        heard = (heard + chunk)[-KEPT:]
                    else:
                        self._listen(chunk)
            heard += _rest(noise)
        return heard[-KEPT:].decode(errors="replace")

    def _listen(self, chunk: bytes) -> None:
        *lines, self._unread = (self._unread + chunk).split(b"\n")
        for line in lines:
            self.answer.hear(json.loads(line), self.say)


def _rest(pipe: int) -> bytes:
    try:
        return os.read(pipe, 1 << 16)
    except BlockingIOError:
        return b""


def _end(answer: Answer, code: int, patience: float, last_words: str) -> None:
    """Say how it ended where it came to no answer of its own."""
    if answer.state == "timeout":
        answer.reason = f"killed after {patience:g} s, the hard limit of its process"
    elif answer.state == "interrupted" and not answer.found:
        answer.reason = answer.reason or "interrupted"
    elif answer.state == "crashed":
        line = next((line.strip() for line in reversed(last_words.splitlines()) if line.strip()), "")
        how = f"signal {-code} ({signal.Signals(-code).name})" if code < 0 else f"exit code {code}"
        if code == -signal.SIGKILL:
            how += ", perhaps for want of memory"
        answer.reason = f"its process ended with {how}{f': {line}' if line else ''}"


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):  # nobody is left (macOS says so by the second)
        process.kill()
