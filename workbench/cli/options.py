"""Options that several commands take, and the numbers that options hold."""

import math
from collections.abc import Callable
from typing import Any

import click

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


class Number(click.FloatRange):
    """A finite number; NaN lies in no range, and click's own lets it through."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the number, or fail with the reason."""
        number = float(super().convert(value, param, ctx))
        if not math.isfinite(number):
            self.fail(f"{value} is no finite number.", param, ctx)
        return number


class Count(click.IntRange):
    """A whole number."""

    name = "count"


data_dir: Decorator = click.option(
    "--data-dir",
    type=click.Path(exists=True, file_okay=False),
    help="Folder to look in first, with the files of mnist or fashion-mnist, or yours; then $WORKBENCH_DATA.",
)
target: Decorator = click.option("--target", help="Column of the labels, in a CSV or Parquet file of yours.")
overrides: Decorator = click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="KEY=VALUE",
    help="Instead of what the study file says: run.repeats=5, targets.gap=[1e-3], problem.digits.l2=1e-3,"
    " solver.lbfgs.memory=10. Repeatable.",
)
store: Decorator = click.option(
    "--store", metavar="URL", help="A database in the place of a run's folder, such as postgresql+psycopg://HOST/NAME."
)
study: Decorator = click.option("--study", type=Count(1), help="Which study of the store.  [default: the latest]")
as_json: Decorator = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")


def seed(of: str) -> Decorator:
    """Return the option ``--seed``, described by what is drawn with it."""
    return click.option("--seed", type=Count(0, 2**31 - 1000), default=0, show_default=True, help=f"Of {of}.")
