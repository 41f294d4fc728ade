"""``workbench compare``: run a comparison of solvers, or a whole study, and write its report."""

from typing import Any

import click

from workbench.cli import options

EPILOG = """\b
Examples:
  workbench compare study.toml --set run.repeats=5
  workbench compare --data mnist --data-dir ~/mnist --max-time 120
  workbench compare --data wine --solver lbfgs --solver gd:step=bb --repeats 5
  workbench compare --data flowers.csv --target species --out runs/flowers
  workbench compare --solver minfunc:qnewton --solver minfunc:lbfgs:Corr=10
  workbench compare --objective my.py:cost --data iris

A study file has the tables [run], [targets], [[problem]] and [[solver]], in which a list is a grid; workbench plan
shows its cells. Every cell runs in a process of its own and is stored when it is judged: whatever happens, the same
command goes on with what is missing.

A solver that fails, or does not reach its tolerance, is a row with its reason, and the others go on: exit code 0. It is
3 only if not one of them came to a finite result. If the gradient of a function of yours is wrong, nothing is run: exit
code 1. Ctrl-C saves and shows what ran so far: exit code 130."""


@click.command(name="compare", short_help="Compare solvers and write the report.", epilog=EPILOG)
@click.argument("study", required=False, type=click.Path(exists=True))
@options.overrides
@click.option("--data", help="A data set's name, or a file of yours.  [default: digits, for built-in objectives]")
@options.data_dir
@options.target
@click.option(
    "--objective",
    default="softmax",
    show_default=True,
    help="A built-in objective's name, or a function of yours, path/to/file.py:function.",
)
@click.option(
    "--at", type=click.Path(exists=True, dir_okay=False), help="Start of a function of yours: from numpy.save."
)
@click.option("--size", type=options.Count(1), help="Length of theta for a function of yours, from a random start.")
@click.option("--unchecked", is_flag=True, help="Compare on a function of yours without checking its gradient first.")
@click.option(
    "--l2", type=options.Number(0.0), help="Penalty l2 / 2 |theta|^2 of a built-in objective.  [default: 1e-4]"
)
@click.option(
    "--solver",
    "solvers",
    multiple=True,
    metavar="NAME[:OPTION=VALUE,...]",
    help="A solver, with options, such as lbfgs:memory=10; see workbench list solvers. Repeatable."
    "  [default: lbfgs, cg, gd; sgd where f has rows]",
)
@click.option(
    "--gap",
    "gaps",
    type=options.Number(0.0, min_open=True),
    multiple=True,
    help="A target (f - f*) / f*, to which seconds are counted; (f - f*) / (f(x0) - f*) for a function of yours."
    " Repeatable.  [default: 1e-2, 1e-4, 1e-6]",
)
@click.option(
    "--gtol", type=options.Number(0.0), help="Gradient tolerance.  [default: what proves the smallest gap, or 1e-6]"
)
@click.option(
    "--max-time",
    type=options.Number(0.0, min_open=True),
    default=60.0,
    show_default=True,
    help="Seconds for each solver.",
)
@click.option(
    "--max-evals",
    type=options.Count(1),
    default=2000,
    show_default=True,
    help="Evaluations of f and g for each solver; passes over the rows for sgd.",
)
@click.option("--repeats", type=options.Count(1), default=1, show_default=True, help="Runs of each solver, in turn.")
@click.option("--threads", type=options.Count(1), help="For BLAS and compiled code.  [default: all]")
@click.option(
    "--dtype",
    type=click.Choice(["float64", "float32"]),
    help="Of the features of a built-in objective; f and g are summed in float64.  [default: float64]",
)
@options.seed("the rows held out for testing, a random start, and sgd's order")
@click.option("--out", type=click.Path(), help="Folder of the run.  [default: runs/STUDY, or runs/TIME_OBJECTIVE-DATA]")
@options.store
@click.option(
    "-j",
    "at_once",
    type=options.Count(1),
    default=1,
    show_default=True,
    help="Cells at the same time; their times are marked as contended, and not ranked.",
)
@click.option("--resume/--fresh", default=True, help="Go on with a run that is there, or refuse to.  [default: resume]")
@options.as_json
@click.pass_context
def command(
    ctx: click.Context,
    /,
    study: str | None,
    overrides: tuple[str, ...],
    out: str | None,
    store: str | None,
    at_once: int,
    resume: bool,
    as_json: bool,
    **chosen: Any,
) -> int:
    """Compare solvers and write the report: on one problem that options say, or all that a STUDY file says.

    Without options: softmax regression on the bundled digits with our four solvers. All solvers have the same start,
    objective and limits; they are compiled before the clock starts, and judged outside of it. STUDY may be the folder
    of a run, which is gone on with.

    A function of yours is named, and given its data and its start, as for workbench check-gradient, which is run first.
    """
    from workbench.cli.comparison import request, run_comparison
    from workbench.cli.flags import Flags

    given = [name for name in chosen if ctx.get_parameter_source(name) != click.core.ParameterSource.DEFAULT]
    if study is not None and given:
        option = given[0].rstrip("s").replace("_", "-")
        raise click.UsageError(f"--{option} says what a study file says: use --set with {study}.", ctx)
    asked = request(
        ctx.obj,
        study,
        overrides,
        Flags(**chosen),
        out=out,
        store=store,
        at_once=at_once,
        resume=resume,
    )
    return run_comparison(asked, as_json=as_json)
