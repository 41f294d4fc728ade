"""CSV: results, iterations and problems of a run, every number in full."""

from pathlib import Path

from reports.exact import csv
from reports.run import Run
from reports.tabular import frames

SUMMARY = "results.csv, trace.csv, problems.csv"
ORDER = 20


def write(run: Run, folder: Path) -> None:
    """Write the files into `folder`."""
    for name, frame in frames(run).items():
        (folder / f"{name}.csv").write_text(csv(frame), encoding="utf-8", newline="\n")
