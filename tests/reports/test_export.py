"""Exports hold every number, and benchopt's columns."""

import csv
import json

import numpy as np
import pandas as pd
import pytest

from reports.export import export, forms
from reports.exports import benchopt


def test_every_form_is_found_by_its_file():
    assert list(forms()) == ["parquet", "csv", "benchopt"]


def test_parquet_holds_every_number_and_its_kind(run, tmp_path):
    files = export(run, "parquet", tmp_path / "out")
    assert [path.name for path in files] == ["problems.parquet", "results.parquet", "trace.parquet"]
    for name, frame in (("results", run.results), ("trace", run.trace)):
        pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "out" / f"{name}.parquet"), frame)
    (problem,) = pd.read_parquet(tmp_path / "out" / "problems.parquet").to_dict("records")
    assert (problem["problem"], problem["f_star"], problem["origin"]) == ("softmax digits", 2.0, "certificate")
    assert np.isnan(problem["f_start"])
    assert json.loads(problem["description"]) == run.meta["problem"]
    assert json.loads(problem["limits"])["max_evals"] == 1000


def test_csv_holds_every_number(run, tmp_path):
    export(run, "csv", tmp_path / "out")
    with (tmp_path / "out" / "trace.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [float(row["f"]) for row in rows] == run.trace["f"].tolist()
    assert [row["step"] for row in rows][:2] == ["", "1"]
    assert [row["solver"] for row in rows] == run.trace["solver"].tolist()


def test_benchopt_has_a_row_for_each_point_of_each_curve(run, tmp_path):
    (file,) = export(run, "benchopt", tmp_path / "out")
    table = pd.read_parquet(file)
    # What benchopt 1.10 reads in results/__init__.py, plotting/default_plots.py and generate_html.py.
    assert {
        *["objective_name", "obj_description", "solver_name", "solver_description", "data_name", "idx_rep"],
        *["sampling_strategy", "stop_val", "time", "objective_value", "run_date"],
    } <= set(table.columns)
    assert len(table) == len(run.trace)
    assert set(table["solver_name"]) == set(run.trace["solver"])
    assert table["stop_val"].tolist() == run.trace["nit"].tolist()
    assert table["time"].tolist() == run.trace["seconds"].tolist()
    assert table["objective_value"].tolist() == run.trace["f"].tolist()
    assert table["idx_rep"].tolist() == run.trace["repeat"].tolist()
    assert set(table["objective_name"]) == {"softmax"}
    assert set(table["sampling_strategy"]) == {"Iteration"}
    assert table["objective_gap"].iloc[-1] == pytest.approx(0.7)


def test_options_of_solvers_are_parameters_of_benchopts(recording):
    record = recording()
    rows = {"nit": [0], "nfev": [1], "seconds": [0.0], "f": [1.0], "grad_inf": [1.0], "step": [1.0]}
    for solver, options in (("a", {"memory": 10}), ("b", {"memory": "all", "damped": True})):
        words = {"label": solver, "name": solver, "options": options}
        cell = {"key": solver, "problem": record.problem, "solver": words, "repeat": 0, "seed": 0, "budget": {}}
        record.store.add_cells(record.study, [cell])
        record.store.record(solver, {"f": 1.0}, pd.DataFrame(rows))
    from reports.run import load

    table = benchopt.frame(load(record.folder))
    assert table["p_solver_memory"].tolist() == ["10", "all"]
    assert table["p_solver_damped"].iloc[1] == "True"
    assert pd.isna(table["p_solver_damped"].iloc[0])


def test_what_cannot_be_exported_is_refused_and_nothing_is_written(run, recording, tmp_path):
    from reports.run import load

    taken = tmp_path / "taken"
    taken.mkdir()
    (taken / "thesis.tex").write_text("precious")
    before = sorted(tmp_path.iterdir())
    for source, form, out, message in [
        (run, "parqet", tmp_path / "out", "no export to 'parqet': did you mean 'parquet'"),
        (run, "matlab", tmp_path / "out", "expected one of parquet, csv, benchopt"),
        (run, "csv", taken, "taken exists and is not empty"),
    ]:
        with pytest.raises(ValueError, match=message):
            export(source, form, out)
    assert sorted(tmp_path.iterdir()) == before
    empty = load(recording().folder)
    with pytest.raises(ValueError, match="has no iterations, so that there are no curves"):
        export(empty, "benchopt", tmp_path / "out")
    assert not (tmp_path / "out").exists()
