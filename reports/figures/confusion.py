"""Confusion matrix: how often each true class was taken for each class."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reports.classes import class_names
from reports.outcome import best, best_array
from reports.palette import INK, PAPER, label
from reports.run import Run
from reports.tinted import tinted

TITLE = "Confusion matrix"
ORDER = 70
MOST_COUNTED, MOST_NAMED = 30, 60


def frame(run: Run) -> pd.DataFrame:
    """Confusion counts of the best solver, true classes in rows, predicted classes in columns."""
    counts = best_array(run, "confusion")
    if counts is None or counts.ndim != 2:
        return pd.DataFrame()
    names = class_names(run, len(counts))
    return pd.DataFrame(counts, pd.Index(names, name="true"), pd.Index(names, name="predicted"))


def draw(run: Run, ax: Axes | None = None) -> Axes:
    """Draw the counts, each tinted by its share of its true class; up to 30 classes with the numbers."""
    counts = frame(run)
    n_classes = len(counts)
    if ax is None:
        ax = Figure(figsize=(5.6, 5.2), layout="constrained").add_subplot()
    # Negative shares, because blue is free of the sense of error that orange has on a diagonal.
    shares = counts.to_numpy() / np.maximum(counts.to_numpy().sum(axis=1, keepdims=True), 1)
    ax.imshow(tinted(-shares, 1.0), interpolation="none")
    if n_classes <= MOST_COUNTED:
        for (row, column), count in np.ndenumerate(counts.to_numpy()):
            if count:
                ax.text(column, row, f"{count}", ha="center", va="center",
                        fontsize=float(np.clip(110 / n_classes, 4, 10)),
                        color=PAPER if shares[row, column] > 0.5 else INK)  # fmt: skip
    size = float(np.clip(130 / n_classes, 4, 9.5))
    named = range(n_classes) if n_classes <= MOST_NAMED else range(0)
    names = [label(counts.index[index], 16) for index in named]
    long = max(map(len, names), default=0) > 60 / n_classes
    ax.set_xticks(named, names, parse_math=False, fontsize=size, rotation=90 if long else 0)
    ax.set_yticks(named, names, parse_math=False, fontsize=size)
    ax.tick_params(length=0)
    ax.grid(False)
    ax.spines[:].set_visible(False)
    ax.set(xlabel="predicted class", ylabel="true class")
    return ax


def caption(run: Run) -> str:
    """Text under the figure: what a reader sees."""
    solver, _ = best(run) or ("", 0)
    where = "test" if run.entry("problem", "data", "n_test", default=0) else "training"
    return (
        f"Predictions of {solver}, the lowest f of the run, on the {where} set: true classes in rows, predicted ones "
        "in columns, tinted by the share of the true class."
    )


def source(run: Run) -> str:
    """Place of the numbers in the report."""
    return "results.db: run.arrays({!r}, {})['confusion']".format(*(best(run) or ("", 0)))
