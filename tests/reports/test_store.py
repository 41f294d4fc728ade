"""A store gives back what was put in, whole cells or none, resumes what it knows, and refuses what is no store."""

import sqlite3
import sys
import threading

import numpy as np
import pandas as pd
import pytest
from recorded import Recorder

from reports import facts
from reports.run import load
from reports.store import Store


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
    assert list(run.trace.columns[:4]) == ["problem", "solver", "repeat", "nit"]
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
    trigger = "CREATE TRIGGER full BEFORE INSERT ON array BEGIN SELECT RAISE(ABORT, 'disk full'); END"
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


@pytest.mark.parametrize(
    ("result", "trace", "message"),
    [
        (cell(gard_inf=1.0), None, "unknown column 'gard_inf': did you mean 'grad_inf'"),
        (cell(state="sleeping"), None, "'state'.* is 'sleeping', expected one of 'done', 'timeout'"),
        (cell(verdict="fine"), None, "'verdict'.* is 'fine', expected one of '', 'verified'"),
        (cell(traced="often"), None, "'traced'.* is 'often', expected one of '', 'iterates', 'budgets'"),
        (cell(flags="contended, slow"), None, "'flags'.* holds 'slow', expected some of 'contended', 'drifted'"),
        (cell(f="low"), None, r"result\['f'\] is 'low', expected a number"),
        (cell(message=3), None, r"result\['message'\] is 3, expected a text"),
        (cell(), iterations().drop(columns="f"), "trace has no column 'f'"),
        (cell(), iterations(slope=1.0), "trace has an unknown column 'slope'"),
        (cell(), iterations(nit=[0, 0.5]), "'nit' must hold whole numbers"),
        (cell(), iterations(nit=[0, np.nan]), "'nit' must hold whole numbers"),
        (cell(), iterations(f=["a", "b"]), "trace column 'f' must hold numbers"),
    ],
)
def test_a_cell_with_a_mistake_is_refused_in_one_line(record, result, trace, message):
    with pytest.raises(ValueError, match=message) as caught:
        record.add(result, trace)
    assert "\n" not in str(caught.value)
    assert load(record.folder).results.empty


def test_a_record_that_cannot_be_begun_leaves_no_folder_behind(tmp_path, monkeypatch):
    from reports import schema

    def refuse(*_arguments, **_options):
        raise OSError("no space")

    monkeypatch.setattr(schema.metadata, "create_all", refuse)
    with pytest.raises(OSError, match="no space"):
        Store.create(tmp_path / "runs" / "new")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_taken_is_refused_and_stays_as_it_was(tmp_path):
    foreign, file, run = tmp_path / "foreign", tmp_path / "file", tmp_path / "run"
    foreign.mkdir()
    (foreign / "thesis.tex").write_text("precious")
    file.write_text("precious")
    Recorder(run, {"title": "first"}).close()
    with pytest.raises(ValueError, match="foreign exists and is no run"):
        Store.create(foreign)
    with pytest.raises(ValueError, match="file exists and is no folder"):
        Store.create(file)
    with pytest.raises(ValueError, match="already holds a run, which is never overwritten"):
        Store.create(run)
    assert [path.name for path in foreign.iterdir()] == ["thesis.tex"]
    assert load(run).meta["title"] == "first"


def test_an_empty_folder_becomes_a_run_with_one_file(tmp_path):
    Store.create(tmp_path).close()
    assert [path.name for path in tmp_path.iterdir()] == ["results.db"]


def test_a_folder_may_have_any_name(tmp_path):
    folder = tmp_path / "50% of #1? & ü"
    with Recorder(folder) as record:
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
        (other, "cannot be read: it is no store of runs: it has other tables"),
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
    edit(record.folder, "UPDATE store SET schema = 7")
    for use in (load, Store.open, lambda folder: Store.open(folder, write=True)):
        with pytest.raises(ValueError, match="its schema is 7, this version reads schema 3 and older"):
            use(record.folder)


@pytest.mark.parametrize("meta", ["{", "[1]", "\x00"])
def test_damaged_meta_data_are_refused(record, meta):
    edit(record.folder, ("UPDATE study SET document = ?", (meta,)))
    with pytest.raises(ValueError, match="is damaged or no record of a run"):
        load(record.folder)


@pytest.mark.parametrize(("column", "value"), [("dtype", "|O8"), ("dtype", "<f4"), ("shape", "[9]"), ("data", b"x")])
def test_a_damaged_array_is_refused_and_an_object_is_never_made(record, column, value):
    record.add(cell(), None, {"w": np.eye(2)})
    edit(record.folder, (f"UPDATE array SET {column} = ?", (value,)))
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


# Studies --------------------------------------------------------------------------------------------------------------

