"""The summary: one row per solver, medians over repeats, nothing dropped."""

import re

import numpy as np
import pandas as pd
import pytest

import reports
from reports.outcome import best
from reports.shown import shown
from reports.tables import optimality, timing
from reports.verdict import verdict


def test_one_repeat_has_plain_columns(new_run):
    table = reports.summary(new_run(repeats=1))
    assert list(table.columns) == [
        *["solver", "status", "iter", "f+g", "compile", "s to gap 1e-1", "s to gap 1e-2"],
        *["evals to gap 1e-1", "evals to gap 1e-2"],
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


def test_expected_evaluations_count_what_failures_spent(recording):
    record = recording(reference={"f": 1.0}, targets=[0.1, 1e-9])
    # Reached after 3 evaluations; never within 50; killed, and nobody knows after how many.
    for repeat, (f, nfev) in enumerate([([2.0, 1.5, 1.05], 3), ([2.0, 1.9, 1.8], 50)]):
        rows = {"nit": range(3), "nfev": [1, 2, 3], "seconds": [0.0, 1.0, 2.0], "f": f, "grad_inf": 1.0, "step": 1.0}
        record.add({"solver": "a", "method": "a", "repeat": repeat, "nfev": nfev}, pd.DataFrame(rows))
    row = reports.summary(reports.load(record.folder)).iloc[0]
    assert row["evals to gap 1e-1"] == 3 + 50
    assert row["evals to gap 1e-9"] == np.inf
    record.add({"solver": "a", "method": "a", "repeat": 2, "state": "killed", "error": "signal 9"})
    row = reports.summary(reports.load(record.folder)).iloc[0]
    assert np.isnan(row["evals to gap 1e-1"]), "what the killed one spent is not known"
    assert row["evals to gap 1e-9"] == np.inf


def test_the_interval_of_the_median_stands_beside_its_quartiles(run):
    row = reports.summary(run).set_index("solver").loc["lbfgs"]
    assert (row["s to gap 1e-1 low"], row["s to gap 1e-1 high"]) == (0.2, 0.3)
    assert not any(column.endswith(("low", "high")) for column in shown(reports.summary(run)).columns)


@pytest.fixture
def judged(recording):
    """Four solvers to one target: the fastest flagged, the second with another f, one with a repeat that drifted."""
    record = recording(reference={"f": 1.0}, targets=[0.1], state="complete")

    def add(solver, repeat, seconds, **row):
        rows = {"nit": [0, 1], "nfev": [1, 2], "seconds": [0.0, seconds], "f": [2.0, 1.0], "grad_inf": 1.0, "step": 1.0}
        known = {"solver": solver, "method": "m", "repeat": repeat, "f": 1.0, "message": "done", "verdict": "verified"}
        record.add(known | row, pd.DataFrame(rows), {"w": np.ones(1)})

    for repeat in range(3):
        add("contended", repeat, 0.01, flags="contended, drifted")
        add("other f", repeat, 0.02, parity="f differs by 3e-2 at x0", f=0.5, verdict="false success")
        add("honest", repeat, 0.5)
        add("drifted", repeat, 9.0 if repeat == 1 else 0.6, flags="drifted" if repeat == 1 else "")
    return reports.load(record.folder)


def test_flagged_times_and_peers_without_parity_are_left_out_of_the_ranking(judged):
    assert verdict(judged) == (
        "First to gap 1e-1: honest after 0.500 s, then drifted after 0.600 s; "
        "not ranked: contended (contended and drifted), other f (parity)."
    )
    table = reports.summary(judged).set_index("solver")
    assert table["s to gap 1e-1"].to_dict() == {"contended": 0.01, "other f": 0.02, "honest": 0.5, "drifted": 0.6}
    assert table["flags"].to_dict() == {
        "contended": "contended (3 of 3), drifted (3 of 3)",
        "other f": "",
        "honest": "",
        "drifted": "drifted (1 of 3)",
    }
    assert table.loc["other f", "verdicts"] == "false success 3"
    assert table.loc["other f", "parity"] == "f differs by 3e-2 at x0"
    assert best(judged) == ("contended", 0), "the lowest f of those that minimise this f"


def test_where_every_time_is_flagged_nobody_is_ranked(recording):
    record = recording(reference={"f": 1.0}, targets=[0.1])
    record.add({"solver": "a", "method": "a", "repeat": 0, "f": 1.0, "flags": ["compiled"]})
    assert verdict(reports.load(record.folder)) == "No solver is ranked; not ranked: a (compiled)."


def test_a_row_of_bad_news_is_red_and_the_fastest_of_the_ranked_is_marked(judged):
    from reports.page import page

    text = page(judged, [], [])
    red = re.findall(r'<tr class="failed">\s*<th scope="row"><span class="label">([^<]*)<', text)
    assert set(red) == {"other f"}
    assert "not this problem&#39;s f: f differs by 3e-2 at x0 <small>false success 3</small>" in text
    first = re.findall(r'class="number first" title="([^"]*)">([^<]*)<', text)
    assert first == [("the fastest", "0.500")]
    assert "verified 3 · contended (3 of 3), drifted (3 of 3)" in text


def test_the_parts_of_the_wall_time_are_medians(recording):
    record = recording()
    for repeat, seconds in enumerate([1.0, 5.0, 2.0]):
        parts = {"seconds": seconds, "oracle_seconds": 0.75 * seconds, "overhead_seconds": 0.25 * seconds}
        row = {"wall_seconds": 2 * seconds, "memory_mb": 120, "canary": 1.01, **parts}
        record.add({"solver": "a", "method": "a", "repeat": repeat, **row, "flags": "drifted" if repeat == 1 else ""})
    row = timing.frame(reports.load(record.folder)).iloc[0]
    assert row[["wall s", "clock s", "f and g s", "solver s"]].tolist() == [4.0, 2.0, 1.5, 0.5]
    assert (row["memory MB"], row["canary"], row["flags"]) == (120.0, 1.01, "drifted (1 of 3)")
    assert np.isnan(row["first call s"])
