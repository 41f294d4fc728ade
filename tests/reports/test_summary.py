"""The summary: one row per solver, medians over repeats, nothing dropped."""

import numpy as np
import pytest

import reports
from reports.shown import shown
from reports.tables import optimality
from reports.tables.summary import quantile
from reports.verdict import verdict


def test_one_repeat_has_plain_columns(new_run):
    table = reports.summary(new_run(repeats=1))
    assert list(table.columns) == [
        *["solver", "status", "iter", "f+g", "compile", "s to gap 1e-1", "s to gap 1e-2"],
        *["f", "||g||inf", "train", "test"],
    ]
    assert table["s to gap 1e-1"].tolist() == [0.2, 0.2, np.inf, np.inf]
    assert table["s to gap 1e-2"].tolist() == [0.4, np.inf, np.inf, np.inf]


def test_repeats_give_medians_and_quartiles(run):
    row = reports.summary(run).set_index("solver").loc["lbfgs"]
    # 0.2 s and 0.3 s to 1e-1: median 0.25, quartiles a quarter of 0.1 s from either end.
    assert row["repeats"] == 2
    assert row["s to gap 1e-1"] == pytest.approx(0.25)
    assert row["s to gap 1e-1 q1"] == pytest.approx(0.225)
    assert row["s to gap 1e-1 q3"] == pytest.approx(0.275)
    assert row["f"] == pytest.approx(2.01)


def test_the_one_repeat_that_compiled_gives_the_compile_seconds(run):
    assert reports.summary(run).set_index("solver").loc["lbfgs", "compile"] == 1.5


def test_a_failed_solver_stays_with_its_reason_and_never_arrived(run):
    row = reports.summary(run).set_index("solver").loc["broken"]
    assert row["status"] == "failed: ValueError & <b>bold</b> at iteration 3"
    assert row["s to gap 1e-1"] == np.inf
    assert np.isnan(row["f"])


def test_an_unreached_target_is_infinite_and_without_an_optimum_unknown(new_run):
    assert (reports.summary(new_run(targets=[1e-9]))["s to gap 1e-9"] == np.inf).all()
    assert reports.summary(new_run(reference=None))["s to gap 1e-1"].isna().all()


def test_repeats_that_ended_differently_are_counted(record):
    for repeat, message in enumerate(["gradient norm below gtol", "time limit", "gradient norm below gtol"]):
        record.add({"solver": "a", "method": "a", "repeat": repeat, "message": message})
    record.add({"solver": "a", "method": "a", "repeat": 3, "error": "killed"})
    status = reports.summary(reports.load(record.folder))["status"].item()
    assert status == "gradient norm below gtol (2 of 4); time limit (1 of 4); failed: killed (1 of 4)"


def test_where_no_solver_has_an_accuracy_there_are_no_columns_for_it(record):
    record.add({"solver": "a", "method": "a", "repeat": 0, "f": 1.0})
    assert list(reports.summary(reports.load(record.folder)).columns)[-2:] == ["f", "||g||inf"]
    record.add({"solver": "b", "method": "b", "repeat": 0, "f": 1.0, "train_accuracy": 0.5})
    table = reports.summary(reports.load(record.folder))
    assert table["train"].tolist()[1] == 0.5
    assert table["test"].isna().all(), "an unknown test accuracy beside a known training accuracy is shown as unknown"


def test_a_run_without_a_cell_has_an_empty_summary(recording):
    record = recording(targets=[1e-2])
    table = reports.summary(reports.load(record.folder))
    assert table.empty
    assert "s to gap 1e-2" in table.columns


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [
        ([3.0, 1.0, 2.0], 0.5, 2.0),
        ([1.0, 2.0, 3.0, 4.0], 0.25, 1.75),
        ([1.0, np.inf], 0.5, np.inf),
        ([1.0, 2.0, np.inf], 0.5, 2.0),
        ([1.0, 2.0, np.inf], 0.75, np.inf),
        ([np.inf, np.inf, np.inf], 0.25, np.inf),
        ([7.0], 0.75, 7.0),
    ],
)
def test_infinity_is_a_value_like_any_other_in_a_quantile(values, share, expected):
    assert quantile(values, share) == expected


def test_a_person_reads_quartiles_beside_their_median(run):
    texts = shown(reports.summary(run)).set_index("solver")
    assert texts.loc["lbfgs", "s to gap 1e-1"] == "0.250 [0.225, 0.275]"
    assert texts.loc["broken", "s to gap 1e-1"] == "∞"
    assert texts.loc["broken", "f"] == "–"
    assert texts.loc["lbfgs", "iter"] == "3"
    assert texts.loc["lbfgs", "||g||inf"] == "5e-3"
    assert texts.loc["lbfgs", "train"] == "0.9000"
    assert not any(column.endswith(("q1", "q3")) for column in texts.columns)


def test_the_certified_bound_stands_beside_the_gap(run):
    row = optimality.frame(run).set_index("solver").loc["lbfgs"]
    assert row["gap"] == pytest.approx(0.005)
    assert row["certified bound"] == pytest.approx(0.015)


def test_the_verdict_names_who_came_first_who_never_came_and_who_failed(run, new_run, hostile):
    assert verdict(run) == f"First to gap 1e-2: lbfgs after 0.500 s; never: {hostile}, _gd:$x; failed: broken."
    slack = verdict(new_run(targets=[1e-1, 1e-9], repeats=1))
    assert slack.startswith(f"First to gap 1e-1: lbfgs after 0.200 s, then {hostile} after 0.200 s; never: _gd")
    assert verdict(new_run(targets=[1e-9])) == "No solver reached gap 1e-9."
    assert verdict(new_run(reference=None)) == ""
