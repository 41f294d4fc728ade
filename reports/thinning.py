"""Thinning: a long curve drawn from few points without a change of its look.

Each pixel column keeps its first, last, lowest and highest point, which is all that a line drawn through every point
shows there (Jugel, Jerzak, Hackenbroich, Markl: M4, a visualization-oriented time series data aggregation, 2014).
"""

import numpy as np

COLUMNS = 400
POINTS_PER_FIGURE = 12_000


def columns(n_curves: int) -> int:
    """Pixel columns per curve, so that `n_curves` curves together stay under ``POINTS_PER_FIGURE`` points."""
    return max(20, min(COLUMNS, POINTS_PER_FIGURE // (4 * max(n_curves, 1))))


def kept(u: np.ndarray, v: np.ndarray, n_columns: int) -> np.ndarray:
    """Choose the points to draw, as increasing indices.

    Parameters
    ----------
    u, v : ndarray of shape (n_points,)
        Coordinates in the axes' scale (already logarithms on a logarithmic axis); `u` does not decrease.
    n_columns : int
        Number of pixel columns; at most four points of each are kept.
    """
    if len(u) <= 4 * n_columns:
        return np.arange(len(u))
    width = (u[-1] - u[0]) / n_columns or 1.0
    column = np.minimum(((u - u[0]) / width).astype(np.int64), n_columns - 1)
    starts = np.flatnonzero(np.diff(column, prepend=-1))
    chosen: set[int] = set()
    for start, end in zip(starts, [*starts[1:], len(u)], strict=True):
        segment = v[start:end]
        chosen |= {int(start), int(end) - 1, int(start + segment.argmin()), int(start + segment.argmax())}
    return np.array(sorted(chosen))


def marked(u: np.ndarray, n_marks: int, phase: float) -> list[int]:
    """Choose about `n_marks` points, as indices, evenly over the width of a curve; `phase` in [0, 1) shifts them."""
    if len(u) == 0:
        return []
    places = u[0] + (u[-1] - u[0]) * (np.arange(n_marks) + phase) / n_marks
    return sorted({int(np.abs(u - place).argmin()) for place in places} | {len(u) - 1})
