"""A grade: what came of one submission, and the grade of a process that ended without one."""

from __future__ import annotations

import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from workbench.grading.confined import Ended

Verdict = Literal["PASS", "FAIL", "INCONCLUSIVE", "ERROR", "TIMEOUT", "MEMORY"]

LONGEST = 500
"""Characters of a message; what a submission says about itself can be of any length."""


@dataclass(frozen=True)
class Grade:
    """One submission's row.

    Attributes
    ----------
    file : str
        Path within the folder that is graded.
    verdict : str
        PASS, FAIL or INCONCLUSIVE as the check says; ERROR where the function does not work; TIMEOUT and MEMORY where
        it took more than it was given.
    cause : str or None
        Name of the likeliest cause of a wrong gradient, where the check names one.
    seconds : float
        Wall-clock time of its process, the start of the interpreter included.
    message : str
        One line of printable characters.
    """

    file: str
    verdict: Verdict
    cause: str | None
    seconds: float
    message: str


def one_line(text: str) -> str:
    """Return text as a line that a terminal can show: no breaks, no control characters, at most 500 characters."""
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 2]} …"


def without_result(ended: Ended, timeout: float) -> tuple[Verdict, str]:
    """Return verdict and message for a process that ended before its check did."""
    if ended.timed_out:
        return "TIMEOUT", f"still running after {timeout:g} s"
    said = ended.output.strip()
    words = f"; its last words: {said.splitlines()[-1]}" if said else ""
    if ended.code == -signal.SIGKILL:  # not by us: what a system short of memory does
        return "MEMORY", one_line(f"killed by the system, as processes are when memory runs out{words}")
    if ended.code < 0:
        return "ERROR", one_line(f"died of {_signal_name(-ended.code)}{words}")
    return "ERROR", one_line(f"ended the process, exit code {ended.code}, before the check was done{words}")


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
