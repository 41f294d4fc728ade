"""The report as one self-contained page: index.html, which loads nothing and runs nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from reports import facts, gap, overviews
from reports.numerals import power
from reports.plugins import found
from reports.row import Row, plain_rows, rows
from reports.run import Run
from reports.tables import optimality, summary, timing
from reports.verdict import verdict


@dataclass(frozen=True)
class Drawing:
    """One figure of the page: its problem's key, name, title, caption, source of its numbers, file, and SVG."""

    problem: str
    name: str
    title: str
    caption: str
    source: str
    file: str
    svg: Markup


@dataclass(frozen=True)
class Block:
    """A table of the page: what it says, the names of its columns, its rows."""

    caption: str
    names: list[str]
    rows: list[Row]


@dataclass(frozen=True)
class Part:
    """What the page says of one problem; `mark` tells its ids from those of the others, and is empty if it is alone."""

    mark: str
    heading: str
    headline: str
    verdict: str
    several: bool
    found: list[str]
    gap_name: str
    targets: list[str]
    summary: list[Row]
    kind: str
    certified: bool
    reference: str
    problem: list[tuple[str, str]]
    blocks: list[Block] = field(default_factory=list)
    drawings: list[Drawing] = field(default_factory=list)


def page(run: Run, drawings: Sequence[Drawing], files: list[str]) -> str:
    """Text of index.html.

    Parameters
    ----------
    run : Run
    drawings : sequence of Drawing
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
    alone = len(run.problems) <= 1
    parts = [_part(one, drawings, 0 if alone else number) for number, one in enumerate(run.each(), 1)]
    return environment.get_template("index.html.j2").render(
        title=run.entry("title", default="solver comparison"),
        headline=run.entry("headline", default=""),
        created=run.entry("created", default=""),
        when=facts.when(run),
        state=run.entry("state", default="unknown"),
        overviews=[] if alone else [_overview(run, table) for table in found(overviews).values()],
        parts=parts,
        environment=facts.environment(run),
        commands=facts.commands(run),
        files=files,
    )


def _part(run: Run, drawings: Sequence[Drawing], number: int) -> Part:
    table = summary.frame(run)
    times = [gap.heading(run, target) for target in gap.targets(run)]
    found = [name for name in ("train", "test") if name in table]
    columns = ["solver", "status", *(["repeats"] if "repeats" in table else []), "iter", "f+g", "compile"]
    key = run.problems[0] if run.problems else ""
    return Part(
        mark=f"p{number}-" if number else "",
        heading=f"{number}. {run.label(key)}" if number else "Summary",
        headline=run.entry("headline", default="") if number else "",
        verdict=verdict(run),
        several="repeats" in table,
        found=["f", "‖∇f‖∞", *found],
        gap_name=gap.name(run),
        targets=[power(target) for target in gap.targets(run)],
        summary=rows(run, table, [*columns, *times, "f", "||g||inf", *found]),
        kind=facts.kind(run),
        certified=facts.kind(run) == facts.KINDS["certificate"],
        reference=facts.reference(run),
        problem=facts.problem(run),
        blocks=_blocks(run, table),
        drawings=[drawing for drawing in drawings if drawing.problem == key],
    )


def _blocks(run: Run, table: pd.DataFrame) -> list[Block]:
    """The tables under the summary, those that have something to say."""
    blocks = []
    distances = optimality.frame(run)
    if distances["certified bound"].notna().any():
        what = f"Distance from the optimum: {gap.name(run)} {gap.formula(run)}"
        blocks.append(_block(run, distances, f"{what}, beside the bound on it that is certified without f*."))
    evaluations = [gap.heading(run, target, summary.EVALUATIONS) for target in gap.targets(run)]
    if len(table) and evaluations and table[evaluations].notna().any(axis=None):
        what = "Expected running time: evaluations of all repeats until a target, over the number that came there"
        blocks.append(_block(run, table[["solver", *evaluations]], f"{what}. ∞: none did."))
    times = timing.frame(run)
    if times["wall s"].notna().any():
        what = "Where the wall time went, medians. The clock is f and g and the solver; all else is outside of it"
        blocks.append(_block(run, times.dropna(axis="columns", how="all"), f"{what}."))
    return blocks


def _block(run: Run, frame: pd.DataFrame, caption: str) -> Block:
    return Block(caption, list(frame.columns), rows(run, frame, list(frame.columns)))


def _overview(run: Run, table: Any) -> Block:
    frame = table.frame(run)
    return Block(f"{table.TITLE}.", list(frame.columns), plain_rows(frame))
