"""A run record gives back what was put in, whole cells or none, and refuses what is no run."""

import sqlite3
import threading

import numpy as np
import pandas as pd
import pytest

from reports.record import Recorder
from reports.run import load


def cell(solver="a", repeat=0, **numbers):
    return {"solver": solver, "method": "gd", "repeat": repeat, **numbers}


def iterations(**columns):
    rows = {"nit": [0, 1], "nfev": [1, 3], "seconds": [0.0, 0.5], "f": [2.0, 1.0], "grad_inf": [1.0, 0.5]}
    return pd.DataFrame(rows | {"step": [np.nan, 1.0]} | columns)


def edit(folder, *statements):
    connection = sqlite3.connect(folder / "results.db")
    for statement in statements:
        connection.execute(*statement) if isinstance(statement, tuple) else connection.execute(statement)
    connection.commit()
    connection.close()


def test_every_float_comes_back_with_its_bits(record):
    values = [np.inf, -np.inf, np.nan, 5e-324, 1.7976931348623157e308, 0.1, 1 / 3, 1e16 + 2]
    rows = pd.DataFrame(
        {"nit": range(8), "nfev": range(8), "seconds": values, "f": values, "grad_inf": values, "step": values}
    )
    record.add(cell(f=np.inf, gap=-np.inf, grad_inf=np.nan, seconds=0.1), rows)
    run = load(record.folder)
    assert run.trace["f"].to_numpy().tobytes() == np.array(values).tobytes()
    assert run.results["f"].item() == np.inf
    assert run.results["gap"].item() == -np.inf
    assert np.isnan(run.results["grad_inf"].item())


def test_columns_have_the_same_dtypes_however_few_numbers_there_are(record):
    empty = load(record.folder)
    record.add(cell(error="it raised"))
    failed = load(record.folder)
    record.add(cell("b", nit=3, nfev=4.5, success=True), iterations())
    full = load(record.folder)
    numbers = full.results.select_dtypes(["number", "bool"]).columns
    assert {"nit", "nfev", "f", "gap_bound", "success", "repeat"} <= set(numbers)
    for run in (empty, failed):
        assert (run.results.dtypes[numbers] == full.results.dtypes[numbers]).all()
        assert (run.trace.dtypes == full.trace.dtypes).drop("solver").all()
    assert full.results["nfev"].tolist()[1] == 4.5


def test_rows_keep_the_order_in_which_the_solvers_ran(record):
    for repeat in (0, 1):
        for solver in ("zeta", "alpha"):
            record.add(cell(solver, repeat), iterations())
    run = load(record.folder)
    assert run.solvers == ["zeta", "alpha"]
    assert run.results["repeat"].tolist() == [0, 0, 1, 1]
    assert list(run.trace.columns[:3]) == ["solver", "repeat", "nit"]
    assert run.trace["nit"].tolist() == [0, 1] * 4


def test_a_failed_cell_is_a_row_with_its_reason(record):
    record.add(cell(status="ERROR", error="FloatingPointError at iteration 3"))
    row = load(record.folder).results.iloc[0]
    assert row["error"] == "FloatingPointError at iteration 3"
    assert np.isnan(row["f"])
    assert not row["success"]
    assert load(record.folder).arrays("a", 0) == {}


@pytest.mark.parametrize("dtype", ["float64", "float32", "int64", "uint8", "bool", ">f8"])
def test_arrays_come_back_with_shape_dtype_and_order(record, dtype):
    array = np.asfortranarray(np.arange(12).reshape(3, 4)).astype(dtype)
    record.add(cell(), None, {"weights": array, "empty": np.zeros((0, 2)), "one": np.float64(3.0)})
    found = load(record.folder).arrays("a", 0)
    np.testing.assert_array_equal(found["weights"], array)
    assert found["weights"].dtype == array.dtype
    assert found["weights"].flags.writeable
    assert found["empty"].shape == (0, 2)
    assert found["one"].shape == ()


def test_an_array_of_objects_is_refused_and_nothing_of_its_cell_is_stored(record):
    with pytest.raises(ValueError, match="'weights' has dtype object"):
        record.add(cell(), iterations(), {"weights": np.array([{}])})
    assert load(record.folder).results.empty


