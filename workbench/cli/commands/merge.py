"""``workbench merge``: several stores in one."""

import click

from workbench.cli import options


@click.command(name="merge", short_help="Merge stored runs into one store.")
@click.argument("out", metavar="OUT")
@click.argument("sources", metavar="A B...", nargs=-1, required=True)
@options.as_json
def command(out: str, sources: tuple[str, ...], as_json: bool) -> int:
    """Merge the stores A, B, ... into OUT: a new folder, or the URL of a database.

    Studies that ask for the same become one; an attempt that is the same in several stores is there once.
    """
    from reports.merge import merge
    from workbench.cli.frame import echo_frame, echo_json

    frame = merge(out, sources)
    if as_json:
        echo_json({"sources": frame})
    else:
        echo_frame(frame, frame.astype(str))
    return 0
