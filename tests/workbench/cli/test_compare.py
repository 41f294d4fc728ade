"""``workbench compare``: what it prints, stores and returns."""

import json
import struct

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import dump_svmlight_file
from sklearn.metrics import accuracy_score, confusion_matrix, log_loss

import reports
from workbench.cli import comparison
from workbench.data import load_dataset

L2 = 1e-2
QUICK = ("--l2", L2, "--max-evals", 25)


@pytest.fixture(scope="module")
def compared(workbench, tmp_path_factory):
    """Two repeats of two solvers on iris, the outcome and its folder."""
    folder = tmp_path_factory.mktemp("compared") / "run"
    solvers = ("--solver", "lbfgs", "--solver", "sgd:batch_size=30")
    limits = ("--l2", L2, "--max-evals", 60, "--repeats", 2, "--gap", 0.5, "--gap", 1e-6)
    outcome = workbench("compare", "--data", "iris", *limits, *solvers, "--out", folder)
    return outcome, folder


@pytest.fixture(scope="module")
def run(compared):
    return reports.load(compared[1])


def table_rows(text):
    """The heading of the printed table, and its lines by solver."""
    lines = text.splitlines()
    first = next(i for i, line in enumerate(lines) if line.startswith("solver"))
    rows = {}
    for line in lines[first + 2 :]:
        if line.startswith(("medians", "f* =", "f =")):
            break
        rows[line.split()[0]] = line
    return lines[first], rows


def test_a_comparison_says_what_it_ran_and_ends_with_where_its_report_is(compared):
    outcome, folder = compared
    assert outcome.code == 0
    lines = outcome.out.splitlines()
    assert lines[0].startswith(
        "softmax regression · iris 120 + 30 × 4 · 3 classes · theta 10 = 5 × 2 · l2 0.01 · float64"
    )
    assert lines[-1] == f"report: {folder / 'report' / 'index.html'}"
    assert (folder / "report" / "index.html").is_file()
    assert {path.name for path in folder.iterdir()} == {"results.db", "study.toml", "report"}


def test_nothing_goes_to_stderr_in_a_pipe(compared):
    assert compared[0].err == ""


def test_the_table_has_a_line_for_each_solver_with_medians_and_unreached_gaps(compared, run):
    heading, rows = table_rows(compared[0].out)
    words = "solver status iter f+g compile s to gap 5e-1 1e-6 f ||g||inf train test"
    assert " ".join(heading.split()) == words
    assert list(rows) == ["lbfgs", "sgd:batch_size=30"]
    assert "gradient norm below gtol" in rows["lbfgs"]
    assert "evaluation limit reached" in rows["sgd:batch_size=30"]
    assert "∞" in rows["sgd:batch_size=30"], "what is unreached stays in the table"
    assert "∞" not in rows["lbfgs"]
    assert "medians of 2 repeats" in compared[0].out
    f = run.results[run.results["solver"] == "lbfgs"]["f"].median()
    assert f"{f:.9f}" in rows["lbfgs"]


def test_the_record_says_what_is_needed_to_repeat_it(run, compared):
    assert run.meta["state"] == "complete"
    assert run.meta["command"].startswith("workbench compare --data iris --l2 0.01 --max-evals 60 --repeats 2")
    assert run.meta["targets"] == [0.5, 1e-6]
    assert (run.meta["seed"], run.meta["repeats"]) == (0, 2)
    assert run.meta["problem"]["data"]["fingerprint"] == load_dataset("iris").fingerprint
    assert run.meta["limits"]["max_evals"] == 60
    assert {"python", "cpu", "cores", "versions", "threads"} <= set(run.meta["environment"])


def test_repeats_are_listed_in_turn_and_each_says_where_its_time_went(run):
    cells = list(zip(run.results["solver"], run.results["repeat"], strict=True))
    assert cells == [("lbfgs", 0), ("sgd:batch_size=30", 0), ("lbfgs", 1), ("sgd:batch_size=30", 1)]
    for part in ("compile_seconds", "first_call_seconds", "seconds", "monitoring_seconds"):
        assert (run.results[part] > 0.0).all(), part
        assert (run.results[part] < run.results["wall_seconds"]).all(), part


