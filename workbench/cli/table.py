"""The summary of a run as text: one table, or two where a terminal is too narrow for one."""

import math
import shutil
import sys
import textwrap
from collections import Counter
from typing import Any

import click
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

import reports
from reports.outcome import reason
from solvers.status import Status

UNBOUNDED = 10_000
"""Columns of a pipe: there each solver has one line, however long."""
WORDS = ("solver", "status")
BESIDE = (*WORDS, "verdicts", "flags", "parity", "repeats")
"""What the first columns say, or the report alone."""
NARROWEST = 16
"""Characters to which words may be wrapped before a table is cut in two."""
Columns = dict[str, list[str]]


def table(run: "reports.Run", width: int) -> str:
    """Return the summary of a run as text, medians over repeats; empty before any solver has run."""
    columns = _columns(run)
    return "\n\n".join(drawn(part, width) for part in _fitting(columns, width)) if columns["solver"] else ""


def say(sentence: str) -> None:
    """Print a sentence, wrapped between words on a terminal."""
    click.echo(textwrap.fill(sentence, room(), break_long_words=False, break_on_hyphens=False))


def room() -> int:
    """Return how many characters a line may have."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else UNBOUNDED


def _columns(run: "reports.Run") -> Columns:
    """Return the columns to show, as text."""
    frame = reports.summary(run)
    columns = {"solver": list(frame["solver"]), "status": [_status(run, solver) for solver in frame["solver"]]}
    timed = False
    for name in frame.columns:
        if name in BESIDE or name.startswith("evals to ") or name.endswith((" q1", " q3", " low", " high")):
            continue
        heading = name
        if name.startswith("s to "):  # the first says what they all are
            heading, timed = (name.rpartition(" ")[2] if timed else name), True
        columns[heading] = [_text(name, value) for value in frame[name]]
    return columns


def _status(run: "reports.Run", solver: str) -> str:
    """Return how a solver's repeats ended, without the numbers, and why their times are not ranked."""
    cells = run.results[run.results["solver"] == solver]
    ends = Counter(map(_end, cells.itertuples()))
    text = "; ".join(f"{end} ({count} of {len(cells)})" if len(ends) > 1 else end for end, count in ends.items())
    flags = dict.fromkeys(" ".join(cells["flags"]).split())
    return " · ".join([text, *flags])


def _end(cell: Any) -> str:
    if cell.parity:
        return f"not this problem's f: {cell.parity}"
    return reason(cell) or (Status[cell.status].sentence if cell.status in Status.__members__ else cell.message)


def _fitting(columns: Columns, width: int) -> list[Columns]:
    """Return one table; or two, what the solvers cost and what they found, where one would be too wide."""
    if _narrowest(columns) <= width:
        return [columns]
    names = list(columns)
    cut = names.index("f")
    return [{name: columns[name] for name in half} for half in (["solver", *names[2:cut]], [*WORDS, *names[cut:]])]


def _narrowest(columns: Columns) -> int:
    """Return the width below which numbers would be cut."""
    widths = {name: max(map(len, (name, *texts))) for name, texts in columns.items()}
    return sum(min(width, NARROWEST) if name in WORDS else width for name, width in widths.items()) + 2 * len(widths)


def drawn(columns: Columns, width: int) -> str:
    """Return columns of texts as a table; words are wrapped where it would be too wide."""
    grid = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0))
    for name in columns:
        words = name in WORDS
        grid.add_column(Text(name), justify="left" if words else "right", no_wrap=not words, overflow="fold")
    for texts in zip(*columns.values(), strict=True):
        grid.add_row(*map(Text, texts))
    console = Console(width=max(width, _narrowest(columns)), highlight=False)
    with console.capture() as captured:
        console.print(grid)
    return "\n".join(line.rstrip() for line in captured.get().splitlines())


def _text(column: str, value: float) -> str:
    """Return a number as the table shows it."""
    if math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞"
    if column in ("iter", "f+g"):
        return f"{value:,.0f}"
    if column in ("train", "test"):
        return f"{value:.4f}"
    if column == "f":
        return f"{value:.9f}" if value == 0.0 or 1e-2 <= abs(value) < 1e3 else f"{value:.6e}"
    if column == "compile":
        return f"{value:.2f}"
    if column == "||g||inf":
        return f"{value:.1e}"
    return f"{value:,.0f}" if value >= 100.0 else f"{value:#.3g}"
