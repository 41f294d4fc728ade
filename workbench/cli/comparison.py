"""Joins a study and its store: poses the problems, runs what is missing, records it, shows and reports it."""

import math
import re
import shlex
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

import reports
from reports.place import place as place_of
from solvers.interrupt import HeldBack
from solvers.status import Status
from workbench.certified import WrongGradientError
from workbench.cli.flags import Flags
from workbench.cli.outcome import show
from workbench.cli.own_problem import refusal
from workbench.cli.posing import Posed, asked_of, posed
from workbench.cli.progress import Progress
from workbench.cli.table import say
from workbench.comparison.contestant import contestants
from workbench.comparison.own_function import names_own_function
from workbench.environment import environment
from workbench.study.cells import Cell, cells_of, in_turn
from workbench.study.plan import Plan, plan_of
from workbench.study.reading import read_study, written
from workbench.study.run import Stage, find_reference, is_enough, run_cells
from workbench.study.study import SolverSpec, Study
from workbench.threads import granted, in_effect, limited_to

NO_RESULT = {Status.NOT_FINITE.name, Status.UNBOUNDED.name}
NOTHING = pd.DataFrame(columns=["key", "problem", "solver", "repeat", "state", "wall_seconds"])
FILE = "study.toml"
"""What a run folder calls the study that it ran."""


@dataclass(frozen=True)
class Request:
    """What is to be run, where it is kept, and the command line that says so."""

    command: str
    study: Study
    out: str | None
    store: str | None = None
    at_once: int = 1
    resume: bool = True
    name: str | None = None


def request(
    arguments: list[str],
    file: str | None,
    overrides: tuple[str, ...],
    flags: Flags,
    *,
    out: str | None,
    store: str | None,
    at_once: int,
    resume: bool,
) -> Request:
    """Return what a command line asks for: a study file, a run folder to be gone on with, or flags."""
    command = shlex.join(["workbench", *without_password(arguments)])
    if file is None:
        if overrides:
            raise ValueError(f"--set {overrides[0]!r} goes with a study file: name one, or use the options")
        return Request(command, flags.study(), out, store, at_once, resume)
    path = Path(file)
    if path.is_dir():
        if not (path / FILE).is_file():
            raise ValueError(f"{path} is no run: there is no {FILE} in it")
        out, path = out or str(path), path / FILE
    name = path.stem if path.name != FILE else None
    return Request(command, read_study(path, overrides), out, store, at_once, resume, name)


def without_password(arguments: list[str]) -> list[str]:
    """Return the words of a command line as a record may keep them."""
    found, before = [], ""
    for word in arguments:
        if word.startswith("--store="):
            word = f"--store={place_of(word.removeprefix('--store=')).words}"
        found.append(place_of(word).words if before == "--store" else word)
        before = word
    return found


@dataclass(frozen=True)
class Ready:
    """A study with its problems posed."""

    study: Study
    threads: int
    problems: list[Posed]
    cells: list[Cell]

    @property
    def names(self) -> dict[str, str]:
        """What each problem is called, by its key."""
        return {problem.key: problem.label for problem in self.problems}

    def plan(self, stored: Any) -> Plan:
        """Return what is to be run beside what a store has."""
        return plan_of(in_turn(self.study, self.cells), self.names, stored, self.study.run.patience)


@contextmanager
def ready(study: Study) -> Iterator[Ready]:
    """Pose the problems of a study, on disk as long as the context lasts."""
    threads = granted(study.run.threads)
    with tempfile.TemporaryDirectory(prefix="study-") as spool, limited_to(threads):
        problems = posed(study, threads, Path(spool))
        if not study.solvers:
            texts = list(dict.fromkeys(text for problem in problems for text in problem.defaults))
            solvers = tuple(SolverSpec(one.method.name, one.label, one.options) for one in contestants(texts))
            study = replace(study, solvers=solvers)
        yield Ready(study, threads, problems, cells_of(study, [problem.key for problem in problems], threads))


def run_comparison(asked: Request, *, as_json: bool) -> int:
    """Run what is missing of a study, record, show and report it; return the exit code."""
    now = datetime.now().astimezone()
    try:
        with ready(asked.study) as found:
            folder = Path(asked.out) if asked.out else _free_folder(now, asked, found)
            return _run(asked, found, folder, now, as_json=as_json)
    except WrongGradientError as error:
        spec = next(spec for spec in asked.study.problems if names_own_function(spec.objective))
        print(refusal(asked_of(spec, asked.study.run.seed), error.report), file=sys.stderr)
        return 1


