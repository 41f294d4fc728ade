"""Gaps and the time to a gap, worked by hand."""

import numpy as np
import pandas as pd
import pytest

from reports import gap


def trace(seconds, f):
    return pd.DataFrame({"seconds": seconds, "f": f})


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (1.0, 0.0),  # the start is already there
        (0.5, 0.1),  # reached exactly: f = 3 is (3 - 2) / 2
        (0.4999, 0.3),
        (0.0625, 0.3),
        (0.001, np.inf),
    ],
)
def test_seconds_are_those_of_the_first_iterate_at_or_below_the_target(new_run, target, expected):
    run = new_run()
    rows = trace([0.0, 0.1, 0.3, 0.7, 0.9], [4.0, 3.0, 2.125, 3.5, 2.05])
    assert gap.seconds_to(run, rows, target) == expected


def test_an_iterate_with_unknown_f_has_reached_nothing(new_run):
    assert gap.seconds_to(new_run(), trace([0.0, 1.0, 2.0], [np.nan, np.inf, 2.0]), 0.1) == 2.0


def test_an_empty_trace_never_arrives(new_run):
    assert gap.seconds_to(new_run(), trace([], []), 0.1) == np.inf


def test_an_iterate_below_a_reference_run_has_arrived(new_run):
    run = new_run(reference__kind="reference run")
    assert gap.gaps(run, [1.9]).item() == pytest.approx(-0.05)
    assert gap.seconds_to(run, trace([0.0, 1.0], [4.0, 1.9]), 1e-6) == 1.0


def test_a_negative_optimum_divides_by_its_size(new_run):
    assert gap.gaps(new_run(reference__f=-4.0), [-3.0, -4.0]).tolist() == [0.25, 0.0]


def test_an_optimum_of_zero_gives_absolute_gaps_and_says_so(new_run):
    run = new_run(reference__f=0.0)
    assert gap.gaps(run, [0.3, 0.0]).tolist() == [0.3, 0.0]
    assert gap.name(run) == "absolute gap"
    assert gap.heading(run, 1e-4) == "s to absolute gap 1e-4"
    assert "absolute" in gap.formula(run)


def test_with_the_value_at_the_start_a_gap_is_the_share_of_the_decrease_that_is_left(new_run):
    run = new_run(reference__f=1e-30, reference__f_start=24.0)
    assert gap.gaps(run, [24.0, 6.0, 1e-30]).tolist() == [1.0, 0.25, 0.0]
    assert (gap.name(run), gap.formula(run)) == ("gap", "(f − f*) / (f(x₀) − f*)")
    assert gap.seconds_to(run, trace([0.0, 0.1, 0.2], [24.0, 6.0, 1e-20]), 1e-6) == 0.2


def test_a_start_at_the_optimum_gives_absolute_gaps_and_says_so(new_run):
    run = new_run(reference__f=-2.0, reference__f_start=-2.0)
    assert gap.gaps(run, [-2.0, -1.5]).tolist() == [0.0, 0.5]
    assert gap.name(run) == "absolute gap"
    assert gap.formula(run) == "f − f* (absolute, since f* = f(x₀))"


def test_without_an_optimum_nothing_is_known(new_run):
    run = new_run(reference=None)
    assert np.isnan(gap.gaps(run, [1.0, 2.0])).all()
    assert np.isnan(gap.seconds_to(run, trace([0.0], [1.0]), 0.1))


def test_a_target_asked_for_twice_is_one_target(new_run):
    assert gap.targets(new_run(targets=[1e-2, 0.01, 1e-6])) == [1e-2, 1e-6]
