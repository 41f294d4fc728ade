"""``workbench report``: regenerate a run's report."""

import click

from workbench.cli import options


@click.command(name="report", short_help="Regenerate the report of a stored run.")
@click.argument("run", metavar="RUN")
@click.option("--out", type=click.Path(), help="Folder of the report.  [default: RUN/report]")
@options.study
@options.as_json
def command(run: str, out: str | None, study: int | None, as_json: bool) -> int:
    """Regenerate the report of RUN, a folder that compare made or the URL of a store; nothing is solved."""
    import reports
    from workbench.cli.outcome import show
    from workbench.cli.table import say

    stored = reports.load(run, study)
    page = reports.build(stored, out)
    if not as_json and len(stored.problems) <= 1:
        say(stored.entry("headline", default=""))
    show(stored, page, as_json=as_json)
    return 0