def _run(asked: Request, found: Ready, folder: Path, now: datetime, *, as_json: bool) -> int:
    study, place = found.study, asked.store or folder
    with reports.Store.open(place, write=True) if asked.resume else reports.Store.create(place) as store:
        number = store.begin({**_measured(study), **_said(asked, found, now)}, _environment(found))
        for problem in found.problems:
            store.add_problem(number, problem.key, problem.document)
        store.add_cells(number, [cell.entry() for cell in found.cells])
        plan = found.plan(every_cell(store))
        folder.mkdir(parents=True, exist_ok=True)
        (folder / FILE).write_text(written(study), encoding="utf-8")
        if not as_json:
            if len(found.problems) == 1:  # of several each is told with its table
                say(found.problems[0].headline)
            if len(plan.pending) < len(found.cells):
                ran = len(found.cells) - len(plan.pending)
                print(f"workbench: going on: {ran} of {len(found.cells)} cells have run", file=sys.stderr)
        with Progress(len(plan.pending)) as progress:
            with redirect_stdout(sys.stderr), HeldBack() as interruption:
                _cells(found, plan, store, number, interruption, asked.at_once, progress)
            interrupted = interruption.arrived
            store.finish(number, "interrupted" if interrupted else "complete")
            run = reports.load(place, number)
            page = None
            if not interrupted:  # who presses Ctrl-C does not want to wait for pictures
                progress.say("writing the report")
                page = reports.build(run, None if asked.store is None else folder / "report")
    if interrupted:
        ran, planned = len(run.results), len(found.cells)
        again = f"the same command with --out {folder} goes on, workbench report {run.place.words} writes the report"
        print(f"workbench: interrupted; saved is what ran so far, {ran} of {planned} runs: {again}", file=sys.stderr)
    show(run, page, as_json=as_json)
    if interrupted:
        return 130
    return 3 if all(cell.error or cell.status in NO_RESULT for cell in run.results.itertuples()) else 0


def every_cell(store: "reports.Store") -> pd.DataFrame:
    """Return the cells of all studies of a store, each once."""
    found = [store.cells(int(study)) for study in store.studies()["study"]]
    return pd.concat(found, ignore_index=True).drop_duplicates("key") if found else NOTHING


def _measured(study: Study) -> dict[str, Any]:
    """Return what a store tells studies by."""
    document = study.document()
    return {
        "run": document["run"],
        "targets": document["targets"]["gap"],
        "gtol": study.targets.gtol,
        "problems": document["problem"],
        "solvers": document["solver"],
    }


def _cells(
    found: Ready, plan: Plan, store: Any, number: int, interruption: HeldBack, at_once: int, progress: Progress
) -> None:
    """Find the optima that are not known, and run the cells that have not run, into the store."""
    folders = {problem.key: problem.folder for problem in found.problems}
    stage = Stage(found.study, found.threads, folders, interruption)
    for problem in found.problems:
        known = store.reference(problem.key)
        if not is_enough(known, stage.smallest):
            progress.say(f"optimum f* of {problem.label}")
            known = find_reference(stage, problem.key, progress.say)
            if known is None or interruption.arrived:
                return
            store.set_reference(problem.key, known)
        stage.references[problem.key] = known
    lowest = {key: reference["f"] for key, reference in stage.references.items()}
    counted: set[str] = set()
    for outcome in run_cells(stage, plan.pending, at_once=at_once, say=progress.say):
        store.record(outcome.cell.key, outcome.result, outcome.trace, outcome.arrays)
        key, f = outcome.cell.problem, outcome.result.get("f", math.nan)
        if outcome.result.get("gap", math.inf) < -stage.smallest and f < lowest[key]:
            lowest[key] = f
            reference = stage.references[key]
            store.set_reference(key, {**reference, "sentence": _beaten(reference, outcome.cell.solver.label, f)})
        if outcome.cell.key not in counted:  # a second turn is no further cell
            counted.add(outcome.cell.key)
            progress.done()


def _beaten(reference: dict[str, Any], solver: str, f: float) -> str:
    """Return the sentence on the optimum, after a solver came lower."""
    return (
        f"{reference['sentence']}. {solver} came lower, to f = {f:.12g}: gaps are negative below the reference run's"
        " value"
    )


def _said(asked: Request, found: Ready, now: datetime) -> dict[str, Any]:
    """Return what a record says of a study beside its file."""
    first = found.problems[0]
    more = "" if len(found.problems) == 1 else f" and {len(found.problems) - 1} more"
    return {
        "title": asked.name or f"{first.label}{more}",
        "command": asked.command,
        "created": now.isoformat(timespec="seconds"),
    }


def _environment(found: Ready) -> dict[str, Any]:
    return {**environment(), "threads": {**in_effect(), "compiled code": found.threads}}


def _free_folder(now: datetime, asked: Request, found: Ready) -> Path:
    """Return the folder of a run: of a study file always the same, else one for each second and problem."""
    if asked.name is not None:
        return Path("runs") / asked.name
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", found.problems[0].label).strip(".-")
    base = Path("runs") / f"{now:%Y-%m-%dT%H-%M-%S}_{name}"
    folder, number = base, 2
    while folder.exists():
        folder, number = base.with_name(f"{base.name}-{number}"), number + 1
    return folder
