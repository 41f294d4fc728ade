"""benchopt's results file: one row per point of every performance curve, as ``benchopt plot`` reads it.

The columns are those of benchopt 1.10, with ``data_name``, which that and every earlier version reads. A curve is one
run here and many there, so that ``stop_val`` is the iteration.
"""

import json
from pathlib import Path

import pandas as pd

from reports import gap
from reports.parquet import write_parquet
from reports.run import Run

SUMMARY = "benchopt_run.parquet, for benchopt plot"
ORDER = 30


def write(run: Run, folder: Path) -> None:
    """Write the file into `folder`."""
    write_parquet(frame(run), folder / "benchopt_run.parquet")


def frame(run: Run) -> pd.DataFrame:
    """Benchopt's table of a run; a cell without iterations has no curve there and is left out."""
    parts = [_curves(one) for one in run.each() if len(one.trace)]
    if not parts:
        raise ValueError(f"{run.place.words} has no iterations, so that there are no curves for benchopt")
    table = pd.concat(parts, ignore_index=True)
    return table.assign(run_date=str(run.entry("created", default="")))


def _curves(run: Run) -> pd.DataFrame:
    trace, cells = run.trace, run.results.set_index(["solver", "repeat"])
    described = pd.MultiIndex.from_frame(trace[["solver", "repeat"]])
    options = cells["options"].reindex(described).map(json.loads).to_list()
    data = run.entry("problem", "data", "name")
    columns = {
        "objective_name": str(run.entry("problem", "objective", default=run.label(run.problems[0]))),
        "obj_description": str(run.entry("headline", default="")),
        "solver_name": trace["solver"].to_numpy(),
        "solver_description": cells["method"].reindex(described).to_numpy(),
        # Two problems over one data set are two data sets to benchopt, which would mix their curves.
        "data_name": run.label(run.problems[0]) if data is None else f"{data}[{run.label(run.problems[0])}]",
        "idx_rep": trace["repeat"].to_numpy(),
        "sampling_strategy": "Iteration",
        "stop_val": trace["nit"].to_numpy(),
        "time": trace["seconds"].to_numpy(),
        "objective_value": trace["f"].to_numpy(),
        "objective_gap": gap.gaps(run, trace["f"]),
        "objective_grad_inf": trace["grad_inf"].to_numpy(),
        "objective_evaluations": trace["nfev"].to_numpy(),
        "objective_train_accuracy": trace["train_accuracy"].to_numpy(),
        "objective_test_accuracy": trace["test_accuracy"].to_numpy(),
    }
    # A parameter of one solver is absent from the others, and may be a number in one and a word in the next.
    names = sorted({name for listed in options for name in listed})
    parameters = {
        f"p_solver_{name}": [None if listed.get(name) is None else str(listed[name]) for listed in options]
        for name in names
    }
    return pd.DataFrame({**columns, **parameters}, index=range(len(trace)))
