"""``workbench check-gradient``: whether g is the gradient of f."""

from typing import Any

import click

from workbench.cli import options

EPILOG = """\b
Examples:
  workbench check-gradient softmax --data digits
  workbench check-gradient my.py:cost
  workbench check-gradient my.py:cost --data iris --size 10

Exit code 1 if the gradient is wrong or cannot be judged, 2 if the function or its file does not work."""


@click.command(name="check-gradient", short_help="Check a gradient against differences.", epilog=EPILOG)
@click.argument("objective")
@click.option("--data", help="A data set's name, or a file of yours.  [default: digits, for built-in objectives]")
@options.data_dir
@options.target
@click.option("--l2", type=options.Number(0.0), help="Penalty of a built-in objective.  [default: 1e-4]")
@click.option("--at", type=click.Path(exists=True, dir_okay=False), help="The point: a vector that numpy.save wrote.")
@click.option("--size", type=options.Count(1), help="Length of theta for a function of yours, at a random point.")
@click.option(
    "--coordinates",
    type=options.Count(1),
    help="How many coordinates to check.  [default: all up to 2,000; of more, all at once along random directions]",
)
@click.option(
    "--points",
    type=options.Count(1, 3),
    default=3,
    show_default=True,
    help="1: the point alone. 2: a random point close to it too. 3: one of large norm too.",
)
@click.option(
    "--near",
    type=click.Path(exists=True, dir_okay=False),
    help="One point more, such as an estimate of the optimum: a vector that numpy.save wrote.",
)
@click.option(
    "--method",
    type=click.Choice(("auto", "central", "complex")),
    default="auto",
    show_default=True,
    help="Central differences, or complex steps for functions of NumPy that are analytic.",
)
@options.seed("the random point, and of the coordinates drawn")
@click.option("--values", is_flag=True, help="Check f of softmax regression too, a function of yours with --data.")
@click.option("--plot", type=click.Path(dir_okay=False), help="Draw analytic against numeric as PNG or SVG.")
@options.as_json
def command(
    coordinates: int | None,
    points: int,
    near: str | None,
    method: str,
    values: bool,
    plot: str | None,
    as_json: bool,
    **chosen: Any,
) -> int:
    """Compare the gradient that OBJECTIVE returns with differences of its values.

    OBJECTIVE is a built-in name (softmax) or a function of yours, path/to/file.py:function. It is called as fun(theta),
    or with --data as fun(theta, X, y), samples in the rows of X, and returns f and its gradient. A file that defines
    layout = "matlab" gets them in columns, below a row of ones, and labels from 1 on: see workbench new.

    The point is --at; else, for a function of yours, what its file defines as x0 (a vector, or a function that returns
    one); else random, of the length --size, or (n_features + 1) * (n_classes - 1) of the data.
    """
    import json

    if plot is not None and not plot.endswith((".png", ".svg")):
        raise click.BadParameter(f"{plot}: expected a file ending in .png or .svg", param_hint="--plot")
    from workbench.cli.gradient import Request, point, value_findings
    from workbench.gradient_check import check_gradient

    fun, x0, args, names = subject = Request(**chosen).subject()
    if values and not args:
        raise click.BadParameter("f is checked for a function of yours that takes --data", param_hint="--values")
    report = check_gradient(
        fun,
        x0,
        args,
        points=points,
        method=method,
        seed=chosen["seed"],
        names=names,
        near=None if near is None else point(near),
        coordinates=coordinates,
        say=lambda words: click.echo(f"checking: {words}", err=True),
    )
    if plot is not None:
        from workbench.gradient_check.figure import draw

        draw(report, plot)
    findings = value_findings(subject, chosen["seed"]) if values else []
    if as_json:
        also = {"values": [finding._asdict() for finding in findings]} if values else {}
        click.echo(json.dumps(report.to_dict() | also, indent=2))
    else:
        click.echo(str(report))
        if values:
            click.echo("\nf itself")
        for finding in findings:
            click.echo(f"  {'ok  ' if finding.ok else 'FAIL'}  {finding.name}: {finding.sentence}")
    return 0 if report.ok and all(finding.ok for finding in findings) else 1
