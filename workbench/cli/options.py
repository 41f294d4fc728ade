"""Options that several commands take."""

from collections.abc import Callable
from typing import Any

import click

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

data_dir: Decorator = click.option(
    "--data-dir",
    type=click.Path(exists=True, file_okay=False),
    help="Folder with the files of mnist or fashion-mnist; also $WORKBENCH_DATA.",
)
target: Decorator = click.option("--target", help="Column of the labels, in a CSV or Parquet file of yours.")
as_json: Decorator = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
seed: Decorator = click.option("--seed", type=click.IntRange(0, 2**31 - 1000), default=0, show_default=True)
