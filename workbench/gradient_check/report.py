"""What a gradient check found: a verdict, a table with one row per coordinate, and the text of the command line."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

SHOWN = 10


@dataclass(frozen=True, eq=False)
class GradientReport:
    """The outcome of `workbench.check_gradient`; ``str()`` is what the command line prints.

    Attributes
    ----------
    table : DataFrame
        One row per coordinate checked: coordinate (0-based), class, feature (None without names), analytic, numeric,
        relative_error ``|a - b| / max(|a|, |b|)``, tolerance (of the absolute difference), error_in_tolerances, step
        (relative to ``max(|x_j|, 1)``), verdict ("pass", "fail" or "inconclusive").
    directions : DataFrame
        The same for derivatives along random directions, empty where every coordinate, or a chosen list, was checked.
    scipy_check_grad : float
        What ``scipy.optimize.check_grad`` returns: a 2-norm of differences, against forward differences.
    scipy_direction : str
        "all" coordinates, or one "random" direction.
    f, noise : float
        The value at x0 and the size of its rounding errors.
    n_coordinates : int
        Length of x0.
    drawn : bool
        Whether the coordinates of the table are a random sample.
    seed : int
        Of the sample, the directions and the probe of the noise.
    evaluations : int
        Calls of fun, SciPy's included.
    """

    table: pd.DataFrame
    directions: pd.DataFrame
    scipy_check_grad: float
    scipy_direction: str
    f: float
    noise: float
    n_coordinates: int
    drawn: bool
    seed: int
    evaluations: int

    @property
    def verdict(self) -> str:
        """FAIL if anything fails, INCONCLUSIVE if nothing fails but something could not be judged, else PASS."""
        found = {*self.table["verdict"], *self.directions["verdict"]}
        return "FAIL" if "fail" in found else "INCONCLUSIVE" if "inconclusive" in found else "PASS"

    @property
    def ok(self) -> bool:
        """Whether everything that was checked agrees: the verdict is PASS."""
        return self.verdict == "PASS"

    @property
    def worst(self) -> pd.DataFrame:
        """The ten worst rows of the table: what fails, then what could not be judged, by error in tolerances."""
        rank = self.table["verdict"].map({"fail": 0, "inconclusive": 1, "pass": 2})
        keyed = self.table.assign(rank=rank).sort_values(
            ["rank", "error_in_tolerances"], ascending=[True, False], kind="stable"
        )
        return keyed.drop(columns="rank").head(SHOWN)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types; NaN and the infinities become None (``null``), which JSON has no numbers for."""
        return {
            "verdict": self.verdict,
            "ok": self.ok,
            "f": _plain(self.f),
            "noise": _plain(self.noise),
            "n_coordinates": self.n_coordinates,
            "n_checked": len(self.table),
            "n_failed": _count(self.table, "fail"),
            "n_inconclusive": _count(self.table, "inconclusive"),
            "drawn": self.drawn,
            "seed": self.seed,
            "evaluations": self.evaluations,
            "scipy_check_grad": _plain(self.scipy_check_grad),
            "scipy_direction": self.scipy_direction,
            "table": _records(self.table),
            "directions": _records(self.directions),
        }

    def __str__(self) -> str:
        return "\n".join([self._headline(), *self._coverage(), *self._scipy(), "", self._rows()])

    def _headline(self) -> str:
        checked, failed, blind = len(self.table), _count(self.table, "fail"), _count(self.table, "inconclusive")
        worst = self.table["error_in_tolerances"].max()
        if failed:
            return f"FAIL  {failed:,} of {checked:,} coordinates are wrong, by up to {worst:.2g} × the tolerance"
        if self.verdict == "FAIL":
            return f"FAIL  a coordinate outside the {checked:,} in the table is wrong: random directions disagree"
        if blind or self.verdict == "INCONCLUSIVE":
            return (
                f"INCONCLUSIVE  {blind:,} of {checked:,} coordinates cannot be judged: "
                f"f = {self.f:.6g} is noisy (±{self.noise:.1e}), not smooth, or not finite close to x0"
            )
        return f"PASS  {checked:,} of {checked:,} coordinates agree, the worst within {worst:.2g} × its tolerance"

    def _coverage(self) -> list[str]:
        checked, n = len(self.table), self.n_coordinates
        if not self.drawn:
            which = "all" if checked == n else "the chosen"
            return [f"checked: {which} {checked:,} of {n:,} coordinates, {self.evaluations:,} evaluations"]
        agree = _count(self.directions, "pass")
        return [
            f"checked: {checked:,} of {n:,} coordinates, drawn at random (seed {self.seed}), "
            f"{self.evaluations:,} evaluations",
            f"         every coordinate takes part in {len(self.directions)} random directions, of which {agree} agree",
        ]

    def _scipy(self) -> list[str]:
        where = "all coordinates" if self.scipy_direction == "all" else "one random direction"
        return [f"scipy.optimize.check_grad: {self.scipy_check_grad:.3e} ({where}, forward differences)"]

    def _rows(self) -> str:
        worst = self.worst.drop(columns=["step"])
        unnamed = [column for column in ("class", "feature") if worst[column].isna().all()]
        text = worst.drop(columns=unnamed).to_string(
            index=False,
            formatters={
                "analytic": "{:.8g}".format,
                "numeric": "{:.8g}".format,
                "relative_error": "{:.1e}".format,
                "tolerance": "{:.1e}".format,
                "error_in_tolerances": "{:.2g}".format,
            },
            justify="right",
        )
        rows = "the only row" if len(self.table) == 1 else f"the worst {len(worst)} of {len(self.table):,} rows"
        return f"{rows}, by error in tolerances\n{text}"


def _count(table: pd.DataFrame, verdict: str) -> int:
    return int((table["verdict"] == verdict).sum())


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(key): _plain(value) for key, value in row.items()} for row in table.to_dict("records")]


def _plain(value: Any) -> Any:
    """Return a NumPy scalar as the Python value; None for what JSON cannot say."""
    value = value.item() if hasattr(value, "item") else value
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return None
    return value if isinstance(value, (bool, int, float, str)) else str(value)
