"""The loop is compiled in a second process while f and g are compiled in this one, where that is of use."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import solvers
from solvers import second_process
from solvers.directions.steepest_descent import SteepestDescent
from solvers.first_step import FirstStep
from solvers.searches.armijo import Armijo
from solvers.searches.fixed import Fixed
from solvers.searches.wolfe import Wolfe
from solvers.settings import DescentSettings
from solvers.stopping import Stopping

PROJECT = Path(__file__).parents[2]

OBJECTIVE = """
import numpy as np
from solvers.jit import compiled

@compiled
def parabola(x):
    return 0.5 * (x[0] * x[0] + 4.0 * x[1] * x[1]), np.array([x[0], 4.0 * x[1]])
"""
RUN = """
import numpy as np
import solvers
from solvers.engine import engine_of
from objective import parabola

result = solvers.minimize(parabola, np.array([3.0, 1.0]), method="gd", step="fixed", step_size=0.1, max_iter=3)
stats = engine_of(solvers.gd.settings(step="fixed", step_size=0.1)).compiled.stats
print(result.nit, sum(stats.cache_misses.values()), sum(stats.cache_hits.values()))
"""


@pytest.mark.compiled
@pytest.mark.skipif(second_process.cores() == 1, reason="one core: there is nothing to gain")
def test_the_first_process_ever_finds_its_loop_compiled_by_another(tmp_path):
    (tmp_path / "objective.py").write_text(OBJECTIVE)
    (tmp_path / "run.py").write_text(RUN)
    found = []
    for attempt in range(3):  # a machine that is out of processes or memory has the first one do it all
        environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path / f"cache{attempt}"), "PYTHONPATH": str(PROJECT)}
        done = subprocess.run(
            [sys.executable, "run.py"], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        found.append((done.returncode, done.stdout.split(), done.stderr))
        if found[-1] == (0, ["3", "0", "1"], ""):
            return
    pytest.fail(f"the loop was compiled in the first process each time: {found}")


def settings(search, stopping=None):
    return DescentSettings(stopping or Stopping(), FirstStep(), search, SteepestDescent())


@pytest.fixture
def two_cores(monkeypatch):
    monkeypatch.setattr(second_process, "cores", lambda: 2)


def wanted(settings_, functions=("fun",)):
    with second_process.beside(settings_, list(functions)):
        return second_process._second.wanted


@pytest.mark.usefixtures("two_cores")
def test_what_is_wanted_are_names_that_give_settings_of_the_same_types():
    asked = settings(Fixed(0.5), Stopping(gtol=1e-3))
    kinds, functions = wanted(asked, ("fun", "preconditioner"))
    assert functions.split() == ["fun", "preconditioner"]
    made = second_process.named(kinds.split())
    assert type(made) is DescentSettings
    assert [type(part) for part in made] == [type(part) for part in asked]
    assert second_process._second.wanted is None  # the block is over


@pytest.mark.usefixtures("two_cores")
def test_nothing_is_wanted_where_the_types_do_not_tell():
    assert wanted(settings(Wolfe()))
    assert wanted(settings(Wolfe(outside=Armijo()))) is None  # another loop, for the same names
    assert wanted(settings(Wolfe()), ()) is None
    assert wanted(solvers.sgd.settings()) is None


def test_nothing_is_wanted_on_one_core(monkeypatch):
    monkeypatch.setattr(second_process, "cores", lambda: 1)
    assert wanted(settings(Wolfe())) is None


@pytest.mark.compiled
def test_where_no_process_can_be_started_all_is_compiled_in_this_one(monkeypatch):
    def refuse(*args, **options):
        raise OSError("no more processes")

    monkeypatch.setattr(second_process.subprocess, "Popen", refuse)
    monkeypatch.setattr(second_process, "is_kept", lambda dispatcher: True)
    monkeypatch.setattr(second_process, "cores", lambda: 2)
    from numba import njit

    @njit
    def fun(x):
        return float(x @ x), 2.0 * x

    result = solvers.minimize(fun, np.array([3.0, 4.0]), method="gd", step="fixed", step_size=0.1)
    assert result.success
