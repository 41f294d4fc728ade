"""Every run of the original minFunc that has something comparable is reproduced, iteration for iteration."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
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

DEVIATING = {
    "B/brownbs/std/lbfgs-damped": "the original itself goes another way when f changes in its last bits",
    "I/barrier4/std/newton0": "the original accepts a point whose gradient is not a number, and ends there",
}
"""Runs that are known to deviate, by id, with the cause."""

FAST_EVERYWHERE = ("F", "G", "I", "J")
"""Families that take seconds even where nothing is compiled."""

SAMPLE = "J"
"""The compiled family that runs every time; compiling the compositions of all of them takes ten minutes."""


def cases() -> list[Any]:
    """Return families and modes with their marks."""
    found = []
    for family in FAMILIES:
        marks = [] if family in FAST_EVERYWHERE else [pytest.mark.compiled]
        found.append(pytest.param(family, False, marks=marks, id=f"{family}-interpreted"))
    for family in FAMILIES:
        marks = [pytest.mark.compiled] + ([] if family == SAMPLE else [pytest.mark.long])
        found.append(pytest.param(family, True, marks=marks, id=f"{family}-compiled"))
    return found


@pytest.mark.parametrize(("family", "compiled"), cases())
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


MINIMA = {"rosen2": np.ones(2), "barrier4": np.array([1.0, 0.5, 0.2])}
TO_THE_MINIMUM = [
    *(f"F/rosen2/std/tensor-{kind}" for kind in ("fd-stock", "cd", "cd-stock", "cs-stock")),
    *(f"I/barrier4/std/{method}" for method in ("lbfgs", "cg-2", "bb-0", "newton", "qn-0")),
    *(f"J/rosen2/std/{case}" for case in ("ls2", "usemex", "hm2-stock", "hm4", "ichol")),
]
"""Runs in which the original fails, and which end at the minimum here."""


def the_run(golden: list[Record], name: str) -> Record:
    return next(record for record in golden if record["id"] == name)


@pytest.mark.parametrize("name", TO_THE_MINIMUM)
def test_where_the_original_fails_the_minimum_is_found(name: str, golden: list[Record], shared: Path) -> None:
    record = the_run(golden, name)
    assert record["status"] == "error"

    run = replay(record, shared / "minfunc")

    assert run.error is None
    assert run.exitflag in (1, 2)
    np.testing.assert_allclose(run.x, MINIMA[record["problem"]], atol=1e-4)


def test_steepest_descent_stays_in_the_domain_where_the_original_leaves_it(golden: list[Record], shared: Path) -> None:
    run = replay(the_run(golden, "I/barrier4/std/sd"), shared / "minfunc")

    assert (run.error, run.exitflag) == (None, 0)
    assert run.x is not None
    assert (run.x > 0.0).all()
    assert run.f < 5.35


def test_no_iterations_return_the_start(golden: list[Record], shared: Path) -> None:
    run = replay(the_run(golden, "J/rosen2/std/maxiter0"), shared / "minfunc")

    assert (run.error, run.exitflag, run.output["iterations"], run.f) == (None, 0, 0, 24.199999999999996)
    assert run.output["message"] == "Reached Maximum Number of Iterations"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("J/rosen2/std/corr0", "ValueError: minfunc: option Corr is 0: expected a whole number, at least 1"),
        ("J/beale/std/tensor-noT", "TypeError: beale has 3 outputs: 4 were requested"),
    ],
)
def test_what_cannot_run_is_told(name: str, said: str, golden: list[Record], shared: Path) -> None:
    assert replay(the_run(golden, name), shared / "minfunc").error == said


def test_every_run_in_which_the_original_fails_has_its_place_here(golden: list[Record]) -> None:
    others = ["I/barrier4/std/sd", "J/rosen2/std/maxiter0", "J/rosen2/std/corr0", "J/beale/std/tensor-noT"]
    assert sorted(TO_THE_MINIMUM + others) == sorted(r["id"] for r in golden if r["status"] == "error")
