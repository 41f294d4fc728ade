"""Parquet: results, iterations and problems of a run, with their kinds."""

from pathlib import Path

from reports.parquet import write_parquet
from reports.run import Run
from reports.tabular import frames

SUMMARY = "results.parquet, trace.parquet, problems.parquet"
ORDER = 10


def write(run: Run, folder: Path) -> None:
    """Write the files into `folder`."""
    for name, frame in frames(run).items():
        write_parquet(frame, folder / f"{name}.parquet")
