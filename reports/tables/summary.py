"""Summary: the row a person reads for each solver, medians over its repeats."""

from collections import Counter
from typing import Any

import pandas as pd

from reports import gap
from reports.outcome import reason
from reports.quantile import interval, quantile
from reports.ranking import flags, parity, timed
from reports.run import Run
from reports.running_time import expected_evaluations

TITLE = "Summary"
ORDER = 10
QUARTILES = {"q1": 0.25, "q3": 0.75}
INTERVAL = ("low", "high")
EVALUATIONS = "evals"


def summary(run: Run) -> pd.DataFrame:
    """One row per solver of a run of one problem, in the order they ran.

    Columns: ``solver``; ``status``, the solver's sentence, or its failure; where any solver has them ``verdicts`` (how
    many repeats were judged how), ``flags`` (how many have times that are contended, drifted, or with compilation in
    them) and ``parity`` (why it does not minimise this f); ``repeats`` where there were several; ``iter``; ``f+g``,
    evaluations; ``compile``, seconds; one column of seconds per target gap, each followed by its quartiles ("... q1",
    "... q3") and a 95% bootstrap interval of the median ("... low", "... high") where there were several repeats; one
    column per target of the expected evaluations ("evals to ..."); ``f``, ``||g||inf``, and for a problem that has
    them ``train`` and ``test`` accuracy, all recomputed outside the solver.

    Everything is the median over repeats, with two exceptions. ``compile`` is the largest, since only one repeat pays
    for it. A repeat that never reached a target (most failed ones) counts as ``inf`` in its column, so that a
    median over repeats can be ``inf``; without f* the seconds are NaN. Flagged times are left out of these where there
    are others.
    """
    cells = run.results
    several = bool(cells.duplicated("solver").any())
    traces = dict(iter(run.trace.groupby(["solver", "repeat"], sort=False)))
    rows = [_row(run, str(solver), mine, traces, several) for solver, mine in cells.groupby("solver", sort=False)]
    return pd.DataFrame(rows, columns=None if rows else _columns(run))


frame = summary


def _row(run: Run, solver: str, cells: pd.DataFrame, traces: dict[Any, pd.DataFrame], several: bool) -> dict[str, Any]:
    row: dict[str, Any] = {"solver": solver, "status": _status(cells)}
    if (run.results["verdict"] != "").any():
        row["verdicts"] = verdicts(cells)
    if (run.results["flags"] != "").any():
        row["flags"] = flags(cells)
    if (run.results["parity"] != "").any():
        row["parity"] = parity(cells)
    if several:
        row["repeats"] = len(cells)
    row |= {"iter": _median(cells["nit"]), "f+g": _median(cells["nfev"]), "compile": cells["compile_seconds"].max()}
    nothing = run.trace.iloc[:0]
    for target in gap.targets(run):
        seconds = [
            gap.seconds_to(run, traces.get((solver, repeat), nothing), target) for repeat in timed(cells)["repeat"]
        ]
        column = gap.heading(run, target)
        row[column] = quantile(seconds, 0.5)
        if several:
            row |= {f"{column} {label}": quantile(seconds, share) for label, share in QUARTILES.items()}
            row |= {f"{column} {label}": end for label, end in zip(INTERVAL, interval(seconds), strict=True)}
    mine = [traces.get((solver, repeat), nothing) for repeat in cells["repeat"]]
    for target in gap.targets(run):
        row[gap.heading(run, target, EVALUATIONS)] = expected_evaluations(run, cells, mine, target)
    row |= {"f": _median(cells["f"]), "||g||inf": _median(cells["grad_inf"])}
    if has_accuracies(run):
        row |= {"train": _median(cells["train_accuracy"]), "test": _median(cells["test_accuracy"])}
    return row


def has_accuracies(run: Run) -> bool:
    """Whether any solver has one: a function of the user's predicts nothing."""
    return bool(run.results[["train_accuracy", "test_accuracy"]].notna().any(axis=None))


def verdicts(cells: pd.DataFrame) -> str:
    """How many of one solver's repeats were judged how: "verified 2, diverged 1"."""
    counts = Counter(verdict for verdict in cells["verdict"] if verdict)
    return ", ".join(f"{verdict} {count}" for verdict, count in counts.items())


def _median(column: pd.Series) -> float:
    """Median of what is known: failed repeats have no numbers, and a solver that always failed has none at all."""
    known = column.dropna()
    return quantile(known.to_list(), 0.5) if len(known) else float("nan")


def _status(cells: pd.DataFrame) -> str:
    sentences = Counter(reason(cell) or cell.message or cell.status for cell in cells.itertuples())
    if len(sentences) == 1:
        return str(next(iter(sentences)))
    return "; ".join(f"{sentence} ({count} of {len(cells)})" for sentence, count in sentences.items())


def _columns(run: Run) -> list[str]:
    times = [gap.heading(run, target, unit) for unit in ("s", EVALUATIONS) for target in gap.targets(run)]
    accuracies = ["train", "test"] if has_accuracies(run) else []
    return ["solver", "status", "iter", "f+g", "compile", *times, "f", "||g||inf", *accuracies]
