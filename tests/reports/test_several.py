"""A study of several problems: one report, a section for each, an overview first."""

import csv
import re

import numpy as np
import pandas as pd
import pytest
from recorded import Recorder

import reports
from reports import overviews
from reports.plugins import found


def curve(gaps, f_star):
    n = len(gaps)
    rows = {"nit": range(n), "nfev": np.arange(n) + 1.0, "seconds": np.arange(n) / 10, "f": f_star + np.array(gaps)}
    return pd.DataFrame(rows).assign(grad_inf=gaps, step=1.0)


@pytest.fixture(scope="module")
def several(tmp_path_factory):
    """Two solvers on two problems: lbfgs first on one, cg alone there on the other, where lbfgs is killed."""
    folder = tmp_path_factory.mktemp("several") / "run"
    with Recorder(folder, {"title": "two", "targets": [0.5, 0.01], "reference": {"f": 1.0, "kind": "certificate"},
                           "problem": {"objective": "softmax", "data": {"name": "iris"}}}) as one:  # fmt: skip
        study, store = one.study, one.store
        one.add({"solver": "lbfgs", "method": "lbfgs", "repeat": 0, "f": 1.0, "verdict": "verified"},
                curve([2.0, 0.1, 0.0], 1.0))  # fmt: skip
        one.add({"solver": "cg", "method": "cg", "repeat": 0, "f": 1.005, "verdict": "verified"},
                curve([2.0, 1.0, 0.4, 0.005], 1.0))  # fmt: skip
        store.add_problem(study, "q", {"headline": "<b>wine</b>", "description": {"l2": 3}, "label": "<i>wine</i>"})
        one.problem = "q"
        one.refer({"f": -2.0, "kind": "reference run"})
        one.add({"solver": "lbfgs", "method": "lbfgs", "repeat": 0, "state": "killed", "error": "signal 9"})
        one.add({"solver": "cg", "method": "cg", "repeat": 0, "f": -1.5, "verdict": "honest failure"},
                curve([4.0, 0.5], -2.0))  # fmt: skip
        store.finish(study, "complete")
    return folder


@pytest.fixture(scope="module")
def report(several):
    return reports.build(several).parent


def read(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_every_table_has_the_problem_in_its_first_column(report):
    for name in ("summary", "results", "trace", "optimality", "timing"):
        rows = read(report / f"{name}.csv")
        assert next(iter(rows[0])) == "problem"
        assert list(dict.fromkeys(row["problem"] for row in rows)) == ["softmax iris", "<i>wine</i>"], name
    summary = read(report / "summary.csv")
    assert [row["s to gap 1e-2"] for row in summary] == ["0.2", "0.3", "inf", "inf"]
    assert [row["evals to gap 5e-1"] for row in summary] == ["2", "3", "inf", "2"]


def test_the_overview_says_who_came_first_on_each_problem(several, report):
    table = found(overviews)["problems"].frame(reports.load(several)).set_index("problem")
    assert table.loc["softmax iris"].tolist() == [1.0, "certificate", 0.01, "lbfgs", 0.2, "2 of 2", ""]
    wine = ["reference run, not a certificate", 0.5, "cg", 0.1, "1 of 2", "lbfgs"]
    assert table.loc["<i>wine</i>"].tolist() == [-2.0, *wine]
    assert [row["first"] for row in read(report / "problems.csv")] == ["lbfgs", "cg"]


def test_the_overview_counts_what_each_solver_did(several):
    table = found(overviews)["solvers"].frame(reports.load(several)).set_index("solver")
    assert table.loc["lbfgs"].tolist() == [2, 2, "verified 1", 1, 1, 1, 0]
    assert table.loc["cg"].tolist() == [2, 2, "verified 1, honest failure 1", 0, 1, 2, 0]


def test_the_page_has_an_overview_then_a_section_for_each_problem(report):
    text = (report / "index.html").read_text(encoding="utf-8")
    headings = re.findall(r"<h2[^>]*>(.*?)</h2>", text)
    one, two = "1. softmax iris", "2. &lt;i&gt;wine&lt;/i&gt;"
    figures = [f"Figures · {one}", f"Figures · {two}"]
    assert headings == ["Overview", one, figures[0], two, figures[1], "Conditions", "Again"]
    ids = re.findall(r' id="([^"]*)"', text)
    assert len(ids) == len(set(ids))
    labelled = re.findall(r'aria-labelledby="([^"]*)"', text)
    assert set(labelled) <= set(ids)
    assert "<b>wine" not in text
    assert "<i>" not in text
    assert text.count("First to gap") == 2
    assert {path.name for path in (report / "figures").iterdir()} >= {
        "1-suboptimality_seconds.svg",
        "2-suboptimality_seconds.svg",
    }


def test_a_solver_has_one_colour_in_all_figures(report):
    lines = [re.findall(r"stroke: (#\w+)", (report / "figures" / f"{n}-gradient_norm.svg").read_text()) for n in (1, 2)]
    only_cg = set(lines[1]) & {"#0072b2", "#d55e00"}
    assert only_cg == {"#d55e00"}, "the second of the study, though alone here"


def test_the_markdown_has_an_overview_and_a_section_for_each_problem(report):
    text = (report / "report.md").read_text(encoding="utf-8")
    headings = re.findall(r"^## (.*)", text, re.MULTILINE)
    assert headings[:3] == ["Problems", "Solvers over all problems", "1. softmax iris"]
    assert headings[3] == "2. &lt;i&gt;wine&lt;/i&gt;"
    links = re.findall(r"!\[[^\]]*\]\(([^)]*)\)", text)
    assert len(links) == 6
    assert all((report / link).is_file() for link in links)


def test_a_problem_of_which_no_cell_ran_yet_has_a_section_that_says_so(recording):
    record = recording(targets=[0.1], reference={"f": 1.0}, problem={"objective": "one"})
    record.add({"solver": "a", "method": "a", "repeat": 0, "f": 1.0}, curve([1.0, 0.0], 1.0))
    record.store.add_problem(record.study, "q", {"headline": "", "description": {"objective": "two"}})
    page = reports.build(record.folder)
    text = page.read_text(encoding="utf-8")
    assert text.count("No solver finished.") == 1
    assert (page.parent / "report.md").read_text(encoding="utf-8").count("No solver finished.") == 1
    assert [row["first"] for row in read(page.parent / "problems.csv")] == ["a", ""]
    assert [row["problem"] for row in read(page.parent / "summary.csv")] == ["one"]
