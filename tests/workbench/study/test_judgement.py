"""Verdicts: what a solver claims, beside what its point is."""

import math

import pytest

from workbench.study.judgement import VERDICTS, verdict

POINT = {"f": 0.3, "f_start": 1.0, "grad_inf": 1e-7, "grad_start": 0.5, "gtol": 1e-6, "gap": math.nan, "smallest": 1e-4}


@pytest.mark.parametrize(
    ("changes", "claimed", "unclaimed"),
    [
        ({}, "verified", "silent success"),
        ({"grad_inf": 1.005e-6}, "verified", "silent success"),  # the judge sums in another order
        ({"grad_inf": 1.1e-6}, "false success", "honest failure"),
        ({"grad_inf": 1e-3, "gap": 1e-5}, "verified", "silent success"),
        ({"grad_inf": 1e-3, "gap": 1e-3}, "false success", "honest failure"),
        ({"f": 1.1}, "false success", "diverged"),
        ({"f": math.nan}, "false success", "diverged"),
        ({"f": math.inf}, "false success", "diverged"),
        ({"f": -math.inf}, "false success", "diverged"),
        ({"grad_inf": math.nan}, "false success", "diverged"),
        ({"f": 1.0, "grad_inf": 0.5}, "false success", "honest failure"),  # it never moved
    ],
)
def test_a_verdict_is_told_by_the_point_and_the_claim(changes, claimed, unclaimed):
    assert verdict(claimed=True, **POINT | changes) == claimed
    assert verdict(claimed=False, **POINT | changes) == unclaimed
    assert {claimed, unclaimed} <= set(VERDICTS)


def test_a_start_that_is_the_optimum_is_a_success():
    at_once = POINT | {"f": 1.0, "grad_inf": 1e-9}
    assert verdict(claimed=True, **at_once) == "verified"
