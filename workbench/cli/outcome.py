"""The outcome of a run on stdout: as a table, or as JSON."""

import json
import math
from pathlib import Path
from typing import Any

import click

import reports
from workbench.cli.table import room, say, table


def show(run: "reports.Run", page: Path | None, *, as_json: bool) -> None:
    """Print the summary of a run, how well its optimum is known, and where its report is."""
    if as_json:
        click.echo(json.dumps(_plain(run, page), indent=2))
        return
    for one in run.each():
        if len(run.problems) > 1:
            say(one.entry("headline", default=""))
        drawn = table(one, room())
        if drawn:
            click.echo(drawn)
        repeats = one.entry("repeats", default=1)
        if repeats > 1:
            click.echo(f"medians of {repeats} repeats")
        say(one.entry("reference", "sentence", default="no optimum f* is known: the run was interrupted before"))
    if page is not None:
        click.echo(f"report: {page}")


def _plain(run: "reports.Run", page: Path | None) -> dict[str, Any]:
    """Return the run as JSON can hold it; infinities and NaN become null."""
    found = {"headline": run.meta.get("headline"), "state": run.meta.get("state")}
    if len(run.problems) > 1:
        found["problems"] = [{"problem": one.label(one.problems[0]), **_problem(one)} for one in run.each()]
    else:
        found |= _problem(run)
    return {**found, "run": run.place.words, "report": None if page is None else str(page)}


def _problem(run: "reports.Run") -> dict[str, Any]:
    def plain(value: Any) -> Any:
        return None if isinstance(value, float) and not math.isfinite(value) else value

    rows = reports.summary(run).to_dict(orient="records")
    solvers = [{key: plain(value) for key, value in row.items()} for row in rows]
    return {"reference": run.meta.get("reference"), "solvers": solvers}
