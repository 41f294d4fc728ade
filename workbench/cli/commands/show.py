"""``workbench show``: one cell in full."""

import click

from workbench.cli import options


@click.command(name="show", short_help="Show a cell of a stored run in full.")
@click.argument("run", metavar="RUN")
@click.argument("cell", metavar="CELL")
@options.study
@options.as_json
def command(run: str, cell: str, study: int | None, as_json: bool) -> int:
    """Show every attempt at a cell of RUN, a folder or the URL of a store.

    CELL is the beginning of its key, or SOLVER, SOLVER/PROBLEM or SOLVER/PROBLEM/REPEAT; all cells of that name are
    shown.
    """
    from reports.show import show
    from workbench.cli.frame import echo_json, plain

    attempts = show(run, cell, study)
    if as_json:
        echo_json({"attempts": attempts})
        return 0
    for attempt in attempts:
        known = {name: value for name, value in plain(attempt).items() if value not in (None, "")}
        click.echo("\n".join(f"{name.replace('_', ' '):20}{value}" for name, value in known.items()) + "\n")
    return 0
