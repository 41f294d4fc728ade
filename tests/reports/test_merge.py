"""Merging is a union: what two stores share is there once, nothing is lost, nothing is half there."""

import numpy as np
import pandas as pd
import pytest

from reports import merge as module
from reports.merge import merge
from reports.run import load
from reports.store import Store

TRACE = pd.DataFrame(
    {"nit": [0, 1], "nfev": [1, 2], "seconds": [0.0, 1.0], "f": [2.0, np.inf], "grad_inf": 1.0, "step": 1.0}
)


@pytest.fixture
def recorded(tmp_path):
    """Function that makes a store of one study with attempts: (solver, result)."""
    count = iter(range(100))

    def record(*attempts, reference=None, targets=(0.1,), state="complete", python="3.11"):
        folder = tmp_path / f"source-{next(count)}"
        with Store.create(folder) as store:
            study = store.begin({"targets": list(targets), "run": {}, "created": folder.name}, {"python": python})
            store.add_problem(study, "p", {"headline": "h", "description": {"data": {"name": "iris"}}, "label": "iris"})
            store.set_reference("p", reference)
            for solver, result in attempts:
                words = {"label": solver, "name": "m", "options": {}}
                cell = {"key": solver, "problem": "p", "solver": words, "repeat": 0, "seed": 0, "budget": {}}
                store.add_cells(study, [cell])
                store.record(solver, result, TRACE, {"w": np.array([result.get("f", 0.0)])})
            store.finish(study, state)
        return folder

    return record


def test_different_cells_of_one_study_become_one_study(recorded, tmp_path):
    one, other = recorded(("a", {"f": 1.0})), recorded(("b", {"f": np.inf}), state="interrupted")
    table = merge(tmp_path / "out", [one, other])
    assert table[["studies", "cells", "attempts", "new"]].to_numpy().tolist() == [[1, 1, 1, 1]] * 2
    run = load(tmp_path / "out")
    assert run.results[["solver", "f"]].to_numpy().tolist() == [["a", 1.0], ["b", np.inf]]
    assert len(run.trace) == 4
    assert run.trace["f"].tolist() == [2.0, np.inf] * 2
    assert run.arrays("b", 0)["w"].tolist() == [np.inf]
    assert (run.meta["state"], run.problems, run.label("p")) == ("complete", ["p"], "iris")
    assert run.meta["problem"]["data"]["name"] == "iris"
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["results.db"]


def test_attempts_at_one_cell_are_numbered_as_they_started_and_the_same_one_is_there_once(recorded, tmp_path):
    early, late = {"f": 1.0, "started": "2026-01-01"}, {"f": 2.0, "started": "2026-02-01"}
    one, other = recorded(("a", late)), recorded(("a", early), ("a", late))
    table = merge(tmp_path / "out", [one, other, one])
    assert table["new"].sum() == 2
    row = load(tmp_path / "out").results.iloc[0]
    assert (row["attempt"], row["f"]) == (2, 2.0)


def test_attempts_that_differ_by_the_machine_alone_are_two(recorded, tmp_path):
    same = ("a", {"f": 1.0})
    merge(tmp_path / "out", [recorded(same), recorded(same, python="3.12")])
    assert load(tmp_path / "out").results["attempt"].item() == 2


def test_merging_twice_into_a_database_adds_nothing(recorded, tmp_path):
    url = f"sqlite:///{tmp_path}/team.db"
    one = recorded(("a", {"f": 1.0}), ("a", {"f": np.nan, "error": "raised"}))
    other = recorded(("b", {}), targets=(0.5,))
    assert merge(url, [one])["new"].tolist() == [2]
    before = load(url)
    assert merge(url, [one, other])["new"].tolist() == [0, 1]
    with Store.open(url) as store:
        assert store.studies()["study"].tolist() == [1, 2]
    after = load(url, 1)
    pd.testing.assert_frame_equal(after.results, before.results)
    pd.testing.assert_frame_equal(after.trace, before.trace)


CERTIFIED = {"f": 1.0, "kind": "certificate", "relative_error": 1e-8}


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        (CERTIFIED, None),
        (CERTIFIED, {"f": 0.5, "kind": "reference run", "relative_error": None}),
        (CERTIFIED, CERTIFIED | {"relative_error": 1e-3, "f": 0.9}),
        ({"f": 0.5, "kind": "reference run"}, {"f": 0.6, "kind": "reference run"}),
        ({"f": 0.5, "kind": "reference run"}, {"f": None, "kind": "none"}),
        ({"f": None, "kind": "none"}, None),
    ],
)
def test_the_better_reference_stays_whichever_comes_first(recorded, tmp_path, better, worse):
    one, other = recorded(reference=better), recorded(reference=worse)
    for index, sources in enumerate(([one, other], [other, one])):
        merge(tmp_path / f"out-{index}", sources)
        assert load(tmp_path / f"out-{index}").entry("reference") == better


def test_a_merge_that_fails_leaves_nothing(recorded, tmp_path, monkeypatch):
    one = recorded(("a", {"f": 1.0}))
    before = sorted(tmp_path.iterdir())
    with pytest.raises(ValueError, match="absent is no run: there is no such folder"):
        merge(tmp_path / "out", [one, tmp_path / "absent"])
    with pytest.raises(ValueError, match="already holds a run, which is never overwritten"):
        merge(one, [one])
    monkeypatch.setattr(module, "_copy_attempt", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        merge(tmp_path / "out", [one])
    assert sorted(tmp_path.iterdir()) == before
