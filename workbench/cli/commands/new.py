"""``workbench new``: a file to start an exercise from."""

import click

EPILOG = """\b
Examples:
  workbench new softmax --style ufldl
  workbench new softmax ports/mine.py

A file that is there already is left as it is: exit code 2."""


@click.command(name="new", short_help="Write an exercise's skeleton.", epilog=EPILOG)
@click.argument("exercise")
@click.argument("file", type=click.Path(dir_okay=False), required=False)
@click.option("--style", default="ufldl", show_default=True, help="Whose conventions to follow.")
def command(exercise: str, file: str | None, style: str) -> int:
    """Write the skeleton of EXERCISE (softmax) to FILE: the shapes, the conventions, the TODO, and no answer.

    FILE is named after the function that is to be written, unless it is given. Once that is done, check-gradient says
    where it is wrong.
    """
    from workbench.cli.exercise import write_skeleton

    for line in write_skeleton(exercise, style, file):
        click.echo(line)
    return 0
