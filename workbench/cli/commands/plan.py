"""``workbench plan``: the cells of a study, what is done, and how long the rest may take."""

import click

from workbench.cli import options


@click.command(name="plan", short_help="Show the cells of a study and what is still to be run.")
@click.argument("study", type=click.Path(exists=True))
@options.overrides
@click.option("--out", type=click.Path(), help="Folder of the run.  [default: runs/STUDY]")
@options.store
@options.as_json
def command(study: str, overrides: tuple[str, ...], out: str | None, store: str | None, as_json: bool) -> int:
    """Show the cells of a STUDY file, or of a run's folder; nothing is run.

    A cell is one solver on one problem in one repeat. It is done, new, to run again (it was interrupted), or stale:
    left from an earlier form of the study, and in no report.
    """
    from workbench.cli.planning import show_plan

    return show_plan(study, overrides, out=out, store=store, as_json=as_json)
