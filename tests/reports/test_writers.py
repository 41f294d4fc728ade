"""Many writers, killed writers: nothing is lost, nothing is locked, nothing is half there."""

import json
import signal
import sqlite3
import time

from store_writer import started

from reports.run import load


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
