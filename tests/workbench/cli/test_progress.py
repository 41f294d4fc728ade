"""Progress: a bar on a terminal's stderr, whatever stdout is."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import workbench as package

pty = pytest.importorskip("pty")


def read_all(descriptor):
    """What was written to a terminal until its other side was closed."""
    parts = []
    while True:
        try:
            part = os.read(descriptor, 4096)
        except OSError:  # how Linux says that nobody is left on the other side
            part = b""
        if not part:
            return b"".join(parts).decode()
        parts.append(part)


def test_a_terminal_shows_what_goes_on_and_stdout_has_the_results_alone(tmp_path):
    ours, theirs = pty.openpty()
    with (tmp_path / "out").open("wb") as out:
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "workbench",
                "compare",
                "--data",
                "iris",
                "--l2",
                "0.1",
                "--max-evals",
                "30",
                "--solver",
                "gd",
            ],
            stdout=out,
            stderr=theirs,
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(Path(package.__file__).parents[1]), "TERM": "xterm", "COLUMNS": "100"},
        )
        os.close(theirs)
        shown = read_all(ours)
        os.close(ours)
        assert process.wait(timeout=60) == 0
    assert "0/1" in shown
    assert "writing the report" in shown
    printed = (tmp_path / "out").read_text()
    assert "\x1b" not in printed
    assert printed.startswith("softmax regression · iris")
    assert printed.splitlines()[-1].startswith("report: runs/")
