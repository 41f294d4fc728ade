"""What a gradient check found: a verdict, a table with one row per coordinate, and the text of the command line."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from workbench.gradient_check.diagnosis import Cause

SHOWN = 10
CAUSES_SHOWN = 3


@dataclass(frozen=True, eq=False)
class PointCheck:
    """What was found at one point.

    Attributes
    ----------
    name : str
        "x0", "a random point", "a point of large norm", "the point near the optimum".
    x : ndarray
        The point.
    table, directions : DataFrame
        As in `GradientReport`; empty where the point could not be used.
    f, noise : float
        The value there and the size of its rounding errors.
    drawn : bool
        Whether the coordinates of the table are a random sample.
    rest_agrees : bool
        Whether all coordinates that the table leaves out are known to agree, from random directions.
    unusable : str
        Why nothing could be checked there, "" where something was.
    """

    name: str
    x: NDArray[np.float64]
    table: pd.DataFrame
    directions: pd.DataFrame
    f: float
    noise: float
    drawn: bool
    rest_agrees: bool = False
    unusable: str = ""

    @property
    def verdict(self) -> str:
        """FAIL if anything fails, INCONCLUSIVE if nothing fails but something could not be judged, else PASS."""
        found = {*self.table["verdict"], *self.directions["verdict"]}
        return "FAIL" if "fail" in found else "INCONCLUSIVE" if self.unusable or "inconclusive" in found else "PASS"

    @property
    def sentence(self) -> str:
        """The outcome in one line, without the name of the point."""
        checked, failed, blind = len(self.table), _count(self.table, "fail"), _count(self.table, "inconclusive")
        if self.unusable:
            return f"not checked: {self.unusable}"
        if failed and self.rest_agrees:
            return f"{failed:,} of {self.x.size:,} coordinates {'is' if failed == 1 else 'are'} wrong, all others agree"
        if failed:
            return f"{failed:,} of {checked:,} coordinates are wrong"
        if not checked:
            whole = "g along a random direction, in which every coordinate takes part,"
            says = {"PASS": "agrees", "FAIL": "is wrong", "INCONCLUSIVE": f"cannot be judged, {self._size_of_f}"}
            return f"{whole} {says[self.verdict]}"
        if self.verdict == "FAIL":
            return f"a coordinate outside the {checked:,} checked is wrong: random directions disagree"
        if self.verdict == "INCONCLUSIVE":
            return f"{blind:,} of {checked:,} coordinates cannot be judged, {self._size_of_f}"
        return f"{checked:,} of {checked:,} coordinates agree"

    @property
    def _size_of_f(self) -> str:
        return f"f = {self.f:.6g} (±{self.noise:.1e})"

    @property
    def worst_error(self) -> float:
        """The largest difference of two derivatives, in units of the noise."""
        rows = self.table if len(self.table) else self.directions
        return float(rows["error_in_noise"].max())

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types, without the tables."""
        return {
            "name": self.name,
            "verdict": self.verdict,
            "norm": _plain(np.linalg.norm(self.x)),
            "f": _plain(self.f),
            "noise": _plain(self.noise),
            "n_checked": len(self.table),
            "n_failed": _count(self.table, "fail"),
            "n_inconclusive": _count(self.table, "inconclusive"),
            "unusable": self.unusable,
        }


