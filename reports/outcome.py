"""The outcome of a run of one problem: its best cell, the lowest recomputed f, and the solvers that failed."""

from typing import Any

import numpy as np
import pandas as pd

from reports.run import Run

BROKEN = ("timeout", "killed", "crashed", "failed")
"""States of a run that came to no end of its own."""


def reason(cell: Any) -> str:
    """Why a cell (a row of results) came to no result, as the table says it; "" where it came to one."""
    if cell.state not in BROKEN and not cell.error:
        return ""
    return f"{'failed' if cell.state == 'done' else cell.state}: {cell.error or cell.message or 'no reason is known'}"


def best(run: Run) -> tuple[str, int] | None:
    """Solver and repeat with the lowest finite f; None where every solver failed. Ties go to the first that ran.

    Whether its solver called it a success plays no part: f was recomputed outside the solver, its word was not. A
    solver that failed parity is left out: it minimised something else.
    """
    results = run.results[np.isfinite(run.results["f"]) & ~broken(run.results) & (run.results["parity"] == "")]
    if results.empty:
        return None
    row = results.loc[results["f"].idxmin()]
    return str(row["solver"]), int(row["repeat"])


def best_array(run: Run, name: str) -> np.ndarray | None:
    """Array `name` of the best cell; None where there is none."""
    cell = best(run)
    return None if cell is None else run.arrays(*cell).get(name)


def broken(results: pd.DataFrame) -> pd.Series:
    """Whether each cell came to no result."""
    return (results["error"] != "") | results["state"].isin(BROKEN)


def failed(run: Run) -> list[str]:
    """Solvers of which every repeat failed, in the order they ran."""
    every = broken(run.results).groupby(run.results["solver"], sort=False).all()
    return [str(solver) for solver in every.index[every]]
