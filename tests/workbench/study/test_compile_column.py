"""Seconds of compilation with an empty cache: in the column of the first process, and nowhere else."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import workbench

SCRIPT = """
import json
from solvers.jit import statistics
from workbench.comparison.compare import Limits, cells, compile_ahead
from workbench.comparison.contestant import contestants
from workbench.comparison.problem import problem
from workbench.data import load_dataset

iris = problem("softmax", load_dataset("iris"), l2=1e-2, dtype="float64")
entered = contestants(["lbfgs", "gd", "sgd"])
seconds = compile_ahead(iris, entered)
before = statistics()
found = list(cells(iris, entered, Limits(20.0, 50, 1e-6), 0.3, repeats=1, seed=0, compile_seconds=seconds))
after = statistics()
print(json.dumps({
    "compiled": before.compiled,
    "loaded": before.loaded,
    "while clocks ran": after.compiled - before.compiled + after.loaded - before.loaded,
    "column": {cell.result["solver"]: cell.result["compile_seconds"] for cell in found},
    "solving": {cell.result["solver"]: cell.result["seconds"] for cell in found},
}))
"""


@pytest.mark.long
@pytest.mark.compiled
def test_the_first_process_compiles_before_its_clocks_run_and_a_second_one_loads(tmp_path):
    environment = {
        **os.environ,
        "NUMBA_CACHE_DIR": str(tmp_path / "cache"),
        "PYTHONPATH": str(Path(workbench.__file__).parents[1]),
    }

    def run():
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True, check=False, cwd=tmp_path
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    first, second = run(), run()
    assert first["compiled"] > 10
    assert second["compiled"] == 0
    assert second["loaded"] > 0
    for found in (first, second):
        assert found["while clocks ran"] == 0
    for solver, seconds in first["column"].items():
        assert seconds > 10 * first["solving"][solver], "compilation takes seconds, solving milliseconds"
