"""The problem that a function of the user's poses to a comparison, after its gradient was checked."""

import hashlib
import shlex
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.certified import WrongGradientError
from workbench.cli.gradient import Request, Subject
from workbench.cli.progress import Progress
from workbench.comparison.own_function import OwnFunction
from workbench.comparison.own_objective import OwnObjective, OwnProblem
from workbench.data import Dataset

if TYPE_CHECKING:
    from workbench.gradient_check.report import GradientReport

FEW, SAMPLE = 200, 50
"""Up to a few coordinates all are checked; of more a sample, and random directions, in which all take part."""
UNCHECKED = "unchecked"


def own_problem(asked: Request, fun: OwnFunction, data: Dataset | None, *, unchecked: bool) -> OwnProblem:
    """Return the problem of a function of the user's.

    Parameters
    ----------
    asked : Request
        How it is named, and where it starts.
    fun : OwnFunction
        The function.
    data : Dataset or None
        What it is given: the training rows.
    unchecked : bool
        Whether its gradient is taken as it is.

    Raises
    ------
    WrongGradientError
        When the check of the gradient fails.
    ValueError
        When there is no start, or the function does not work there.
    """
    if data is not None:
        data = replace(data, X_test=None, y_test=None)
    subject = asked.of(fun, data)
    gradient = UNCHECKED if unchecked else f"checked: {_checked(asked, subject)}"
    title = f"{fun.path.name}:{asked.objective.rpartition(':')[2]}"
    name = "-".join([fun.path.stem, title.rpartition(":")[2], *([] if data is None else [data.name])])
    facts = {
        "start": _start(asked, fun),
        "layout": fun.layout,
        "file fingerprint": hashlib.sha256(fun.path.read_bytes()).hexdigest(),
    }
    return OwnProblem(OwnObjective(fun, subject.x0, subject.args), title, name, gradient, facts, data)


def refusal(asked: Request, report: "GradientReport") -> str:
    """Return why nothing is compared: what the check found, without its table, and what to do."""
    found = str(report).partition("\n\n")[0]
    return (
        f"{found}\nworkbench: the gradient of {asked.objective} is wrong, so nothing was compared: mend it"
        f" (the whole check: {_command(asked)}), or give --unchecked to compare nevertheless"
    )


def _checked(asked: Request, subject: Subject) -> str:
    """Return the verdict on the gradient; one that is not PASS is told."""
    from workbench.gradient_check import check_gradient
    from workbench.gradient_check.choice import ALL_UP_TO

    n = subject.x0.size
    drawn = FEW < n <= ALL_UP_TO  # of more, left to itself, the check draws none, and costs less still
    with Progress(1) as progress:
        progress.say(f"checking the gradient: {n:,} coordinates")
        report = check_gradient(
            subject.fun,
            subject.x0,
            subject.args,
            coordinates=SAMPLE if drawn else None,
            seed=asked.seed,
            names=subject.names,
            say=lambda words: progress.say(f"checking the gradient: {words}"),
        )
    if report.verdict == "FAIL":
        raise WrongGradientError(report)
    if not report.ok:
        first = " ".join(str(report).partition("\n")[0].split())
        print(f"workbench: the gradient of {asked.objective} could not be judged: {first}", file=sys.stderr)
    return report.verdict


def _start(asked: Request, fun: OwnFunction) -> str:
    if asked.at is not None:
        return Path(asked.at).name
    if asked.size is None and fun.x0 is not None:
        return f"x0 of {fun.path.name}"
    return f"random, seed {asked.seed}"


def _command(asked: Request) -> str:
    """Return the command that checks the same gradient at the same point."""
    options = {
        "--data": asked.data,
        "--data-dir": asked.data_dir,
        "--target": asked.target,
        "--at": asked.at,
        "--size": asked.size,
        "--seed": asked.seed or None,
    }
    words = [str(word) for pair in options.items() if pair[1] is not None for word in pair]
    return shlex.join(["workbench", "check-gradient", asked.objective, *words])
