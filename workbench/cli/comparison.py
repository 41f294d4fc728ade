"""Joins the comparison and its report: runs the one, records it, shows and writes the other."""

import math
import re
import sys
from contextlib import redirect_stdout
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import reports
from solvers.interrupt import HeldBack
from solvers.status import Status
from workbench.certified import WrongGradientError
from workbench.cli import gradient
from workbench.cli.outcome import show
from workbench.cli.own_function import names_own_function
from workbench.cli.own_problem import own_problem, refusal
from workbench.cli.progress import Progress
from workbench.cli.table import say
from workbench.comparison.compare import Cell, Limits, cells, compile_ahead, tolerance
from workbench.comparison.contestant import Contestant, contestants, defaults
from workbench.comparison.optimum import Optimum, optimum, unknown
from workbench.comparison.own_objective import OwnProblem
from workbench.comparison.problem import Problem, objective_class, problem
from workbench.data import Dataset, load_dataset
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
    data: str | None
    data_dir: str | None
    target: str | None
    objective: str
    at: str | None
    size: int | None
    unchecked: bool
    l2: float | None
    solvers: tuple[str, ...]
    gaps: tuple[float, ...]
    gtol: float | None
    max_time: float
    max_evals: int
    repeats: int
    threads: int | None
    dtype: str | None
    seed: int
    out: str | None

    @property
    def targets(self) -> list[float]:
        """The gaps to which seconds are counted, from the largest to the smallest."""
        return sorted(set(self.gaps or GAPS), reverse=True)

    @property
    def own(self) -> gradient.Request:
        """What the options say of a function of the user's, as ``workbench check-gradient`` reads them."""
        return gradient.Request(
            self.objective, self.data, self.data_dir, self.target, self.l2, self.at, self.size, self.seed
        )


class Record(NamedTuple):
    """A study of one problem in its store."""

    store: "reports.Store"
    study: int
    problem: str
    headline: str

    def plan(self, entered: list[Contestant], limits: Limits, asked: Request) -> dict[tuple[str, int], str]:
        """Add the cells of the study, in the order in which they will run; return their keys."""
        planned, keys = [], {}
        for repeat in range(asked.repeats):
            for one in entered:
                cell = {
                    "problem": self.problem,
                    "solver": {"label": one.label, "name": one.method.name, "options": one.options},
                    "repeat": repeat,
                    "seed": asked.seed + repeat,
                    "budget": vars(limits),
                }
                keys[one.label, repeat] = reports.digest(cell)
                planned.append({**cell, "key": keys[one.label, repeat]})
        self.store.add_cells(self.study, planned)
        return keys


def run_comparison(asked: Request, *, as_json: bool) -> int:
    """Run the comparison, record, show and report it; return the exit code."""
    entered = contestants(asked.solvers)
    threads = granted(asked.threads)
    now = datetime.now().astimezone()
    with limited_to(threads):
        try:
            chosen = _own(asked) if names_own_function(asked.objective) else _built_in(asked)
        except WrongGradientError as error:
            print(refusal(asked.own, error.report), file=sys.stderr)
            return 1
        entered = entered or contestants(defaults(chosen.objective))
        folder = Path(asked.out) if asked.out else _free_folder(now, chosen)
        with reports.Store.create(folder) as store:
            record = _begun(store, asked, chosen, entered, now)
            if not as_json:
                say(record.headline)
            with Progress(len(entered) * asked.repeats) as progress:
                with redirect_stdout(sys.stderr):  # what a compiled function prints
                    interrupted = _cut_short(asked, chosen, entered, record, progress)
                store.finish(record.study, "interrupted" if interrupted else "complete")
                store.close()
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


def _own(asked: Request) -> OwnProblem:
    if asked.dtype is not None:
        raise ValueError(f"--dtype is for built-in objectives: {asked.objective} gets float64")
    fun = asked.own.own()
    data = None if asked.data is None else _dataset(asked, asked.data)
    return own_problem(asked.own, fun, data, unchecked=asked.unchecked)


