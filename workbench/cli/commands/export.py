"""``workbench export``: a run for other programs."""

import click

from workbench.cli import options


@click.command(name="export", short_help="Export a stored run: Parquet, CSV, benchopt's Parquet.")
@click.argument("run", metavar="RUN")
@click.option("--format", "form", default="parquet", show_default=True, help="parquet, csv, or benchopt.")
@click.option("--out", type=click.Path(), required=True, help="A new folder for the files.")
@options.study
@options.as_json
def command(run: str, form: str, out: str, study: int | None, as_json: bool) -> int:
    """Export RUN, a folder or the URL of a store."""
    import reports
    from reports.export import export
    from workbench.cli.frame import echo_json

    files = [str(path) for path in export(reports.load(run, study), form, out)]
    if as_json:
        echo_json({"files": files})
    else:
        click.echo("\n".join(files))
    return 0
