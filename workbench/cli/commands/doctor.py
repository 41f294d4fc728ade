"""``workbench doctor``: the machine and its versions."""

import click

from workbench.cli import options


@click.command(name="doctor", short_help="Show the machine, the versions, the threads.")
@options.as_json
def command(as_json: bool) -> int:
    """Show the machine, the versions, the threads, and where compiled code and data are kept."""
    import json

    from workbench.cli.machine import machine

    found = machine()
    if as_json:
        click.echo(json.dumps(found, indent=2))
        return 0
    for key, value in found.items():
        if isinstance(value, dict):
            value = ", ".join(f"{name} {item}" for name, item in value.items())
        click.echo(f"{key.replace('_', ' '):14} {value}")
    return 0
