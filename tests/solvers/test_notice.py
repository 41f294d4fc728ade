"""The line that says that something is compiled."""

import io
import sys
from types import SimpleNamespace

import pytest

from solvers.jit import Notice
from solvers.vectors import dot

pytestmark = pytest.mark.compiled


class Terminal(io.StringIO):
    """A stream that is a terminal."""

    def isatty(self):
        return True


def said(monkeypatch, stream, *functions):
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.delattr(sys, "ps1", raising=False)
    notice = Notice()
    for function in functions:
        notice.on_start(SimpleNamespace(data={"dispatcher": function}))
    return stream.getvalue()


def test_a_terminal_sees_one_line_however_much_is_compiled(monkeypatch):
    text = said(monkeypatch, Terminal(), dot, dot)
    assert text.startswith("workbench: compiling")
    assert text.count("\n") == 1


def test_nothing_is_said_to_a_pipe_or_of_functions_of_the_user(monkeypatch):
    assert said(monkeypatch, io.StringIO(), dot) == ""
    assert said(monkeypatch, Terminal(), object()) == ""
