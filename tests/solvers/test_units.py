"""The pieces of minFunc, one at a time: interpolation, L-BFGS products, modified Cholesky factors.

The records were made by the original under Octave; ``shared/minfunc/PROBLEMS.md`` describes them. Those of linear
conjugate gradients are compared beside the other tests of that part.
"""

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from solvers.directions import Here, Step, damped_limited_memory_bfgs, limited_memory_bfgs
from solvers.directions.damped_limited_memory_bfgs import DampedLimitedMemoryBFGS
from solvers.directions.limited_memory_bfgs import LimitedMemoryBFGS
from solvers.interpolation import cubic_minimizer, polynomial_minimizer
from solvers.linear_algebra import gill_murray, shifted_cholesky
from solvers.problem import Problem, new_counters


@pytest.fixture(scope="session")
def units(shared: Path) -> list[dict[str, Any]]:
    """All records; not-a-number and infinity are words in them."""
    with gzip.open(shared / "minfunc" / "units.jsonl.gz", "rt") as lines:
        return [json.loads(line) for line in lines]


def of_kind(units: list[dict[str, Any]], unit: str) -> list[dict[str, Any]]:
    """The records of one piece, which is never an empty list."""
    records = [record for record in units if record["unit"] == unit]
    assert records
    return records


def interpolated(record: dict[str, Any]) -> float:
    """The minimiser of a recorded interpolation: two whole points by the closed form, as in the original."""
    whole = len(record["points"]) == 2 and all(value is not None for row in record["points"] for value in row)
    points = np.array([[np.nan if value is None else float(value) for value in row] for row in record["points"]])
    low, high = record["bounds"] or (points[:, 0].min(), points[:, 0].max())
    if whole:
        return cubic_minimizer(*points[0].tolist(), *points[1].tolist(), float(low), float(high))
    return polynomial_minimizer(points, low, high)


def test_every_recorded_interpolation_is_found(units):
    records = of_kind(units, "polyinterp")
    wrong = [
        (record, found)
        for record in records
        if (found := interpolated(record)) != pytest.approx(float(record["result"]), rel=1e-10, abs=0.0)
    ]
    assert len(records) == 235
    assert not wrong


def here(g):
    """An iterate of which only the gradient is looked at."""
    return Here(Problem(len, ()), g, 0.0, g, np.empty((0, 0)), 1, new_counters(), 1, -np.inf)


def step(record):
    """A recorded pair as a step of length 1."""
    s, y = np.array(record["s"], dtype=float), np.array(record["y"], dtype=float)
    return Step(1.0, s, s, y, 0.0, 0.0, -y, np.zeros_like(y))


def test_the_ring_of_pairs_skips_and_scales_and_multiplies_as_recorded(units):
    skipped = 0
    for record in of_kind(units, "lbfgs_ring"):
        chosen = LimitedMemoryBFGS(record["corr"], 0.0, 1e-10)
        memory = limited_memory_bfgs.new_memory(record["n"], chosen)
        for recorded in record["steps"]:
            before, scale = memory.ring.copy(), memory.scale[0]
            limited_memory_bfgs.learn(memory, chosen, step(recorded))
            if recorded["skipped"]:
                skipped += 1
                assert (memory.ring == before).all()
                assert memory.scale[0] == scale
            assert memory.scale[0] == pytest.approx(recorded["Hdiag"], rel=1e-13)
            d = limited_memory_bfgs.propose(memory, chosen, here(np.array(recorded["g"])))
            assert d == pytest.approx(recorded["d"], rel=1e-9, abs=1e-11 * np.abs(recorded["d"]).max())
    assert skipped > 0


def test_damped_pairs_are_those_recorded(units):
    mixed = 0
    for record in of_kind(units, "lbfgs_damped"):
        chosen = DampedLimitedMemoryBFGS(record["corr"])
        memory = damped_limited_memory_bfgs.new_memory(record["n"], chosen)
        for recorded in record["steps"]:
            damped_limited_memory_bfgs.learn(memory, chosen, step(recorded))
            newest = (memory.ring[0] + memory.ring[1] - 1) % record["corr"]
            mixed += recorded["y_stored"] != recorded["y"]
            assert memory.ring[1] == recorded["npairs"]
            assert memory.Y[newest] == pytest.approx(recorded["y_stored"], rel=1e-9, abs=1e-11)
            assert memory.scale[0] == pytest.approx(recorded["Hdiag"], rel=1e-9)
            d = damped_limited_memory_bfgs.propose(memory, chosen, here(np.array(recorded["g"])))
            assert d == pytest.approx(recorded["d"], rel=1e-9, abs=1e-11 * np.abs(recorded["d"]).max())
    assert mixed > 0


def test_the_shifted_cholesky_factors_are_those_recorded(units):
    for record in of_kind(units, "mcholinc"):
        R, tau, finite = shifted_cholesky(np.array(record["A"], dtype=float))
        assert finite
        assert tau == pytest.approx(record["tau"], rel=1e-14)
        assert pytest.approx(np.array(record["R"], dtype=float), rel=1e-12, abs=1e-13) == R


def test_the_gill_murray_factors_are_those_recorded(units):
    for record in of_kind(units, "mchol"):
        L, d, p = gill_murray(np.array(record["A"], dtype=float))
        assert (p + 1 == record["perm"]).all()
        assert pytest.approx(np.array(record["L"], dtype=float), rel=1e-12, abs=1e-13) == L
        assert d == pytest.approx(np.array(record["d"]), rel=1e-12)