def test_every_number_of_a_row_agrees_with_scikit_learn_at_the_stored_theta(run):
    data = load_dataset("iris")
    for cell in run.results.itertuples():
        arrays = run.arrays(cell.solver, cell.repeat)
        W, b = arrays["weights"], arrays["intercepts"]
        assert np.array_equal(W[-1], np.zeros(4)), "the last class is fixed to zero"
        np.testing.assert_array_equal(np.hstack([W, b[:, None]])[:-1].ravel(), arrays["theta"])

        def probabilities(X, W=W, b=b):
            Z = np.exp(X @ W.T + b)
            return Z / Z.sum(axis=1, keepdims=True)

        P = probabilities(data.X)
        expected = log_loss(data.y, P, labels=data.classes) + 0.5 * L2 * (W**2).sum()
        assert cell.f == pytest.approx(expected, rel=1e-13)
        R = (P - (data.y[:, None] == data.classes))[:, :-1] / data.n_samples
        G = np.vstack([data.X.T @ R + L2 * W[:-1].T, R.sum(axis=0)])
        assert cell.grad_inf == pytest.approx(np.abs(G).max(), rel=1e-9)
        predicted, test = data.classes[P.argmax(axis=1)], data.classes[probabilities(data.X_test).argmax(axis=1)]
        assert cell.train_accuracy == accuracy_score(data.y, predicted)
        assert cell.test_accuracy == accuracy_score(data.y_test, test)
        np.testing.assert_array_equal(arrays["confusion"], confusion_matrix(data.y_test, test, labels=data.classes))
        f_star = run.meta["reference"]["f"]
        assert cell.gap == pytest.approx((cell.f - f_star) / f_star, abs=1e-15)
        assert cell.gap <= cell.gap_bound + run.meta["reference"]["relative_error"]


def test_the_trace_starts_at_the_start_and_ends_with_the_row_of_results(run):
    for cell in run.results.itertuples():
        trace = run.trace[(run.trace["solver"] == cell.solver) & (run.trace["repeat"] == cell.repeat)]
        assert trace["nit"].tolist() == list(range(int(cell.nit) + 1)), "every iteration is recorded"
        assert trace["f"].iloc[0] == pytest.approx(np.log(3))
        assert trace["f"].iloc[-1] == pytest.approx(cell.f, rel=1e-12)
        assert (trace["seconds"].diff().dropna() >= 0).all()
        assert trace["train_accuracy"].iloc[-1] == cell.train_accuracy


def test_report_regenerates_the_report_byte_for_byte_and_solves_nothing(compared, workbench, monkeypatch, tmp_path):
    import solvers.driver

    outcome, folder = compared
    before = {path: path.read_bytes() for path in (folder / "report").rglob("*") if path.is_file()}
    assert len(before) > 6
    monkeypatch.setattr(solvers.driver, "run", None)
    again = workbench("report", folder)
    assert again == (0, outcome.out, "")
    assert {path: path.read_bytes() for path in (folder / "report").rglob("*") if path.is_file()} == before
    assert workbench("report", folder, "--out", tmp_path / "elsewhere").code == 0
    for path, content in before.items():
        assert (tmp_path / "elsewhere" / path.relative_to(folder / "report")).read_bytes() == content


@pytest.mark.usefixtures("unreported")
def test_json_is_all_that_stdout_has(workbench, monkeypatch):
    outcome = workbench("compare", "--data", "iris", *QUICK, "--solver", "gd", "--json", "--out", "here")
    assert (outcome.code, outcome.err) == (0, "")
    found = outcome.json
    (row,) = found["solvers"]
    assert row["solver"] == "gd"
    assert row["s to gap 1e-6"] is None, "JSON has no infinity"
    assert found["reference"]["kind"] == "certificate"
    assert found["state"] == "complete"
    monkeypatch.setattr(comparison.reports, "build", lambda run, out: run.folder / "report" / "index.html")
    assert workbench("report", "here", "--json").json == found


@pytest.mark.usefixtures("unreported")
def test_without_out_runs_are_kept_apart_by_time_and_name(workbench, tmp_path, monkeypatch):
    class Clock(comparison.datetime):
        @classmethod
        def now(cls, tz=None):
            return cls(2026, 11, 20, 12, 0, 0)

    monkeypatch.setattr(comparison, "datetime", Clock)
    for _ in range(2):
        assert workbench("compare", "--data", "iris", *QUICK, "--solver", "gd", "--json").code == 0
    names = sorted(path.name for path in (tmp_path / "runs").iterdir())
    assert names == ["2026-11-20T12-00-00_softmax-iris", "2026-11-20T12-00-00_softmax-iris-2"]


@pytest.mark.usefixtures("unreported")
def test_a_solver_that_diverges_is_a_row_with_its_reason_and_the_others_go_on(workbench):
    bad = "gd:step=fixed,step_size=1e9"
    outcome = workbench("compare", "--data", "iris", *QUICK, "--max-evals", 60, "--solver", bad, "--solver", "lbfgs")
    assert (outcome.code, outcome.err) == (0, "")
    _, rows = table_rows(outcome.out)
    assert "not finite" in rows[bad]
    assert "gradient norm below gtol" in rows["lbfgs"]


@pytest.mark.usefixtures("unreported")
def test_a_comparison_in_which_every_solver_fails_has_exit_code_3(workbench):
    outcome = workbench("compare", "--data", "iris", *QUICK, "--solver", "minfunc:tensor", "--out", "failed")
    assert outcome.code == 3
    assert "failed: minfunc:tensor needs third derivatives" in outcome.out
    assert reports.load("failed").results["error"].str.contains("third derivatives").all()


