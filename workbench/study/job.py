"""A job: what the process of a cell is told, and what it answers, as JSON lines.

The process reads one job from its standard input and answers with messages, one a line: what goes on (`say`), points of
the curve as they are judged along the way (`point`), which survive the process, and at the end what was found
(`found`). Arrays and the trace are left in the folder of the job.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

POINT = ("nit", "seconds", "f", "grad_inf", "gap")
"""What a point of the curve says."""
TRACE, ARRAYS = "trace.npz", "arrays.npz"


@dataclass(frozen=True)
class Job:
    """What a process is to do.

    Attributes
    ----------
    task : str
        ``cell``, ``optimum``, or ``parity``.
    threads : int
        That every library has.
    solver : str
        As ``--solver`` names it.
    problem : str
        The folder of the spooled problem.
    folder : str
        Where arrays are left.
    limits : dict
        ``max_time``, ``max_evals``, ``gtol`` (None: what proves the smallest gap).
    smallest : float
        The smallest gap asked for.
    f_star, gap_proven : float, bool
        What gaps are counted from, and whether it is certified.
    seed : int
        Of what is drawn at random.
    max_memory : float or None
        MB that the process may take beyond the problem.
    """

    task: str
    threads: int
    solver: str = ""
    problem: str = ""
    folder: str = ""
    limits: dict[str, Any] = field(default_factory=dict)
    smallest: float = 0.0
    f_star: float | None = None
    gap_proven: bool = False
    seed: int = 0
    max_memory: float | None = None

    def dumps(self) -> str:
        """Return the job as a line."""
        return json.dumps(asdict(self))

    @classmethod
    def loads(cls, text: str) -> "Job":
        """Return the job of a line."""
        return cls(**json.loads(text))


@dataclass
class Answer:
    """What a process has answered so far, and how it ended.

    Attributes
    ----------
    state : str
        ``done``, ``failed`` (it said why), ``timeout``, ``killed`` (for its memory), ``crashed``, ``interrupted``.
    reason : str
        Why, in a sentence, where it is not done.
    found : dict
        The numbers that it found; those of a process that came to no end are from its last point.
    points : list
        The points of the curve that arrived, rows of `POINT`.
    wall : float
        Seconds from the start of the process to its end.
    """

    state: str = "crashed"
    reason: str = ""
    found: dict[str, Any] = field(default_factory=dict)
    points: list[list[float]] = field(default_factory=list)
    wall: float = 0.0
    trace: dict[str, np.ndarray] | None = None
    arrays: dict[str, np.ndarray] = field(default_factory=dict)

    def hear(self, message: Mapping[str, Any], say: Callable[[str], None]) -> None:
        """Take in a message."""
        if "say" in message:
            say(message["say"])
        elif "point" in message:
            self.points.append([message["point"][name] for name in POINT])
        elif "state" in message:
            self.state, self.reason = message["state"], message.get("reason", "")
            self.found = message.get("found", {})

    def collect(self, folder: Path) -> None:
        """Read the arrays that the process has left."""
        for name in (TRACE, ARRAYS):
            if (folder / name).is_file():
                with np.load(folder / name, allow_pickle=False) as stored:
                    arrays = {key: stored[key] for key in stored.files}
                if name == TRACE:
                    self.trace = arrays
                else:
                    self.arrays = arrays
