"""A process that writes cells into a store, one after the other: ``python store_writer.py WHERE NAME N``."""

import os
import subprocess
import sys
from pathlib import Path

import pandas as pd

import reports

ITERATIONS = 200


def started(where, name, n):
    """Start the process; it says "begun" when its study is stored."""
    return subprocess.Popen(
        [sys.executable, __file__, str(where), name, str(n)],
        env={**os.environ, "PYTHONPATH": str(Path(reports.__file__).parents[1])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def write(where, name, n):
    """Write `n` cells of a solver of this name; cell i has f = i / 2."""
    rows = {"nit": range(ITERATIONS), "nfev": 1.0, "seconds": 0.5, "f": 0.25, "grad_inf": 1.0, "step": 1.0}
    trace = pd.DataFrame(rows)
    with reports.Store.open(where, write=True) as store:
        study = store.begin({"run": {}, "targets": []}, {})
        store.add_problem(study, "p", {"headline": "h", "description": {}})
        print("begun", flush=True)
        for index in range(n):
            solver = {"label": name, "name": "s", "options": {}}
            key = f"{name}-{index}"
            cell = {"key": key, "problem": "p", "solver": solver, "repeat": index, "seed": 0, "budget": {}}
            store.add_cells(study, [cell])
            store.record(key, {"f": index / 2}, trace, {"theta": [index, index]})


if __name__ == "__main__":
    write(sys.argv[1], sys.argv[2], int(sys.argv[3]))
