"""``workbench status``: how far the studies of a store are."""

import click

from workbench.cli import options


@click.command(name="status", short_help="Show how far the studies of a store are.")
@click.argument("run", metavar="RUN")
@options.as_json
def command(run: str, as_json: bool) -> int:
    """Show the studies in RUN, a folder or the URL of a store: their state, and the state of their cells."""
    from reports.status import overview
    from workbench.cli.frame import echo_frame, echo_json

    frame = overview(run)
    if as_json:
        echo_json({"studies": frame})
        return 0
    if frame.empty:
        click.echo("no study yet")
    echo_frame(frame, frame.astype(str))
    return 0
