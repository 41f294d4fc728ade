"""The verdict: whether noise and truncation explain the difference of two derivatives."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from workbench.gradient_check.central import SAFETY
from workbench.gradient_check.sweep import Slope

if TYPE_CHECKING:
    from workbench.gradient_check.contract import FloatArray
    from workbench.gradient_check.place import Place

# A tolerance above this share of the largest slope decides nothing.
BLIND = 0.1


def rounding_along(d: FloatArray, place: Place, g_eps: float) -> float:
    """Return what rounding in g may have done to the derivative along `d`."""
    spread = SAFETY * np.sqrt(d**2 @ place.noise.g**2)
    return float(spread + 4 * g_eps * (np.abs(d) @ np.abs(place.g)))


def judged(analytic: FloatArray, slopes: list[Slope], analytic_error: FloatArray) -> pd.DataFrame:
    """Verdict on each pair of derivatives, with all that it rests on: the table of the report, without names.

    Parameters
    ----------
    analytic : ndarray, shape (k,)
        Derivatives to be judged.
    slopes : list of Slope
        Their numeric counterparts.
    analytic_error : ndarray, shape (k,)
        What rounding may have done to `analytic`.
    """
    values, errors, steps, rises, flat = (
        np.array(column) for column in (zip(*slopes, strict=True) if slopes else [[]] * len(Slope._fields))
    )
    difference = np.abs(analytic - values)
    tolerance = SAFETY * errors + analytic_error
    with np.errstate(invalid="ignore"):
        size = np.fmax(np.abs(analytic), np.abs(values))
        relative = np.divide(difference, size, out=np.zeros_like(difference), where=difference != 0)
        in_noise = SAFETY * np.divide(difference, tolerance, out=np.zeros_like(difference), where=difference != 0)
    largest = np.max(np.fmax(size, rises), initial=0.0)
    idle = np.array(flat, dtype=bool) & (analytic == 0)
    # Written so that NaN falls on the side of "inconclusive".
    blind = ~(tolerance <= BLIND * largest) & ~idle
    verdict = np.where(blind, "inconclusive", np.where(difference > tolerance, "fail", "pass"))
    return pd.DataFrame(
        {
            "analytic": analytic + 0.0,
            "numeric": values,
            "relative_error": relative,
            "tolerance": tolerance,
            "error_in_noise": in_noise,
            "step": steps,
            "verdict": verdict,
        }
    )
