"""A run as three plain tables: its results, its iterations, its problems."""

import json

import pandas as pd

from reports import gap
from reports.run import Run


def frames(run: Run) -> dict[str, pd.DataFrame]:
    """The tables by name. Of each problem: key, label, headline, f*, its origin and error, and the rest as JSON."""
    problems = [_problem(one) for one in run.each() if one.problems]
    names = ["problem", "key", "headline", "f_star", "f_start", "origin", "relative_error", "description", "limits"]
    return {"results": run.results, "trace": run.trace, "problems": pd.DataFrame(problems, columns=names)}


def _problem(run: Run) -> dict[str, object]:
    return {
        "problem": run.label(run.problems[0]),
        "key": run.problems[0],
        "headline": str(run.entry("headline", default="")),
        "f_star": gap.optimum(run),
        "f_start": float(run.entry("reference", "f_start", default=float("nan"))),
        "origin": str(run.entry("reference", "kind", default="")),
        "relative_error": float(run.entry("reference", "relative_error", default=float("nan"))),
        "description": json.dumps(run.entry("problem", default={})),
        "limits": json.dumps(run.entry("limits", default={})),
    }
