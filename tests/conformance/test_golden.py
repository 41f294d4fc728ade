"""Every run of the original minFunc that has something comparable is reproduced, iteration for iteration."""

from collections.abc import Callable
from pathlib import Path

import pytest
from replay import Record, compare, has_something_comparable, replay

FAMILIES = {
    "A": "every variant of every method",
    "B": "core variants, more problems",
    "D": "default options",
    "E": "line searches",
    "F": "numerical derivatives",
    "G": "limits",
    "H": "digits",
    "I": "illegal values",
    "J": "spellings of options",
}

DEVIATING: dict[str, str] = {}
"""Runs that are known to deviate, by id, with the cause."""

MODES = [False, pytest.param(True, marks=pytest.mark.compiled)]


@pytest.mark.parametrize("compiled", MODES, ids=["interpreted", "compiled"])
@pytest.mark.parametrize("family", FAMILIES)
def test_the_runs_of_a_family_are_reproduced(
    family: str, compiled: bool, golden: list[Record], shared: Path, count: Callable[[str, bool], None]
) -> None:
    mode = "compiled" if compiled else "interpreted"
    deviating = {}
    for record in golden:
        if record["family"] != family or record["status"] != "ok":
            continue
        deviations = compare(record, replay(record, shared / "minfunc", compiled))
        if deviations:
            deviating[record["id"]] = str(deviations[0])
        kind = "comparable" if has_something_comparable(record) else "followed as far as another port could"
        count(f"{kind}, {mode}", not deviations)
    known = {name for name in DEVIATING if name.startswith(f"{family}/")}

    assert {name: found for name, found in deviating.items() if name not in known} == {}
    assert known <= set(deviating), "listed as deviating, but reproduced"
