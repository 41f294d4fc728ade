"""Many writers, killed writers: nothing is lost, nothing is locked, nothing is half there."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import reports
from reports.run import load

WRITER = """
import sys
import pandas as pd
from reports import Store
where, name, n = sys.argv[1], sys.argv[2], int(sys.argv[3])
trace = pd.DataFrame({"nit": range(200), "nfev": 1.0, "seconds": 0.5, "f": 0.25, "grad_inf": 1.0, "step": 1.0})
with Store.open(where, write=True) as store:
    study = store.begin({"run": {}, "targets": []}, {})
    store.add_problem(study, "p", {"headline": "h", "description": {}})
    print("begun", flush=True)
    for index in range(n):
        solver = {"label": name, "name": "s", "options": {}}
        key = f"{name}-{index}"
        cell = {"key": key, "problem": "p", "solver": solver, "repeat": index, "seed": 0, "budget": {}}
        store.add_cells(study, [cell])
        store.record(key, {"f": index / 2}, trace, {"theta": [index, index]})
"""


def started(folder, name, n):
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(folder), name, str(n)],
        env={**os.environ, "PYTHONPATH": str(Path(reports.__file__).parents[1])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def integrity(folder):
    connection = sqlite3.connect(folder / "results.db")
    try:
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        return connection.execute("PRAGMA integrity_check").fetchone()[0]
    finally:
        connection.close()


def test_eight_processes_make_and_write_one_store_and_nothing_is_lost(tmp_path):
    folder = tmp_path / "run"
    writers = [started(folder, f"w{index}", 6) for index in range(8)]
    ends = [writer.communicate(timeout=300) for writer in writers]
    assert [writer.returncode for writer in writers] == [0] * 8, ends
    run = load(folder)
    assert len(run.results) == 48
    assert run.results.groupby("solver")["f"].apply(list).tolist() == [[0.0, 0.5, 1.0, 1.5, 2.0, 2.5]] * 8
    assert len(run.trace) == 48 * 200
    assert run.arrays("w3", 5)["theta"].tolist() == [5, 5]
    assert len(run.problems) == 1
    assert integrity(folder) == "ok"
    assert [path.name for path in folder.iterdir()] == ["results.db"]


def test_a_writer_that_is_killed_leaves_whole_cells(tmp_path):
    folder = tmp_path / "run"
    for attempt in range(3):
        writer = started(folder, "w", 100_000)
        assert writer.stdout.readline() == "begun\n"
        time.sleep(0.2 + 0.13 * attempt)
        writer.send_signal(signal.SIGKILL)
        writer.communicate(timeout=60)
        run = load(folder)
        assert integrity(folder) == "ok"
        assert (run.trace.groupby(["solver", "repeat"]).size() == 200).all()
        assert len(run.trace) == 200 * len(run.results)
        stored = run.results["f"].tolist()
        assert stored == [index / 2 for index in range(len(stored))]
    assert len(stored) > 0
    assert json.loads(run.results["options"].iloc[0]) == {}
