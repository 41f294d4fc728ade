"""The report: complete files, the same bytes every time, and nobody else's files touched."""

import csv
import shutil

import numpy as np
import pandas as pd
import pytest
from recorded import Recorder

import reports
from reports import report as module


def contents(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def read(path):
    """Columns of a CSV file as texts; float() of them is exact, pandas' reader need not be."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {name: [row[name] for row in rows] for name in rows[0]}


@pytest.fixture
def one_figure(monkeypatch):
    """Draw one figure only: these tests are about the folder."""
    everything = module.found

    def found(package):
        return {
            name: part
            for name, part in everything(package).items()
            if package is module.tables or name == "gradient_norm"
        }

    monkeypatch.setattr(module, "found", found)


def test_a_report_holds_tables_figures_markdown_and_a_page(report):
    figures = [f"figures/{name}.svg" for name in module.found(module.figures)]
    tables = ["results.csv", "trace.csv", "summary.csv", "optimality.csv", "timing.csv"]
    assert sorted(contents(report)) == sorted([*figures, *tables, "index.html", "report.md"])


@pytest.mark.usefixtures("one_figure")
def test_the_report_lies_in_the_run_unless_told_otherwise(new_run, tmp_path):
    run = new_run(repeats=1)
    assert reports.build(run.folder) == run.folder / "report" / "index.html"
    assert reports.build(run, tmp_path / "some" / "where") == tmp_path / "some" / "where" / "index.html"
    assert contents(run.folder / "report") == contents(tmp_path / "some" / "where")
    assert sorted(path.name for path in run.folder.iterdir()) == ["report", "results.db"]


def test_building_again_gives_the_same_bytes(new_run):
    run = new_run()
    first = contents(reports.build(run.folder).parent)
    assert contents(reports.build(run.folder).parent) == first


@pytest.mark.usefixtures("one_figure")
def test_csv_files_hold_every_number_in_full(record, tmp_path):
    values = np.array([np.inf, -np.inf, np.nan, 5e-324, 0.1, 1 / 3, 1e22, 2.0**53 + 2])
    rows = pd.DataFrame(
        {"nit": range(8), "nfev": range(8), "seconds": values, "f": values, "grad_inf": values, "step": values}
    )
    record.add({"solver": 'a,"b"\nc', "method": "a", "repeat": 0, "f": 1 / 3, "success": True}, rows)
    run = reports.load(record.folder)
    folder = reports.build(run, tmp_path / "out").parent
    table = read(folder / "trace.csv")
    assert list(table) == list(run.trace.columns)
    for column in ("nit", "nfev", "seconds", "f", "grad_inf", "step"):
        found = np.array([float(text or "nan") for text in table[column]])
        assert found.tobytes() == run.trace[column].to_numpy(dtype=np.float64).tobytes()
    assert table["f"][:3] == ["inf", "-inf", ""]
    assert table["nfev"][:3] == ["0", "1", "2"]
    results = read(folder / "results.csv")
    assert (results["solver"], results["success"]) == (['a,"b"\nc'], ["True"])
    assert float(results["f"][0]) == 1 / 3


def test_summary_csv_keeps_what_was_not_reached(report, run):
    table, expected = read(report / "summary.csv"), reports.summary(run)
    assert list(table) == ["problem", *expected.columns]
    assert set(table["problem"]) == {"softmax digits"}
    assert table["solver"] == expected["solver"].tolist()
    assert [float(text) for text in table["s to gap 1e-2"]] == expected["s to gap 1e-2"].tolist()
    assert table["s to gap 1e-2"].count("inf") == 3


@pytest.mark.usefixtures("one_figure")
def test_an_error_while_building_leaves_the_earlier_report(new_run, monkeypatch):
    run = new_run(repeats=1)
    before = contents(reports.build(run).parent)

    def fail(*_arguments):
        raise OSError("disk full")

    monkeypatch.setattr(module, "page", fail)
    with pytest.raises(OSError, match="disk full"):
        reports.build(run)
    assert contents(run.folder / "report") == before
    assert sorted(path.name for path in run.folder.iterdir()) == ["report", "results.db"]


@pytest.mark.usefixtures("one_figure")
def test_an_error_in_the_first_build_leaves_nothing(new_run, monkeypatch):
    run = new_run(repeats=1)
    monkeypatch.setattr(module, "markdown", lambda *_arguments: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        reports.build(run)
    assert [path.name for path in run.folder.iterdir()] == ["results.db"]


def test_a_new_report_leaves_nothing_of_the_old_one(new_run):
    run = new_run(repeats=1)
    folder = reports.build(run).parent
    without = reports.load(run.folder)
    without.meta["reference"] = None
    reports.build(without)
    assert not (folder / "figures" / "suboptimality_seconds.svg").exists()


@pytest.mark.usefixtures("one_figure")
def test_a_folder_with_anything_else_in_it_is_refused_and_stays(new_run, tmp_path):
    run = new_run(repeats=1)
    folder = reports.build(run).parent
    (folder / "notes.txt").write_text("precious")
    data, file = tmp_path / "data", tmp_path / "file"
    data.mkdir()
    (data / "results.csv").write_text("precious")
    file.write_text("precious")
    for out, message in [
        (folder, r"report exists and is no report: notes\.txt is in it"),
        (data, r"data exists and is no report: it has no index\.html"),
        (file, "file exists and is no folder"),
        (run.folder, r"is no report: report is in it"),
    ]:
        with pytest.raises(ValueError, match=message):
            reports.build(run, out)
    assert (folder / "notes.txt").read_text() == (data / "results.csv").read_text() == file.read_text() == "precious"


@pytest.mark.usefixtures("one_figure")
def test_an_empty_folder_becomes_a_report(new_run, tmp_path):
    (tmp_path / "empty").mkdir()
    assert reports.build(new_run(repeats=1), tmp_path / "empty").is_file()


@pytest.mark.usefixtures("one_figure")
def test_only_the_record_is_needed(new_run, tmp_path):
    run = new_run(repeats=1)
    first = contents(reports.build(run).parent)
    shutil.rmtree(run.folder / "report")
    moved = tmp_path / "elsewhere" / run.folder.name
    moved.parent.mkdir()
    shutil.move(run.folder, moved)
    assert contents(reports.build(moved).parent) == first


def test_what_is_no_run_has_no_report(tmp_path):
    with pytest.raises(ValueError, match="is no run"):
        reports.build(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_ten_solvers_with_thousands_of_iterations_stay_a_small_page(tmp_path):
    random = np.random.default_rng(0)
    n = 3000
    with Recorder(tmp_path / "run", {"reference": {"f": 1.0, "kind": "certificate"}}) as record:
        for index in range(10):
            noise = np.exp(random.standard_normal(n))
            rows = {"nit": range(n), "nfev": range(1, n + 1), "seconds": np.arange(n) / 100, "f": 1 + noise}
            rows |= {"grad_inf": noise, "step": 1.0, "train_accuracy": 0.5, "test_accuracy": random.random(n)}
            record.add({"solver": f"s{index}", "method": "s", "repeat": 0, "f": 1.0}, pd.DataFrame(rows))
    page = reports.build(tmp_path / "run")
    assert page.stat().st_size < 1_000_000
    with (page.parent / "trace.csv").open() as file:
        assert sum(1 for _ in file) == 10 * n + 1