@pytest.mark.usefixtures("unreported")
def test_not_reaching_the_tolerance_is_a_normal_result(workbench):
    assert workbench("compare", "--data", "iris", "--max-evals", 3, "--l2", L2, "--solver", "gd").code == 0


@pytest.mark.usefixtures("unreported")
def test_without_a_penalty_the_optimum_is_called_a_reference_run(workbench):
    outcome = workbench("compare", "--data", "iris", "--l2", 0, "--max-evals", 5, "--solver", "gd", "--json")
    assert outcome.json["reference"]["kind"] == "reference run"
    assert "nothing is proven" in outcome.json["reference"]["sentence"]
    assert outcome.json["reference"]["relative_error"] is None


@pytest.mark.usefixtures("unreported")
def test_one_thread_is_one_thread_of_everything(workbench):
    workbench("compare", "--data", "iris", *QUICK, "--solver", "gd", "--threads", 1, "--out", "one")
    run = reports.load("one")
    threads = run.meta["environment"]["threads"]
    assert len(threads) > 1, "BLAS is reported too"
    assert set(threads.values()) == {1}
    assert run.meta["headline"].endswith("1 thread")


@pytest.mark.usefixtures("unreported")
def test_the_same_seed_gives_the_same_run_but_for_the_clock(workbench):
    def trace(seed, out):
        workbench("compare", "--data", "iris", *QUICK, "--solver", "sgd:batch_size=20", "--seed", seed, "--out", out)
        return reports.load(out).trace.drop(columns="seconds")

    first, again, other = trace(3, "a"), trace(3, "b"), trace(4, "c")
    pd.testing.assert_frame_equal(first, again)
    assert not first["f"].equals(other["f"])


@pytest.mark.usefixtures("unreported")
def test_float32_features_are_judged_in_float64(workbench):
    outcome = workbench(
        "compare",
        "--data",
        "iris",
        "--l2",
        L2,
        "--max-evals",
        80,
        "--dtype",
        "float32",
        "--solver",
        "lbfgs",
        "--out",
        "f4",
    )
    assert "· float32 ·" in outcome.out
    run = reports.load("f4")
    theta = run.arrays("lbfgs", 0)["theta"]
    assert theta.dtype == np.float64
    assert run.results["gap"].iloc[0] < 1e-6


# Own files ------------------------------------------------------------------------------------------------------------

IRIS = load_dataset("iris", test_fraction=0.0)
NUMBERS = np.unique(IRIS.y, return_inverse=True)[1]


def csv_file(folder):
    frame = pd.DataFrame(IRIS.X, columns=["a", "b", "c", "d"]).assign(kind=IRIS.y)
    frame.to_csv(folder / "flowers.csv", index=False)
    return ["flowers.csv", "--target", "kind"]


def parquet_file(folder):
    pytest.importorskip("pyarrow")
    frame = pd.DataFrame(IRIS.X, columns=["a", "b", "c", "d"]).assign(kind=IRIS.y)
    frame.to_parquet(folder / "flowers.parquet")
    return ["flowers.parquet", "--target", "kind"]


def npz_file(folder):
    np.savez(folder / "flowers.npz", X=IRIS.X, y=IRIS.y)
    return ["flowers.npz"]


def svmlight_file(folder):
    dump_svmlight_file(IRIS.X, NUMBERS, str(folder / "flowers.svm"))
    return ["flowers.svm"]


def idx_files(folder):
    pixels = np.round(IRIS.X * 25).astype(np.uint8)
    images = struct.pack(">BBBB3I", 0, 0, 8, 3, len(pixels), 2, 2) + pixels.tobytes()
    (folder / "flowers-images-idx3-ubyte").write_bytes(images)
    labels = struct.pack(">BBBBI", 0, 0, 8, 1, len(pixels)) + NUMBERS.astype(np.uint8).tobytes()
    (folder / "flowers-labels-idx1-ubyte").write_bytes(labels)
    return ["flowers-images-idx3-ubyte"]


@pytest.mark.parametrize("write", [csv_file, parquet_file, npz_file, svmlight_file, idx_files])
@pytest.mark.usefixtures("unreported")
def test_a_file_of_ones_own_is_compared_on(write, workbench, tmp_path):
    outcome = workbench(
        "compare", "--data", *write(tmp_path), *QUICK, "--max-evals", 60, "--solver", "lbfgs", "--out", "own"
    )
    assert (outcome.code, outcome.err) == (0, "")
    assert "120 + 30 × 4 · 3 classes" in outcome.out
    run = reports.load("own")
    assert run.results["train_accuracy"].iloc[0] > 0.8
    assert run.meta["problem"]["data"]["n_train"] == 120
    assert json.loads(run.results["options"].iloc[0]) == {}
