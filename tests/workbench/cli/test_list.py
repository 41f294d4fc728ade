"""``workbench list`` and ``workbench doctor``: what there is."""

import functools
import re

import pytest

from solvers import methods
from solvers.jit import statistics
from workbench import SoftmaxObjective, load_dataset, minimize
from workbench.data import list_datasets
from workbench.warm import warm


def test_everything_there_is_is_named(workbench):
    outcome = workbench("list")
    assert (outcome.code, outcome.err) == (0, "")
    for name in (*methods.names(), "softmax", *(info.name for info in list_datasets())):
        assert f"  {name} " in outcome.out


def test_the_options_of_solvers_are_shown_once_each(workbench):
    text = workbench("list", "solvers").out
    assert text.count("      gtol=") == 1, "what all solvers share stands once"
    assert text.count("      max_iter=") == len(methods.names()), "sgd has another default"
    assert "memory=100" in text
    assert "(with step=1/L|fixed)" in text


def test_json_lists_every_option_that_a_solver_accepts(workbench):
    entries = {entry["name"]: entry for entry in workbench("list", "solvers", "--json").json["solvers"]}
    assert list(entries) == methods.names()
    for name, entry in entries.items():
        method = methods.method(name)
        for variant in method.variants:
            assert set(method.options(variant)) <= set(entry["options"])
    assert entries["gd"]["options"]["step_size"]["default"] is None
    assert entries["lbfgs"]["options"]["max_time"]["default"] == "inf"
    assert entries["lbfgs"]["options"]["gtol"]["default"] == 1e-5


def test_a_default_that_is_listed_is_one_that_is_accepted(workbench):
    for entry in workbench("list", "solvers", "--json").json["solvers"]:
        method = methods.method(entry["name"])
        first = method.options()
        defaults = {name: option["default"] for name, option in entry["options"].items() if name in first}
        known = {name: float(value) if value in ("inf", "-inf") else value for name, value in defaults.items()}
        assert method.settings(**known) == method.settings()


def test_data_sets_say_whether_they_are_on_disk(workbench, tmp_path):
    entries = {entry["name"]: entry for entry in workbench("list", "datasets", "--json").json["datasets"]}
    assert entries["iris"]["on_disk"]
    assert "on disk" in workbench("list", "datasets", "--data-dir", tmp_path).out


def test_peers_have_a_version_or_the_reason_why_not(workbench, monkeypatch):
    monkeypatch.setattr("workbench.peers.library.find_spec", lambda name: None if name == "torch" else name)
    entries = {entry["name"]: entry for entry in workbench("list", "peers", "--json").json["peers"]}
    assert entries["sklearn:saga"]["version"].startswith("scikit-learn ")
    assert entries["sklearn:saga"]["missing"] is None
    assert entries["scipy:L-BFGS-B"]["options"]["maxcor"]["default"] == 10
    absent = entries["torch:LBFGS"]
    assert absent["version"] is None
    assert absent["missing"] == "is not installed (torch not found): pip install 'minfunc-workbench[torch]'"
    text = workbench("list", "peers").out
    assert f"torch:LBFGS              limited-memory BFGS · {absent['missing']}\n" in text
    assert f"sklearn:saga             LogisticRegression: SAGA · {entries['sklearn:saga']['version']}\n" in text
    assert text.count("      gtol=") == 1, "what all share stands once"
    assert not [name for name in entries if name.startswith("minfunc")], "that is ours"


def test_lines_fit_a_narrow_terminal(workbench, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    assert max(map(len, workbench("list", "solvers").out.splitlines())) <= 80


@pytest.mark.parametrize("key", ["python", "cpu", "cores", "threads", "versions", "compiler", "downloads"])
def test_doctor_tells_what_a_bug_report_needs(key, workbench):
    assert workbench("doctor", "--json").json[key]
    assert f"\n{key} " in workbench("doctor").out


def test_doctor_says_whether_code_is_compiled(workbench):
    from numba import config

    expected = "switched off (NUMBA_DISABLE_JIT)" if config.DISABLE_JIT else "works"
    assert workbench("doctor", "--json").json["compiler"] == expected


# ---- doctor --warm


@pytest.fixture
def one_kind(monkeypatch):
    """One kind of rows and one method stand for all, which take minutes."""
    monkeypatch.setattr("workbench.warm.warm", functools.partial(warm, ("dense float64",), ("lbfgs",)))


@pytest.mark.compiled
def test_warm_leaves_nothing_to_compile(workbench, one_kind):
    first = workbench("doctor", "--warm", "--json").json["warm"]
    assert [item["name"] for item in first] == ["dense float64: f and g", "dense float64: lbfgs"]
    compiled = statistics().compiled
    assert [item["how"] for item in workbench("doctor", "--warm", "--json").json["warm"]] == ["loaded", "loaded"]
    data = load_dataset("iris")
    fun = SoftmaxObjective(data.X, data.y, l2=1e-2)
    assert minimize(fun, fun.x0, method="lbfgs").success
    assert statistics().compiled == compiled


@pytest.mark.compiled
def test_warm_shows_each_item_with_its_seconds(workbench, one_kind):
    lines = workbench("doctor", "--warm").out.splitlines()
    assert re.fullmatch(r"dense float64: lbfgs +(compiled|loaded) +\d+\.\d\d s", lines[-1])


def test_warm_without_a_compiler_is_refused(refused, monkeypatch):
    monkeypatch.setattr("workbench.cli.machine.machine", lambda: {"compiler": "switched off (NUMBA_DISABLE_JIT)"})
    assert "NUMBA_DISABLE_JIT" in refused("doctor", "--warm")
