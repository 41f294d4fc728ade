"""Seconds to a relative gap, beside other libraries: ``python benchmarks/time_to_gap.py``.

Softmax regression: mean loss + l2 / 2 |W|^2, a row for every class, free intercepts, float32 data. Each contestant runs
in a process of its own with the same threads, in an order drawn anew for each repeat; before that, each proves on a
small problem that it minimises this f. Gaps are (f - f*) / f*, f in float64 outside the clock, f* certified. "how"
tells whether a time was taken along the iterates, or of whole runs with the smallest budget of iterations that is
enough (within a seventh for those that show no iterates); "×" is that time in ours, auto. Compilation is apart. Memory
is the peak above what the process held with the data loaded. "others" is the share of the cores' time that went to
other processes meanwhile: where it is large, times mean little, least of all those of libraries whose threads spin
while they wait. OpenMP's are made to sleep after half a millisecond, unless OMP_WAIT_POLICY says otherwise.
"""

import math
import statistics
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
import numpy as np
import pandas as pd
import peers
from gap_data import SETS, f_star_of, rows_of
from gap_process import found_by
from options import COUNT, FOLDER, POSITIVE, THREADS
from scipy import sparse

from workbench.environment import environment
from workbench.threads import available, let_waiting_threads_sleep

TARGETS = (1e-2, 1e-4, 1e-6, 1e-8)
OURS, USUAL = "auto", "sklearn:lbfgs"
DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@dataclass(frozen=True)
class Options:
    """What all sets are run with."""

    l2: float
    threads: int
    repeats: int
    max_time: float
    max_time_optimum: float
    seed: int


@dataclass
class Contestant:
    """A peer's way to fit, with what its runs on one set have found."""

    peer: str
    label: str
    runs: list[dict[str, Any]] = field(default_factory=list)

    def seconds(self, target: float) -> float:
        """Return the median of the repeats; inf for those that did not reach it."""
        return statistics.median(run["reached"].get(str(target), {"seconds": math.inf})["seconds"] for run in self.runs)

    def median(self, name: str) -> float:
        """Return the median of the repeats of something else that they found."""
        return statistics.median(run.get(name, math.nan) for run in self.runs)

    @property
    def budgets(self) -> list[int]:
        """The budgets of the first run that were enough."""
        return [each["budget"] for each in self.runs[0]["reached"].values()] if self.runs else []


def admitted(only: Sequence[str], threads: int) -> tuple[list[tuple[str, str]], dict[str, str]]:
    """Return the families and labels of those that run, and the versions of their libraries."""
    found: list[tuple[str, str]] = []
    there: list[str] = []
    versions: dict[str, str] = {}
    for name in peers.names():
        proven, failure = found_by({"prove": name}, threads, 600)
        if failure or "missing" in proven:
            why = failure or proven["missing"]
            click.echo(f"{name}: {why}", err=True)
            continue
        there += proven["contestants"]
        wanted = {label: why for label, why in proven["contestants"].items() if _wanted(name, label, only)}
        for label, why in wanted.items():
            if why:
                click.echo(f"{label} is left out: {why}", err=True)
            else:
                found.append((name, label))
        versions |= proven["versions"] if wanted else {}
    for text in only:
        if not any(_wanted(*entry, [text]) for entry in found):
            raise click.UsageError(f"--only {text!r} names no contestant that can run here; found: {', '.join(there)}")
    return found, versions


def _wanted(name: str, label: str, only: Sequence[str]) -> bool:
    return not only or any(text in label or text == name for text in only)


def table(contestants: Sequence[Contestant]) -> list[str]:
    """Return the rows of one set."""
    ours = next((each for each in contestants if each.label == OURS), None)
    width = max(len(each.label) for each in contestants) + 1
    heads = "".join(f"{target:>16.0e}" for target in TARGETS)
    lines = [f"{'':{width}} {'how':8}{'compile s':>10}{heads}{'peak MB':>9}{'others':>8}"]
    for each in contestants:
        cells = ""
        for target in TARGETS:
            seconds = each.seconds(target)
            best = ours.seconds(target) if ours else math.inf
            cells += f"{seconds:9.3g}" if math.isfinite(seconds) else f"{'-':>9}"
            cells += f"{f'×{seconds / best:.1f}':>7}" if math.isfinite(seconds + best) else 7 * " "
        how, ready = each.runs[0].get("how", "?"), each.median("compile")
        memory, others = each.median("peak"), each.median("others")
        lines.append(f"{each.label:{width}} {how:8}{ready:10.1f}{cells}{memory:9.0f}{others:8.0%}")
    return lines


def ahead(contestants: Sequence[Contestant]) -> list[str]:
    """Return how far ours is ahead of the fastest peer and of the usual one, at each target."""
    by_label = {each.label: each for each in contestants}
    theirs = [each for each in contestants if each.peer != "ours"]
    if OURS not in by_label or not theirs:
        return []
    lines = []
    for target in TARGETS:
        ours = by_label[OURS].seconds(target)
        fastest = min(theirs, key=lambda each: each.seconds(target))
        who = f" ({fastest.label})" if math.isfinite(fastest.seconds(target)) else ""
        said = f"{target:.0e}: fastest peer / {OURS} = {_ratio(fastest.seconds(target), ours)}{who}"
        if USUAL in by_label:
            said += f", {USUAL} / {OURS} = {_ratio(by_label[USUAL].seconds(target), ours)}"
        lines.append(said)
    return lines


