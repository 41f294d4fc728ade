"""Progress: a bar on a terminal's stderr, whatever stdout is; silence in a pipe."""

import os
import re
import sys
import threading
from contextlib import contextmanager

import pytest

from workbench.__main__ import main
from workbench.cli.progress import Progress

pty = pytest.importorskip("pty")


@contextmanager
def terminal(monkeypatch):
    """Put a terminal in the place of stderr; gives the list that will hold what it has shown."""
    ours, theirs = pty.openpty()
    shown = []

    def read():
        while True:
            try:
                shown.append(os.read(ours, 4096).decode())
            except OSError:  # how Linux says that nobody is left on the other side
                return

    reader = threading.Thread(target=read)
    reader.start()
    try:
        with os.fdopen(theirs, "w") as stream, monkeypatch.context() as patch:
            patch.setattr(sys, "stderr", stream)
            patch.setenv("TERM", "xterm")
            patch.setenv("COLUMNS", "100")
            yield shown
    finally:
        reader.join()
        os.close(ours)


@pytest.mark.usefixtures("unreported")
def test_a_terminal_shows_what_goes_on_and_stdout_has_the_results_alone(monkeypatch, capsys):
    with terminal(monkeypatch) as shown, pytest.raises(SystemExit) as end:
        main(["compare", "--data", "iris", "--l2", "0.1", "--max-evals", "30", "--solver", "gd"])
    assert end.value.code == 0
    assert "0/1" in "".join(shown)
    printed = capsys.readouterr().out
    assert "\x1b" not in printed
    assert printed.startswith("softmax regression · iris")
    assert printed.splitlines()[-1].startswith("report: runs/")


def test_the_bar_says_what_goes_on_in_any_words(monkeypatch, capsys):
    with terminal(monkeypatch) as shown, Progress(3) as progress:
        progress.say("lbfgs · iteration 12 · [bold] 0.1 s")
        progress.done()
        print("a result")
    assert "1/3" in "".join(shown)
    assert "lbfgs · iteration 12 · [bold] 0.1 s" in "".join(shown), "brackets are no markup"
    assert "a result" not in "".join(shown)
    assert capsys.readouterr().out == "a result\n"


@pytest.mark.parametrize("no_color", [False, True])
def test_colours_are_left_out_where_they_are_not_wanted(no_color, monkeypatch):
    if no_color:
        monkeypatch.setenv("NO_COLOR", "1")
    else:
        monkeypatch.delenv("NO_COLOR", raising=False)
    with terminal(monkeypatch) as shown, Progress(3) as progress:
        progress.done()
    assert bool(re.search(r"\x1b\[[34]\d", "".join(shown))) != no_color


def test_in_a_pipe_it_is_silent(capsys):
    with Progress(3) as progress:
        progress.say("lbfgs")
        progress.done()
    assert capsys.readouterr() == ("", "")
