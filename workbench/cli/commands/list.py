"""``workbench list``: what there is."""

import click

from workbench.cli import options

KINDS = ("solvers", "objectives", "datasets", "peers")


@click.command(name="list", short_help="List solvers and their options, objectives, data sets, peers.")
@click.argument("kind", type=click.Choice(KINDS), required=False)
@options.data_dir
@options.as_json
def command(kind: str | None, data_dir: str | None, as_json: bool) -> int:
    """List solvers, objectives, data sets and peers; of one kind also the details, such as the options of solvers.

    The methods of minFunc are listed with the solvers, and named minfunc:METHOD. Peers are solvers of other libraries,
    with the version that is installed, or why they cannot be used.
    """
    import json

    from workbench.cli.listing import listing, text
    from workbench.peers.families.minfunc import minfunc_entries, without_repetition

    if data_dir is not None and kind not in (None, "datasets"):
        raise click.UsageError("--data-dir goes with datasets.", click.get_current_context())
    found = {}
    for name in [kind] if kind else KINDS:
        found[name] = listing(name, data_dir)
        if name == "solvers":
            found["minfunc"] = minfunc_entries()
    if as_json:
        click.echo(json.dumps(found, indent=2))
    else:
        if kind and "minfunc" in found:
            found["minfunc"] = without_repetition(found["minfunc"])
        click.echo("\n\n".join(text(name, entries, details=kind is not None) for name, entries in found.items()))
    return 0
