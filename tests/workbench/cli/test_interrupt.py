"""Ctrl-C: what ran so far is saved and reported, the exit code is 130, and nobody sees a traceback."""

import math
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import reports
import workbench as package
from workbench.cli import posing
from workbench.cli.progress import Progress

WORDS = ("compare", "--data", "iris", "--l2", "0.01", "--max-evals", "30", "--solver", "lbfgs", "--solver", "gd")


@pytest.fixture
def ctrl_c_at(monkeypatch):
    """Press Ctrl-C where the progress bar would show words that begin with these; each once."""

    def arrange(*beginnings):
        left, original = list(beginnings), Progress.say

        def say(self, words):
            original(self, words)
            if left and words.startswith(left[0]):
                del left[0]
                signal.raise_signal(signal.SIGINT)

        monkeypatch.setattr(Progress, "say", say)
        return left

    return arrange


def interrupted(outcome, left):
    assert left == [], "the place was never reached"
    assert outcome.code == 130
    assert "interrupted" in outcome.err
    assert "Traceback" not in outcome.err + outcome.out


def test_while_data_are_loaded_nothing_has_been_written(workbench, monkeypatch, tmp_path):
    def load(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(posing, "load_dataset", load)
    outcome = workbench(*WORDS)
    assert (outcome.code, outcome.out, outcome.err.strip()) == (130, "", "workbench: interrupted")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("place", ["compiling lbfgs", "optimum"])
def test_before_the_first_solver_an_empty_run_is_reported(place, workbench, ctrl_c_at):
    left = ctrl_c_at(place)
    outcome = workbench(*WORDS, "--out", "run")
    interrupted(outcome, left)
    assert "0 of 2 runs" in outcome.err
    assert "workbench report run writes the report" in outcome.err
    assert not Path("run/report").exists(), "nobody has waited for it"
    assert workbench("report", "run").code == 0
    assert Path("run/report/index.html").is_file()
    run = reports.load("run")
    assert run.meta["state"] == "interrupted"
    assert run.results.empty


@pytest.mark.usefixtures("unreported")
def test_amidst_the_second_solver_the_first_is_kept_and_the_second_as_far_as_it_came(workbench, ctrl_c_at):
    left = ctrl_c_at("gd · iteration")
    outcome = workbench(
        *WORDS, "--solver", "cg", "--max-evals", "100000", "--gtol", "1e-12", "--seed", 1, "--out", "run"
    )
    interrupted(outcome, left)
    assert "2 of 3 runs" in outcome.err
    run = reports.load("run")
    assert run.results["solver"].tolist() == ["lbfgs", "gd"]
    assert (run.results["status"] == "INTERRUPTED").tolist() == [False, True]
    assert all(f"\n{solver} " in outcome.out for solver in ("lbfgs", "gd"))


@pytest.mark.usefixtures("unreported")
def test_while_a_result_is_judged_it_is_judged_to_the_end(workbench, ctrl_c_at):
    left = ctrl_c_at("lbfgs · evaluating")
    outcome = workbench(*WORDS, "--out", "run", "--json")
    interrupted(outcome, left)
    assert outcome.json["state"] == "interrupted"
    (row,) = outcome.json["solvers"]
    assert row["test"] > 0.5
    assert set(reports.load("run").arrays("lbfgs", 0)) == {"weights", "intercepts", "theta", "confusion"}


@pytest.mark.usefixtures("unreported")
def test_a_second_one_gives_up_what_is_being_judged(workbench, monkeypatch):
    from workbench.study import measurement, watch

    def judged(*arguments):
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(measurement, "judged", judged)
    monkeypatch.setattr(watch, "PATIENCE", math.inf)
    outcome = workbench(*WORDS, "--out", "run")
    interrupted(outcome, [])
    assert reports.load("run").results.empty


def test_while_the_report_is_written_the_record_is_whole_and_the_report_can_be_made_again(workbench, ctrl_c_at):
    left = ctrl_c_at("writing the report")
    outcome = workbench(*WORDS, "--out", "run")
    interrupted(outcome, left)
    assert [path.name for path in Path("run").iterdir()] == ["study.toml", "results.db"]
    assert workbench("report", "run").code == 0
    assert reports.load("run").results["solver"].tolist() == ["lbfgs", "gd"]


def started(*words, **environment):
    """Start ``workbench`` as a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "workbench", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(package.__file__).parents[1]), **environment},
    )


def seconds_of_cells(process):
    """Return the processor seconds that the processes of the study's cells have used, each; the loading of libraries
    takes one or two.
    """
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            words = stat.read_text().rpartition(")")[2].split()
            command = stat.with_name("cmdline").read_bytes()
        except OSError:  # it has just ended
            continue
        if int(words[1]) == process.pid and b"workbench.study.child" in command:
            found.append((int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK"))
    return found


def when_solving(folder, process, seconds):
    """Wait until the optimum is known and a solver has run for so many processor seconds, its loading included."""
    deadline = time.monotonic() + 300.0
    while time.monotonic() < deadline and process.poll() is None:
        if (folder / "results.db").is_file():
            try:
                known = reports.load(folder).meta.get("reference")
            except ValueError:  # the record is just being made
                known = None
            if known and max(seconds_of_cells(process), default=0.0) > seconds:
                return
        time.sleep(0.1)
    pytest.fail(f"no solver began: {process.communicate()}")


ENDLESS = ("--gtol", "0", "--max-evals", "1000000000")
ENDLESS += ("--solver", "gd:step=fixed,step_size=1e-6", "--solver", "gd:step=fixed,step_size=1e-7")


@pytest.mark.processes
@pytest.mark.skipif(sys.platform != "linux", reason="it reads /proc")
@pytest.mark.parametrize(("data", "n_classes"), [("iris", 3), pytest.param("digits", 10, marks=pytest.mark.compiled)])
def test_amidst_a_solver_its_run_so_far_is_kept(data, n_classes, tmp_path):
    """The signal comes from outside while machine code runs, on data large enough for several threads too."""
    folder, out = tmp_path / "run", ("--out", str(tmp_path / "first"))
    started("compare", "--data", data, "--max-evals", "2", *ENDLESS[4:], *out).communicate()  # all is compiled now
    process = started("compare", "--data", data, *ENDLESS, "--out", str(folder))
    try:
        when_solving(folder, process, 5.0)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130, (process.returncode, err)
    assert err.startswith("workbench: interrupted; saved is what ran so far, 1 of 2 runs: the same command with --out ")
    assert "  interrupted" in out
    run = reports.load(folder)
    (cell,) = run.results.itertuples()
    assert (cell.state, cell.success) == ("interrupted", False)
    assert cell.nit > 0
    assert run.trace["nit"].iloc[-1] == cell.nit
    assert cell.f < math.log(n_classes)
