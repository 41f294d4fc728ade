"""Summary: the row a person reads for each solver, medians over its repeats."""

from collections import Counter
from typing import Any

import numpy as np
import pandas as pd

from reports import gap
from reports.run import Run

TITLE = "Summary"
ORDER = 10
QUARTILES = {"q1": 0.25, "q3": 0.75}


def summary(run: Run) -> pd.DataFrame:
    """One row per solver, in the order they ran.

    Columns: ``solver``; ``status``, the solver's sentence, or its failure; ``repeats`` where there were several;
    ``iter``; ``f+g``, evaluations; ``compile``, seconds; one column of seconds per target gap, each followed by its
    quartiles ("... q1", "... q3") where there were several repeats; ``f``, ``||g||inf``, and for a problem that has
    them ``train`` and ``test`` accuracy, all recomputed outside the solver.

    Everything is the median over repeats, with two exceptions. ``compile`` is the largest, since only one repeat pays
    for it. A repeat that never reached a target (most failed ones) counts as ``inf`` in its column, so that a
    median over repeats can be ``inf``; without f* the seconds are NaN.
    """
    several = bool(run.results.duplicated("solver").any())
    traces = dict(iter(run.trace.groupby(["solver", "repeat"], sort=False)))
    nothing = run.trace.iloc[:0]
    rows = []
    for solver, cells in run.results.groupby("solver", sort=False):
        row: dict[str, Any] = {"solver": solver, "status": _status(cells)}
        if several:
            row["repeats"] = len(cells)
        row |= {"iter": _median(cells["nit"]), "f+g": _median(cells["nfev"]), "compile": cells["compile_seconds"].max()}
        for target in gap.targets(run):
            seconds = [gap.seconds_to(run, traces.get((solver, repeat), nothing), target) for repeat in cells["repeat"]]
            column = gap.heading(run, target)
            row[column] = quantile(seconds, 0.5)
            if several:
                row |= {f"{column} {label}": quantile(seconds, share) for label, share in QUARTILES.items()}
        row |= {"f": _median(cells["f"]), "||g||inf": _median(cells["grad_inf"])}
        if has_accuracies(run):
            row |= {"train": _median(cells["train_accuracy"]), "test": _median(cells["test_accuracy"])}
        rows.append(row)
    return pd.DataFrame(rows, columns=None if rows else _columns(run))


frame = summary


def has_accuracies(run: Run) -> bool:
    """Whether any solver has one: a function of the user's predicts nothing."""
    return bool(run.results[["train_accuracy", "test_accuracy"]].notna().any(axis=None))


def quantile(values: list[float], share: float) -> float:
    """Quantile of `values` by linear interpolation, where ``inf`` is a value like any other.

    ``numpy.quantile`` makes NaN of it: it forms inf - inf.
    """
    ordered = np.sort(np.asarray(values, dtype=np.float64))
    place = share * (ordered.size - 1)
    low, high = ordered[int(np.floor(place))], ordered[int(np.ceil(place))]
    rest = place - np.floor(place)
    return float(low if rest == 0.0 or low == high else low + rest * (high - low))


def _median(column: pd.Series) -> float:
    """Median of what is known: failed repeats have no numbers, and a solver that always failed has none at all."""
    known = column.dropna()
    return quantile(known.to_list(), 0.5) if len(known) else float("nan")


def _status(cells: pd.DataFrame) -> str:
    sentences = Counter(
        f"failed: {cell.error}" if cell.error else (cell.message or cell.status) for cell in cells.itertuples()
    )
    if len(sentences) == 1:
        return str(next(iter(sentences)))
    return "; ".join(f"{sentence} ({count} of {len(cells)})" for sentence, count in sentences.items())


def _columns(run: Run) -> list[str]:
    times = [gap.heading(run, target) for target in gap.targets(run)]
    accuracies = ["train", "test"] if has_accuracies(run) else []
    return ["solver", "status", "iter", "f+g", "compile", *times, "f", "||g||inf", *accuracies]