STUDY = {"run": {"repeats": 2, "seed": 0}, "targets": [1e-2], "problems": ["p"], "solvers": ["a", "b"]}
PLANNED = [
    {
        "key": f"{solver}{repeat}",
        "problem": "p",
        "solver": {"label": solver, "name": solver, "options": {"memory": 10}},
        "repeat": repeat,
        "seed": repeat,
        "budget": {"max_time": 1.0, "max_evals": 10},
    }
    for repeat in range(2)
    for solver in ("a", "b")
]


def begun(store, **words):
    study = store.begin({**STUDY, **words}, {"python": "3.11"})
    store.add_problem(study, "p", {"headline": "h", "description": {"data": {"name": "iris", "fingerprint": "f"}}})
    store.add_cells(study, PLANNED)
    return study


def test_a_study_that_asks_for_the_same_is_resumed_whatever_it_is_called(tmp_path):
    with Store.open(tmp_path / "run", write=True) as store:
        first = begun(store, title="one", created="yesterday")
        store.record("a0", {"state": "timeout", "wall_seconds": 3.5})
        assert store.record("a0", {"f": 1.0}) == 2
        store.finish(first, "interrupted")
        before = store.cells(first)
    with Store.open(tmp_path / "run", write=True) as store:
        assert begun(store, title="two", created="today") == first
        pd.testing.assert_frame_equal(store.cells(first), before)
        assert store.studies()["state"].tolist() == ["running"]
        assert begun(store, targets=[1e-3]) != first
    assert before["key"].tolist() == ["a0", "b0", "a1", "b1"]
    assert before["attempts"].tolist() == [2, 0, 0, 0]
    assert before["state"].tolist() == ["done", "", "", ""]
    assert before["wall_seconds"].isna().all(), "that of the last attempt"
    assert {name: before[name].tolist() for name in ("problem", "solver", "repeat", "seed")} == {
        "problem": ["p"] * 4,
        "solver": ["a", "b"] * 2,
        "repeat": [0, 0, 1, 1],
        "seed": [0, 0, 1, 1],
    }


def test_the_last_attempt_at_a_cell_is_the_one_that_is_read(tmp_path):
    with Store.open(tmp_path, write=True) as store:
        study = begun(store)
        store.record("b0", {"state": "killed", "error": "signal 9"}, iterations(), {"w": np.zeros(2)})
        store.record("a1", {"f": 3.0})
        store.record("b0", {"f": 2.0}, iterations(f=[9.0, 2.0]), {"w": np.ones(2)})
        store.finish(study, "complete")
    run = load(tmp_path)
    assert run.results[["solver", "repeat", "attempt", "state"]].to_numpy().tolist() == [
        ["b", 0, 2, "done"],
        ["a", 1, 1, "done"],
    ]
    assert run.trace["f"].tolist() == [9.0, 2.0]
    assert run.arrays("b", 0)["w"].tolist() == [1.0, 1.0]
    assert run.solvers == ["b", "a"]
    assert run.meta["limits"] == {"max_time": 1.0, "max_evals": 10}
    assert run.meta["problem"]["data"]["name"] == "iris"
    assert (run.meta["seed"], run.meta["repeats"], run.meta["state"]) == (0, 2, "complete")


def test_cells_that_ran_on_another_machine_are_counted(tmp_path):
    with Store.open(tmp_path, write=True) as store:
        begun(store)
        store.record("a0", {"f": 1.0})
    assert load(tmp_path).meta["environment"] == {"python": "3.11"}
    with Store.open(tmp_path, write=True) as store:
        study = store.begin(STUDY, {"python": "3.12"})
        store.record("b0", {"f": 1.0})
        store.record("a1", {"f": 1.0})
    found = {"python": "3.12", "cells from another environment": "1 of 3"}
    assert load(tmp_path, study).meta["environment"] == found


def test_two_studies_share_a_cell_that_both_ask_for(tmp_path):
    with Store.open(tmp_path, write=True) as store:
        first = begun(store)
        store.record("a0", {"f": 1.0})
        second = begun(store, targets=[1e-8])
        assert store.cells(second)["attempts"].tolist() == [1, 0, 0, 0]
    assert load(tmp_path).meta["targets"] == [1e-8], "the latest"
    assert facts.commands(load(tmp_path, first))[-1][1].endswith(f" --study {first}")
    assert load(tmp_path, first).meta["targets"] == [1e-2]
    with pytest.raises(ValueError, match=f"no study 7 in .*: there are {first}, {second}"):
        load(tmp_path, 7)


