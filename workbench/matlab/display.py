"""What minFunc prints: the table, its messages, and the remarks of its parts, to the letter."""

from __future__ import annotations

import math
import re
import sys
from typing import Any

UNCONDITIONAL = "Using negative curvature direction"
"""The remark that the original prints in every mode."""

_CONVERSION = re.compile(r"%[-+ #0]*(\d*)(?:\.\d+)?[a-zA-Z%]")


def formatted(text: str, *values: Any) -> str:
    """Return ``sprintf(text, values...)`` as MATLAB writes it: numbers that are not finite are NaN, Inf and -Inf."""
    remaining = iter(values)

    def conversion(match: re.Match[str]) -> str:
        spec = match.group()
        if spec.endswith("%"):
            return "%"
        value = next(remaining)
        if isinstance(value, str) or math.isfinite(value):
            return spec % value
        word = "NaN" if math.isnan(value) else "Inf" if value > 0 else "-Inf"
        return f"%{match.group(1)}s" % word

    return _CONVERSION.sub(conversion, text)


class Display:
    """Prints what a mode lets through.

    Parameters
    ----------
    mode : str
        ``off``; ``final``: the message at the end; ``iter``: the table as well; ``full`` and ``excessive``: the remarks
        as well.
    strict : bool
        Print `UNCONDITIONAL` in every mode, as the original does.

    Notes
    -----
    Everything goes to what ``sys.stdout`` is at the time.
    """

    def __init__(self, mode: str, strict: bool = False) -> None:
        self.silent = mode == "off"
        self.table = mode in ("iter", "full", "excessive")
        self.full = mode in ("full", "excessive")
        self.strict = strict

    def header(self) -> None:
        """Print the head of the table."""
        if self.table:
            _print("%10s %10s %15s %15s %15s", "Iteration", "FunEvals", "Step Length", "Function Val", "Opt Cond")

    def row(self, iteration: int, fun_evals: int, step: float, f: float, opt_cond: float) -> None:
        """Print a row; `fun_evals` includes the multiplier of numerical derivatives."""
        if self.table:
            _print("%10d %10d %15.5e %15.5e %15.5e", iteration, fun_evals, step, f, opt_cond)

    def message(self, text: str) -> None:
        """Print how the run ended."""
        if not self.silent:
            _print("%s", text)

    def remark(self, text: str, *values: Any) -> None:
        """Print what a part of the method has to say; `text` is a %-format for `values`."""
        if self.full or (self.strict and text == UNCONDITIONAL):
            _print(text, *values)


def _print(text: str, *values: Any) -> None:
    sys.stdout.write(formatted(text, *values) + "\n")
