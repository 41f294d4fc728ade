"""``workbench report``: regenerate a run's report."""

import click

from workbench.cli import options


@click.command(name="report", short_help="Regenerate the report of a stored run.")
@click.argument("run", type=click.Path(exists=True, file_okay=False))
@click.option("--out", type=click.Path(), help="Folder of the report.  [default: RUN/report]")
@options.as_json
def command(run: str, out: str | None, as_json: bool) -> int:
    """Regenerate the report of RUN, a folder that compare made, from what is stored there; nothing is solved."""
    import reports
    from workbench.cli.outcome import show
    from workbench.cli.table import say

    stored = reports.load(run)
    if not as_json:
        say(stored.meta.get("headline", ""))
    show(stored, reports.build(stored, out), as_json=as_json)
    return 0
