"""The figure of a gradient check: analytic against numeric derivatives, and the error over features × classes."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.style import context

from workbench.gradient_check.central import SAFETY

if TYPE_CHECKING:
    import os

    from matplotlib.axes import Axes

    from workbench.gradient_check.contract import FloatArray
    from workbench.gradient_check.report import GradientReport

SUFFIXES = (".png", ".svg")
# The colours of the reports: Okabe and Ito's blue and vermillion, and neutral ones beside them. They stand here again
# because only the command line may know both the reports and the rest.
BLUE, VERMILLION, INK, MUTED, RULE = "#0072b2", "#d55e00", "#1c2126", "#5a6570", "#d3d9df"
MARKS = {"pass": (BLUE, "o"), "inconclusive": (MUTED, "D"), "fail": (VERMILLION, "X")}
LOOK = {
    "svg.fonttype": "none",
    "svg.hashsalt": "gradient-check",
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 9.5,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 9.5,
    "axes.titlelocation": "left",
    "grid.color": RULE,
    "grid.linewidth": 0.6,
    "text.color": INK,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "legend.frameon": False,
}
# Slopes whose sizes differ by more than this need a logarithmic axis.
WIDE = 300.0
# Errors of this many tolerances, each ten times the noise, are drawn in full colour.
FULL = 1e3
MOST_CLASSES, MOST_FEATURES = 40, 30


def draw(report: GradientReport, path: str | os.PathLike[str]) -> Path:
    """Draw the table of a gradient check into a file: at x0, or at the first point with a wrong coordinate.

    Left, a mark for each coordinate (for each direction, where no coordinate was checked by itself): the analytic over
    the numeric derivative, with the tolerance as a bar; on the line they agree. Right, where the coordinates are named
    by class and feature, the error as an image, features down and classes across: orange where the analytic derivative
    is too large, blue where it is too small, full colour from 1,000 tolerances on, pale grey where all is well, a small
    square where it cannot be judged, empty where not checked.

    Parameters
    ----------
    report : GradientReport
        Of `workbench.check_gradient`.
    path : path-like
        The file, ending in .png or .svg. It is replaced if it exists.

    Returns
    -------
    Path
        Of the file.

    Raises
    ------
    ValueError
        For another ending.
    """
    path = Path(path)
    if path.suffix.lower() not in SUFFIXES:
        raise ValueError(f"{path.name} ends in {path.suffix!r}, expected one of {', '.join(SUFFIXES)}")
    # The style of the caller's own figures stays out of this one, and this one's out of theirs.
    with context(["default", LOOK], after_reset=True), warnings.catch_warnings():
        # A name in a script that the font lacks is drawn as boxes in a PNG, and right in an SVG.
        warnings.filterwarnings("ignore", message=r"Glyph .* missing from", category=UserWarning)
        figure = _figure(report)
        nothing = dict.fromkeys(("Creator", "Date", "Format", "Type")) if path.suffix.lower() == ".svg" else {}
        figure.savefig(path, dpi=160, metadata=nothing)
    return path


def _figure(report: GradientReport) -> Figure:
    table = report.shown.table
    if not len(table):  # the check went by directions, and all agree
        table = pd.concat([point.directions for point in report.points])
    named = all(kind in table and table[kind].notna().all() for kind in ("class", "feature"))
    if not named:
        figure = Figure(figsize=(5.2, 4.8), layout="constrained")
        _draw_derivatives(table, figure.add_subplot())
    else:
        figure = Figure(figsize=(9.6, 4.8), layout="constrained")
        left, right = figure.subplots(1, 2, width_ratios=(5, 4))
        _draw_derivatives(table, left)
        _draw_pattern(table, right)
    figure.suptitle(_title(report), x=0.01, ha="left", fontsize=11)
    return figure


def _title(report: GradientReport) -> str:
    table = report.shown.table
    if not len(table):
        return f"{report.verdict}: {report.n_coordinates:,} coordinates, along random directions"
    wrong, right = (int((table["verdict"] == verdict).sum()) for verdict in ("fail", "pass"))
    counted = f"{wrong:,} wrong, {right:,} right" if wrong else f"{right:,} right"
    where = "" if report.shown is report.points[0] else f" at {report.shown.name}"
    text = f"{report.verdict}: of {len(table):,} coordinates checked{where} {counted}"
    return f"{text}; a random direction disagrees" if report.verdict == "FAIL" and not wrong else text


def _draw_derivatives(table: pd.DataFrame, ax: Axes) -> None:
    drawn = table[np.isfinite(table["numeric"].to_numpy())]
    numeric, analytic = drawn["numeric"].to_numpy(), drawn["analytic"].to_numpy()
    sizes = np.abs(np.concatenate((numeric, analytic)))
    _scale(ax, sizes)
    ax.axline((0.0, 0.0), (1.0, 1.0), color=MUTED, linewidth=1.0, zorder=1)
    for verdict, (color, marker) in MARKS.items():
        chosen = (drawn["verdict"] == verdict).to_numpy()
        if not chosen.any():
            continue
        tolerance = drawn["tolerance"].to_numpy()[chosen]
        # A tolerance without end would stretch the axes.
        bars = np.where(tolerance <= sizes.max(initial=1e-300), tolerance, 0.0)
        ax.errorbar(
            numeric[chosen], analytic[chosen], yerr=bars, fmt=marker, color=color, ecolor=color, elinewidth=0.8,
            markersize=4.5 if verdict == "pass" else 6, markeredgecolor="white", markeredgewidth=0.4,
            label=f"{verdict}, {chosen.sum():,}", zorder=3 if verdict == "fail" else 2,
        )  # fmt: skip
    lost = len(table) - len(drawn)
    if lost:
        ax.plot([], [], " ", label=f"{lost:,} without a numeric derivative")
    ax.grid(visible=True)
    ax.set(xlabel="numeric derivative, from f", ylabel="analytic derivative, from g")
    ax.set_title("derivatives; on the line they agree", color=MUTED)
    # Above the axes, right of their title: inside there may be marks anywhere.
    ax.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=3, borderaxespad=0.0, handletextpad=0.2)


def _scale(ax: Axes, sizes: FloatArray) -> None:
    """Symmetric axes of the same range, logarithmic away from zero where the sizes differ widely."""
    largest = float(sizes.max(initial=0.0)) or 1.0
    seen = sizes[sizes > 0]
    small = float(np.quantile(seen, 0.1)) if seen.size else largest
    limit = 1.1 * largest
    if largest > WIDE * small:
        threshold = max(small, 1e-8 * largest)
        # Whole decades: every other one is labelled where there are many.
        ax.set_xscale("symlog", linthresh=threshold)
        ax.set_yscale("symlog", linthresh=threshold)
        decades = np.arange(np.ceil(np.log10(threshold)), np.floor(np.log10(largest)) + 1)
        powers = 10.0 ** decades[:: max(1, -(-decades.size // 4))]
        ticks = [*-powers[::-1], 0.0, *powers]
        ax.set_xticks(ticks)
        ax.set_yticks(ticks)
        ax.minorticks_off()
        limit = 2.0 * largest
    ax.set(xlim=(-limit, limit), ylim=(-limit, limit))


def _draw_pattern(table: pd.DataFrame, ax: Axes) -> None:
    classes, features = list(dict.fromkeys(table["class"])), _in_order(table)
    row = table["feature"].map({name: i for i, name in enumerate(features)}).to_numpy()
    column = table["class"].map({name: i for i, name in enumerate(classes)}).to_numpy()
    image = np.zeros((len(features), len(classes), 4))
    image[row, column] = _colours(table)
    ax.imshow(image, interpolation="none", aspect="auto")
    unjudged = (table["verdict"] == "inconclusive").to_numpy()
    ax.plot(column[unjudged], row[unjudged], "s", color=MUTED, markersize=3, linestyle="none")
    failed = (table["verdict"] == "fail").to_numpy()
    _name(ax, "x", classes, MOST_CLASSES, column[failed])
    _name(ax, "y", features, MOST_FEATURES, row[failed])
    ax.tick_params(length=0)
    ax.spines[:].set_visible(True)
    ax.spines[:].set_color(RULE)
    ax.set(xlabel="class", ylabel="feature")
    ax.set_title("error: orange too large, blue too small, grey agrees", color=MUTED)


def _colours(table: pd.DataFrame) -> FloatArray:
    """RGBA of each row: the sign of its error as colour, its size in tolerances as strength."""
    above = (table["analytic"] > table["numeric"]).to_numpy()
    tolerances = table["error_in_noise"].to_numpy() / SAFETY
    share = np.log10(np.clip(tolerances, 1.0, FULL)) / np.log10(FULL)
    colours = np.where(above[:, None], to_rgb(VERMILLION), to_rgb(BLUE))
    wrong = np.column_stack((colours, 0.35 + 0.65 * share))
    fine = np.array([*to_rgb(RULE), 0.6])
    chosen: FloatArray = np.where((table["verdict"] == "fail").to_numpy()[:, None], wrong, fine)
    return chosen


def _in_order(table: pd.DataFrame) -> list[Any]:
    """Features in the order of theta: where the table is a sample, no class need have them all."""
    first = table.groupby("class", sort=False)["coordinate"].transform("min")
    if len(table) == table["class"].nunique() * table["feature"].nunique():
        return list(dict.fromkeys(table.assign(place=table["coordinate"] - first).sort_values("place")["feature"]))
    names = list(dict.fromkeys(table["feature"]))
    numbered = all(str(name).isdigit() for name in names if name != "intercept")
    # Names that are numbers have an order of their own, the intercept after them.
    return sorted(names, key=lambda name: int(name) if str(name).isdigit() else np.inf) if numbered else names


def _name(ax: Axes, which: str, names: list[Any], most: int, wrong: np.ndarray) -> None:
    """Write the names on an axis, where they are too many those of a few wrong places and every so many of the rest."""
    every = -(-len(names) // most)
    wrong = np.unique(wrong)
    first = wrong if wrong.size <= most // 2 else wrong[:0]
    places = [place for place in range(0, len(names), every) if np.all(np.abs(first - place) >= every)]
    places = sorted([*places, *(int(place) for place in first)])
    words = [_short(names[place]) for place in places]
    upright = which == "x" and max(map(len, words)) * len(words) > 36
    axis = ax.xaxis if which == "x" else ax.yaxis
    axis.set_ticks(
        places, words, parse_math=False, rotation=90 if upright else 0, fontsize=7.0 if len(words) > 16 else 9.0
    )


def _short(name: object) -> str:
    text = "".join(character if character.isprintable() else " " for character in str(name))
    return text if len(text) <= 18 else f"{text[:17]}…"
