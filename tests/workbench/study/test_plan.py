"""Plans: what is done, new, to be run again or stale, and what the rest may take."""

import math

import pandas as pd
import pytest

from workbench.study.cells import cells_of
from workbench.study.plan import OVERHEAD, plan_of
from workbench.study.reading import study_of

CELLS = cells_of(study_of({"run": {"repeats": 2}, "solver": [{"name": ["gd", "cg"]}]}), ["p"], 1)
COLUMNS = ["key", "problem", "solver", "repeat", "state", "wall_seconds"]


def stored(*rows):
    return pd.DataFrame([dict(zip(COLUMNS, row, strict=True)) for row in rows], columns=COLUMNS)


def row(cell, state, seconds):
    return cell.key, cell.problem, cell.solver.label, cell.repeat, state, seconds


def test_without_a_store_all_is_new_and_nothing_is_known_of_its_time():
    plan = plan_of(CELLS, {"p": "iris"}, stored(), 100.0)
    assert plan.table["state"].tolist() == ["new"] * 4
    assert plan.pending == CELLS
    assert math.isnan(plan.expected)
    assert plan.longest == 400.0


def test_what_has_had_its_turn_is_done_whatever_came_of_it():
    states = ["done", "timeout", "crashed", "failed"]
    plan = plan_of(CELLS, {"p": "iris"}, stored(*(row(c, s, 2.0) for c, s in zip(CELLS, states, strict=True))), 100.0)
    assert plan.table["state"].tolist() == ["done"] * 4
    assert plan.pending == []
    assert plan.expected == plan.longest == 0.0


def test_what_was_interrupted_is_run_again():
    plan = plan_of(CELLS, {"p": "iris"}, stored(row(CELLS[0], "interrupted", 2.0), row(CELLS[1], "", math.nan)), 100.0)
    assert plan.table["state"].tolist() == ["again", "new", "new", "new"]
    assert plan.pending == CELLS


def test_what_the_study_no_longer_asks_for_is_stale():
    old = ("0" * 64, "p", "lbfgs", 0, "done", 3.0)
    plan = plan_of(CELLS, {"p": "iris"}, stored(old), 100.0)
    assert plan.table["state"].tolist() == ["new"] * 4 + ["stale"]
    assert plan.table["solver"].iloc[-1] == "lbfgs"


def test_times_are_guessed_from_like_cells():
    plan = plan_of(CELLS, {"p": "iris"}, stored(row(CELLS[0], "done", 2.0)), 100.0)
    same = [c for c in plan.pending if c.solver.label == CELLS[0].solver.label]
    assert len(plan.pending) == 3
    assert len(same) == 1
    assert plan.expected == pytest.approx(3 * (2.0 + OVERHEAD)), "of the other solver: what this problem took"
