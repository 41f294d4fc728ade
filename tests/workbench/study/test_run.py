"""The run of a study: cells in turn, the canary between them, what is flagged, run again, and left by Ctrl-C."""

import math

import numpy as np
import pytest

import reports
from workbench.study import run
from workbench.study.canary import Canary, drifted
from workbench.study.cells import cells_of
from workbench.study.isolated import Interruption
from workbench.study.job import Answer
from workbench.study.reading import study_of
from workbench.study.run import Stage, find_reference, is_enough, run_cells
from workbench.study.spool import spool

REFERENCE = {"f": 0.304319893248, "kind": "certificate", "relative_error": 1e-12, "sentence": "", "smallest_gap": 1e-6}


@pytest.fixture(scope="module")
def folder(iris, tmp_path_factory):
    folder = tmp_path_factory.mktemp("spool") / "iris"
    spool(iris, folder)
    return folder


@pytest.fixture
def staged(folder):
    """A study on iris: its stage and its cells."""

    def make(solvers=("lbfgs", "gd"), interruption=Interruption, **protocol):
        tables = {"run": {"max_evals": 20, "order": "listed", "threads": 1, **protocol}}
        study = study_of({**tables, "solver": [{"name": name} for name in solvers]})
        stage = Stage(study, 1, {"iris": folder}, interruption, {"iris": dict(REFERENCE)})
        return stage, cells_of(study, ["iris"], 1)

    return make


@pytest.fixture
def singing(monkeypatch):
    """A canary that sings as it is told."""

    def make(*times):
        left = list(times)

        def sing(self):
            self.times.append(left.pop(0) if left else 1.0)
            return self.times[-1]

        monkeypatch.setattr(Canary, "sing", sing)

    return make


def labels(outcomes):
    return [(outcome.cell.solver.label, outcome.cell.repeat) for outcome in outcomes]


def test_cells_run_in_turn_and_each_is_a_row(staged, singing, inline):
    singing()
    stage, cells = staged(repeats=2)
    found = list(run_cells(stage, cells))
    assert labels(found) == [("lbfgs", 0), ("gd", 0), ("lbfgs", 1), ("gd", 1)]
    for outcome in found:
        assert outcome.result["state"] == "done"
        assert outcome.result["canary"] == 1.0
        assert outcome.result["flags"] == ""
        assert outcome.trace["f"].iloc[0] == pytest.approx(math.log(3))
        assert outcome.arrays["confusion"].shape == (3, 3)
        assert "threads" not in outcome.result


def test_a_cell_amidst_which_the_machine_was_slower_is_flagged_and_run_again_at_the_end(staged, singing, inline):
    singing(1, 1, 1, 1, 1, 1.5, 1, 1)  # the first is sung away, the second comes before the first cell
    stage, cells = staged(repeats=2)
    found = list(run_cells(stage, cells))
    assert labels(found) == [("lbfgs", 0), ("gd", 0), ("lbfgs", 1), ("gd", 1), ("gd", 1)]
    assert [outcome.result["flags"] for outcome in found] == ["", "", "", "drifted", ""]
    assert found[3].result["canary"] == 1.5


def test_a_machine_that_never_comes_to_rest_does_not_keep_a_study_from_ending(staged, singing, inline):
    singing(1, 1, *[1, 2] * 50)
    stage, cells = staged(reruns=2)
    assert len(list(run_cells(stage, cells))) <= 3 * len(cells)


def test_no_reruns_where_none_are_asked_for(staged, singing, inline):
    singing(1, 1, *[1, 2] * 50)
    stage, cells = staged(reruns=0)
    assert len(list(run_cells(stage, cells))) == len(cells)


@pytest.mark.parametrize(("ratio", "off"), [(1.0, False), (1.19, False), (1.21, True), (0.84, False), (0.8, True)])
def test_a_fifth_is_too_much(ratio, off):
    assert drifted(ratio) is off


def test_the_canary_takes_a_moment_and_says_the_worse_of_two(monkeypatch):
    canary = Canary()
    before, after = canary.sing(), canary.sing()
    assert 0.0 < before < 1.0
    canary.times = [1.0, 1.0, 1.0]
    assert canary.ratio(1.0, 1.3) == 1.3
    assert canary.ratio(0.5, 1.3) == 0.5
    assert after > 0.0


def test_cells_at_the_same_time_are_marked_as_contended(staged, singing, inline):
    stage, cells = staged(repeats=2)
    found = list(run_cells(stage, cells, at_once=2))
    assert sorted(labels(found)) == sorted((cell.solver.label, cell.repeat) for cell in cells)
    assert {outcome.result["flags"] for outcome in found} == {"contended"}
    assert all(math.isnan(outcome.result["canary"]) for outcome in found)


