"""The look of every figure: colours that colour-blind readers tell apart, and markers and dashes beside them.

The series colours are Okabe and Ito's (Color Universal Design, 2008) without yellow, which is too faint on white. The
neutral colours are the page's own; in the page they follow its light or dark theme.
"""

import unicodedata
from dataclasses import dataclass

INK = "#1c2126"
MUTED = "#5a6570"
RULE = "#d3d9df"
PAPER = "#ffffff"

BLUE = "#0072b2"
VERMILLION = "#d55e00"
SERIES = (BLUE, VERMILLION, "#009e73", "#cc79a7", "#e69f00", "#56b4e9", INK)
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "p", "h")
DASHES = ("-", (0, (5, 1.5)), (0, (1.2, 1.2)), (0, (6, 1.5, 1.2, 1.5)))

RC = {
    "svg.fonttype": "none",
    "svg.hashsalt": "minfunc-workbench",
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 9.5,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": RULE,
    "grid.linewidth": 0.6,
    "text.color": INK,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "legend.frameon": False,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
}


@dataclass(frozen=True)
class Style:
    """Colour, marker and dash pattern of one series."""

    color: str
    marker: str
    dashes: str | tuple[float, tuple[float, ...]]


def style(index: int) -> Style:
    """Style of series `index`; the three cycles have different lengths, so 308 series differ from each other."""
    return Style(SERIES[index % len(SERIES)], MARKERS[index % len(MARKERS)], DASHES[index % len(DASHES)])


def label(text: object, limit: int = 36) -> str:
    """`text` as one short line without control characters, fit to be drawn."""
    clean = "".join(" " if unicodedata.category(character).startswith("C") else character for character in str(text))
    return clean if len(clean) <= limit else f"{clean[: limit - 1]}…"
