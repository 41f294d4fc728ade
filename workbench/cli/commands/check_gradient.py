"""``workbench check-gradient``: whether g is the gradient of f."""

import click

from workbench.cli import options


@click.command(name="check-gradient")
@click.argument("objective")
@click.option("--data", help="A data set's name, or a file of yours.  [default: digits for built-in objectives]")
@options.data_dir
@options.target
@click.option("--l2", type=float, default=1e-4, show_default=True, help="Penalty of a built-in objective.")
@click.option("--at", type=click.Path(exists=True, dir_okay=False), help="The point: a vector in a .npy file.")
@click.option("--size", type=click.IntRange(1), help="Length of theta, for a function of yours without --at.")
@click.option(
    "--coordinates", type=click.IntRange(1), help="How many coordinates to check.  [default: all up to 2,000]"
)
@options.seed
@options.as_json
def command(
    objective: str,
    data: str | None,
    data_dir: str | None,
    target: str | None,
    l2: float,
    at: str | None,
    size: int | None,
    coordinates: int | None,
    seed: int,
    as_json: bool,
) -> int:
    """Compare the gradient that OBJECTIVE returns with differences of its values.

    OBJECTIVE is a built-in name (softmax) or a function of yours, path/to/file.py:function, called as fun(theta), or as
    fun(theta, X, y) with --data. Exit code 1 if the gradient is wrong or cannot be judged.
    """
    import json

    from workbench.cli.gradient import subject
    from workbench.gradient_check import check_gradient

    fun, x0, args, names = subject(objective, data, data_dir, target, l2, at, size, seed)
    report = check_gradient(fun, x0, args, coordinates=coordinates, seed=seed, names=names)
    click.echo(json.dumps(report.to_dict(), indent=2) if as_json else str(report))
    return 0 if report.ok else 1
