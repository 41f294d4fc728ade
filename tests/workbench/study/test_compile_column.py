"""Seconds of compilation with an empty cache: in the column of the first process, and nowhere else."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import reports
import workbench

STUDY = """
[run]
max_evals = 50
reruns = 0
[[problem]]
data = "iris"
l2 = 1e-2
[[solver]]
name = ["lbfgs", "gd", "sgd"]
"""


@pytest.mark.long
@pytest.mark.compiled
def test_the_first_process_compiles_before_its_clocks_run_and_a_second_one_loads(tmp_path):
    environment = {
        **os.environ,
        "NUMBA_CACHE_DIR": str(tmp_path / "cache"),
        "PYTHONPATH": str(Path(workbench.__file__).parents[1]),
    }

    (tmp_path / "study.toml").write_text(STUDY, encoding="utf-8")

    def run(out):
        words = [sys.executable, "-m", "workbench", "compare", "study.toml", "--out", out]
        done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        return reports.load(tmp_path / out).results.set_index("solver")

    first, second = run("first"), run("second")
    assert (first["flags"].str.contains("compiled") | second["flags"].str.contains("compiled")).sum() == 0
    assert first["compile_seconds"].max() > 5.0, "the first one pays"
    for solver in ("lbfgs", "gd", "sgd"):
        assert second["compile_seconds"][solver] < 0.3 * first["compile_seconds"].max()
        assert first["seconds"][solver] < 0.2 * first["compile_seconds"].max()
