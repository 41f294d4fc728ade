"""Joins the comparison and its report: runs the one, records it, shows and writes the other."""

import json
import math
import re
import shlex
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import click

import reports
from solvers.status import Status
from workbench.cli.progress import Progress
from workbench.cli.table import show
from workbench.comparison.compare import Limits, cells, compile_ahead, tolerance
from workbench.comparison.contestant import DEFAULTS, contestant
from workbench.comparison.optimum import optimum
from workbench.comparison.problem import Problem, objective_class, problem
from workbench.data import load_dataset
from workbench.environment import environment
from workbench.threads import in_effect, limited_to

GAPS = (1e-2, 1e-4, 1e-6)


def run_comparison(
    arguments: list[str],
    *,
    data: str,
    data_dir: str | None,
    target: str | None,
    objective: str,
    l2: float,
    solvers: tuple[str, ...],
    gaps: tuple[float, ...],
    gtol: float | None,
    max_time: float,
    max_evals: int,
    repeats: int,
    threads: int | None,
    dtype: str,
    seed: int,
    out: str | None,
    as_json: bool,
) -> int:
    """Run the comparison that the options describe; return the exit code."""
    contestants = [contestant(text) for text in solvers or DEFAULTS]
    labels = [each.label for each in contestants]
    if len(set(labels)) < len(labels):
        raise ValueError(f"solver {next(x for x in labels if labels.count(x) > 1)!r} is named twice: name it once")
    objective_class(objective)
    targets = tuple(sorted(set(gaps or GAPS), reverse=True))
    now = datetime.now().astimezone()
    with limited_to(threads):
        chosen = problem(objective, load_dataset(data, data_dir=data_dir, target=target, seed=seed), l2=l2, dtype=dtype)
        folder = Path(out) if out else _free_folder(now, chosen)
        used = in_effect()
        headline = chosen.headline(used["compiled code"])
        meta = {
            "title": chosen.objective.title,
            "created": now.isoformat(timespec="seconds"),
            "command": shlex.join(["workbench", *arguments]),
            "headline": headline,
            "problem": chosen.description(),
            "targets": list(targets),
            "seed": seed,
            "repeats": repeats,
            "environment": {**environment(), "threads": used},
        }
        with reports.Recorder.create(folder, meta) as record:
            if not as_json:
                click.echo(headline)
            interrupted = _run(record, chosen, contestants, targets, gtol, max_time, max_evals, repeats, seed)
    run = reports.load(folder)
    page = reports.build(run)
    if as_json:
        click.echo(json.dumps(_summary(run, page), indent=2))
    else:
        show(run)
        click.echo(f"report: {page}")
    return 130 if interrupted else 0


def _run(
    record: "reports.Recorder",
    chosen: Problem,
    contestants: list[Any],
    targets: tuple[float, ...],
    gtol: float | None,
    max_time: float,
    max_evals: int,
    repeats: int,
    seed: int,
) -> bool:
    """Run every cell into the record; return whether Ctrl-C cut it short."""
    interrupted = False
    with Progress(len(contestants) * repeats) as progress:
        try:
            compiled = compile_ahead(chosen, contestants)
            best, status = optimum(chosen.objective, targets[-1], max(60.0, 2.0 * max_time), progress.optimum)
            interrupted = status == Status.INTERRUPTED
            tight = gtol if gtol is not None else tolerance(chosen.objective, best.f, targets[-1])
            limits = Limits(max_time, max_evals, tight, targets)
            record.update_meta(
                reference={
                    "f": best.f,
                    "kind": best.kind,
                    "relative_error": best.relative_error,
                    "sentence": best.sentence,
                },
                limits={"max_time": max_time, "max_evals": max_evals, "gtol": tight},
            )
            if not interrupted:
                for cell in cells(
                    chosen,
                    contestants,
                    limits,
                    best.f,
                    repeats=repeats,
                    seed=seed,
                    compile_seconds=compiled,
                    tick=progress.contestant,
                ):
                    record.add(cell.result, cell.trace, cell.arrays)
                    progress.done()
                    if cell.status == Status.INTERRUPTED:
                        interrupted = True
                        break
        except KeyboardInterrupt:
            interrupted = True
        record.update_meta(state="interrupted" if interrupted else "complete")
    if interrupted:
        print("interrupted: what ran so far is saved", file=sys.stderr)
    return interrupted


def _free_folder(now: datetime, chosen: Problem) -> Path:
    """Return ``runs/TIME_OBJECTIVE-DATA``, numbered where a run of the same second is there."""
    data = re.sub(r"[^A-Za-z0-9._-]+", "-", chosen.data.name).strip(".-") or "data"
    base = Path("runs") / f"{now:%Y-%m-%dT%H-%M-%S}_{chosen.objective.name}-{data}"
    folder, number = base, 2
    while folder.exists():
        folder, number = base.with_name(f"{base.name}-{number}"), number + 1
    return folder


def _summary(run: "reports.Run", page: Path) -> dict[str, Any]:
    """Return the run as JSON can hold it; infinities and NaN become null."""

    def plain(value: Any) -> Any:
        return None if isinstance(value, float) and not math.isfinite(value) else value

    rows = reports.summary(run).to_dict(orient="records")
    return {
        "headline": run.meta["headline"],
        "state": run.meta["state"],
        "reference": run.meta.get("reference"),
        "solvers": [{key: plain(value) for key, value in row.items()} for row in rows],
        "run": str(run.folder),
        "report": str(page),
    }