def _built_in(asked: Request) -> Problem:
    objective_class(asked.objective)
    for option, value in (("--at", asked.at), ("--size", asked.size), ("--unchecked", asked.unchecked or None)):
        if value is not None:
            raise ValueError(f"{option} is for functions of yours, not for the built-in {asked.objective}")
    l2 = 1e-4 if asked.l2 is None else asked.l2
    return problem(asked.objective, _dataset(asked, asked.data or "digits"), l2=l2, dtype=asked.dtype or "float64")


def _dataset(asked: Request, name: str) -> Dataset:
    return load_dataset(name, data_dir=asked.data_dir, target=asked.target, seed=asked.seed)


def _cut_short(
    asked: Request,
    chosen: Problem | OwnProblem,
    entered: list[Contestant],
    record: Record,
    progress: Progress,
) -> bool:
    """Run every cell into the record; return whether Ctrl-C cut it short."""
    smallest = asked.targets[-1]
    try:
        compile_seconds = compile_ahead(chosen, entered, progress.say)
        allowed = max(REFERENCE_SECONDS, 2.0 * asked.max_time)
        best, ended = _reference(chosen, smallest, allowed, progress)
        gtol = asked.gtol if asked.gtol is not None else tolerance(chosen.objective, best.f, smallest)
        limits = Limits(asked.max_time, asked.max_evals, gtol)
        reference = best.entry() | chosen.reference()
        record.store.set_reference(record.problem, reference)
        keys = record.plan(entered, limits, asked)
        lowest = best.f
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
                key = keys[cell.result["solver"], cell.result["repeat"]]
                record.store.record(key, measured(cell), cell.trace, cell.arrays)
                if cell.result.get("gap", math.inf) < -smallest and cell.result["f"] < lowest:
                    lowest = cell.result["f"]
                    sentence = best.beaten(cell.result["solver"], lowest)
                    record.store.set_reference(record.problem, reference | {"sentence": sentence})
            progress.done()
            if cell.interrupted or interrupt.arrived:
                return True
    except KeyboardInterrupt:
        return True
    return False


def _reference(
    chosen: Problem | OwnProblem, smallest: float, allowed: float, progress: Progress
) -> tuple[Optimum, Status]:
    """Return the optimum and how the run that found it ended; a function that fails on the way leaves it unknown."""
    try:
        return optimum(chosen.objective, smallest, allowed, progress.say)
    except Exception as error:
        return unknown(chosen.reason(error)), Status.NOT_FINITE


def _begun(
    store: "reports.Store", asked: Request, chosen: Problem | OwnProblem, entered: list[Contestant], now: datetime
) -> Record:
    """Begin the study in the store, with what is said of it before it runs."""
    threads = in_effect()
    headline = chosen.headline(threads["compiled code"])
    problem = {"headline": headline, "description": chosen.description()}
    key = reports.digest(problem)
    document = {
        "title": chosen.title,
        "created": now.isoformat(timespec="seconds"),
        "command": asked.command,
        "run": {"repeats": asked.repeats, "seed": asked.seed},
        "targets": asked.targets,
        "problems": [key],
        "solvers": [contestant.label for contestant in entered],
    }
    study = store.begin(document, {**environment(), "threads": threads})
    store.add_problem(study, key, problem)
    return Record(store, study, key, headline)


def measured(cell: Cell) -> dict[str, Any]:
    """Return the row of a cell without what tells the cell."""
    row = {name: value for name, value in cell.result.items() if name not in ("solver", "method", "options", "repeat")}
    return {**row, "traced": "" if cell.trace is None else "iterates"} | (
        {"state": "interrupted"} if cell.interrupted else {}
    )


def _free_folder(now: datetime, chosen: Problem | OwnProblem) -> Path:
    """Return ``runs/TIME_OBJECTIVE-DATA``, numbered where a run of the same second is there."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", chosen.name).strip(".-")
    base = Path("runs") / f"{now:%Y-%m-%dT%H-%M-%S}_{name}"
    folder, number = base, 2
    while folder.exists():
        folder, number = base.with_name(f"{base.name}-{number}"), number + 1
    return folder
