"""The entry: help, versions, exit codes, and one line for every mistake."""

import io
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

import workbench as package
from workbench.__main__ import main
from workbench.cli.commands import doctor
from workbench.threads import MOMENT

PROJECT = Path(package.__file__).parents[1]
COMMANDS = ("check-gradient", "compare", "doctor", "grade", "list", "new", "report")
HEAVY = {"numba", "numpy", "scipy", "pandas", "sklearn", "matplotlib", "rich", "sqlalchemy"}


def loaded_by(code):
    """Heavy modules that a fresh interpreter has after running `code`."""
    script = f"import sys\n{code}\nprint(*({HEAVY} & set(sys.modules)), file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", script], cwd=PROJECT, capture_output=True, text=True, check=True)
    return done.stderr.split()


def test_help_names_every_command_and_every_exit_code(workbench):
    outcome = workbench("--help")
    assert (outcome.code, outcome.err) == (0, "")
    listed = outcome.out.partition("Commands:")[2].partition("Exit codes:")[0]
    assert all(f"  {name} " in listed for name in COMMANDS)
    assert "..." not in listed, "a description is cut off"
    assert all(f"  {code} " in outcome.out for code in (0, 1, 2, 3, 130))


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_every_option_it_has(command, workbench):
    from workbench.cli import workbench as group

    outcome = workbench(command, "-h")
    assert outcome.code == 0
    for parameter in group.get_command(None, command).params:
        if parameter.param_type_name == "option":
            assert parameter.opts[0] in outcome.out
            assert parameter.help, parameter.opts


@pytest.mark.parametrize(
    "arguments", [["--help"], ["compare", "--help"], ["list", "--help"], ["--version"]], ids=" ".join
)
def test_help_is_shown_without_loading_anything_heavy(arguments):
    code = f"from workbench.__main__ import main\ntry:\n    main({arguments})\nexcept SystemExit: pass"
    assert loaded_by(code) == []


def test_the_version_is_that_of_the_package(workbench):
    assert package.__version__ in workbench("--version").out


def test_without_a_command_the_help_goes_to_stderr_and_the_code_says_usage(workbench):
    outcome = workbench()
    assert (outcome.code, outcome.out) == (2, "")
    assert "compare" in outcome.err


def test_an_unknown_command_is_refused_and_the_nearest_offered(refused):
    assert "no command 'compar': did you mean 'compare'?" in refused("compar")
    assert "expected one of check-gradient, clean, compare, diff, doctor, export, grade, " in refused("xyz")


def test_an_unknown_option_is_refused_and_the_nearest_offered(refused):
    line = refused("compare", "--sovler", "lbfgs")
    assert "--solver" in line
    assert "see workbench compare --help" in line


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (ValueError("two\n  lines"), 2, "workbench: two lines\n"),
        (TypeError("not a number"), 2, "workbench: not a number\n"),
        (OSError(28, "No space left on device"), 2, "workbench: [Errno 28] No space left on device\n"),
        (MemoryError(), 2, "workbench: MemoryError\n"),
        (EOFError("half a file"), 2, "\nworkbench: unexpected end of a file: half a file\n"),
        (KeyboardInterrupt(), 130, "\nworkbench: interrupted\n"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else "",
)
def test_an_error_becomes_an_exit_code_and_one_line_without_a_traceback(error, code, said, workbench, monkeypatch):
    def fails(**options):
        raise error

    monkeypatch.setattr(doctor.command, "callback", fails)
    assert workbench("doctor") == (code, "", said)


def test_notes_on_an_error_are_part_of_the_line(workbench, monkeypatch):
    def fails(**options):
        error = ValueError("no")
        error.add_note("in evaluation 3")
        raise error

    monkeypatch.setattr(doctor.command, "callback", fails)
    assert workbench("doctor").err == "workbench: no (in evaluation 3)\n"


def test_a_traceback_is_shown_to_those_who_ask_for_it(monkeypatch):
    def fails(**options):
        raise ValueError("no")

    monkeypatch.setattr(doctor.command, "callback", fails)
    monkeypatch.setenv("WORKBENCH_TRACEBACK", "1")
    with pytest.raises(ValueError, match="no"):
        main(["doctor"])


def test_an_error_that_is_no_mistake_of_the_caller_keeps_its_traceback(monkeypatch):
    def fails(**options):
        raise ZeroDivisionError

    monkeypatch.setattr(doctor.command, "callback", fails)
    with pytest.raises(ZeroDivisionError):
        main(["doctor"])


def test_a_reader_who_has_seen_enough_is_no_error():
    """``workbench compare --help | true``: nothing is complained about when the pipe closes."""
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    process = subprocess.Popen(
        [sys.executable, "-m", "workbench", "compare", "--help"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
    )
    process.stdout.close()
    complaint = process.stderr.read()
    process.stderr.close()
    assert (process.wait(timeout=60), complaint) == (0, b"")


def test_a_terminal_that_cannot_show_a_sign_shows_a_question_mark(monkeypatch):
    shown = io.TextIOWrapper(io.BytesIO(), encoding="latin-1")
    monkeypatch.setattr(sys, "stdout", shown)
    monkeypatch.setattr(doctor.command, "callback", lambda **options: click.echo("8 × 8, ∞"))
    with pytest.raises(SystemExit) as end:
        main(["doctor"])
    assert end.value.code == 0
    assert shown.buffer.getvalue().decode("latin-1") == "8 × 8, ?\n"


def test_threads_that_wait_sleep_unless_the_user_wants_otherwise(workbench, monkeypatch):
    for name in ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT"):
        monkeypatch.setenv(name, "of before")  # which is what it is again after the test
        monkeypatch.delenv(name)
    workbench("--version")
    assert os.environ["OMP_WAIT_POLICY"] == "passive"
    assert os.environ["GOMP_SPINCOUNT"] == MOMENT
    monkeypatch.setenv("OMP_WAIT_POLICY", "active")
    monkeypatch.delenv("GOMP_SPINCOUNT")
    workbench("--version")
    assert os.environ["OMP_WAIT_POLICY"] == "active"
    assert "GOMP_SPINCOUNT" not in os.environ
