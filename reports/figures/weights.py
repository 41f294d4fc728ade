"""Weights of each class: images where the features are pixels, a heat map where the features are few."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from reports.classes import class_names, feature_names, image_shape
from reports.outcome import best, best_array
from reports.palette import INK, RULE, label
from reports.run import Run
from reports.tinted import draw_scale, tinted

TITLE = "Weights of each class"
ORDER = 60
MOST_FEATURES, MOST_CLASSES = 40, 40
WIDTH = 5.6


def frame(run: Run) -> pd.DataFrame:
    """Weights of the best solver, classes in rows, features in columns, without the intercept.

    Empty where the features are neither pixels nor few enough to be named.
    """
    weights = best_array(run, "weights")
    if weights is None or weights.ndim != 2 or not np.isfinite(weights).all():
        return pd.DataFrame()
    few = weights.shape[1] <= MOST_FEATURES and len(weights) <= MOST_CLASSES
    if image_shape(run, weights.shape[1]) is None and not few:
        return pd.DataFrame()
    return pd.DataFrame(weights, class_names(run, len(weights)), feature_names(run, weights.shape[1]))


def draw(run: Run, ax: Axes | None = None) -> Axes:
    """Draw the weights of the best solver on one scale, symmetric about zero."""
    weights = frame(run)
    shape = image_shape(run, weights.shape[1])
    largest = float(np.abs(weights.to_numpy()).max())
    ax = _images(weights, shape, largest, ax) if shape else _heat_map(weights, largest, ax)
    draw_scale(ax, largest or 1.0, "weight")
    return ax


def caption(run: Run) -> str:
    """Text under the figure: what a reader sees."""
    solver, _ = best(run) or ("", 0)
    return (
        f"Weights found by {solver}, the lowest f of the run, without the intercept: orange speaks for the class, "
        "blue against it, one scale for all. A class fixed at zero stays empty."
    )


def source(run: Run) -> str:
    """Place of the numbers in the report."""
    return "results.db: run.arrays({!r}, {})['weights']".format(*(best(run) or ("", 0)))


def _images(weights: pd.DataFrame, shape: tuple[int, int], largest: float, ax: Axes | None) -> Axes:
    height, width = shape
    across = int(np.clip(np.ceil(np.sqrt(1.6 * len(weights) * height / width)), 1, len(weights)))
    down = -(-len(weights) // across)
    # The name above an image stays inside its strip: sizes in points where the figure is WIDTH wide.
    points = float(np.clip(60 / across, 4, 9.5))
    strip = max(0.2, 1.6 * points * across / (72 * (WIDTH - 0.8)))
    gutter, head = max(1, round(0.1 * width)), max(1, int(np.ceil(strip * width)))
    mosaic = np.full((down * (height + head), across * (width + gutter) - gutter), np.nan)
    if ax is None:
        tall = (WIDTH - 0.8) * mosaic.shape[0] / mosaic.shape[1]
        ax = Figure(figsize=(WIDTH, min(tall, 12.0) + 0.2), layout="constrained").add_subplot()
    for index, (name, row) in enumerate(zip(weights.index, weights.to_numpy(), strict=True)):
        top, left = (index // across) * (height + head) + head, (index % across) * (width + gutter)
        mosaic[top : top + height, left : left + width] = row.reshape(shape)
        ax.add_patch(Rectangle((left - 0.5, top - 0.5), width, height, fill=False, edgecolor=RULE, linewidth=0.8))
        text = label(name, limit=max(3, 70 // across))
        ax.text(left + (width - 1) / 2, top - 0.5 - 0.2 * head, text, ha="center", va="bottom",
                fontsize=points, color=INK, parse_math=False)  # fmt: skip
    ax.imshow(tinted(mosaic, largest), interpolation="none")
    ax.set_axis_off()
    return ax


def _heat_map(weights: pd.DataFrame, largest: float, ax: Axes | None) -> Axes:
    n_classes, n_features = weights.shape
    if ax is None:
        ax = Figure(figsize=(WIDTH, 1.0 + 0.24 * n_features), layout="constrained").add_subplot()
    # Features run down the page: their names are the long ones.
    ax.imshow(tinted(weights.to_numpy().T, largest), interpolation="none", aspect="auto")
    ax.set_xticks(range(n_classes), [label(name, 14) for name in weights.index], parse_math=False,
                  rotation=90 if n_classes > 8 else 0)  # fmt: skip
    ax.set_yticks(range(n_features), [label(name, 30) for name in weights.columns], parse_math=False)
    ax.tick_params(length=0)
    ax.grid(False)
    ax.spines[:].set_visible(False)
    ax.set_xlabel("class")
    return ax
