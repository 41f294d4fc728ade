"""Commands on stored runs: diff, merge, export, status, show, clean; report of a chosen study."""

from pathlib import Path

import pandas as pd
import pytest
from recorded import Recorder


def record(folder, seconds, **meta):
    """Three repeats of lbfgs, and a failure of cg."""
    known = {"title": "t", "reference": {"f": 1.0, "sentence": "f* is 1"}, "targets": [0.1], "headline": "iris"}
    with Recorder(folder, known | meta) as recorder:
        for repeat in range(3):
            rows = {"nit": [0, 1], "nfev": [1, 2], "seconds": [0.0, seconds], "f": [9.0, 1.0], "grad_inf": 1.0}
            row = {"solver": "lbfgs", "method": "lbfgs", "repeat": repeat, "f": 1.0, "message": "converged"}
            recorder.add(row, pd.DataFrame(rows | {"step": 1.0}))
        recorder.add({"solver": "cg", "method": "cg", "repeat": 0, "error": "raised", "state": "crashed"})
        recorder.store.finish(recorder.study, "complete")
    return folder


@pytest.fixture
def runs(tmp_path):
    return record("before", 1.0), record("after", 2.0, environment={"python": "3.12"})


def test_diff_shows_the_pairs_and_fails_where_a_limit_is_broken(workbench, runs):
    outcome = workbench("diff", *runs)
    assert outcome.code == 0
    assert "lbfgs" in outcome.out
    assert "the conditions differ: python: unknown, then 3.12" in outcome.out
    outcome = workbench("diff", *runs, "--fail-on", "time:1.5x,gap:1e-6")
    assert outcome.code == 1
    assert "BROKEN  problem · lbfgs: 2.00 times the seconds to gap 1e-1 [2.00, 2.00], limit 1.5" in outcome.out
    assert workbench("diff", *runs, "--fail-on", "time:2.5x").code == 0
    found = workbench("diff", *runs, "--fail-on", "time:1.5x", "--json")
    assert (found.code, found.json["pairs"][0]["ratio"], len(found.json["broken"])) == (1, 2.0, 1)
    assert found.json["pairs"][1]["ratio"] == 1.0, "neither reached it"


def test_merge_then_status_and_report_of_each(workbench, runs):
    outcome = workbench("merge", "both", *runs)
    assert outcome.code == 0, outcome.err
    assert [line.split()[-1] for line in outcome.out.splitlines()[2:]] == ["4", "4"]
    states = workbench("status", "both", "--json").json["studies"]
    (study,) = states
    assert (study["cells"], study["done"], study["failed"], study["open"]) == (4, 3, 1, 0)
    assert "complete" in workbench("status", "both").out
    assert workbench("report", "both", "--study", "1", "--json").json["state"] == "complete"
    assert Path("both/report/index.html").is_file()


def test_export_names_its_files(workbench, runs):
    outcome = workbench("export", "before", "--format", "csv", "--out", "tables")
    assert outcome.out.split() == ["tables/problems.csv", "tables/results.csv", "tables/trace.csv"]
    assert all(Path(name).is_file() for name in outcome.out.split())
    assert workbench("export", "before", "--out", "p", "--json").json["files"][0] == "p/problems.parquet"


@pytest.mark.parametrize("name", ["cg", "cg/problem", "cg/problem/0"])
def test_show_shows_a_cell_by_any_of_its_names(workbench, runs, name):
    (row,) = workbench("show", "before", name, "--json").json["attempts"]
    assert (row["solver"], row["state"], row["error"], row["f"]) == ("cg", "crashed", "raised", None)
    for length in (64, 8):
        assert workbench("show", "before", row["key"][:length], "--json").json["attempts"] == [row]
    text = workbench("show", "before", name).out
    assert "error               raised" in text
    assert "nan" not in text


def test_show_shows_every_cell_of_a_name(workbench, runs):
    assert [row["repeat"] for row in workbench("show", "before", "lbfgs", "--json").json["attempts"]] == [0, 1, 2]


def test_clean_says_what_it_removes(workbench, runs):
    assert workbench("clean", "before", "--failed", "--dry-run").out.startswith("would remove 1 attempt\n")
    assert workbench("show", "before", "cg", "--json").json["attempts"][0]["attempt"] == 1
    found = workbench("clean", "before", "--failed", "--superseded", "--json").json
    assert [(row["solver"], row["why"]) for row in found["attempts"]] == [("cg", "failed")]
    assert workbench("show", "before", "cg", "--json").json["attempts"][0]["attempt"] == 0
    assert workbench("clean", "before", "--failed").out == "removed 0 attempts\n"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("diff", "before", "absent"), "absent is no run: there is no such folder"),
        (("diff", "before", "after", "--fail-on", "time:fast"), "expected a ratio from 1, such as time:1.2x"),
        (("diff", "before", "after", "--study-b", "7"), "no study 7 in after: there are 1"),
        (("merge", "before", "after"), "before already holds a run, which is never overwritten"),
        (("merge", "out"), "Missing argument"),
        (("export", "before", "--format", "matlab", "--out", "x"), "there is no export to 'matlab'"),
        (("export", "before"), "Missing option '--out'"),
        (("status", "postgresql://me:secret@/"), "names no database"),
        (("status", "mysql://me:secret@host/name"), "must begin with sqlite:/// or postgresql"),
        (("show", "before", "newton"), "no cell 'newton' in before"),
        (("show", "before", "lbf"), "solvers: lbfgs, cg; problems: problem"),
        (("show", "before", "cg", "--study", "3"), "no study 3 in before"),
        (("clean", "before"), "say what to remove: --superseded, --failed, or both"),
        (("clean", "absent", "--failed"), "absent is no run"),
        (("report", "absent"), "absent is no run"),
    ],
)
def test_a_mistake_is_one_line(refused, runs, words, message):
    found = refused(*words)
    assert message in found
    assert "secret" not in found
    assert not Path("absent").exists()