def test_a_study_of_several_problems_is_read_one_by_one(tmp_path):
    with Store.open(tmp_path, write=True) as store:
        study = begun(store, problems=["p", "q"])
        store.add_problem(study, "q", {"headline": "other", "description": {"objective": "softmax"}, "label": "named"})
        store.add_cells(study, [{**PLANNED[1], "key": "q-b", "problem": "q", "budget": {"max_time": 9.0}}])
        store.set_reference("q", {"f": 0.5, "kind": "certificate"})
        store.record("a0", {"f": 1.0}, iterations())
        store.record("b0", {"f": 1.5})
        store.record("q-b", {"f": 2.0}, iterations(), {"w": np.ones(1)})
    run = load(tmp_path)
    assert (run.problems, [run.label(key) for key in run.problems]) == (["p", "q"], ["iris", "named"])
    assert run.results["problem"].tolist() == ["iris", "iris", "named"]
    assert "reference" not in run.meta
    one = run.of("q")
    pd.testing.assert_frame_equal(one.results, run.of("named").results)
    assert (one.problems, one.results["f"].tolist(), len(one.trace)) == (["q"], [2.0], 2)
    assert (one.entry("reference", "f"), one.entry("headline"), one.entry("limits", "max_time")) == (0.5, "other", 9.0)
    assert one.solvers == ["a", "b"], "a solver looks the same in the figures of every problem"
    assert one.arrays("b", 0)["w"].tolist() == [1.0]
    with pytest.raises(ValueError, match="2 problems have a cell 'b', repeat 0"):
        run.arrays("b", 0)
    with pytest.raises(ValueError, match=r"no problem .r. in .*; problems: iris, named"):
        run.of("r")


@pytest.mark.parametrize(
    ("mistake", "message"),
    [
        (lambda store, study: store.record("z", {}), "there is no cell 'z' in .*: add it to a study first"),
        (lambda store, study: store.set_reference("z", {}), "there is no problem 'z' in .*: add it first"),
        (lambda store, study: store.finish(study, "done"), "state is 'done', expected one of 'complete', 'inter"),
        (lambda store, study: store.finish(9, "complete"), "there is no study 9"),
        (lambda store, study: store.add_cells(study, [{"key": "z"}]), "a cell has key; expected are key, problem"),
        (lambda store, study: store.add_cells(study, [PLANNED[0] | {"problem": "z"}]), "a cell is of problem 'z'"),
        (lambda store, study: store.begin({"classes": {1}}, {}), "the study holds a set"),
        (
            lambda store, study: store.begin({"targets": {"gap": 1}}, {}),
            "targets are {'gap': 1}, expected a list of gaps",
        ),
        (lambda store, study: store.begin({"run": 3}, {}), "run is 3, expected an object with repeats and seed"),
        (lambda store, study: store.set_reference("p", {"f": object()}), "the reference holds a object"),
    ],
)
def test_a_mistake_is_refused_in_one_line_and_changes_nothing(tmp_path, mistake, message):
    with Store.open(tmp_path, write=True) as store:
        study = begun(store)
        before = store.cells(study)
        with pytest.raises(ValueError, match=message) as caught:
            mistake(store, study)
        assert "\n" not in str(caught.value)
        pd.testing.assert_frame_equal(store.cells(study), before)
    assert load(tmp_path).entry("reference") is None


def test_a_store_that_is_read_or_closed_is_not_written(tmp_path):
    Store.create(tmp_path / "run").close()
    with (
        Store.open(tmp_path / "run") as store,
        pytest.raises(ValueError, match="opened for reading: open it with write=True"),
    ):
        store.begin(STUDY, {})
    for use in (lambda: store.begin(STUDY, {}), lambda: store.studies()):
        with pytest.raises(ValueError, match="is closed"):
            use()
    store.close()
    with pytest.raises(ValueError, match=r"no study in .*: it holds none yet"):
        load(tmp_path / "run")


def test_without_psycopg_a_url_of_postgresql_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(ValueError, match=r"me:\*\*\*@host/name needs psycopg: install it with pip install") as caught:
        Store.open("postgresql://me:secret@host/name")
    assert "secret" not in str(caught.value)


def test_a_store_is_named_by_a_folder_or_by_a_url(tmp_path):
    with Store.open(f"sqlite:///{tmp_path}/team.db", write=True) as store:
        begun(store)
    assert load(f"sqlite:///{tmp_path}/team.db").entry("headline") == "h"
    for url, message in [
        ("mysql://me:secret@host/name", "must begin with sqlite:/// or postgresql"),
        ("postgresql://me:secret@host", r"postgresql://me:\*\*\*@host names no database"),
        ("sqlite://", "names no database"),
        ("://", "must begin with"),
    ]:
        with pytest.raises(ValueError, match=message) as caught:
            Store.open(url)
        assert "secret" not in str(caught.value)
