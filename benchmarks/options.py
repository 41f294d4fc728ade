"""What the benchmarks' options may be: what is not gets one line before anything runs."""

from pathlib import Path
from typing import Any

import click

import workbench as wb
from workbench.threads import available

COUNT = click.IntRange(1)
POSITIVE = click.FloatRange(0.0, min_open=True)
THREADS = click.IntRange(1, available())
FOLDER = click.Path(path_type=Path, exists=True, file_okay=False)


def data_set(name: str, data_dir: Path | None) -> Any:
    """Return what ``--data`` names."""
    try:
        return wb.load_dataset(name, data_dir=data_dir)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--data") from error
