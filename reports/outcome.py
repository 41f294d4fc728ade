"""The outcome of a run: its best cell, the lowest recomputed f, and the solvers that failed."""

import numpy as np

from reports.run import Run


def best(run: Run) -> tuple[str, int] | None:
    """Solver and repeat with the lowest finite f; None where every solver failed. Ties go to the first that ran.

    Whether its solver called it a success plays no part: f was recomputed outside the solver, its word was not.
    """
    results = run.results[np.isfinite(run.results["f"]) & (run.results["error"] == "")]
    if results.empty:
        return None
    row = results.loc[results["f"].idxmin()]
    return str(row["solver"]), int(row["repeat"])


def best_array(run: Run, name: str) -> np.ndarray | None:
    """Array `name` of the best cell; None where there is none."""
    cell = best(run)
    return None if cell is None else run.arrays(*cell).get(name)


def failed(run: Run) -> list[str]:
    """Solvers of which every repeat failed, in the order they ran."""
    every = (run.results["error"] != "").groupby(run.results["solver"], sort=False).all()
    return [str(solver) for solver in every.index[every]]
