"""``workbench doctor``: the machine and its versions."""

import click

from workbench.cli import options


@click.command(name="doctor", short_help="Show the machine, the versions, the threads.")
@click.option("--warm", "ahead", is_flag=True, help="Compile ahead what softmax regression needs; seconds for each.")
@options.as_json
def command(ahead: bool, as_json: bool) -> int:
    """Show the machine, the versions, the threads, and where compiled code and data are kept.

    With --warm, compile what the solvers need for softmax regression, so that no later process has to: minutes on a
    machine where nothing is compiled yet.
    """
    import json

    from workbench.cli.machine import machine
    from workbench.warm import warm

    found = machine()
    if ahead and found["compiler"] != "works":
        raise click.UsageError(f"--warm compiles, but the compiler {found['compiler']}: unset NUMBA_DISABLE_JIT")
    if as_json:
        if ahead:
            found["warm"] = [item._asdict() for item in warm()]
        click.echo(json.dumps(found, indent=2))
        return 0
    for key, value in found.items():
        if isinstance(value, dict):
            value = ", ".join(f"{name} {item}" for name, item in value.items())
        click.echo(f"{key.replace('_', ' '):14} {value}")
    if ahead:
        click.echo()
        for item in warm():
            click.echo(f"{item.name:34} {item.how:8} {item.seconds:6.2f} s")
    return 0