def test_ctrl_c_before_a_cell_leaves_it_out(staged, singing, inline):
    class Pressed:
        arrived = True

    stage, cells = staged(interruption=Pressed)
    assert list(run_cells(stage, cells)) == []
    assert list(run_cells(stage, cells, at_once=2)) == []


def answering(monkeypatch, answer):
    monkeypatch.setattr(run, "run_isolated", lambda job, **others: answer)


def test_a_cell_that_was_killed_keeps_its_partial_curve(staged, singing, monkeypatch, tmp_path):
    singing()
    points = [[1.0, 0.5, 0.9, 0.1, 2.0], [2.0, 1.0, 0.6, 0.01, 1.0]]
    answering(monkeypatch, Answer("timeout", "killed after 9 s", points=points, wall=9.0))
    stage, cells = staged(["gd"])
    (outcome,) = run_cells(stage, cells)
    row = outcome.result
    assert (row["state"], row["error"], row["wall_seconds"]) == ("timeout", "killed after 9 s", 9.0)
    assert (row["nit"], row["seconds"], row["f"], row["grad_inf"], row["gap"]) == (2.0, 1.0, 0.6, 0.01, 1.0)
    assert outcome.trace["f"].tolist() == [0.9, 0.6]
    with reports.Store.create(tmp_path / "run") as store:
        number = store.begin({"run": {}, "targets": [1e-2], "problems": [], "solvers": []}, {})
        store.add_problem(number, "iris", {"headline": "", "description": {}})
        store.add_cells(number, [outcome.cell.entry()])
        store.record(outcome.cell.key, row, outcome.trace, outcome.arrays)
    (kept,) = reports.load(tmp_path / "run").results.itertuples()
    assert (kept.state, kept.f, kept.status) == ("timeout", 0.6, "TIMEOUT")


def test_a_cell_that_crashed_is_a_row_with_its_reason(staged, singing, monkeypatch):
    singing()
    answering(monkeypatch, Answer("crashed", "its process ended with signal 11 (SIGSEGV)", wall=1.0))
    stage, cells = staged(["gd"])
    (outcome,) = run_cells(stage, cells)
    assert (outcome.result["state"], outcome.trace) == ("crashed", None)
    assert outcome.result["error"] == "its process ended with signal 11 (SIGSEGV)"


def test_other_threads_than_asked_for_are_flagged(staged, singing, monkeypatch):
    singing()
    found = {"nit": 3.0, "f": 1.0, "threads": {"openblas": 2, "compiled code": 1}, "flags": "compiled"}
    answering(monkeypatch, Answer("done", found=found))
    stage, cells = staged(["gd"])
    (outcome,) = run_cells(stage, cells)
    assert outcome.result["flags"] == "compiled,threads"


def test_a_solver_that_minimises_another_f_is_not_timed(staged, singing, monkeypatch):
    singing()
    answering(monkeypatch, Answer("done", found={"nit": 3.0, "f": 1.0}))
    stage, cells = staged(["gd"])
    stage.parities["gd", "iris"] = "its f is not ours: penalty off by a factor of 2"
    (outcome,) = run_cells(stage, cells)
    assert outcome.result["state"] == "failed"
    assert outcome.result["error"] == outcome.result["parity"] == "its f is not ours: penalty off by a factor of 2"


def test_the_optimum_is_certified_and_found_once(staged, inline):
    stage, _ = staged()
    found = find_reference(stage, "iris", lambda words: None)
    assert found["kind"] == "certificate"
    assert found["f"] == pytest.approx(REFERENCE["f"], rel=1e-10)
    assert is_enough(found, 1e-6)
    assert is_enough(found, 1e-2)
    assert not is_enough(found, 1e-8)
    assert not is_enough(None, 1.0)


def test_an_optimum_whose_process_dies_is_unknown_with_the_reason(staged, monkeypatch):
    answering(monkeypatch, Answer("crashed", "its process ended with exit code 1"))
    stage, _ = staged()
    found = find_reference(stage, "iris", lambda words: None)
    assert (found["f"], found["kind"]) == (None, "none")
    assert found["sentence"].endswith("failed: its process ended with exit code 1")
    assert not is_enough(found, 1.0)


def test_the_bits_of_a_problem_survive_its_way_to_disk(iris, folder):
    from workbench.study.spool import spooled

    there = spooled(folder)
    assert np.array_equal(there.objective.X, iris.objective.X)
    assert there.objective.l2 == iris.objective.l2
    theta = np.random.default_rng(0).standard_normal(iris.objective.x0.size)
    assert there.objective(theta)[0] == iris.objective(theta)[0]
    assert there.accuracy(theta) == iris.accuracy(theta)