@dataclass(frozen=True, eq=False)
class GradientReport:
    """The outcome of `workbench.check_gradient`; ``str()`` is what the command line prints.

    Attributes
    ----------
    points : tuple of PointCheck
        One per point, x0 first.
    causes : tuple of Cause
        What may be wrong with g, the simplest first, each with ``name``, ``sentence`` and ``fix``; empty when nothing
        fails, or when no known mistake explains all that fails.
    scipy_check_grad : float
        What ``scipy.optimize.check_grad`` returns at x0: a 2-norm of differences, against forward differences.
    scipy_direction : str
        "all" coordinates, or one "random" direction.
    n_coordinates : int
        Length of x0.
    method : str
        "central differences" or "complex steps".
    seed : int
        Of the other points, the sample, the directions and the probe of the noise.
    evaluations : int
        Calls of fun, SciPy's included.
    """

    points: tuple[PointCheck, ...]
    causes: tuple[Cause, ...]
    scipy_check_grad: float
    scipy_direction: str
    n_coordinates: int
    method: str
    seed: int
    evaluations: int

    @property
    def table(self) -> pd.DataFrame:
        """One row per coordinate checked at x0.

        coordinate (0-based), class, feature (None without names), analytic, numeric, relative_error
        ``|a - b| / max(|a|, |b|)``, tolerance (of the absolute difference: ten times the noise), error_in_noise
        (the difference in units of the noise: above 10 it fails), step (relative to ``max(|x_j|, 1)``), verdict
        ("pass", "fail" or "inconclusive").
        """
        return self.points[0].table

    @property
    def directions(self) -> pd.DataFrame:
        """Derivatives along random directions at x0; empty where all or chosen coordinates were checked."""
        return self.points[0].directions

    @property
    def f(self) -> float:
        """The value at x0."""
        return self.points[0].f

    @property
    def noise(self) -> float:
        """The size of the rounding errors of f around x0."""
        return self.points[0].noise

    @property
    def drawn(self) -> bool:
        """Whether the coordinates of the table are a random sample."""
        return self.points[0].drawn

    @property
    def cause(self) -> str | None:
        """The name of the first cause, None where there is none."""
        return self.causes[0].name if self.causes else None

    @property
    def verdict(self) -> str:
        """FAIL if anything fails at any point, else the verdict at x0: PASS or INCONCLUSIVE.

        Where another point cannot be judged, and f may overflow there, the text says so and the verdict stands.
        """
        return "FAIL" if any(point.verdict == "FAIL" for point in self.points) else self.points[0].verdict

    @property
    def shown(self) -> PointCheck:
        """The point whose rows the text shows: the first with a wrong coordinate, x0 if there is none."""
        failed = [point for point in self.points if point.verdict == "FAIL"]
        return failed[0] if failed else self.points[0]

    @property
    def ok(self) -> bool:
        """Whether everything that was checked agrees: the verdict is PASS."""
        return self.verdict == "PASS"

    @property
    def worst(self) -> pd.DataFrame:
        """The ten worst rows at the point shown: what fails, then what could not be judged, by their errors."""
        table = self.shown.table
        rank = table["verdict"].map({"fail": 0, "inconclusive": 1, "pass": 2})
        keyed = table.assign(rank=rank).sort_values(["rank", "error_in_noise"], ascending=[True, False], kind="stable")
        return keyed.drop(columns="rank").head(SHOWN)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types; NaN and the infinities become None (``null``), which JSON has no numbers for."""
        return {
            "verdict": self.verdict,
            "ok": self.ok,
            "cause": self.cause,
            "causes": [cause._asdict() for cause in self.causes],
            "f": _plain(self.f),
            "noise": _plain(self.noise),
            "n_coordinates": self.n_coordinates,
            "n_checked": len(self.table),
            "n_failed": _count(self.table, "fail"),
            "n_inconclusive": _count(self.table, "inconclusive"),
            "drawn": self.drawn,
            "method": self.method,
            "seed": self.seed,
            "evaluations": self.evaluations,
            "scipy_check_grad": _plain(self.scipy_check_grad),
            "scipy_direction": self.scipy_direction,
            "points": [point.to_dict() for point in self.points],
            "table": _records(self.table),
            "directions": _records(self.directions),
        }

    def __str__(self) -> str:
        lines = [self._headline(), *self._coverage(), *self._elsewhere(), *self._scipy(), *self._causes()]
        return "\n".join([*lines, "", self._rows()])

    def _headline(self) -> str:
        point = self.shown
        where = "" if point is self.points[0] else f"at {point.name} "
        worst = f"{point.worst_error:.2g} × the noise"
        if self.verdict == "FAIL":
            size = f", by up to {worst}" if _count(point.table, "fail") else ""
            return f"FAIL  {where}{point.sentence}{size}".replace("checked is wrong", "in the table is wrong")
        if self.verdict == "INCONCLUSIVE":
            said = point.sentence.partition(", f = ")[0]
            said = said if len(point.table) else "g along a random direction cannot be judged"
            reason = f"f = {self.f:.6g} is noisy (±{self.noise:.1e}), not smooth, or not finite close to x0"
            return f"INCONCLUSIVE  {said}: {reason}"
        return f"PASS  {point.sentence.removesuffix(',')}, the worst off by {worst}".replace(
            "agrees, the worst off", "agrees, off"
        )

    def _elsewhere(self) -> list[str]:
        shown = self.shown
        others = [point for point in self.points if point is not shown]
        lines = [f"at {point.name}: {point.sentence}" for point in others]
        if self.verdict == "PASS" and any(point.verdict == "INCONCLUSIVE" for point in others):
            lines.append("so the verdict is that of the points that can be judged")
        return lines

    def _causes(self) -> list[str]:
        if self.verdict != "FAIL":
            return []
        if not self.causes:
            return ["likely: no known mistake explains what is wrong"]
        lines = []
        for word, cause in zip(("likely:", "or:", "or:"), self.causes[:CAUSES_SHOWN], strict=False):
            lines.append(f"{word} {cause.sentence}")
            lines += [f"   fix: {cause.fix}"] if cause.fix else []
        return lines

    def _coverage(self) -> list[str]:
        checked, n = len(self.shown.table), self.n_coordinates
        by = f"by {self.method}, {self.evaluations:,} evaluations"
        if not self.drawn:
            which = "all" if len(self.table) == n else "the chosen"
            return [f"checked: {which} {len(self.table):,} of {n:,} coordinates {by}"]
        if not checked or self.shown.rest_agrees:
            led = ", which led to those in the table" if checked else ""
            return [f"checked: all {n:,} coordinates at once, along random directions (seed {self.seed}){led}, {by}"]
        lines = len(self.shown.directions)
        agree = _count(self.shown.directions, "pass")
        directions = f"{lines} random directions, of which {agree} agree" if lines > 1 else "a random direction"
        return [
            f"checked: {checked:,} of {n:,} coordinates, drawn at random or sought (seed {self.seed}), {by}",
            f"         every coordinate takes part in {directions}",
        ]

    def _scipy(self) -> list[str]:
        where = "all coordinates" if self.scipy_direction == "all" else "one random direction"
        return [f"scipy.optimize.check_grad: {self.scipy_check_grad:.3e} ({where}, forward differences)"]

    def _rows(self) -> str:
        total = len(self.shown.table)
        if not total:
            usable = [point.directions.assign(direction=point.name) for point in self.points if not point.unusable]
            return f"along a random direction at each point\n{_text(pd.concat(usable))}"
        at = "" if self.shown is self.points[0] else f" at {self.shown.name}"
        worst = self.worst
        unnamed = [column for column in ("class", "feature") if worst[column].isna().all()]
        rows = "the only row" if total == 1 else f"the worst {len(worst)} of {total:,} rows"
        return f"{rows}{at}, by error in noise\n{_text(worst.drop(columns=unnamed))}"


def _text(table: pd.DataFrame) -> str:
    formatters = {
        "analytic": "{:.8g}".format,
        "numeric": "{:.8g}".format,
        "relative_error": "{:.1e}".format,
        "tolerance": "{:.1e}".format,
        "error_in_noise": "{:.2g}".format,
    }
    text: str = table.drop(columns=["step"]).to_string(index=False, formatters=formatters, justify="right")
    return text


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
