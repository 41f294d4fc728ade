"""The outcome of a run on stdout: as a table, or as JSON."""

import json
import math
from pathlib import Path
from typing import Any

import click

import reports
from workbench.cli.table import room, say, table


def show(run: "reports.Run", page: Path, *, as_json: bool) -> None:
    """Print the summary of a run, how well its optimum is known, and where its report is."""
    if as_json:
        click.echo(json.dumps(_plain(run, page), indent=2))
        return
    drawn = table(run, room())
    if drawn:
        click.echo(drawn)
    repeats = run.entry("repeats", default=1)
    if repeats > 1:
        click.echo(f"medians of {repeats} repeats")
    say(run.entry("reference", "sentence", default="no optimum f* is known: the run was interrupted before"))
    click.echo(f"report: {page}")


def _plain(run: "reports.Run", page: Path) -> dict[str, Any]:
    """Return the run as JSON can hold it; infinities and NaN become null."""

    def plain(value: Any) -> Any:
        return None if isinstance(value, float) and not math.isfinite(value) else value

    rows = reports.summary(run).to_dict(orient="records")
    return {
        "headline": run.meta.get("headline"),
        "state": run.meta.get("state"),
        "reference": run.meta.get("reference"),
        "solvers": [{key: plain(value) for key, value in row.items()} for row in rows],
        "run": run.place.words,
        "report": str(page),
    }
