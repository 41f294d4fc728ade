"""The process of one submission: ``python -m workbench.cli.submission JOB RESULT``, started by ``workbench grade``.

The result goes to a file whose name the submission is not told, so that nothing it prints can be taken for one.
"""

import json
import os
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from workbench.cli.gradient import MATLAB, Request, Subject
from workbench.comparison.own_function import own_function
from workbench.data import Dataset, load_dataset
from workbench.exercises import exercise
from workbench.gradient_check import check_gradient
from workbench.grading.memory import limited_memory

VALUE_RTOL = 1e-6
"""Largest relative error of f: room for sums in float32, none for a mean, a penalty or another set of labels."""


@dataclass(frozen=True)
class Job:
    """What a submission's process is to do.

    Attributes
    ----------
    file, function : str
        The submission, and which of its functions.
    exercise, style : str
        What it is held against.
    data, data_dir, target : str or None
        As in ``workbench check-gradient``.
    coordinates : int or None
        How many coordinates to check; None for the check's default.
    memory : int
        Bytes that the submission may take.
    """

    file: str
    function: str
    exercise: str
    style: str
    data: str
    data_dir: str | None
    target: str | None
    coordinates: int | None
    memory: int

    def to_json(self) -> str:
        """Return the job as the argument of its process."""
        return json.dumps(asdict(self))


def outcome(job: Job) -> dict[str, Any]:
    """Return verdict, cause and message of a submission."""
    try:
        data = load_dataset(job.data, data_dir=job.data_dir, target=job.target)
        with limited_memory(job.memory):
            return _checked(job, data)
    except BaseException as error:  # whatever a submission raises, KeyboardInterrupt too, is its grade
        return _failed(error)


def _checked(job: Job, data: Dataset) -> dict[str, Any]:
    name = f"{job.file}:{job.function}"
    fun = own_function(name)
    asked = exercise(job.exercise, job.style)
    is_exercise = job.function == asked.function
    if (
        is_exercise and fun.layout is None
    ):  # a port of the exercise has its conventions, whether its file says so or not
        fun.layout = MATLAB
    # The length is given where it is known, so that no x0 of the file, zero say, is where the check looks.
    size = (data.n_features + 1) * (data.n_classes - 1) if fun.layout == MATLAB else None
    request = Request(name, job.data, job.data_dir, job.target, l2=None, at=None, size=size, seed=0)
    subject = request.of(fun, data)
    report = check_gradient(*subject[:3], coordinates=job.coordinates, seed=0, names=subject.names)
    verdict, cause = report.verdict, report.cause
    message = str(report).partition("\n")[0].removeprefix(verdict).strip()
    if report.causes:
        message += f"; likely: {report.causes[0].sentence}"
    if verdict != "FAIL":
        if is_exercise:
            wrong = _wrong_value(subject, asked.value(subject.x0, *subject.args))
            if wrong:
                verdict, cause, message = "FAIL", "value", wrong
        elif not report.table["analytic"].any():
            verdict, message = "INCONCLUSIVE", "g is zero wherever it was checked: is f the constant it seems to be?"
    return {"verdict": verdict, "cause": cause, "message": message}


def _wrong_value(subject: Subject, expected: float) -> str:
    """Return what is wrong with f; nothing if it is that of a right answer."""
    f, _ = subject.fun(subject.x0.copy(), *subject.args)
    if abs(f - expected) <= VALUE_RTOL * abs(expected):
        return ""
    m = subject.args[1].size
    mean = np.isclose(f * m, expected, rtol=VALUE_RTOL)
    hint = f", which is the mean over the {m:,} samples: the exercise's is the plain sum" if mean else ""
    return f"g is the gradient of f, but f is not the exercise's: {f:.8g}, expected {expected:.8g}{hint}"


def _failed(error: BaseException) -> dict[str, Any]:
    if any(isinstance(link, MemoryError) for link in _chain(error)):
        return {"verdict": "MEMORY", "cause": None, "message": f"took more memory than it was given: {error}"}
    kind = "" if isinstance(error, (ValueError, TypeError)) else f"{type(error).__name__}: "
    return {"verdict": "ERROR", "cause": None, "message": f"{kind}{error}"}


def _chain(error: BaseException | None) -> list[BaseException]:
    """Return an error and what it was raised from."""
    links: list[BaseException] = []
    while error is not None and error not in links:
        links.append(error)
        error = error.__cause__
    return links


def main() -> None:
    """Grade, write the result, and leave at once: what a submission left for later is not waited for."""
    job, result = Job(**json.loads(sys.argv[1])), Path(sys.argv[2])
    del sys.argv[1:]
    started = os.getpid()
    text = json.dumps(outcome(job))
    if os.getpid() != started:  # a submission forked, and this is the other one
        os._exit(0)
    part = result.with_suffix(".part")
    part.write_text(text, encoding="utf-8")
    part.replace(result)
    os._exit(0)


if __name__ == "__main__":
    main()
