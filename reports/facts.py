"""The facts of a run: what was solved, on what machine, to which f*, by which command, as rows of words."""

import math
import shlex
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from reports import gap
from reports.numerals import power, significant, whole
from reports.run import Run

KINDS = {
    "certificate": "certificate",
    "reference run": "reference run, not a certificate",
}


def when(run: Run) -> str:
    """Time at which the run began, to the minute."""
    created = str(run.entry("created", default=""))
    try:
        moment = datetime.fromisoformat(created)
    except ValueError:
        return created
    return f"{moment:%Y-%m-%d %H:%M} {moment.tzname() or ''}".rstrip()


def kind(run: Run) -> str:
    """Origin of f*: a certificate, a reference run, or nothing."""
    if math.isnan(gap.optimum(run)):
        return "no f*"
    found = str(run.entry("reference", "kind", default="unknown origin"))
    return KINDS.get(found, found)


def reference(run: Run) -> str:
    """Sentence on f*."""
    f_star = gap.optimum(run)
    if math.isnan(f_star):
        return str(
            run.entry("reference", "sentence", default="f* is unknown, so no gap and no time to a gap is known.")
        )
    sentence = str(run.entry("reference", "sentence", default=f"f* = {significant(f_star, 12)}."))
    error = run.entry("reference", "relative_error")
    return sentence if error is None else f"{sentence} Relative error at most {power(float(error), 2)}."


def problem(run: Run) -> list[tuple[str, str]]:
    """Rows on the problem, and on how long a solver was allowed to take."""
    rows = dict(_flat({**_object(run, "problem"), "limits": _object(run, "limits")}))
    rows |= {"repeats": _word(run.entry("repeats", default=1)), "seed": _word(run.entry("seed"))}
    return list(rows.items())


def environment(run: Run) -> list[tuple[str, str]]:
    """Rows on the machine and the versions."""
    return list(_flat(_object(run, "environment")))


def commands(run: Run) -> list[tuple[str, str]]:
    """How to repeat the run, and how to make this report again from its record."""
    place = run.place.words
    if run.folder is not None:
        folder = run.folder.resolve()
        place = f"runs/{folder.name}" if folder.parent.name == "runs" else folder.name
    words = f"workbench report {shlex.quote(place)}"
    words += "" if run.study is None else f" --study {run.study}"
    words += " --out report" if run.folder is None else ""
    again = ("make this report again, without solving", words)
    command = run.entry("command")
    return [again] if command is None else [("repeat the run", str(command)), again]


def limits(run: Run) -> str:
    """Reason why a target was not reached: the limits in words."""
    words = []
    if (seconds := run.entry("limits", "max_time")) is not None:
        words.append(f"{_word(seconds)} s")
    if (evaluations := run.entry("limits", "max_evals")) is not None:
        words.append(f"{_word(evaluations)} evaluations")
    return f"not reached within {' and '.join(words)}" if words else "not reached"


def _object(run: Run, key: str) -> dict[str, Any]:
    found = run.entry(key, default={})
    return found if isinstance(found, dict) else {key: found}


def _flat(values: dict[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    for key, value in values.items():
        name = f"{above}{key}".replace("_", " ")
        if isinstance(value, dict):
            yield from _flat(value, f"{name} · ")
        elif value is not None:
            yield name, _word(value)


def _word(value: object) -> str:
    if isinstance(value, list):
        words = [_word(entry) for entry in value]
        return ", ".join(words) if len(words) <= 12 else f"{', '.join(words[:10])}, … ({len(words)} in all)"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "none" if value is None else str(value)
    return whole(value) if float(value).is_integer() and abs(value) < 1e15 else significant(value, 6)
