"""The report as Markdown: report.md."""

import re

import pandas as pd

from reports import facts
from reports.run import Run
from reports.shown import shown
from reports.tables import summary
from reports.verdict import verdict


def markdown(run: Run, figures: dict[str, str]) -> str:
    """Text of report.md.

    Parameters
    ----------
    run : Run
    figures : dict
        Title of each drawn figure by its file below the report.
    """
    parts = [
        f"# {escaped(run.entry('title', default='solver comparison'))}",
        escaped(run.entry("headline", default="")),
        f"{escaped(facts.when(run))} · {escaped(run.entry('state', default='unknown'))}",
        escaped(verdict(run)),
        _table(shown(summary.frame(run))) if len(run.results) else "No solver finished.",
        f"**f\\*** ({escaped(facts.kind(run))}): {escaped(facts.reference(run))}",
        *(f"## {escaped(title)}\n\n![{escaped(title)}]({file})" for file, title in figures.items()),
        "## Problem",
        _table(pd.DataFrame(facts.problem(run), columns=["what", "value"])),
        "## Environment",
        _table(pd.DataFrame(facts.environment(run), columns=["what", "value"])),
        "## Commands",
        *(f"To {what}:\n\n{_code(command)}" for what, command in facts.commands(run)),
        "`results.csv`, `trace.csv`, `summary.csv` and `optimality.csv` hold every number in full.",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


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