def test_an_error_in_the_middle_of_a_cell_leaves_the_record_unchanged(record):
    record.add(cell("kept"), iterations(), {"w": np.eye(2)})
    before = load(record.folder)
    trigger = "CREATE TRIGGER full BEFORE INSERT ON arrays BEGIN SELECT RAISE(ABORT, 'disk full'); END"
    edit(record.folder, trigger)
    with pytest.raises(Exception, match="disk full"):
        record.add(cell("lost"), iterations(), {"w": np.eye(2)})
    after = load(record.folder)
    pd.testing.assert_frame_equal(after.results, before.results)
    pd.testing.assert_frame_equal(after.trace, before.trace)
    edit(record.folder, "DROP TRIGGER full")
    record.add(cell("lost"), iterations())
    assert load(record.folder).solvers == ["kept", "lost"]


def test_a_reader_sees_whole_cells_while_the_comparison_goes_on(record):
    record.add(cell("a"), iterations())
    assert len(load(record.folder).trace) == 2
    record.add(cell("b"), iterations())
    assert len(load(record.folder).trace) == 4


def test_a_writer_waits_for_another_one(record):
    other = sqlite3.connect(record.folder / "results.db", check_same_thread=False, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    release = threading.Timer(0.3, lambda: other.execute("COMMIT"))
    release.start()
    record.add(cell())
    release.join()
    other.close()
    assert load(record.folder).solvers == ["a"]


def test_a_cell_is_recorded_once(record):
    record.add(cell("a", 1))
    with pytest.raises(ValueError, match=r"'a', repeat 1 is already in .*: record a cell once"):
        record.add(cell("a", 1))
    assert len(load(record.folder).results) == 1


@pytest.mark.parametrize(
    ("result", "trace", "message"),
    [
        (cell(gard_inf=1.0), None, "unknown column 'gard_inf': did you mean 'grad_inf'"),
        ({"solver": "a", "method": "b"}, None, "result has no 'repeat'"),
        (cell(f="low"), None, r"result\['f'\] is 'low', expected a number"),
        (cell(message=3), None, r"result\['message'\] is 3, expected a text"),
        (cell(), iterations().drop(columns="f"), "trace has no column 'f'"),
        (cell(), iterations(slope=1.0), "trace has an unknown column 'slope'"),
        (cell(), iterations(nit=[0, 0.5]), "'nit' must hold whole numbers"),
        (cell(), iterations(nit=[0, np.nan]), "'nit' must hold whole numbers"),
        (cell(), iterations(f=["a", "b"]), "trace column 'f' must hold numbers"),
        (cell(), iterations(solver="b"), "'solver' does not agree with the result's solver 'a'"),
    ],
)
def test_a_cell_with_a_mistake_is_refused_in_one_line(record, result, trace, message):
    with pytest.raises(ValueError, match=message) as caught:
        record.add(result, trace)
    assert "\n" not in str(caught.value)
    assert load(record.folder).results.empty


def test_meta_data_can_be_changed_until_the_record_is_closed(record):
    record.update_meta(state="interrupted", reference={"f": np.float64(0.5), "size": np.int64(3)}, limit=np.inf)
    run = load(record.folder)
    assert run.meta == record.meta
    assert run.meta["title"] == "t"
    assert run.entry("reference", "f") == 0.5
    assert run.entry("reference", "absent", "deeper", default=7) == 7
    assert run.entry("limit") == np.inf
    record.close()
    record.close()
    for change in (lambda: record.update_meta(state="complete"), lambda: record.add(cell())):
        with pytest.raises(ValueError, match="is closed"):
            change()


def test_meta_data_that_are_no_json_leave_no_folder_behind(tmp_path):
    with pytest.raises(ValueError, match="meta holds a set"):
        Recorder.create(tmp_path / "runs" / "new", {"classes": {1, 2}})
    with pytest.raises(ValueError, match=r"meta\['schema'\] is 1: this version writes schema 2"):
        Recorder.create(tmp_path / "runs" / "new", {"schema": 1})
    assert list(tmp_path.iterdir()) == []


def test_a_record_that_cannot_be_begun_leaves_no_folder_behind(tmp_path, monkeypatch):
    from reports import schema

    def refuse(*_arguments, **_options):
        raise OSError("no space")

    monkeypatch.setattr(schema.metadata, "create_all", refuse)
    with pytest.raises(OSError, match="no space"):
        Recorder.create(tmp_path / "runs" / "new", {})
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_taken_is_refused_and_stays_as_it_was(tmp_path):
    foreign, file, run = tmp_path / "foreign", tmp_path / "file", tmp_path / "run"
    foreign.mkdir()
    (foreign / "thesis.tex").write_text("precious")
    file.write_text("precious")
    Recorder.create(run, {"title": "first"}).close()
    with pytest.raises(ValueError, match="foreign exists and is no run"):
        Recorder.create(foreign, {})
    with pytest.raises(ValueError, match="file exists and is no folder"):
        Recorder.create(file, {})
    with pytest.raises(ValueError, match="already holds a run, which is never overwritten"):
        Recorder.create(run, {"title": "second"})
    assert [path.name for path in foreign.iterdir()] == ["thesis.tex"]
    assert load(run).meta["title"] == "first"


def test_an_empty_folder_becomes_a_run_with_one_file(tmp_path):
    Recorder.create(tmp_path, {}).close()
    assert [path.name for path in tmp_path.iterdir()] == ["results.db"]


def test_a_folder_may_have_any_name(tmp_path):
    folder = tmp_path / "50% of #1? & ü"
    with Recorder.create(folder, {}) as record:
        record.add(cell())
    assert load(folder).solvers == ["a"]


def test_what_is_no_run_is_refused_in_one_line(tmp_path):
    (tmp_path / "results.db").write_bytes(b"SQLite format 3\0" + bytes(range(256)) * 40)
    other = tmp_path / "other"
    other.mkdir()
    edit(other, "CREATE TABLE prices (x)")
    for folder, message in [
        (tmp_path / "absent", "is no run: there is no such folder"),
        (tmp_path / "results.db", "is no run: it is a file"),
        (tmp_path, "is damaged or no record of a run"),
        (other, "is damaged or no record of a run: no such table: run"),
    ]:
        with pytest.raises(ValueError, match=message) as caught:
            load(folder)
        assert "\n" not in str(caught.value)
    (tmp_path / "results.db").unlink()
    with pytest.raises(ValueError, match=r"there is no results\.db in it"):
        load(tmp_path)
    assert list(tmp_path.iterdir()) == [other]


def test_a_record_of_another_schema_is_refused(record):
    record.close()
    edit(record.folder, "UPDATE run SET schema = 7")
    with pytest.raises(ValueError, match="its schema is 7, this version reads schema 2"):
        load(record.folder)


@pytest.mark.parametrize("meta", ["{", "[1]", "\x00"])
def test_damaged_meta_data_are_refused(record, meta):
    edit(record.folder, ("UPDATE run SET meta = ?", (meta,)))
    with pytest.raises(ValueError, match="is damaged or no record of a run"):
        load(record.folder)


@pytest.mark.parametrize(("column", "value"), [("dtype", "|O8"), ("dtype", "<f4"), ("shape", "[9]"), ("data", b"x")])
def test_a_damaged_array_is_refused_and_an_object_is_never_made(record, column, value):
    record.add(cell(), None, {"w": np.eye(2)})
    edit(record.folder, (f"UPDATE arrays SET {column} = ?", (value,)))
    run = load(record.folder)
    with pytest.raises(ValueError, match=r"is damaged .* an array of"):
        run.arrays("a", 0)


def test_arrays_of_a_cell_that_did_not_run_are_refused_with_the_solvers_named(record):
    record.add(cell("lbfgs"))
    with pytest.raises(ValueError, match=r"no cell 'lbgfs', repeat 0 in .*; solvers: lbfgs"):
        load(record.folder).arrays("lbgfs", 0)


def test_a_read_only_run_can_be_read(record):
    record.add(cell(), iterations())
    record.close()
    (record.folder / "results.db").chmod(0o444)
    record.folder.chmod(0o555)
    try:
        assert len(load(record.folder).trace) == 2
        assert [path.name for path in record.folder.iterdir()] == ["results.db"]
    finally:
        record.folder.chmod(0o755)
