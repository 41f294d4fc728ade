"""A record of schema 2 becomes a study of one problem, and nothing of it is lost."""

import gzip
import sqlite3
from pathlib import Path

import numpy as np
import pytest

from reports import upgrade
from reports.run import load
from reports.store import Store

STORED = Path(__file__).with_name("schema-2.db.gz")


@pytest.fixture
def old(tmp_path):
    """A folder with a record that version 0.1.0 wrote when its schema was 2: `conftest.write_run` with f(x0) = 6."""
    (tmp_path / "results.db").write_bytes(gzip.decompress(STORED.read_bytes()))
    return tmp_path


def former(folder):
    connection = sqlite3.connect(folder / "results.db")
    connection.row_factory = sqlite3.Row
    try:
        names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: [dict(row) for row in connection.execute(f"SELECT * FROM {name}")] for name in names}
    finally:
        connection.close()


def test_everything_that_was_recorded_is_still_there(old):
    before = former(old)
    run = load(old)
    assert set(former(old)) >= {"store", "study", "problem", "cell", "run", "trace", "array"}
    assert not set(former(old)) & {"results", "arrays", "former_run", "former_trace"}
    assert len(before["results"]) == len(run.results) == 8
    for old_row, row in zip(before["results"], run.results.to_dict("records"), strict=True):
        for name in set(old_row) - {"cell"}:
            expected = np.nan if old_row[name] is None else old_row[name]
            np.testing.assert_equal(row[name], expected, err_msg=name)
    assert len(before["trace"]) == len(run.trace) == 24
    np.testing.assert_array_equal(run.trace["f"], [row["f"] for row in before["trace"]])
    assert run.trace["step"].isna().sum() == 6
    assert run.arrays("lbfgs", 1)["confusion"].tolist() == [[2, 0, 0], [1, 1, 0], [0, 0, 2]]
    assert run.results["seed"].tolist() == run.results["repeat"].tolist(), "repeat r ran with seed 0 + r"
    assert (run.results["state"] == np.where(run.results["error"] == "", "done", "failed")).all()


def test_its_meta_data_are_read_as_before_and_it_can_be_written_to(old, run):
    found = load(old)
    assert found.meta["reference"] == {**run.meta["reference"], "f_start": 6.0}
    for name in set(run.meta) - {"reference"}:
        assert found.meta[name] == run.meta[name], name
    with Store.open(old, write=True) as store:
        (study,) = store.studies()["study"]
        key = store.cells(study)["key"].iloc[-1]
        assert store.record(key, {"f": 2.5}) == 2
    assert load(old).results["f"].iloc[-1] == 2.5


def test_an_upgrade_that_fails_leaves_the_file_as_it_was(old, monkeypatch):
    before = former(old)

    def fail(_row):
        raise sqlite3.OperationalError("disk full")

    monkeypatch.setattr(upgrade, "_result", fail)
    with pytest.raises(sqlite3.OperationalError, match="disk full"):
        load(old)
    assert former(old) == before
    monkeypatch.undo()
    assert len(load(old).results) == 8


def test_a_record_of_a_schema_that_was_never_published_is_refused(old):
    connection = sqlite3.connect(old / "results.db", isolation_level=None)
    connection.execute("UPDATE run SET schema = 1")
    connection.close()
    with pytest.raises(ValueError, match="it is no store of runs"):
        load(old)
