"""The benchmarks of softmax run on small shapes, say what they measured, and refuse what they cannot read."""

import importlib
import os
import re
import subprocess
import sys
from pathlib import Path

import click
import pandas as pd
import pytest
from click.testing import CliRunner

PROJECT = Path(__file__).parents[2]


def run(script, *options):
    return subprocess.run(
        [sys.executable, PROJECT / "benchmarks" / script, *options],
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.compiled
@pytest.mark.long
def test_kernels_stand_beside_numpy_scikit_learn_and_the_limit(tmp_path):
    shapes = "40x3x2,60x40x5:uint8,50x30x3:0.2"
    done = run("kernels.py", "--shapes", shapes, "--threads", "1", "--repeats", "1", "--out", tmp_path / "out.csv")
    assert done.returncode == 0, done.stderr
    table = pd.read_csv(tmp_path / "out.csv")
    assert table[["m", "n", "K"]].to_numpy().tolist() == [[40, 3, 2], [60, 40, 5], [50, 30, 3]]
    assert table["dtype"].tolist() == ["float32", "uint8", "float32"]
    for name in ("ours", "NumPy", "limit"):
        assert (table[[f"f, g: {name}", f"H v: {name}"]] > 0).all(axis=None)
    said = re.search(
        r"^f, g: NumPy takes ([\d.]+) times as long as ours.* less than ours in (\d) of 3", done.stdout, re.M
    )
    ratios = table["f, g: NumPy"] / table["f, g: ours"]
    assert said is not None
    assert float(said[1]) == pytest.approx(ratios.median(), abs=0.006)
    assert int(said[2]) == (ratios < 1).sum()


@pytest.mark.parametrize("shape", ["60x40", "60x40x1", "3x40x5", "60x40x5:0", "60x40x5:int8"])
def test_a_shape_that_cannot_be_is_refused_in_a_line(shape, monkeypatch):
    monkeypatch.syspath_prepend(PROJECT / "benchmarks")
    from kernels import parsed

    with pytest.raises(click.BadParameter, match=f"'{shape}': expected rows x features x classes"):
        parsed(shape, "float32")


@pytest.mark.parametrize(
    ("script", "options", "said"),
    [
        ("kernels", ["--shapes", ""], "no shape is given: expected some such as"),
        ("kernels", ["--threads", "999"], "999 is not in the range"),
        ("scaling", ["--threads", "0"], "0 is not in the range"),
        ("time_to_gap", ["--data", "nonsense"], "unknown data set 'nonsense'"),
        ("time_to_gap", ["--max-time", "-3"], "-3.0 is not in the range"),
        ("passes", ["--data", "nonsense"], "unknown data set 'nonsense'"),
        ("passes", ["--most", "0"], "0 is not in the range"),
        ("memory", ["--data", "nonsense"], "unknown data set 'nonsense'"),
        ("batch", ["--problems", "0"], "0 is not in the range"),
    ],
)
def test_an_option_that_cannot_be_is_refused_before_anything_runs(script, options, said, monkeypatch):
    monkeypatch.syspath_prepend(PROJECT / "benchmarks")
    done = CliRunner().invoke(importlib.import_module(script).main, options)
    assert done.exit_code == 2
    assert said in done.output


@pytest.mark.compiled
def test_scaling_doubles_each_axis():
    done = run("scaling.py", "--rows", "64", "--features", "16", "--classes", "4", "--threads", "1", "--repeats", "1")
    assert done.returncode == 0, done.stderr
    tables = [block.splitlines() for block in done.stdout.strip().split("\n\n")]
    sizes = {
        table[0].split()[0]: [int(line.split()[0]) for line in table[1:] if line.split()[0].isdigit()]
        for table in tables
    }
    assert sizes == {"rows": [8, 16, 32, 64], "features": [2, 4, 8, 16], "classes": [2, 4], "threads": [1]}


def test_the_exponent_is_that_of_a_power_law(monkeypatch):
    monkeypatch.syspath_prepend(PROJECT / "benchmarks")
    from scaling import exponent

    sizes = [10, 20, 40, 80]
    assert exponent(sizes, [5.0, 5.0, 3e-3 * 40**1.5, 3e-3 * 80**1.5]) == pytest.approx(1.5)
