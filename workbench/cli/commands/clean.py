"""``workbench clean``: attempts that are not needed any more."""

import click

from workbench.cli import options


@click.command(name="clean", short_help="Remove superseded and failed attempts from a store.")
@click.argument("run", metavar="RUN")
@click.option(
    "--superseded", is_flag=True, help="Every attempt at a cell but the last, which is the one that is reported."
)
@click.option(
    "--failed", is_flag=True, help="Last attempts that failed or were interrupted: the cell is to be run again."
)
@click.option("--dry-run", is_flag=True, help="Remove nothing, and say what would be.")
@options.as_json
def command(run: str, superseded: bool, failed: bool, dry_run: bool, as_json: bool) -> int:
    """Remove attempts from RUN, a folder or the URL of a store, and say which; nothing is asked."""
    from reports.clean import clean
    from workbench.cli.frame import echo_frame, echo_json

    if not superseded and not failed:
        raise click.UsageError("say what to remove: --superseded, --failed, or both.", click.get_current_context())
    frame = clean(run, superseded=superseded, failed=failed, dry_run=dry_run)
    if as_json:
        echo_json({"dry_run": dry_run, "attempts": frame})
        return 0
    click.echo(f"{'would remove' if dry_run else 'removed'} {len(frame)} attempt{'s' * (len(frame) != 1)}")
    echo_frame(frame, frame.assign(cell=frame["cell"].str[:12]).astype(str))
    return 0
