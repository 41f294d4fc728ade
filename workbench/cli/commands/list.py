"""``workbench list``: what there is."""

import click

from workbench.cli import options

KINDS = ("solvers", "objectives", "datasets")


@click.command(name="list")
@click.argument("kind", type=click.Choice(KINDS), required=False)
@options.data_dir
@options.as_json
def command(kind: str | None, data_dir: str | None, as_json: bool) -> int:
    """List solvers with their options, objectives, data sets; all of them without an argument."""
    import json

    from workbench.cli.listing import listing, text

    found = {name: listing(name, data_dir) for name in ([kind] if kind else KINDS)}
    if as_json:
        click.echo(json.dumps(found, indent=2))
    else:
        click.echo("\n\n".join(text(name, entries) for name, entries in found.items()))
    return 0
