"""Compiled code on disk: a second process compiles nothing, and an edited source file is never served stale."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.compiled

PROJECT = Path(__file__).parents[2]

RUN = """
import json
import numpy as np
import solvers
from solvers.jit import statistics
from objective import parabola

runs = {}
for method, options in (("lbfgs", {}), ("gd", {"step": "fixed", "step_size": 0.1})):
    result = solvers.minimize(parabola, np.array([3.0, 1.0]), method=method, max_iter=3, gtol=0.0, **options)
    runs[method] = result.history["grad_inf"].tolist()
counts = statistics()
print(json.dumps({"compiled": counts.compiled, "loaded": counts.loaded, "runs": runs}))
"""

OBJECTIVE = """
import numpy as np
from numba import njit

@njit(cache=True)
def parabola(x):
    return 0.5 * (x[0] * x[0] + 4.0 * x[1] * x[1]), np.array([x[0], 4.0 * x[1]])
"""


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """A copy of the package that a test may edit, and its own cache."""
    folder = tmp_path_factory.mktemp("copy")
    shutil.copytree(PROJECT / "solvers", folder / "solvers", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "objective.py").write_text(OBJECTIVE)
    (folder / "run.py").write_text(RUN)
    return folder


def run(folder):
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(folder / "cache"), "PYTHONPATH": str(folder)}
    done = subprocess.run(
        [sys.executable, "run.py"], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_second_process_compiles_nothing_and_an_edit_anywhere_is_noticed(copy):
    first = run(copy)
    assert first["compiled"] > 0

    second = run(copy)
    assert second["compiled"] == 0
    assert second["loaded"] > 0
    assert second["runs"] == first["runs"]

    # An edit in a file that the loop's file merely calls: Numba alone would go on with the old machine code.
    vectors = copy / "solvers" / "vectors.py"
    source = vectors.read_text()
    edited = source.replace("largest = max(largest, abs(value))", "largest = max(largest, 2.0 * abs(value))")
    assert edited != source
    vectors.write_text(edited)
    third = run(copy)
    assert third["compiled"] > 0
    for method, norms in first["runs"].items():
        # The start's norm is NumPy's; every other one came from the edited function.
        assert third["runs"][method][1:] == pytest.approx([2.0 * norm for norm in norms[1:]])

    vectors.write_text(source)
    assert run(copy)["runs"] == first["runs"]


def test_another_objective_of_the_same_kind_needs_no_new_loop(copy):
    before = run(copy)
    (copy / "objective.py").write_text(OBJECTIVE.replace("4.0", "9.0"))
    after = run(copy)
    assert after["compiled"] == 0
    assert after["runs"] != before["runs"]
    (copy / "objective.py").write_text(OBJECTIVE)
