"""The report as Markdown: report.md."""

import re
from collections.abc import Sequence
from typing import Any

import pandas as pd

from reports import facts, overviews, tables
from reports.page import Drawing
from reports.plugins import found
from reports.run import Run
from reports.shown import shown
from reports.tables import summary
from reports.verdict import verdict


def markdown(run: Run, drawings: Sequence[Drawing]) -> str:
    """Text of report.md.

    Parameters
    ----------
    run : Run
    drawings : sequence of Drawing
        The figures that were drawn.
    """
    alone = len(run.problems) <= 1
    parts = [
        f"# {escaped(run.entry('title', default='solver comparison'))}",
        escaped(run.entry("headline", default="")),
        f"{escaped(facts.when(run))} · {escaped(run.entry('state', default='unknown'))}",
        *([] if alone else [part for table in found(overviews).values() for part in _overview(run, table)]),
        *(part for number, one in enumerate(run.each(), 1) for part in _problem(one, drawings, 0 if alone else number)),
        "## Environment",
        _table(pd.DataFrame(facts.environment(run), columns=["what", "value"])),
        "## Commands",
        *(f"To {what}:\n\n{_code(command)}" for what, command in facts.commands(run)),
        f"{', '.join(f'`{name}.csv`' for name in found(tables))} hold every number in full.",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _problem(run: Run, drawings: Sequence[Drawing], number: int) -> list[str]:
    """The parts on one problem; under a heading of its own if it has a number."""
    key = run.problems[0] if run.problems else ""
    table = summary.frame(run)
    expected = [name for name in table.columns if name.startswith(f"{summary.EVALUATIONS} to ")]
    level = "###" if number else "##"
    return [
        f"## {number}. {escaped(run.label(key))}" if number else "",
        escaped(run.entry("headline", default="")) if number else "",
        escaped(verdict(run)),
        _table(shown(table.drop(columns=expected))) if len(table) else "No solver finished.",
        f"**f\\*** ({escaped(facts.kind(run))}): {escaped(facts.reference(run))}",
        *(
            [f"{level} Expected evaluations", _table(shown(table[["solver", *expected]]))]
            if len(table) and expected
            else []
        ),
        *(
            f"{level} {escaped(drawing.title)}\n\n![{escaped(drawing.title)}]({drawing.file})"
            for drawing in drawings
            if drawing.problem == key
        ),
        f"{level} Problem",
        _table(pd.DataFrame(facts.problem(run), columns=["what", "value"])),
    ]


def _overview(run: Run, table: Any) -> list[str]:
    return [f"## {escaped(table.TITLE)}", _table(shown(table.frame(run)))]


def escaped(text: object) -> str:
    """`text` on one line, with every character that Markdown or HTML would act on made harmless."""
    line = " ".join(str(text).split())
    line = line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([\\`*_\[\]|~$]|^[#+=-])", r"\\\1", line)


def _table(texts: pd.DataFrame) -> str:
    lines = [[escaped(column) for column in texts.columns], ["---"] * len(texts.columns)]
    lines += [[escaped(text) for text in row] for row in texts.itertuples(index=False)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _code(command: str) -> str:
    longest = max((len(run) for run in re.findall("`+", command)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n{command}\n{fence}"
