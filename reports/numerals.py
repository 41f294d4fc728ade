"""Numbers as a person reads them: ∞ for what was not reached, – for what is unknown."""

import math

import numpy as np

UNKNOWN = "–"
INFINITE = "∞"


def _special(x: float) -> str | None:
    if math.isnan(x):
        return UNKNOWN
    if math.isinf(x):
        return INFINITE if x > 0 else f"−{INFINITE}"
    return None


def power(x: float, digits: int = 3) -> str:
    """`x` in scientific notation without padding, at most `digits` significant digits: 1e-4, 2.51e-7."""
    if (special := _special(x)) is not None:
        return special
    text = str(np.format_float_scientific(x, precision=digits - 1, trim="-", exp_digits=1))
    # A mantissa that was rounded to one digit keeps its point: 1.e-6.
    return text.replace(".e", "e").replace("e+", "e")


def significant(x: float, digits: int = 3) -> str:
    """`x` with `digits` significant digits, written out where that is short: 0.0123, 12.3, 1.23e-7."""
    if (special := _special(x)) is not None:
        return special
    if x != 0.0 and not 1e-3 <= abs(x) < 1e6:
        return power(x, digits)
    decimals = digits if x == 0.0 else digits - 1 - math.floor(math.log10(abs(x)))
    return "0" if x == 0.0 else f"{x:,.{max(decimals, 0)}f}"


def whole(x: float) -> str:
    """`x` as a count, 1,234; a part of an evaluation or a median between two counts keeps one decimal."""
    if (special := _special(x)) is not None:
        return special
    return f"{x:,.0f}" if float(x).is_integer() else f"{x:,.1f}"


def share(x: float) -> str:
    """`x` in [0, 1] with four decimals."""
    return _special(x) or f"{x:.4f}"
