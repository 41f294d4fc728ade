"""``workbench diff``: two runs side by side."""

import click

from workbench.cli import options

EPILOG = """\b
Examples:
  workbench diff runs/before runs/after
  workbench diff runs/before runs/after --fail-on time:1.2x,gap:1e-6
  workbench diff postgresql://host/team postgresql://host/team --study-a 4 --study-b 9

A time breaks its limit only where all of the 95% interval of the ratio does, and at least 3 repeats in each run are
needed for an interval. Exit code 1 where a limit is broken."""


@click.command(name="diff", short_help="Compare two stored runs.", epilog=EPILOG)
@click.argument("a", metavar="A")
@click.argument("b", metavar="B")
@click.option("--fail-on", metavar="LIMITS", help="time:RATIOx, gap:DIFFERENCE, or both with a comma between them.")
@click.option("--study-a", type=options.Count(1), help="Which study of A.  [default: the latest]")
@click.option("--study-b", type=options.Count(1), help="Which study of B.  [default: the latest]")
@options.as_json
def command(a: str, b: str, fail_on: str | None, study_a: int | None, study_b: int | None, as_json: bool) -> int:
    """Compare the runs A and B, folders or URLs of stores: each solver on each problem, medians over repeats."""
    import reports
    from reports.diff import conditions, diff, exceeded
    from reports.limits import Limits
    from reports.shown import shown
    from workbench.cli.frame import echo_frame, echo_json

    limits = Limits() if fail_on is None else Limits.read(fail_on)
    before, after = reports.load(a, study_a), reports.load(b, study_b)
    frame = diff(before, after)
    broken, machines = exceeded(frame, limits), conditions(before, after)
    if as_json:
        echo_json({"pairs": frame, "broken": broken, "conditions": machines})
        return 1 if broken else 0
    echo_frame(frame, shown(frame))
    if machines:
        click.echo("the conditions differ: " + "; ".join(machines))
    for sentence in broken:
        click.echo(f"BROKEN  {sentence}")
    return 1 if broken else 0
