"""What ``workbench plan`` shows: a study beside what its store has of it."""

import json
import math
from pathlib import Path
from typing import Any

import click
import pandas as pd

import reports
from workbench.cli.comparison import FILE, NOTHING, every_cell, ready
from workbench.cli.table import say
from workbench.study.plan import Plan
from workbench.study.reading import read_study


def show_plan(file: str, overrides: tuple[str, ...], *, out: str | None, store: str | None, as_json: bool) -> int:
    """Print the plan of a study; return the exit code."""
    path = Path(file)
    if path.is_dir():
        out, path = out or str(path), path / FILE
    study = read_study(path, overrides)
    place = store or Path(out or Path("runs") / path.stem)
    with ready(study) as found:
        plan = found.plan(_stored(place))
        headlines = [problem.headline for problem in found.problems]
    if as_json:
        click.echo(json.dumps(_plain(plan), indent=2))
        return 0
    for headline in headlines:
        say(headline)
    click.echo(_table(plan.table))
    click.echo(_sentence(plan))
    return 0


def _stored(place: Any) -> pd.DataFrame:
    """Return the cells that a store has; nothing where there is none yet."""
    if isinstance(place, Path) and not place.exists():
        return NOTHING
    with reports.Store.open(place, write=False) as store:
        return every_cell(store)


def _table(table: pd.DataFrame) -> str:
    """Return a line for each solver on each problem: how many of its cells are in which state."""
    counts = table.groupby(["problem", "solver", "state"], sort=False).size().unstack(fill_value=0)
    states = [state for state in ("done", "again", "new", "stale") if state in counts]
    rows = [["problem", "solver", *states]]
    listed = table[["problem", "solver"]].drop_duplicates().itertuples(index=False, name=None)
    rows += [[*where, *(str(counts.loc[where, state] or "–") for state in states)] for where in listed]
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = [
        "  ".join(
            cell.ljust(w) if i < 2 else cell.rjust(w) for i, (cell, w) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]
    return "\n".join([lines[0].rstrip(), "─" * len(lines[0]), *(line.rstrip() for line in lines[1:])])


def _sentence(plan: Plan) -> str:
    n = len(plan.pending)
    if not n:
        return "nothing is left to run"
    cells = f"{n} cell" + "s" * (n != 1)
    about = "" if math.isnan(plan.expected) else f", about {_duration(plan.expected)} by what like cells took"
    return f"{cells} to run{about}; at most {_duration(plan.longest)} by the hard limit of each process"


def _duration(seconds: float) -> str:
    if seconds < 90.0:
        return f"{seconds:.0f} s"
    return f"{seconds / 60.0:.0f} min" if seconds < 5400.0 else f"{seconds / 3600.0:.1f} h"


def _plain(plan: Plan) -> dict[str, Any]:
    def plain(value: Any) -> Any:
        return None if isinstance(value, float) and not math.isfinite(value) else value

    cells = [{key: plain(value) for key, value in row.items()} for row in plan.table.to_dict(orient="records")]
    return {"cells": cells, "to_run": len(plan.pending), "expected": plain(plan.expected), "longest": plan.longest}