def _ratio(theirs: float, ours: float) -> str:
    if math.isinf(ours):
        return "none: not reached"
    return "inf" if math.isinf(theirs) else f"{theirs / ours:.1f}"


def compared(
    name: str, data_dir: Path | None, entries: Sequence[tuple[str, str]], options: Options
) -> list[dict[str, Any]]:
    """Print the table of one set, and return its runs as rows."""
    said, X, y = rows_of(name, data_dir)
    f_star, sentence = f_star_of(X, y, options.l2, min(TARGETS), options.max_time_optimum)
    click.echo(f"\n{said}, l2 {options.l2:g}, threads {options.threads}, repeats {options.repeats}\n{sentence}")
    contestants = [Contestant(*entry) for entry in entries]
    rng = np.random.default_rng(options.seed)
    notes: set[str] = set()
    with tempfile.TemporaryDirectory() as folder:
        np.save(Path(folder) / "y.npy", y)
        if sparse.issparse(X):
            sparse.save_npz(Path(folder) / "X.npz", X)
        else:
            np.save(Path(folder) / "X.npy", X)
        job = {"folder": folder, "f_star": f_star, "targets": TARGETS, "l2": options.l2, "max_time": options.max_time}
        for repeat in range(options.repeats):
            for index in rng.permutation(len(contestants)):
                each = contestants[index]
                if repeat and not each.runs:
                    continue
                click.echo(f"  {name}, repeat {repeat + 1}: {each.label}", err=True)
                own = {"peer": each.peer, "label": each.label, "budgets": each.budgets}
                found, failure = found_by({**job, **own}, options.threads, 12 * options.max_time + 300)
                if failure or "unfit" in found:
                    notes.add(f"{each.label}: {failure or found['unfit']}")
                notes |= {
                    f"{each.label}: {pool} used up to {threads}, not {options.threads} threads"
                    for pool, threads in found.get("pools", {}).items()
                    if threads != options.threads
                }
                if "compile" in found:
                    each.runs.append(found)
    contestants = [each for each in contestants if each.runs]
    click.echo("\n".join([*table(contestants), *sorted(notes), *ahead(contestants)]))
    return [
        {"data": name, "contestant": each.label, "repeat": repeat, "how": run.get("how"), "compile": run["compile"]}
        | {"peak_mb": run.get("peak"), "others": run["others"], "best_gap": run["best"], "target": target}
        | run["reached"].get(str(target), {"seconds": math.inf})
        for each in contestants
        for repeat, run in enumerate(each.runs)
        for target in TARGETS
    ]


@click.command(help=__doc__)
@click.option("--data", "names", multiple=True, help=f"Of {', '.join(SETS)}, or what load_dataset knows; default: all.")
@click.option("--data-dir", type=FOLDER, default=DATA if DATA.is_dir() else None, show_default=True)
@click.option("--l2", type=POSITIVE, default=1e-4, show_default=True)
@click.option("--threads", type=THREADS, default=available(), show_default=True)
@click.option("--repeats", type=COUNT, default=3, show_default=True)
@click.option("--only", multiple=True, help="A part of a contestant's name, or a family; repeatable.")
@click.option("--max-time", type=POSITIVE, default=60.0, show_default=True, help="Seconds that a run may take.")
@click.option("--max-time-optimum", type=POSITIVE, default=1800.0, show_default=True, help="Seconds for finding f*.")
@click.option("--seed", default=0, show_default=True, help="Of the order.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="CSV of all runs, to be written.")
def main(names: tuple[str, ...], data_dir: Path | None, only: tuple[str, ...], out: Path | None, **others: Any) -> None:
    let_waiting_threads_sleep()
    options = Options(**others)
    for name in names:
        try:
            rows_of(name, data_dir)
        except (ValueError, FileNotFoundError) as error:
            said = f"{error} (the benchmark's sets: {', '.join(SETS)})"
            raise click.BadParameter(said, param_hint="--data") from error
    machine = environment()
    entries, versions = admitted(only, options.threads)
    versions = {"Python": machine["python"], "numpy": machine["versions"]["numpy"], **versions}
    said = ", ".join(f"{name} {version}" for name, version in versions.items())
    click.echo(f"{machine['cpu']}, {machine['cores']} cores\n{said}")
    rows = []
    for name in names or SETS:
        try:
            rows += compared(name, data_dir, entries, options)
        except (ValueError, FileNotFoundError) as error:
            click.echo(f"\n{name} is left out: {error}")
        if out:
            pd.DataFrame(rows).to_csv(out, index=False)
    if not rows:
        raise click.ClickException("no set was there to run on: see above")


if __name__ == "__main__":
    main()
