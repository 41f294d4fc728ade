"""``workbench compare``: run a comparison of solvers and write its report."""

import sys
from typing import Any

import click

from workbench.cli import options


@click.command(name="compare")
@click.option("--data", default="digits", show_default=True, help="A data set's name, or a file of yours.")
@options.data_dir
@options.target
@click.option("--objective", default="softmax", show_default=True, help="A built-in objective's name.")
@click.option("--l2", type=float, default=1e-4, show_default=True, help="Weight of the penalty l2 / 2 |theta|^2.")
@click.option(
    "--solver",
    "solvers",
    multiple=True,
    metavar="NAME[:OPTION=VALUE,...]",
    help="A solver, with options, such as lbfgs:memory=10. Repeatable.  [default: lbfgs, cg, gd, sgd]",
)
@click.option(
    "--gap",
    "gaps",
    type=click.FloatRange(0.0, min_open=True),
    multiple=True,
    help="A target (f - f*) / f*, to which seconds are counted. Repeatable.  [default: 1e-2, 1e-4, 1e-6]",
)
@click.option("--gtol", type=click.FloatRange(0.0), help="Gradient tolerance.  [default: what certifies the last gap]")
@click.option(
    "--max-time",
    type=click.FloatRange(0.0, min_open=True),
    default=60.0,
    show_default=True,
    help="Seconds for each solver.",
)
@click.option(
    "--max-evals",
    type=click.IntRange(1),
    default=2000,
    show_default=True,
    help="Evaluations of f and g for each solver; passes over the rows for sgd.",
)
@click.option("--repeats", type=click.IntRange(1), default=1, show_default=True, help="Runs of each solver.")
@click.option("--threads", type=click.IntRange(1), help="For BLAS and compiled code.  [default: all]")
@click.option("--dtype", type=click.Choice(["float64", "float32"]), default="float64", show_default=True)
@options.seed
@click.option("--out", type=click.Path(), help="Folder of the run.  [default: runs/TIME_OBJECTIVE-DATA]")
@options.as_json
def command(**chosen: Any) -> int:
    """Compare solvers on one problem and write the report.

    Without options: softmax regression on the bundled digits with our four solvers.
    """
    from workbench.cli.comparison import run_comparison

    return run_comparison(sys.argv[1:], **chosen)
