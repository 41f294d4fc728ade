"""The process of one cell: reads its problem, compiles, runs the clock, judges, answers. Nothing of it can hurt others.

Run as ``python -m workbench.study.child`` by `workbench.study.isolated`, with the threads of every library already set
in its environment.
"""

import contextlib
import os
import sys
import threading
import time

from workbench.study.job import Job


def main() -> None:
    """Do the job that stands on standard input, and answer on standard output."""
    answers = os.fdopen(os.dup(1), "w", buffering=1, encoding="utf-8")
    os.dup2(2, 1)  # what a library or a function of the user's prints is no answer
    job = Job.loads(sys.stdin.readline())
    threading.Thread(target=_end_with_the_parent, daemon=True).start()
    from workbench.study.measurement import perform

    perform(job, _Answers(answers))
    answers.flush()
    os._exit(0)  # the answer is given: no library has anything left to tidy that is worth waiting for


def _end_with_the_parent() -> None:
    """End this process when the one that started it is gone: its end of the pipe is closed then."""
    with contextlib.suppress(OSError):
        while os.read(0, 4096):
            pass
    os._exit(1)


class _Answers:
    """What goes back to the parent, a JSON line each."""

    def __init__(self, stream: "object") -> None:
        self._stream = stream
        self._last = 0.0

    def __call__(self, **message: "object") -> None:
        import json

        print(json.dumps(message), file=self._stream)  # type: ignore[call-overload]

    def say(self, words: str) -> None:
        """Say what goes on, at most ten times a second."""
        if time.monotonic() - self._last > 0.1:
            self._last = time.monotonic()
            self(say=words)


if __name__ == "__main__":
    main()
