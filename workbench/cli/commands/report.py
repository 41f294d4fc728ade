"""``workbench report``: regenerate a run's report."""

import click

from workbench.cli import options


@click.command(name="report")
@click.argument("run", type=click.Path(exists=True, file_okay=False))
@click.option("--out", type=click.Path(), help="Folder of the report.  [default: RUN/report]")
@options.as_json
def command(run: str, out: str | None, as_json: bool) -> int:
    """Regenerate the report of RUN from what is stored; nothing is solved."""
    import json

    import reports
    from workbench.cli.table import show

    stored = reports.load(run)
    page = reports.build(stored, out)
    if as_json:
        click.echo(json.dumps({"headline": stored.meta.get("headline"), "report": str(page)}))
    else:
        click.echo(stored.meta.get("headline", ""))
        show(stored)
        click.echo(f"report: {page}")
    return 0
