"""The run of a study: its optima first, then cell after cell, each recorded when it is judged."""

import concurrent.futures
import math
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from workbench.comparison.contestant import contestant
from workbench.peers.peer import Peer
from workbench.study.canary import Canary, drifted
from workbench.study.cells import Cell
from workbench.study.isolated import run_isolated
from workbench.study.job import POINT, Answer, Job
from workbench.study.study import Study

Say = Callable[[str], None]
REFERENCE_SECONDS = 60.0
"""What an optimum may cost at least, however short the contestants' time is."""
SETTLED = ("done", "timeout", "killed", "crashed", "failed")
"""States in which a cell has had its turn; others are run when the study is resumed."""


@dataclass(frozen=True)
class Stage:
    """What the cells of a study share while it runs.

    Attributes
    ----------
    folders : mapping
        Where each problem is spooled, by its key.
    references : dict
        What gaps are counted from, by the problem's key.
    parities : dict
        Why a solver does not minimise our f, by its name and the problem's key; empty where it does.
    """

    study: Study
    threads: int
    folders: Mapping[str, Path]
    interruption: Any
    references: dict[str, dict[str, Any]] = field(default_factory=dict)
    parities: dict[tuple[str, str], str] = field(default_factory=dict)

    @property
    def smallest(self) -> float:
        """The smallest gap asked for."""
        return min(self.study.targets.gap)

    def isolated(self, job: Job, say: Say) -> Answer:
        """Do a job of this study in a process of its own."""
        patience = self.study.run.patience
        if job.task != "cell":
            patience = max(patience, 1.5 * self.reference_seconds + 120.0)
        return run_isolated(job, patience=patience, say=say, interruption=self.interruption)

    @property
    def reference_seconds(self) -> float:
        """Seconds that an optimum may take."""
        return max(REFERENCE_SECONDS, 2.0 * self.study.run.max_time)


@dataclass(frozen=True)
class Outcome:
    """A cell that has had its turn: its row, its trace, its arrays."""

    cell: Cell
    result: dict[str, Any]
    trace: pd.DataFrame | None
    arrays: dict[str, np.ndarray]


def is_enough(reference: Mapping[str, Any] | None, smallest: float) -> bool:
    """Whether a stored optimum serves for a smallest gap."""
    if not reference or reference.get("kind") not in ("certificate", "reference run"):
        return False
    return bool(reference.get("smallest_gap", math.inf) <= smallest)


def find_reference(stage: Stage, problem: str, say: Say) -> dict[str, Any] | None:
    """Return the optimum of a problem, found in a process of its own; None where Ctrl-C came first."""
    limits = {"max_time": stage.reference_seconds}
    folder = str(stage.folders[problem])
    answer = stage.isolated(Job("optimum", stage.threads, problem=folder, limits=limits, smallest=stage.smallest), say)
    if answer.state == "interrupted" or answer.found.get("interrupted"):
        return None
    if answer.state != "done":
        sentence = f"f* is unknown, so there are no gaps: the reference run (lbfgs) failed: {answer.reason}"
        return {"f": None, "kind": "none", "relative_error": None, "sentence": sentence, "smallest_gap": math.inf}
    reference: dict[str, Any] = answer.found["reference"]
    return reference


def run_cells(
    stage: Stage, cells: Sequence[Cell], *, at_once: int = 1, say: Say = lambda words: None
) -> Iterator[Outcome]:
    """Run cells and yield each when it is judged; stop after the one that Ctrl-C has cut short.

    One after the other, the canary is timed between them, and cells during which the machine was not as it usually is
    have another turn at the end. `at_once` of them at the same time compete for the machine: their times are marked as
    contended.
    """
    if at_once > 1:
        yield from _side_by_side(stage, cells, at_once, say)
        return
    canary = Canary()
    before = canary.sing()
    turns = [(cell, 0) for cell in cells]
    while turns and not stage.interruption.arrived:
        cell, rerun = turns.pop(0)
        if rerun:
            before = canary.sing()  # what was off may have passed
        answer = _turn(stage, cell, say)
        after = canary.sing()
        ratio = canary.ratio(before, after)
        before = after
        off = drifted(ratio) and answer.state == "done"
        if has_something(answer):
            yield _outcome(stage, cell, answer, canary=ratio, flags=["drifted"] if off else [])
        if off and rerun < stage.study.run.reruns:
            turns.append((cell, rerun + 1))


