"""Study files on the command line: run, gone on with, planned; and what kill -9 leaves of them."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import reports
import workbench as package
from workbench.study import run as running

SMALL = """
[run]
repeats = 2
max_evals = 20
threads = 1
[targets]
gap = 1e-2
[[problem]]
data = ["iris", "wine"]
l2 = 1e-2
[[solver]]
name = "lbfgs"
memory = [5, 10]
[[solver]]
name = "gd"
"""
CLOCKS = [
    "seconds",
    "compile_seconds",
    "first_call_seconds",
    "oracle_seconds",
    "overhead_seconds",
    "monitoring_seconds",
]
CLOCKS += ["wall_seconds", "memory_mb", "canary", "flags", "started", "attempt", "message"]


@pytest.fixture
def study_file(tmp_path):
    path = tmp_path / "small.toml"
    path.write_text(SMALL, encoding="utf-8")
    return path


def without_clocks(run):
    """The results and the trace of a run, times aside, in one order."""
    order = ["problem", "solver", "repeat"]
    results = run.results.drop(columns=[name for name in CLOCKS if name in run.results])
    # Of which iterates accuracies are known the clock decides.
    trace = run.trace.drop(columns=["seconds", "train_accuracy", "test_accuracy"])
    return results.sort_values(order, ignore_index=True), trace.sort_values([*order, "nit"], ignore_index=True)


@pytest.mark.usefixtures("unreported")
def test_a_study_runs_every_cell_of_its_grid_and_keeps_its_file(study_file, workbench):
    outcome = workbench("compare", study_file)
    assert outcome.code == 0, outcome.err
    run = reports.load("runs/small")
    assert len(run.results) == 2 * 2 * 3
    assert set(run.results["state"]) == {"done"}
    assert set(run.results["verdict"]) <= {"verified", "honest failure", "silent success"}
    assert [run.label(key) for key in run.problems] == ["softmax-iris", "softmax-wine"]
    assert "softmax regression · wine" in outcome.out
    assert Path("runs/small/study.toml").is_file()


@pytest.mark.usefixtures("unreported")
def test_the_same_command_goes_on_and_runs_nothing_twice(study_file, workbench, monkeypatch):
    assert workbench("compare", study_file).code == 0
    before = without_clocks(reports.load("runs/small"))
    monkeypatch.setattr(running, "run_isolated", None)
    outcome = workbench("compare", study_file)
    assert outcome.code == 0
    assert "going on: 12 of 12 cells have run" in outcome.err
    for one, other in zip(before, without_clocks(reports.load("runs/small")), strict=True):
        pd.testing.assert_frame_equal(one, other)


@pytest.mark.usefixtures("unreported")
def test_a_longer_study_runs_what_is_new_alone_and_leaves_the_rest_stale(study_file, workbench):
    workbench("compare", study_file)
    outcome = workbench("compare", study_file, "--set", "run.repeats=3")
    assert "12 of 18 cells have run" in outcome.err
    assert len(reports.load("runs/small").results) == 18
    planned = workbench("plan", study_file, "--set", "solver.gd.step=bb", "--json").json
    states = [cell["state"] for cell in planned["cells"]]
    assert (states.count("done"), states.count("new")) == (8, 4)
    assert states.count("stale") == 18 - 8
    assert planned["expected"] > 0.0


def test_a_plan_runs_nothing_and_writes_nothing(study_file, workbench, tmp_path, monkeypatch):
    monkeypatch.setattr(running, "run_isolated", None)
    outcome = workbench("plan", study_file)
    assert (outcome.code, outcome.err) == (0, "")
    lines = outcome.out.splitlines()
    assert lines[0].startswith("softmax regression · iris")
    assert lines[-1].startswith("12 cells to run; at most ")
    assert [path.name for path in tmp_path.iterdir()] == ["small.toml"]


@pytest.mark.usefixtures("unreported")
def test_the_folder_of_a_run_is_a_study_too(study_file, workbench):
    workbench("compare", study_file, "--out", "mine")
    outcome = workbench("compare", "mine")
    assert "12 of 12 cells have run" in outcome.err
    assert workbench("plan", "mine").out.endswith("nothing is left to run\n")


@pytest.mark.usefixtures("unreported")
def test_fresh_refuses_a_run_that_is_there(study_file, workbench, refused):
    workbench("compare", study_file)
    before = Path("runs/small/results.db").read_bytes()
    assert "already holds a run" in refused("compare", study_file, "--fresh")
    assert Path("runs/small/results.db").read_bytes() == before


@pytest.mark.usefixtures("unreported")
def test_what_flags_said_is_written_as_a_study_that_says_the_same(workbench):
    words = ("--data", "iris", "--l2", 0.1, "--max-evals", 5, "--solver", "gd", "--out", "one")
    assert workbench("compare", *words).code == 0
    assert workbench("compare", "one/study.toml", "--out", "two").code == 0
    assert workbench("plan", "one/study.toml", "--out", "two").out.endswith("nothing is left to run\n")
    one, two = reports.load("one"), reports.load("two")
    assert one.results["f"].tolist() == two.results["f"].tolist()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["small.toml", "--l2", "1"], "--l2 says what a study file says: use --set"),
        (["small.toml", "--set", "run.repeat=1"], "did you mean 'repeats'?"),
        (["--set", "run.repeats=1"], "goes with a study file"),
        (["."], "is no run: there is no study.toml in it"),
        (["small.toml", "--set", "problem.data=digitz"], "did you mean 'digits'?"),
    ],
)
def test_what_cannot_be_meant_is_refused_and_nothing_is_written(words, said, study_file, refused, tmp_path):
    assert said in refused("compare", *words)
    assert [path.name for path in tmp_path.iterdir()] == ["small.toml"]


@pytest.mark.usefixtures("unreported")
def test_side_by_side_gives_the_same_answers_and_marks_the_times(study_file, workbench):
    workbench("compare", study_file, "--out", "one")
    assert workbench("compare", study_file, "--out", "two", "-j", "2").code == 0
    one, two = reports.load("one"), reports.load("two")
    for a, b in zip(without_clocks(one), without_clocks(two), strict=True):
        pd.testing.assert_frame_equal(a, b)
    assert two.results["flags"].str.contains("contended").all()


# What kill -9 leaves --------------------------------------------------------------------------------------------------


def start(study, out):
    return subprocess.Popen(
        [sys.executable, "-m", "workbench", "compare", str(study), "--out", str(out)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        # Nothing is compiled, so that what is killed is never a compilation.
        env={**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": str(Path(package.__file__).parents[1])},
        start_new_session=True,
    )


def cells_in(out):
    """How many attempts a store has; checks that its file is sound."""
    if not (out / "results.db").is_file():
        return 0
    with closing(sqlite3.connect(out / "results.db", timeout=60)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if "run" not in tables:
            return 0
        return connection.execute("SELECT count(*) FROM run WHERE state != 'interrupted'").fetchone()[0]


def killed_and_resumed(study, folder, kills, n_cells, seed, longest):
    """Kill a study at random moments, go on each time, and compare with one that nobody disturbed."""
    rng, struck = random.Random(seed), 0
    while struck < kills:
        before = cells_in(folder / "killed")
        if before >= n_cells:
            break
        process = start(study, folder / "killed")
        time.sleep(rng.uniform(0.2, longest))
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            struck += 1
        process.wait()
        assert cells_in(folder / "killed") >= before, "what was stored is there"
    assert start(study, folder / "killed").wait() in (0, 3)
    assert start(study, folder / "whole").wait() in (0, 3)
    killed, whole = reports.load(folder / "killed"), reports.load(folder / "whole")
    assert len(killed.results) == n_cells
    for one, other in zip(without_clocks(killed), without_clocks(whole), strict=True):
        pd.testing.assert_frame_equal(one, other)
    return struck


KILLED = """
[run]
repeats = {repeats}
max_evals = 6
threads = 1
reruns = 0
[targets]
gap = 1e-1
[[problem]]
data = ["iris", "wine"]
l2 = 1e-1
[[solver]]
name = ["gd", "cg", "lbfgs", "sgd"]
"""


@pytest.mark.processes
def test_a_study_that_is_killed_loses_the_cell_in_flight_and_no_more(tmp_path):
    (tmp_path / "killed.toml").write_text(KILLED.format(repeats=1))
    struck = killed_and_resumed(tmp_path / "killed.toml", tmp_path, 3, 8, 0, 12.0)
    assert struck >= 1


@pytest.mark.long
def test_fifty_kills_of_a_study_of_two_hundred_cells(tmp_path):
    (tmp_path / "killed.toml").write_text(KILLED.format(repeats=25))
    struck = killed_and_resumed(tmp_path / "killed.toml", tmp_path, 50, 200, 1, 14.0)
    assert struck >= 45


@pytest.mark.processes
def test_ctrl_c_ends_a_study_within_two_seconds(tmp_path):
    hanging = "import time\nimport numpy as np\nx0 = np.ones(2)\n"
    hanging += "def cost(x):\n    if (x != 1).any():\n        time.sleep(1e6)\n    return float(x @ x), 2 * x\n"
    (tmp_path / "hang.py").write_text(hanging)
    text = '[[problem]]\nobjective = "hang.py:cost"\nunchecked = true\n[[solver]]\nname = "gd"\n'
    (tmp_path / "hang.toml").write_text(text)
    process = start(tmp_path / "hang.toml", tmp_path / "run")
    deadline = time.monotonic() + 60.0
    while not (tmp_path / "run" / "study.toml").is_file() and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(3.0)
    process.send_signal(signal.SIGINT)
    began = time.monotonic()
    try:
        assert process.wait(timeout=60.0) == 130
    finally:
        process.kill()
    assert time.monotonic() - began < 4.0, "two seconds, and as many for a busy machine"
    assert np.isnan(reports.load(tmp_path / "run").results["f"]).all()
