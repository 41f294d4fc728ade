"""Two runs side by side: what became slower, faster, better or worse, and whether that is more than noise."""

from typing import Any

import numpy as np
import pandas as pd

from reports import gap
from reports.limits import Limits
from reports.numerals import power, significant
from reports.outcome import broken
from reports.quantile import SEED, SHARE, quantile, resampled_medians
from reports.ranking import timed, unranked
from reports.run import Run

ENOUGH = 3
"""Repeats in each run below which an interval says nothing: of two runs of two, all of one are slower in 1 of 6."""
COLUMNS = ("problem", "solver", "target", "seconds A", "seconds B", "ratio", "low", "high", "gap A", "gap B", "note")


def diff(a: Run, b: Run) -> pd.DataFrame:
    """One row per problem, solver and target that both runs have, medians over repeats.

    ``ratio`` is the seconds of B over those of A, between ``low`` and ``high`` with 95% (a percentile bootstrap of both
    medians; 1 where neither came to the target). Gaps of both are counted from the same f*, that of A. ``note`` says
    why a time is not judged. A solver that ran in one of the runs alone has one row, without numbers.
    """
    rows: list[dict[str, Any]] = []
    labels = [a.label(key) for key in a.problems]
    theirs = [b.label(key) for key in b.problems]
    for label in [*labels, *(label for label in theirs if label not in labels)]:
        if label not in labels or label not in theirs:
            rows.append({"problem": label, "solver": "", "note": f"only in {'A' if label in labels else 'B'}"})
            continue
        rows += _of_a_problem(label, a.of(label), b.of(label))
    return pd.DataFrame(rows, columns=list(COLUMNS)).fillna({"note": ""})


def exceeded(frame: pd.DataFrame, limits: Limits) -> list[str]:
    """The rows of `diff` that break a limit, each as a sentence.

    A time breaks its limit when all of the ratio's interval is above it, so that noise alone does not; a gap when it
    grew by more than the limit, or when B has no result and A has.
    """
    sentences = []
    for row in frame.to_dict("records"):
        name = f"{row['problem']} · {row['solver']}"
        if limits.time is not None and not row["note"] and row["low"] > limits.time:
            sentences.append(
                f"{name}: {significant(row['ratio'])} times the seconds to gap {power(row['target'])} "
                f"[{significant(row['low'])}, {significant(row['high'])}], limit {limits.time:g}"
            )
    once = frame.drop_duplicates(["problem", "solver"])
    for row in once.to_dict("records") if limits.gap is not None else []:
        name, before, after = f"{row['problem']} · {row['solver']}", row["gap A"], row["gap B"]
        # Written so that a gap which is not known any more exceeds every limit.
        if not np.isnan(before) and not after - before <= limits.gap:
            sentences.append(f"{name}: the gap was {power(before)} and is {power(after)}, limit {limits.gap:g} more")
    return sentences


def conditions(a: Run, b: Run) -> list[str]:
    """What differs between the machines and the versions of the two runs: "python: 3.11.7, then 3.12.1"."""
    one, other = (_flat(run.entry("environment", default={})) for run in (a, b))
    names = [name for name in {**one, **other} if one.get(name) != other.get(name)]
    return [f"{name}: {one.get(name, 'unknown')}, then {other.get(name, 'unknown')}" for name in names]


def _of_a_problem(label: str, a: Run, b: Run) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    ours, theirs = (dict(iter(run.results.groupby("solver", sort=False))) for run in (a, b))
    targets = [target for target in gap.targets(a) if target in gap.targets(b)]
    for solver in [*ours, *(solver for solver in theirs if solver not in ours)]:
        head = {"problem": label, "solver": solver}
        if solver not in ours or solver not in theirs:
            rows.append({**head, "note": f"only in {'A' if solver in ours else 'B'}"})
            continue
        before, after = ours[solver], theirs[solver]
        gaps = {"gap A": _gap(a, before), "gap B": _gap(a, after)}
        note = _note(a, b, str(solver), before, after)
        generator = np.random.default_rng(SEED)
        for target in targets or [np.nan]:
            before_times, after_times = _seconds(a, before, target), _seconds(b, after, target)
            rows.append(
                {**head, "target": target, **_ratios(before_times, after_times, generator), **gaps, "note": note}
            )
    return rows


def _note(a: Run, b: Run, solver: str, before: pd.DataFrame, after: pd.DataFrame) -> str:
    """Why the times of a pair are not judged; "" where they are."""
    if a.problems != b.problems and a.entry("problem") != b.entry("problem"):
        return "the problem is not the same"
    for name, run in (("A", a), ("B", b)):
        if why := unranked(run).get(solver):
            return f"not ranked in {name}: {why}"
    counts = [len(timed(cells)) for cells in (before, after)]
    if min(counts) < ENOUGH:
        return f"{counts[0]} and {counts[1]} repeats: at least {ENOUGH} of each are needed to tell from noise"
    return ""


def _seconds(run: Run, cells: pd.DataFrame, target: float) -> list[float]:
    traces = dict(iter(run.trace.groupby(["solver", "repeat"], sort=False)))
    nothing = run.trace.iloc[:0]
    clean = timed(cells)
    return [
        gap.seconds_to(run, traces.get(key, nothing), target)
        for key in zip(clean["solver"], clean["repeat"], strict=True)
    ]


def _ratios(before: list[float], after: list[float], generator: np.random.Generator) -> dict[str, float]:
    found = {"seconds A": quantile(before, 0.5), "seconds B": quantile(after, 0.5)}
    if np.isnan([*before, *after]).any():
        return {**found, **dict.fromkeys(("ratio", "low", "high"), np.nan)}
    ratio = _ratio(np.array([found["seconds B"]]), np.array([found["seconds A"]])).item()
    drawn = _ratio(resampled_medians(after, generator), resampled_medians(before, generator))
    ends = (quantile(drawn, 0.5 - 0.5 * SHARE), quantile(drawn, 0.5 + 0.5 * SHARE))
    return {**found, "ratio": ratio, "low": ends[0], "high": ends[1]}


def _ratio(after: np.ndarray, before: np.ndarray) -> np.ndarray:
    """``after / before``, and 1 where both are infinite or both 0: neither is slower."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio: np.ndarray = np.where(after == before, 1.0, after / before)
    return ratio


def _gap(run: Run, cells: pd.DataFrame) -> float:
    """Median gap of the final values, from the f* of `run`; NaN where there is no result or no f*."""
    known = gap.gaps(run, cells["f"][~broken(cells)])
    known = known[~np.isnan(known)]
    return quantile(known, 0.5) if known.size else float("nan")


def _flat(values: Any, above: str = "") -> dict[str, str]:
    if not isinstance(values, dict):
        return {above: str(values)}
    found: dict[str, str] = {}
    for name, value in values.items():
        found |= _flat(value, f"{above} {name}".strip())
    return found
