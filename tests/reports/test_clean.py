"""Cleaning removes what was asked, with all that hangs on it, and says what."""

import sqlite3

import numpy as np
import pandas as pd
import pytest

from reports.clean import clean
from reports.run import load
from reports.status import overview

TRACE = pd.DataFrame({"nit": range(500), "nfev": 1.0, "seconds": 0.0, "f": 1.0, "grad_inf": 1.0, "step": 1.0})


@pytest.fixture
def folder(recording):
    """Cells: a was tried twice, the second time well; b was killed; c is well; d was interrupted after a failure."""
    record = recording()
    for solver, state in [
        ("a", "failed"),
        ("a", "done"),
        ("b", "killed"),
        ("c", "done"),
        ("d", "failed"),
        ("d", "interrupted"),
    ]:
        row = {"solver": solver, "method": solver, "repeat": 0, "state": state, "f": 1.0}
        record.add(row, TRACE, {"w": np.zeros(9)})
    record.close()
    return record.folder


def left(folder):
    connection = sqlite3.connect(folder / "results.db")
    try:
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        counts = {
            table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            for table in ("run", "trace", "array")
        }
    finally:
        connection.close()
    assert (counts["trace"], counts["array"]) == (500 * counts["run"], counts["run"])
    return counts["run"]


@pytest.mark.parametrize(
    ("what", "removed", "states"),
    [
        ({"superseded": True, "failed": False}, [("a", 1), ("d", 1)], ["done", "killed", "done", "interrupted"]),
        ({"superseded": False, "failed": True}, [("b", 1), ("d", 2)], ["done", "done", "failed"]),
        ({"superseded": True, "failed": True}, [("a", 1), ("b", 1), ("d", 1), ("d", 2)], ["done", "done"]),
    ],
)
def test_what_was_asked_is_removed_and_no_more(folder, what, removed, states):
    size = (folder / "results.db").stat().st_size
    planned = clean(folder, **what, dry_run=True)
    assert left(folder) == 6
    done = clean(folder, **what)
    pd.testing.assert_frame_equal(done, planned)
    assert list(done[["solver", "attempt"]].itertuples(index=False, name=None)) == removed
    assert left(folder) == 6 - len(removed)
    assert load(folder).results["state"].tolist() == states
    assert (folder / "results.db").stat().st_size < size
    assert [path.name for path in folder.iterdir()] == ["results.db"]


def test_the_status_counts_the_cells(folder):
    row = overview(folder).iloc[0]
    assert row[["cells", "done", "failed", "interrupted", "open"]].tolist() == [4, 2, 1, 1, 0]
    clean(folder, superseded=True, failed=True)
    row = overview(folder).iloc[0]
    assert row[["cells", "done", "failed", "interrupted", "open"]].tolist() == [4, 2, 0, 0, 2]


def test_a_folder_that_is_no_run_is_not_made_one(tmp_path):
    with pytest.raises(ValueError, match="is no run"):
        clean(tmp_path, superseded=True, failed=True)
    assert list(tmp_path.iterdir()) == []
