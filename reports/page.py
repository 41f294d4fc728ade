"""The report as one self-contained page: index.html, which loads nothing and runs nothing."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from reports import facts, gap
from reports.numerals import power
from reports.outcome import failed
from reports.run import Run
from reports.shown import shown
from reports.tables import optimality, summary
from reports.verdict import verdict


@dataclass(frozen=True)
class Drawing:
    """One figure of the page: its name, title, caption, source of its numbers, and SVG."""

    name: str
    title: str
    caption: str
    source: str
    svg: Markup


@dataclass(frozen=True)
class Cell:
    """One cell of a table: its text, its class in the style sheet, what it says on hovering, and its quartiles."""

    text: str
    look: str = "number"
    hint: str = ""
    spread: str = ""


@dataclass(frozen=True)
class Row:
    """One row of a table: a solver, whether all its repeats failed, and its cells."""

    solver: str
    failed: bool
    cells: list[Cell]


def page(run: Run, drawings: list[Drawing], files: list[str]) -> str:
    """Text of index.html.

    Parameters
    ----------
    run : Run
    drawings : list of Drawing
        Figures in the order of the page.
    files : list of str
        Files beside the page, to be linked.
    """
    environment = Environment(
        loader=PackageLoader("reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    table = summary.frame(run)
    targets = [power(target) for target in gap.targets(run)]
    distances = optimality.frame(run)
    return environment.get_template("index.html.j2").render(
        title=run.entry("title", default="solver comparison"),
        headline=run.entry("headline", default=""),
        created=run.entry("created", default=""),
        when=facts.when(run),
        state=run.entry("state", default="unknown"),
        verdict=verdict(run),
        several="repeats" in table,
        found=["f", "‖∇f‖∞", *(name for name in ("train", "test") if name in table)],
        gap_name=gap.name(run),
        gap_formula=gap.formula(run),
        targets=targets,
        summary=_rows(run, table),
        distances=_rows(run, distances) if distances["certified bound"].notna().any() else [],
        kind=facts.kind(run),
        certified=facts.kind(run) == facts.KINDS["certificate"],
        reference=facts.reference(run),
        drawings=drawings,
        problem=facts.problem(run),
        environment=facts.environment(run),
        commands=facts.commands(run),
        files=files,
    )


def _rows(run: Run, table: pd.DataFrame) -> list[Row]:
    broken = set(failed(run))
    texts = shown(table)
    rows = []
    for index, solver in enumerate(table["solver"]):
        cells = [
            _cell(run, column, float(table[column].min()), table[column].iloc[index], texts[column].iloc[index])
            if column != "status"
            else Cell(texts[column].iloc[index], "status")
            for column in texts.columns
            if column != "solver"
        ]
        rows.append(Row(solver, solver in broken, cells))
    return rows


def _cell(run: Run, column: str, least: float, value: float, text: str) -> Cell:
    timed = column.startswith("s to ")
    median, bracket, spread = text.partition("[")
    look, hint = "number", ""
    if np.isnan(value):
        hint = "unknown: this run has no f*" if timed else "not known"
    elif timed and np.isinf(value):
        look, hint = "number never", facts.limits(run)
    elif timed and value == least:
        look, hint = "number first", "the fastest"
    return Cell(median.strip(), look, hint, bracket + spread)
