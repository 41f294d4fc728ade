"""The command line called as a function, in a folder of its own."""

import io
import json
from contextlib import redirect_stderr, redirect_stdout
from typing import Any, NamedTuple

import pytest
from inline import inline

from workbench.__main__ import main
from workbench.cli import comparison
from workbench.study.canary import Canary


class Outcome(NamedTuple):
    """What a call of the command line left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def _call(*arguments):
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as end:
        main([str(argument) for argument in arguments])
    return Outcome(end.value.code, out.getvalue(), err.getvalue())


@pytest.fixture(scope="session")
def workbench():
    """Call ``workbench`` with these arguments; returns exit code, stdout and stderr."""
    return _call


@pytest.fixture(scope="session")
def refused():
    """Call ``workbench`` and return its one line of complaint; exit code 2 and an empty stdout are made sure of."""

    def call(*arguments):
        outcome = _call(*arguments)
        assert (outcome.code, outcome.out) == (2, ""), outcome
        assert outcome.err.startswith("workbench: "), outcome.err
        assert outcome.err.count("\n") == 1, outcome.err
        return outcome.err

    return call


@pytest.fixture
def unreported(monkeypatch):
    """The comparison without its report, which takes longer than all the rest."""
    monkeypatch.setattr(comparison.reports, "build", lambda run, out=None: run.folder / "report" / "index.html")


@pytest.fixture(scope="module", autouse=True)
def _cells_in_this_process():
    """Those that are to have processes of their own are of a command line in a process of its own."""
    with inline(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(Canary, "sing", lambda self: self.times.append(1.0) or 1.0)
        yield


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("WORKBENCH_DATA", raising=False)
    monkeypatch.delenv("WORKBENCH_TRACEBACK", raising=False)
