"""The command line: one file per command in ``workbench/cli/commands``, found by being there.

Results go to stdout, progress and logs to stderr. Command files import nothing heavy at the top, so that ``--help``
answers at once.
"""

import importlib
import os
import pkgutil
import sys
from typing import Any

import click

from workbench import __version__
from workbench.cli import commands


class CommandFiles(click.Group):
    """A group whose commands are the files of a package."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands, in alphabetical order."""
        return sorted(module.name.replace("_", "-") for module in pkgutil.iter_modules(commands.__path__))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command by its name."""
        if cmd_name not in self.list_commands(ctx):
            return None
        module = importlib.import_module(f"{commands.__name__}.{cmd_name.replace('-', '_')}")
        command: click.Command = module.command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, offering the nearest name where there is none."""
        from difflib import get_close_matches

        name, names = args[0], self.list_commands(ctx)
        if name.startswith("-") or name in names:
            return super().resolve_command(ctx, args)
        near = get_close_matches(name, names, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"expected one of {', '.join(names)}"
        raise click.UsageError(f"there is no command {name!r}: {hint}", ctx)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; whoever stops reading its output, as ``head`` does, has what they wanted."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is still buffered goes there
            return 0


EPILOG = """\b
Exit codes:
  0    done
  1    a check failed
  2    bad input; one line on stderr says what to do
  3    no solver came to a result
  130  interrupted

Results go to stdout, progress and errors to stderr. With WORKBENCH_TRACEBACK=1 an error shows where it was raised."""


@click.group(
    cls=CommandFiles,
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    invoke_without_command=True,
)
@click.version_option(__version__, prog_name="workbench")
@click.pass_context
def workbench(ctx: click.Context) -> int:
    """Check a gradient, minimise with compiled solvers, prove the answer, compare solvers, report."""
    if ctx.invoked_subcommand is not None:
        return 0
    click.echo(ctx.get_help(), err=True)
    return 2
