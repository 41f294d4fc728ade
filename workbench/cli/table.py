"""The summary of a run as text on a terminal."""

import math
import sys
from typing import Any

import reports

STATUS_WIDTH = 44


def show(run: "reports.Run") -> None:
    """Print the summary table of a run, and the sentence that says how well its optimum is known."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    frame = reports.summary(run)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for column in frame.columns:
        words = column in ("solver", "status")
        table.add_column(Text(column), justify="left" if words else "right", no_wrap=column != "status")
    for row in frame.to_dict(orient="records"):
        table.add_row(*(Text(_text(column, value)) for column, value in row.items()))
    console = Console(width=None if sys.stdout.isatty() else 200, highlight=False, soft_wrap=False)
    console.print(table)
    reference = run.meta.get("reference")
    if reference:
        console.print(Text(reference["sentence"]))


def _text(column: str, value: Any) -> str:
    """Return a value as the table shows it."""
    if isinstance(value, str):
        return value.partition(":")[0] if column == "status" and not value.startswith("failed") else value
    if math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞"
    if column in ("iter", "f+g", "repeats"):
        return f"{value:,.0f}"
    if column in ("train", "test"):
        return f"{value:.4f}"
    if column == "f":
        return f"{value:.9f}" if abs(value) < 1e3 else f"{value:.9g}"
    if column == "||g||inf":
        return f"{value:.1e}"
    return f"{value:.3f}" if value < 100 else f"{value:.1f}"
