"""Rows of a table in the page: each cell as text, with its look, and what it says on hovering."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from reports import facts
from reports.numerals import significant
from reports.outcome import failed
from reports.ranking import unranked
from reports.run import Run
from reports.shown import shown
from reports.tables.summary import EVALUATIONS, INTERVAL


@dataclass(frozen=True)
class Cell:
    """One cell of a table: its text, its class in the style sheet, what it says on hovering, and what stands below."""

    text: str
    look: str = "number"
    hint: str = ""
    spread: str = ""


@dataclass(frozen=True)
class Row:
    """One row of a table: what heads it, whether it is bad news, and its cells."""

    solver: str
    failed: bool
    cells: list[Cell]


def rows(run: Run, table: pd.DataFrame, columns: list[str]) -> list[Row]:
    """Rows of a table of a run of one problem, with these columns, of which ``solver`` heads the row.

    A solver whose repeats all failed, or that failed parity, is bad news. The fastest of the ranked is marked.
    """
    outside = unranked(run)
    bad = {*failed(run), *(solver for solver, why in outside.items() if why == "parity")}
    ranked = table[[solver not in outside for solver in table["solver"]]]
    texts = shown(table)
    found = []
    for index, solver in enumerate(table["solver"]):
        values = table.iloc[index]
        cells = [
            _cell(run, column, ranked, values, texts[column].iloc[index], solver not in outside)
            for column in columns
            if column != "solver"
        ]
        found.append(Row(solver, solver in bad, cells))
    return found


def plain_rows(frame: pd.DataFrame) -> list[Row]:
    """Rows of any table, headed by its first column."""
    looks = ["number" if pd.api.types.is_numeric_dtype(frame[name]) else "text" for name in frame.columns[1:]]
    return [
        Row(first, False, [Cell(text, look) for text, look in zip(rest, looks, strict=True)])
        for first, *rest in shown(frame).itertuples(index=False)
    ]


def _cell(run: Run, column: str, ranked: pd.DataFrame, values: pd.Series, text: str, is_ranked: bool) -> Cell:
    value = values[column]
    if column == "status":
        return _status(values, text)
    if isinstance(value, str):
        return Cell(text, "text")
    timed, expected = column.startswith("s to "), column.startswith(f"{EVALUATIONS} to ")
    median, bracket, spread = text.partition("[")
    look, hint = "number", ""
    if np.isnan(value):
        hint = "unknown: this run has no f*" if timed else "not known"
    elif (timed or expected) and np.isinf(value):
        look, hint = "number never", facts.limits(run)
    elif timed:
        low, high = (values.get(f"{column} {end}") for end in INTERVAL)
        known = low is not None and high is not None and low != high
        hint = f"95% bootstrap interval of the median: {significant(low)} to {significant(high)}" if known else ""
        if is_ranked and value == ranked[column].min():
            look, hint = "number first", f"the fastest{f'; {hint}' if hint else ''}"
    return Cell(median.strip(), look, hint, bracket + spread)


def _status(values: pd.Series, text: str) -> Cell:
    """How a solver ended; below it how it was judged, and why it is not ranked."""
    beside = [values.get(name) for name in ("verdicts", "flags")]
    parity = values.get("parity")
    if parity:
        text = f"not this problem's f: {parity}"
    return Cell(text, "status", "", " · ".join(str(words) for words in beside if words))
