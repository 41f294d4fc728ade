"""A command in a process group of its own: no stdin, bounded time, output kept to its end, nobody left behind."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

KEPT = 4096
"""Bytes of output that are kept, the last ones; the rest is read and thrown away."""
CHUNK = 65_536
LOOK = 0.05
"""Seconds between two looks at a process that says nothing."""


@dataclass(frozen=True)
class Ended:
    """How a process ended.

    Attributes
    ----------
    code : int
        Exit code; minus the signal's number where one ended it.
    timed_out : bool
        Whether its time was up.
    seconds : float
        Wall-clock time.
    output : str
        The last 4 KiB of stdout and stderr.
    """

    code: int
    timed_out: bool
    seconds: float
    output: str


def run_confined(command: Sequence[str], *, timeout: float, folder: Path, environment: Mapping[str, str]) -> Ended:
    """Run a command and return how it ended; its whole process group is killed then, whatever happens.

    Parameters
    ----------
    command : sequence of str
        Program and arguments.
    timeout : float
        Seconds until it is killed.
    folder : Path
        Where it runs.
    environment : mapping
        Its environment variables, all of them.

    Notes
    -----
    A process that leaves its group (``setsid``) escapes the kill, and one that is still writing does not keep this
    waiting. This contains accidents; it is no sandbox against malice.
    """
    started = time.monotonic()
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=folder,
        env=dict(environment),
        start_new_session=True,
    ) as process:
        try:
            output = _until_end(process, started + timeout)
            timed_out = process.poll() is None
        finally:
            _kill_group(process)
        code = process.wait()
    return Ended(code, timed_out, time.monotonic() - started, output.decode(errors="replace"))


def _until_end(process: subprocess.Popen[bytes], deadline: float) -> bytes:
    """Return the end of the output, once the process has ended or its time is up."""
    assert process.stdout is not None
    output, pipe = b"", process.stdout.fileno()
    os.set_blocking(pipe, False)
    with selectors.DefaultSelector() as selector:
        selector.register(pipe, selectors.EVENT_READ)
        while (remaining := deadline - time.monotonic()) > 0:
            ended = process.poll() is not None
            if not selector.get_map():  # it closed its output and works on
                if ended:
                    break
                time.sleep(min(LOOK, remaining))
                continue
            ready = selector.select(0 if ended else min(LOOK, remaining))
            if ready:
                chunk = os.read(pipe, CHUNK)
                output = (output + chunk)[-KEPT:]
                if not chunk:
                    selector.unregister(pipe)
            elif ended:  # a child of its own may hold the pipe open: no reason to wait for it
                break
    return output


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):  # nobody is left (macOS says so by the second)
        process.kill()
