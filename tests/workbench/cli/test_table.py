"""The table on terminals of several widths."""

import re

import pandas as pd
import pytest
from recorded import Recorder

import reports
from workbench.cli import table

LONG = "lbfgs:memory=10,line_search=armijo,curvature=1e-6"


def result(solver, repeat=0, **numbers):
    kept = {"nit": 1234, "nfev": 2000, "compile_seconds": 11.5, "seconds": 1.0, "f": 0.0997147, "grad_inf": 1.6e-7}
    kept |= {"train_accuracy": 0.9965, "test_accuracy": 0.9667, "status": "GRADIENT", "message": "m: 1 <= 2"}
    return {"solver": solver, "method": solver.partition(":")[0], "repeat": repeat, **kept, **numbers}


@pytest.fixture
def recorded(tmp_path):
    """Record these results, each with one point at time 0.5 and gap 1e-3, and load the run."""

    def record(*results, **meta):
        reference = {"f": 0.0996, "kind": "certificate", "relative_error": 1e-9, "sentence": "f* is known"}
        with Recorder(
            tmp_path / "run", {"targets": [1e-2, 1e-6], "repeats": 1, "reference": reference, **meta}
        ) as recorder:
            for row in results:
                point = {"nit": [0], "nfev": [1], "seconds": [0.5], "f": [0.0997], "grad_inf": [1.0], "step": [0.0]}
                recorder.add(row, None if row.get("error") else pd.DataFrame(point))
        return reports.load(tmp_path / "run")

    return record


def lines(run, width):
    return table.table(run, width).splitlines()


def test_with_room_there_is_one_line_per_solver_and_one_table(recorded):
    drawn = lines(recorded(result(LONG), result("cg")), 10_000)
    assert len(drawn) == 4
    assert " ".join(drawn[0].split()) == "solver status iter f+g compile s to gap 1e-2 1e-6 f ||g||inf train test"
    assert drawn[2].startswith(LONG)
    assert "1,234  2,000    11.50          0.500     ∞  0.099714700   1.6e-07  0.9965  0.9667" in drawn[3]


@pytest.mark.parametrize("width", [80, 100, 120, 160])
def test_no_line_is_wider_than_the_terminal_and_no_number_is_cut(width, recorded):
    drawn = lines(recorded(result(LONG), result("cg")), width)
    assert max(map(len, drawn)) <= width
    text = "\n".join(drawn)
    assert "…" not in text
    for number in ("1,234", "2,000", "11.50", "0.500", "∞", "0.099714700", "1.6e-07", "0.9965", "0.9667"):
        assert text.count(number) == 2, number


def test_on_a_narrow_terminal_cost_and_answer_are_two_tables(recorded):
    first, second = table.table(recorded(result("cg")), 80).split("\n\n")
    assert first.splitlines()[0].split()[:4] == ["solver", "iter", "f+g", "compile"]
    assert second.splitlines()[0].split() == ["solver", "status", "f", "||g||inf", "train", "test"]


def test_a_failure_is_told_with_its_reason(recorded):
    drawn = lines(recorded({**result("cg"), "error": "ValueError: no such thing: at all"}), 10_000)
    assert "failed: ValueError: no such thing: at all" in drawn[2]


def test_a_status_of_another_version_is_told_in_its_own_words(recorded):
    assert "tired: 3 > 2" in lines(recorded(result("cg", status="TIRED", message="tired: 3 > 2")), 10_000)[2]


def test_repeats_that_ended_differently_are_counted_and_quartiles_left_to_the_report(recorded):
    run = recorded(result("cg"), result("cg", 1), result("cg", 2, status="TIME", message="time limit: 3"), repeats=3)
    drawn = lines(run, 10_000)
    assert "gradient norm below gtol (2 of 3); time limit reached (1 of 3)" in drawn[2]
    assert "q1" not in drawn[0]
    assert len(drawn) == 3


def test_before_any_solver_has_run_there_is_no_table(recorded):
    assert table.table(recorded(), 80) == ""


@pytest.mark.parametrize(
    ("column", "value", "shown"),
    [
        ("f", 0.0681245456, "0.068124546"),
        ("f", 0.0, "0.000000000"),
        ("f", 2.7e-6, "2.700000e-06"),
        ("f", 4.0263825e303, "4.026383e+303"),
        ("f", float("inf"), "∞"),
        ("f", float("nan"), "–"),
        ("s to gap 1e-2", 0.000969, "0.000969"),
        ("s to gap 1e-2", 12.34, "12.3"),
        ("s to gap 1e-2", 1234.5, "1,234"),
        ("compile", 0.0, "0.00"),
        ("iter", 1234567.0, "1,234,567"),
        ("test", 0.96666, "0.9667"),
    ],
)
def test_numbers_are_shown_to_a_sensible_precision(column, value, shown):
    assert table._text(column, value) == shown


def test_sentences_break_between_words_on_a_terminal_and_never_in_a_pipe(monkeypatch, capsys):
    sentence = "softmax regression · digits 1,437 + 360 × 64 · 10 classes"
    table.say(sentence)
    assert capsys.readouterr().out == sentence + "\n"
    monkeypatch.setattr(table, "room", lambda: 30)
    table.say(sentence)
    broken = capsys.readouterr().out
    assert max(map(len, broken.splitlines())) <= 30
    assert re.sub(r"\s+", " ", broken).strip() == sentence
