"""The grades of a folder of submissions: found, run one by one, shown as a table or as JSON."""

import json
import os
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import workbench
from workbench.cli.progress import Progress
from workbench.cli.submission import Job
from workbench.data import list_datasets, load_dataset
from workbench.exercises import exercise
from workbench.grading import Grade, run_confined
from workbench.grading.grade import one_line, without_result

EXERCISE, STYLE = "softmax", "ufldl"
RESULT_BYTES = 65_536
"""A result is a few hundred bytes; a longer one is not read."""
ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS", "NUMBA_NUM_THREADS"), "1"
)
"""Threads take address space, and what a submission gets must not depend on the machine's cores."""


@dataclass(frozen=True)
class Request:
    """What the options of ``workbench grade`` ask for."""

    folder: str
    pattern: str
    function: str | None
    data: str
    data_dir: str | None
    target: str | None
    coordinates: int | None
    timeout: float
    memory: int

    def grades(self) -> Iterator[Grade]:
        """Yield one grade for each submission, in the order of their names.

        Raises
        ------
        ValueError
            There are no submissions, or the data cannot be read.
        """
        folder = Path(self.folder)
        files = _submissions(folder, self.pattern)
        function = self.function or exercise(EXERCISE, STYLE).function
        load_dataset(self.data, data_dir=self.data_dir, target=self.target)  # before the first one is blamed for it
        with Progress(len(files)) as progress:
            for file in files:
                name = str(file.relative_to(folder))
                progress.say(name)
                yield self._grade(name, self._job(file, function))
                progress.done()

    def _job(self, file: Path, function: str) -> Job:
        known = self.data in {info.name for info in list_datasets()}
        return Job(
            file=str(file.resolve()),
            function=function,
            exercise=EXERCISE,
            style=STYLE,
            data=self.data if known else str(Path(self.data).expanduser().resolve()),
            data_dir=None if self.data_dir is None else str(Path(self.data_dir).resolve()),
            target=self.target,
            coordinates=self.coordinates,
            memory=self.memory * 2**20,
        )

    def _grade(self, name: str, job: Job) -> Grade:
        with tempfile.TemporaryDirectory(prefix="workbench-", ignore_cleanup_errors=True) as place:
            result, scratch = Path(place, "result.json"), Path(place, "scratch")
            scratch.mkdir()
            command = [sys.executable, "-m", "workbench.cli.submission", job.to_json(), str(result)]
            ended = run_confined(command, timeout=self.timeout, folder=scratch, environment=_environment())
            found = _read(result)
        if found is None:
            verdict, message = without_result(ended, self.timeout)
            return Grade(name, verdict, None, round(ended.seconds, 2), message)
        # The file is named in the row already; its place on this machine says nothing more.
        message = one_line(found["message"].replace(job.file, Path(job.file).name))
        return Grade(name, found["verdict"], found["cause"], round(ended.seconds, 2), message)


def run_grading(request: Request, *, as_json: bool) -> tuple[str, bool]:
    """Return the grades as text, and whether all of them are PASS."""
    grades = list(request.grades())
    ok = all(grade.verdict == "PASS" for grade in grades)
    if as_json:
        return json.dumps([asdict(grade) for grade in grades], indent=2), ok
    return _table(grades), ok


def _submissions(folder: Path, pattern: str) -> list[Path]:
    """Return the files to grade; hidden ones, and those in hidden folders, are nobody's submission."""
    try:
        found = sorted(path for path in folder.glob(pattern) if path.is_file() and path.suffix == ".py")
    except (NotImplementedError, ValueError) as error:
        raise ValueError(
            f"--pattern {pattern!r} is no pattern of files within a folder, such as '*/port.py'"
        ) from error
    found = [path for path in found if not any(part.startswith(".") for part in path.relative_to(folder).parts)]
    if not found:
        raise ValueError(f"{folder} holds no submissions: expected .py files that match {pattern!r}")
    return found


def _environment() -> dict[str, str]:
    """Return the environment of a submission: this one, one thread, this workbench, no files left beside the source."""
    paths = [str(Path(workbench.__file__).parents[1]), os.environ.get("PYTHONPATH", "")]
    return {
        **os.environ,
        **ONE_THREAD,
        "PYTHONPATH": os.pathsep.join(filter(None, paths)),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONIOENCODING": "utf-8:replace",
    }


def _read(result: Path) -> dict[str, Any] | None:
    """Return what the check left; None where the process ended before."""
    try:
        with result.open("rb") as file:
            found: dict[str, Any] = json.loads(file.read(RESULT_BYTES))
    except (OSError, ValueError):
        return None
    return found


def _table(grades: list[Grade]) -> str:
    rows = [("file", "verdict", "cause", "seconds", "message")]
    rows += [(grade.file, grade.verdict, grade.cause or "–", f"{grade.seconds:.1f}", grade.message) for grade in grades]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    lines = [
        f"{file:{widths[0]}}  {verdict:{widths[1]}}  {cause:{widths[2]}}  {seconds:>{widths[3]}}  {message}".rstrip()
        for file, verdict, cause, seconds, message in rows
    ]
    passed = sum(grade.verdict == "PASS" for grade in grades)
    return "\n".join([*lines, "", f"{passed:,} of {len(grades):,} PASS"])
