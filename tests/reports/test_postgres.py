"""The store on PostgreSQL: a real server, started here, behaves as SQLite does."""

import getpass
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from store_writer import started, write

import reports
from reports.clean import clean
from reports.diff import diff, exceeded
from reports.limits import Limits
from reports.merge import merge
from reports.run import load
from reports.show import show
from reports.status import overview
from reports.store import Store

psycopg = pytest.importorskip("psycopg", reason="psycopg is not installed: pip install 'minfunc-workbench[postgres]'")

PLACES = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql*/bin", "/usr/local/pgsql/bin")


def binaries():
    """Folder of initdb and postgres, the newest; None where there are none."""
    if found := shutil.which("initdb"):
        return Path(found).parent
    folders = [folder for place in PLACES for folder in Path("/").glob(place.lstrip("/"))]
    return max((folder for folder in folders if (folder / "initdb").is_file()), default=None)


def account():
    """Name of the user that the server runs as: initdb refuses root."""
    if os.getuid() != 0:
        return getpass.getuser()
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next((name for name in ("postgres", "nobody") if name in known), None)


@pytest.fixture(scope="module")
def server():
    """The folder of the socket of a server that listens nowhere else."""
    if binaries() is None:
        pytest.skip("there is no PostgreSQL server on this machine (no initdb)")
    if account() is None:
        pytest.skip("PostgreSQL refuses root, and there is neither a user postgres nor nobody")
    who = pwd.getpwnam(account())
    as_who = {} if os.getuid() else {"user": who.pw_uid, "group": who.pw_gid, "extra_groups": []}
    folder = Path(tempfile.mkdtemp(prefix="pg-"))  # short: a socket's path has at most 107 characters
    os.chown(folder, who.pw_uid, who.pw_gid)
    run = {"cwd": folder, "env": {"PATH": os.environ["PATH"], "LC_ALL": "C"}, **as_who}
    data, words = str(folder / "data"), ["--no-sync", "-U", "owner", "-A", "trust", "-E", "UTF8", "--locale", "C"]
    process = None
    try:
        done = subprocess.run(
            [binaries() / "initdb", "-D", data, *words], capture_output=True, text=True, check=False, **run
        )
        assert done.returncode == 0, done.stderr
        process = subprocess.Popen(
            [binaries() / "postgres", "-D", data, "-k", str(folder), "-c", "listen_addresses=", "-c", "fsync=off"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **run,
        )
        answering(folder, process)
        yield folder
    finally:
        if process is not None:
            process.send_signal(signal.SIGINT)  # PostgreSQL's fast shutdown
            process.wait(timeout=60)
        shutil.rmtree(folder)


def answering(folder, process):
    deadline = time.monotonic() + 60.0
    while True:
        try:
            psycopg.connect(host=str(folder), user="owner", dbname="postgres").close()
            return
        except psycopg.OperationalError:
            assert process.poll() is None, "the server ended"
            assert time.monotonic() < deadline, "the server does not answer"
            time.sleep(0.05)


@pytest.fixture
def url(server, request):
    """The URL of an empty database."""
    name = request.node.name.partition("[")[0][:60]
    with psycopg.connect(host=str(server), user="owner", dbname="postgres", autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    return f"postgresql://owner:secret@/{name}?host={server}"


def test_a_run_is_the_same_from_sqlite_and_from_postgresql(url, tmp_path):
    values = [np.inf, -np.inf, np.nan, 5e-324, 1.7976931348623157e308, 0.1, 1 / 3, -0.0]
    trace = pd.DataFrame({"nit": range(8), **dict.fromkeys(("nfev", "seconds", "f", "grad_inf", "step"), values)})
    runs = []
    for where in (tmp_path / "run", url):
        with Store.open(where, write=True) as store:
            study = store.begin({"title": "t", "run": {"repeats": 1}, "targets": [1e-2]}, {"cores": 2})
            store.add_problem(study, "p", {"headline": "h", "description": {"data": {"name": "iris"}}})
            store.set_reference("p", {"f": np.inf, "sentence": "a\0b"})
            solver = {"label": "a", "name": "a", "options": {"memory": 10}}
            rest = {"problem": "p", "solver": solver, "seed": 0, "budget": {"max_time": np.inf}}
            store.add_cells(study, [{"key": f"k{repeat}", "repeat": repeat, **rest} for repeat in (0, 1)])
            store.record("k1", {"f": np.inf, "gap": -np.inf, "seconds": 0.1, "message": "NUL \0, half \udc80, whole ∞"})
            store.record("k0", {"error": "raised", "state": "crashed"})
            store.record("k0", {"nit": 7, "success": True}, trace, {"w": np.arange(6, dtype="f4").reshape(2, 3)})
            frame = store.cells(study)
            store.finish(study, "complete")
        assert frame["attempts"].tolist() == [2, 1]
        runs.append(load(where))
    ours, theirs = runs
    pd.testing.assert_frame_equal(ours.results, theirs.results)
    pd.testing.assert_frame_equal(ours.trace, theirs.trace)
    assert theirs.trace["f"].to_numpy()[:7].tobytes() == np.array(values[:7]).tobytes()
    assert ours.meta == theirs.meta
    np.testing.assert_array_equal(ours.arrays("a", 0)["w"], theirs.arrays("a", 0)["w"])


def test_four_processes_write_one_database_and_nothing_is_lost(url):
    writers = [started(url, f"w{index}", 6) for index in range(4)]
    ends = [writer.communicate(timeout=300) for writer in writers]
    assert [writer.returncode for writer in writers] == [0] * 4, ends
    run = load(url)
    assert len(run.results) == 24
    assert len(run.trace) == 24 * 200
    assert run.arrays("w3", 3)["theta"].tolist() == [3, 3]


def test_the_report_of_a_database_needs_a_folder_and_shows_no_password(url, tmp_path):
    write(url, "w", 1)
    with pytest.raises(ValueError, match="is no folder: say in which folder the report is to be"):
        reports.build(url)
    page = reports.build(url, tmp_path / "report").read_text()
    assert "--out report</code>" in page
    assert "secret" not in page


def test_stores_are_merged_into_a_database_cleaned_and_shown_there(url, tmp_path):
    write(tmp_path / "one", "a", 2)
    write(tmp_path / "two", "b", 1)
    assert merge(url, [tmp_path / "one", tmp_path / "two"])["new"].tolist() == [2, 1]
    assert merge(url, [tmp_path / "one"])["new"].tolist() == [0]
    with Store.open(url, write=True) as store:
        store.record("b-0", {"state": "killed", "error": "signal 9"})
    assert overview(url)[["cells", "done", "failed"]].to_numpy().tolist() == [[3, 2, 1]]
    assert [row["state"] for row in show(url, "b")] == ["done", "killed"]
    assert clean(url, superseded=False, failed=True)[["cell", "attempt"]].to_numpy().tolist() == [["b-0", 2]]
    assert [row["state"] for row in show(url, "b")] == ["done"]
    assert len(load(url).trace) == 3 * 200
    assert exceeded(diff(load(url), load(url)), Limits(1.0, 0.0)) == []
    merge(tmp_path / "back", [url])
    pd.testing.assert_frame_equal(load(tmp_path / "back").results, load(url).results)


def test_a_database_that_is_no_store_or_cannot_be_reached_is_refused_in_one_line(url):
    with pytest.raises(ValueError, match="it is no store of runs: nothing is in it"):
        load(url)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE run (price integer)")
    for changing in (False, True):
        with pytest.raises(ValueError, match="it is no store of runs: it has other tables") as caught:
            Store.open(url, write=changing)
        assert "\n" not in str(caught.value)
    for changing in (False, True):
        with pytest.raises(OSError, match="cannot be") as caught:
            Store.open(url.replace("?host=", "?host=/nowhere"), write=changing)
        assert "\n" not in str(caught.value)
        assert "secret" not in str(caught.value)


@pytest.mark.processes
def test_a_comparison_runs_into_a_database_goes_on_there_and_is_reported_beside_it(url, tmp_path):
    (tmp_path / "team.toml").write_text(
        '[run]\nmax_evals = 5\nreruns = 0\n[[problem]]\ndata = "iris"\n[[solver]]\nname = ["gd", "cg"]\n'
    )
    package = {**os.environ, "PYTHONPATH": str(Path(reports.__file__).parents[1])}
    words = [sys.executable, "-m", "workbench", "compare", "team.toml", "--store", url]

    def call():
        return subprocess.run(words, cwd=tmp_path, env=package, capture_output=True, text=True, check=False)

    first, second = call(), call()
    assert first.returncode == second.returncode == 0, first.stderr
    assert "2 of 2 cells have run" in second.stderr
    assert load(url).results["solver"].tolist() == ["gd", "cg"]
    assert sorted(path.name for path in (tmp_path / "runs" / "team").iterdir()) == ["report", "study.toml"]
    assert "secret" not in (tmp_path / "runs" / "team" / "report" / "report.md").read_text(encoding="utf-8")
