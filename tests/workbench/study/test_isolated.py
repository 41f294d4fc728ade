"""A process for each cell: what hangs is killed, what crashes is told, and nobody is left behind."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import workbench
from workbench.comparison.own_function import own_function
from workbench.comparison.own_objective import OwnObjective, OwnProblem
from workbench.study.isolated import environment, run_isolated
from workbench.study.job import Job
from workbench.study.spool import spool

pytestmark = pytest.mark.processes

BOWL = """
import os, sys, time
import numpy as np
from pathlib import Path
x0 = np.ones(3)
COUNT = {"calls": 0}
def cost(x):
    COUNT["calls"] += 1
    if COUNT["calls"] > 30:
        FAULT
    time.sleep(0.02)
    scale = np.array([1.0, 30.0, 1000.0])
    return 0.5 * float(scale @ (x * x)), scale * x
"""
LIMITS = {"max_time": 20.0, "max_evals": 10_000, "gtol": 1e-13}


@pytest.fixture
def faulty(tmp_path):
    """A problem on disk whose function does something else after thirty calls."""

    def write(fault):
        path = tmp_path / "bowl.py"
        path.write_text(BOWL.replace("FAULT", fault), encoding="utf-8")
        folder = tmp_path / "spool"
        fun = own_function(f"{path}:cost")
        spool(OwnProblem(OwnObjective(fun, np.ones(3)), "bowl.py:cost", "bowl", "unchecked", {}), folder)
        return Job("cell", 1, "gd:step=fixed,step_size=1e-5", str(folder), limits=LIMITS, smallest=1e-6, f_star=0.0)

    return write


def alone(job, patience=120.0, **options):
    return run_isolated(job, patience=patience, **options)


def test_a_function_that_hangs_is_killed_at_the_hard_limit_and_its_curve_is_kept(faulty):
    began = time.monotonic()
    answer = alone(faulty("time.sleep(1e6)"), patience=12.0)
    assert time.monotonic() - began < 20.0
    assert answer.state == "timeout"
    assert answer.reason == "killed after 12 s, the hard limit of its process"
    assert answer.points, "what was judged on the way is kept"
    nit, _, f, _, gap = answer.points[-1]
    assert 0 < nit <= 30
    assert f < 0.5 * 1031.0
    assert gap == pytest.approx(f / (0.5 * 1031.0))


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("os.abort()", "signal 6 (SIGABRT)"),
        ("os.kill(os.getpid(), 11)", "signal 11 (SIGSEGV)"),
        ("os.kill(os.getpid(), 9)", "signal 9 (SIGKILL), perhaps for want of memory"),
        ("print('last words', file=sys.stderr); os._exit(3)", "exit code 3: last words"),
    ],
)
def test_a_process_that_dies_is_told_of(fault, said, faulty):
    answer = alone(faulty(fault))
    assert answer.state == "crashed"
    assert answer.reason.startswith(f"its process ended with {said}")


def test_what_a_function_raises_is_told_with_its_place(faulty):
    answer = alone(faulty("raise RuntimeError('out of ideas')"))
    assert answer.state == "failed"
    assert "bowl.py, line 10, raised: RuntimeError: out of ideas" in answer.reason
    assert "iteration" in answer.reason


def test_what_a_function_prints_is_no_answer(faulty):
    answer = alone(faulty("print('{\"state\": \"done\"}'); os.write(1, b'x'); raise ValueError('enough')"))
    assert answer.state == "failed"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux enforces a limit on memory")
def test_a_function_that_takes_too_much_memory_is_ended(faulty):
    answer = alone(replace(faulty("np.ones(10**9)"), max_memory=500.0))
    assert answer.state in ("failed", "killed")
    assert "500 MB" in answer.reason or "Unable to allocate" in answer.reason


def test_ctrl_c_ends_a_cell_within_two_seconds_and_keeps_what_it_has(faulty):
    class Pressed:
        def __init__(self):
            self.clock = None

        @property
        def arrived(self):
            return self.clock is not None and time.monotonic() > self.clock

    pressed = Pressed()

    def say(words):
        if "iteration" in words and pressed.clock is None:
            pressed.clock = time.monotonic() + 0.5

    answer = alone(faulty("pass"), say=say, interruption=pressed)
    assert time.monotonic() - pressed.clock < 2.5
    assert answer.found.get("cut_short") or answer.points or answer.state == "interrupted"


def test_no_process_outlives_the_one_that_started_it(faulty, tmp_path):
    job, pid = faulty("Path(f'{os.path.dirname(__file__)}/pid').write_text(str(os.getpid())); time.sleep(1e6)"), None
    script = (
        "import sys; from workbench.study.isolated import run_isolated; from workbench.study.job import Job;"
        "run_isolated(Job.loads(sys.argv[1]), patience=1e6)"
    )
    path = {**os.environ, "PYTHONPATH": str(Path(workbench.__file__).parents[1])}
    parent = subprocess.Popen([sys.executable, "-c", script, job.dumps()], env=path)
    try:
        deadline = time.monotonic() + 60.0
        while not (tmp_path / "pid").is_file() and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(0.1)
        pid = int((tmp_path / "pid").read_text())
        parent.send_signal(signal.SIGKILL)
        parent.wait()
        deadline = time.monotonic() + 10.0
        while _is_alive(pid) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not _is_alive(pid)
    finally:
        parent.kill()
        if pid is not None and _is_alive(pid):
            os.kill(pid, signal.SIGKILL)


def _is_alive(pid):
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def test_every_library_has_the_threads_that_were_asked_for_before_it_is_loaded(faulty):
    assert environment(3)["OPENBLAS_NUM_THREADS"] == environment(3)["NUMBA_NUM_THREADS"] == "3"
    job = faulty("pass")
    threads = alone(replace(job, limits={**LIMITS, "max_evals": 5})).found["threads"]
    assert len(threads) > 1, "BLAS says it too"
    assert set(threads.values()) == {1}


def test_a_cell_leaves_no_files_behind(faulty, monkeypatch, tmp_path):
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", None)
    assert alone(faulty("raise ValueError('enough')")).state == "failed"
    assert list((tmp_path / "temporary").iterdir()) == []
