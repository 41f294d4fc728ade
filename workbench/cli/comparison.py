"""Joins the comparison and its report: runs the one, records it, shows and writes the other."""

import re
import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import reports
from solvers.interrupt import HeldBack
from solvers.status import Status
from workbench.cli.outcome import show
from workbench.cli.progress import Progress
from workbench.cli.table import say
from workbench.comparison.compare import Limits, cells, compile_ahead, tolerance
from workbench.comparison.contestant import DEFAULTS, Contestant, contestants
from workbench.comparison.optimum import optimum
from workbench.comparison.problem import Problem, objective_class, problem
from workbench.data import load_dataset
from workbench.environment import environment
from workbench.threads import granted, in_effect, limited_to

GAPS = (1e-2, 1e-4, 1e-6)
REFERENCE_SECONDS = 60.0
"""What the optimum may cost at least, however short the contestants' time is."""
NO_RESULT = {Status.NOT_FINITE.name, Status.UNBOUNDED.name}


@dataclass(frozen=True)
class Request:
    """What the options of ``workbench compare`` ask for; `command` is the command line itself."""

    command: str
    data: str
    data_dir: str | None
    target: str | None
    objective: str
    l2: float
    solvers: tuple[str, ...]
    gaps: tuple[float, ...]
    gtol: float | None
    max_time: float
    max_evals: int
    repeats: int
    threads: int | None
    dtype: str
    seed: int
    out: str | None

    @property
    def targets(self) -> list[float]:
        """The gaps to which seconds are counted, from the largest to the smallest."""
        return sorted(set(self.gaps or GAPS), reverse=True)


def run_comparison(asked: Request, *, as_json: bool) -> int:
    """Run the comparison, record, show and report it; return the exit code."""
    entered = contestants(asked.solvers or DEFAULTS)
    objective_class(asked.objective)
    threads = granted(asked.threads)
    now = datetime.now().astimezone()
    data = load_dataset(asked.data, data_dir=asked.data_dir, target=asked.target, seed=asked.seed)
    with limited_to(threads):
        chosen = problem(asked.objective, data, l2=asked.l2, dtype=asked.dtype)
        meta = _meta(asked, chosen, now)
        folder = Path(asked.out) if asked.out else _free_folder(now, chosen)
        with reports.Recorder.create(folder, meta) as record:
            if not as_json:
                say(meta["headline"])
            with Progress(len(entered) * asked.repeats) as progress:
                interrupted = _cut_short(asked, chosen, entered, record, progress)
                record.update_meta(state="interrupted" if interrupted else "complete")
                record.close()
                progress.say("writing the report")
                run = reports.load(folder)
                page = reports.build(run)
    if interrupted:
        ran, planned = len(run.results), len(entered) * asked.repeats
        print(f"workbench: interrupted; saved is what ran so far, {ran} of {planned} runs", file=sys.stderr)
    show(run, page, as_json=as_json)
    if interrupted:
        return 130
    return 3 if all(cell.error or cell.status in NO_RESULT for cell in run.results.itertuples()) else 0


def _cut_short(
    asked: Request, chosen: Problem, entered: list[Contestant], record: "reports.Recorder", progress: Progress
) -> bool:
    """Run every cell into the record; return whether Ctrl-C cut it short."""
    smallest = asked.targets[-1]
    try:
        compile_seconds = compile_ahead(chosen, entered, progress.say)
        allowed = max(REFERENCE_SECONDS, 2.0 * asked.max_time)
        best, ended = optimum(chosen.objective, smallest, allowed, progress.say)
        gtol = asked.gtol if asked.gtol is not None else tolerance(chosen.objective, best.f, smallest)
        limits = Limits(asked.max_time, asked.max_evals, gtol)
        record.update_meta(reference=vars(best), limits=vars(limits))
        if ended == Status.INTERRUPTED:
            return True
        for cell in cells(
            chosen,
            entered,
            limits,
            best.f,
            repeats=asked.repeats,
            seed=asked.seed,
            compile_seconds=compile_seconds,
            say=progress.say,
        ):
            with HeldBack() as interrupt:
                record.add(cell.result, cell.trace, cell.arrays)
            progress.done()
            if cell.interrupted or interrupt.arrived:
                return True
    except KeyboardInterrupt:
        return True
    return False


def _meta(asked: Request, chosen: Problem, now: datetime) -> dict[str, Any]:
    """Return what the record says of the run before it begins."""
    threads = in_effect()
    return {
        "title": chosen.objective.title,
        "created": now.isoformat(timespec="seconds"),
        "command": asked.command,
        "headline": chosen.headline(threads["compiled code"]),
        "problem": chosen.description(),
        "targets": asked.targets,
        "seed": asked.seed,
        "repeats": asked.repeats,
        "environment": {**environment(), "threads": threads},
    }


def _free_folder(now: datetime, chosen: Problem) -> Path:
    """Return ``runs/TIME_OBJECTIVE-DATA``, numbered where a run of the same second is there."""
    data = re.sub(r"[^A-Za-z0-9._-]+", "-", chosen.data.name).strip(".-") or "data"
    base = Path("runs") / f"{now:%Y-%m-%dT%H-%M-%S}_{chosen.objective.name}-{data}"
    folder, number = base, 2
    while folder.exists():
        folder, number = base.with_name(f"{base.name}-{number}"), number + 1
    return folder