def _side_by_side(stage: Stage, cells: Sequence[Cell], at_once: int, say: Say) -> Iterator[Outcome]:
    lock = threading.Lock()

    def one_voice(words: str) -> None:
        with lock:
            say(words)

    with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
        waiting = {pool.submit(_turn, stage, cell, one_voice): cell for cell in cells}
        for future in concurrent.futures.as_completed(waiting):
            if has_something(future.result()):
                yield _outcome(stage, waiting[future], future.result(), flags=["contended"])


def has_something(answer: Answer) -> bool:
    """Whether there is anything to keep; of a cell that Ctrl-C caught before its first judged point there is not."""
    return answer.state != "interrupted" or bool(answer.found or answer.points)


def _turn(stage: Stage, cell: Cell, say: Say) -> Answer:
    """Run one cell."""
    text = cell.solver.text
    if stage.interruption.arrived:
        return Answer("interrupted")
    pair = cell.solver.name, cell.problem
    if pair not in stage.parities:
        stage.parities[pair] = _parity(stage, *pair, say)
    if stage.parities[pair]:
        return Answer("failed", stage.parities[pair])
    reference = stage.references[cell.problem]
    budget = dict(cell.budget)
    job = Job(
        "cell",
        stage.threads,
        solver=text,
        problem=str(stage.folders[cell.problem]),
        limits={key: budget[key] for key in ("max_time", "max_evals", "gtol") if key in budget},
        smallest=stage.smallest,
        f_star=reference["f"],
        gap_proven=reference["kind"] == "certificate",
        seed=cell.seed,
        max_memory=budget.get("max_memory"),
    )
    return stage.isolated(job, say)


def _parity(stage: Stage, name: str, problem: str, say: Say) -> str:
    """Return why a solver does not minimise our f, or nothing."""
    if not isinstance(contestant(name).method, Peer):
        return ""  # ours: there is no other f that it could minimise
    job = Job("parity", stage.threads, solver=name, problem=str(stage.folders[problem]))
    answer = stage.isolated(job, say)
    return str(answer.found["parity"]) if answer.state == "done" else answer.reason


def _outcome(stage: Stage, cell: Cell, answer: Answer, *, flags: list[str], canary: float = math.nan) -> Outcome:
    """Return what a store keeps of an answer."""
    found = dict(answer.found)
    state = "interrupted" if found.pop("cut_short", False) else answer.state
    threads = found.pop("threads", {})
    wrong = ["threads"] if any(count != stage.threads for count in threads.values()) else []
    flags = [*flags, *filter(None, [found.pop("flags", "")]), *wrong]
    row: dict[str, Any] = {"state": state, "canary": canary, "flags": ",".join(flags)}
    row["parity"] = stage.parities.get((cell.solver.name, cell.problem), "")
    trace, arrays = answer.trace, answer.arrays
    if not found and answer.points:  # killed on its way: what it had come to
        last = dict(zip(POINT, answer.points[-1], strict=True))
        found = {**last, "status": answer.state.upper(), "message": answer.reason}
        columns = np.array(answer.points).T
        unknown = np.full(len(answer.points), math.nan)
        trace = {**dict(zip(POINT, columns, strict=True)), "nfev": unknown, "step": unknown}
        trace.pop("gap")
    if state not in ("done", "interrupted"):
        row["error"] = answer.reason
    elif state == "interrupted" and not found:
        row |= {"status": "INTERRUPTED", "message": answer.reason}
    row |= {"nit": math.nan, **found}
    row.setdefault("wall_seconds", answer.wall)
    row.pop("gtol", None)
    return Outcome(cell, row, None if trace is None else pd.DataFrame(trace), arrays)
