"""A matrix as Octave's ``format short`` shows it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.matlab.layout import FloatArray

DIGITS = 5
"""Significant digits of the largest and of the smallest entry."""

WHOLE = 1e-9
"""Relative distance from a whole number within which a matrix of such numbers is shown without decimals."""

WIDEST = 10
"""Fields wider than this become exponents."""


def displayed(name: str, A: FloatArray) -> str:
    """Return a real matrix under its name, without line breaks between columns, and a last empty line."""
    write = _format(A)
    rows = ["".join("  " + write(value) for value in row) for row in A.tolist()]
    return "\n".join([f"{name} =", "", *rows, ""])


def _format(A: FloatArray) -> Callable[[float], str]:
    """Return what writes an entry: all with the same number of decimals, or all with exponents."""
    sizes = np.abs(A[np.isfinite(A)])
    most, least = (_whole_digits(float(size)) for size in (sizes.max(initial=0.0), sizes.min(initial=math.inf)))
    if np.all(np.abs(sizes - np.rint(sizes)) <= WHOLE * sizes):
        decimals, width = 0, max(most, 1) + 1
    else:
        decimals = max(_decimals(most), _decimals(least))
        width = 1 + max(most, least, 1) + 1 + decimals
    if sizes.size < A.size:
        width = max(width, 4)
    exponents = width > WIDEST and decimals > 0
    if exponents:
        width = DIGITS + 6

    def write(value: float) -> str:
        if math.isnan(value):
            return f"{'NaN':>{width}}"
        if math.isinf(value):
            return f"{'Inf' if value > 0 else '-Inf':>{width}}"
        if value == 0.0:
            return f"{0:>{width}}"
        return f"{value:{width}.{DIGITS - 1}e}" if exponents else f"{value:{width}.{decimals}f}"

    return write


def _whole_digits(size: float) -> int:
    """Return the digits before the point; for a number below 0.1, minus the zeros after it."""
    return math.floor(math.log10(size)) + 1 if 0.0 < size < math.inf else 0


def _decimals(digits: int) -> int:
    """Return the decimals that show all significant digits of a number with so many digits before the point."""
    if digits > 0:
        return DIGITS - digits if digits < DIGITS else DIGITS
    return DIGITS - digits if digits < 0 else DIGITS - 1
