"""``workbench grade``: the gradient check over a folder of submissions."""

from typing import Any

import click

from workbench.cli import options

EPILOG = """\b
Examples:
  workbench grade submissions
  workbench grade submissions --json > grades.json
  workbench grade submissions --pattern '*/softmax_regression_vec.py' --timeout 300 --memory 1024
  workbench grade submissions --function cost --data iris

Exit code 0 if all pass, 1 if any does not, 2 if there is nothing to grade. The limits contain accidents: this is
no sandbox."""


@click.command(name="grade", short_help="Grade a folder of submissions.", epilog=EPILOG)
@click.argument("folder", type=click.Path(exists=True, file_okay=False))
@click.option("--pattern", default="**/*.py", show_default=True, help="Which files of the folder are submissions.")
@click.option("--function", help="What to check in each.  [default: softmax_regression_vec, held against its f too]")
@click.option("--data", default="digits", show_default=True, help="A data set's name, or a file of yours.")
@options.data_dir
@options.target
@click.option(
    "--coordinates",
    type=options.Count(1),
    help="How many coordinates to check, for slow submissions.  [default: as check-gradient]",
)
@click.option(
    "--timeout", type=options.Number(0.0, min_open=True), default=120.0, show_default=True, help="Seconds for each."
)
@click.option(
    "--memory",
    type=options.Count(1, 2**20),
    default=2048,
    show_default=True,
    help="MiB that each may take, beside the workbench and the data.",
)
@options.as_json
def command(as_json: bool, **chosen: Any) -> int:
    """Check the gradient of every submission in FOLDER, each in a process of its own.

    One that raises, hangs, prints, exits or takes too much memory is a row that says so, and the others go on. A
    verdict is PASS, FAIL, INCONCLUSIVE, ERROR, TIMEOUT or MEMORY.
    """
    from workbench.cli.grading import Request, run_grading

    text, ok = run_grading(Request(**chosen), as_json=as_json)
    click.echo(text)
    return 0 if ok else 1
