"""Curves: one line per solver and repeat, over solver time or evaluations."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from reports import gap, thinning
from reports.numerals import power, whole
from reports.palette import INK, MUTED, Style, label, style
from reports.run import Run

SIZE = (5.6, 4.1)
FLOOR = 1e-16
HEADROOM = 1e3
HIGHEST = 1e100
_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True)
class Axis:
    """One axis: the column it shows, its words, whether it is logarithmic, and how its ticks are written."""

    column: str
    title: str
    log: bool = True
    tick: str = "power"


SECONDS = Axis("seconds", "solver seconds", tick="plain")
EVALUATIONS = Axis("nfev", "f+g evaluations", tick="whole")


def _power(x: float, _position: int | None = None) -> str:
    mantissa, exponent = power(x).split("e")
    ten = f"10{str(int(exponent)).translate(_SUPERSCRIPT)}"
    return ten if mantissa == "1" else f"{mantissa}·{ten}"


def _plain(x: float, _position: int | None = None) -> str:
    short = 1e-5 <= x < 1e6
    return str(np.format_float_positional(x, precision=3, fractional=False, trim="-")) if short else power(x)


_TICKS = {
    "plain": _plain,
    "whole": lambda x, _: whole(x),
    "power": _power,
}


def draw_curves(run: Run, frame: pd.DataFrame, x: Axis, y: Axis, ax: Axes | None = None) -> Axes:
    """Draw the columns `x` and `y` of `frame` (with solver and repeat) on `ax`, or on a new figure.

    With several repeats the one of median length is drawn in full, the others pale. On a logarithmic `y` a curve that
    climbs ``HEADROOM`` times above every start leaves at the top: a solver that diverges must not flatten the others.
    """
    own = ax is None
    ax = Figure(figsize=SIZE, layout="constrained").add_subplot() if ax is None else ax
    frame = frame[np.isfinite(frame[x.column]) & np.isfinite(frame[y.column])]
    styles = {solver: style(index) for index, solver in enumerate(run.solvers)}
    curves = list(_curves(frame))
    n_columns = thinning.columns(len(curves))
    left = _left(frame[x.column])
    top = min(HEADROOM * max((max(curve[y.column].iloc[0], FLOOR) for _, curve, _ in curves), default=1.0), HIGHEST)
    for solver, curve, main in curves:
        # Clipped far outside of what is shown, where matplotlib's own arithmetic would overflow.
        u, v = _drawn(curve[x.column], x, left, np.inf), _drawn(curve[y.column], y, FLOOR, top * HEADROOM)
        points = thinning.kept(_scaled(u, x), _scaled(v, y), n_columns)
        phase = run.solvers.index(solver) / len(run.solvers)
        marks = thinning.marked(_scaled(u[points], x), 6, phase) if main else []
        paint: dict[str, Any] = {"alpha": 1.0 if main else 0.35, "zorder": 3 if main else 2, "markevery": marks}
        ax.plot(u[points], v[points], **_line(styles[solver]), **paint)
    _scale(ax, "x", x)
    _scale(ax, "y", y)
    if y.log and ax.get_ylim()[1] > top:
        ax.set_ylim(top=top)
    _legend(ax, {solver: styles[solver] for solver, _, main in curves if main}, own)
    return ax


def draw_targets(run: Run, ax: Axes) -> None:
    """Draw the run's target gaps as dotted levels."""
    for target in gap.targets(run):
        draw_level(ax, target)


def draw_level(ax: Axes, y: float) -> None:
    """Draw a dotted level at `y`."""
    ax.axhline(y, color=MUTED, linewidth=1.1, linestyle=(0, (1, 1.6)), zorder=1)


def _curves(frame: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame, bool]]:
    for solver, cells in frame.groupby("solver", sort=False):
        repeats = [curve for _, curve in cells.groupby("repeat", sort=False)]
        lengths = [float(curve["seconds"].iloc[-1]) for curve in repeats]
        middle = int(np.argsort(lengths, kind="stable")[(len(lengths) - 1) // 2])
        for index, curve in enumerate(repeats):
            yield str(solver), curve, index == middle


def _left(column: pd.Series) -> float:
    """Place of 0 on a logarithmic axis, which has none for the start at 0 s: just left of everything else."""
    positive = column[column > 0]
    return float(positive.min()) / 1.5 if len(positive) else 1.0


def _drawn(values: pd.Series, axis: Axis, lowest: float, highest: float) -> np.ndarray:
    array: np.ndarray = values.to_numpy(dtype=np.float64)
    return np.clip(array, lowest, highest) if axis.log else array


def _scaled(values: np.ndarray, axis: Axis) -> np.ndarray:
    scaled: np.ndarray = np.log10(values) if axis.log else values
    return scaled


def _scale(ax: Axes, name: str, axis: Axis) -> None:
    ax.set(**{f"{name}label": f"{axis.title} (log scale)" if axis.log else axis.title})
    if not axis.log:
        return
    ax.set(**{f"{name}scale": "log"})
    ticks = ax.xaxis if name == "x" else ax.yaxis
    low, high = ticks.get_view_interval()
    # Over less than two decades the powers of ten alone would be one label or two.
    ticks.set_major_locator(LogLocator(subs=(1.0,) if high > 100 * low else (1.0, 2.0, 5.0), numticks=9))
    ticks.set_major_formatter(FuncFormatter(_TICKS[axis.tick]))
    ticks.set_minor_formatter(NullFormatter())


def _line(look: Style) -> dict[str, Any]:
    return {
        "color": look.color,
        "linestyle": look.dashes,
        "linewidth": 1.4,
        "marker": look.marker,
        "markersize": 4.5,
        "markeredgewidth": 0,
        "solid_joinstyle": "round",
    }


def _legend(ax: Axes, styles: dict[str, Style], own: bool) -> None:
    if not styles:
        return
    handles = [Line2D([], [], **_line(look)) for look in styles.values()]
    # The texts are set afterwards: a label that begins with "_" would be left out, one with "$" read as mathematics.
    blanks = ["x" * len(label(solver)) for solver in styles]
    columns = max(1, min(len(styles), 60 // (max(map(len, blanks)) + 6)))
    if own:
        legend = ax.figure.legend(handles, blanks, loc="outside lower center", ncols=columns)
    else:
        legend = ax.legend(handles, blanks)
    for text, solver in zip(legend.get_texts(), styles, strict=True):
        text.set(text=label(solver), parse_math=False, color=INK)
