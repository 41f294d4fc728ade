"""The comparison itself: a recorded run passes as it is, and fails with any fault planted in it."""

import copy
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import replay
from replay import Record, Replayed, allowed, as_recorded, compare, has_something_comparable


@pytest.fixture(scope="module")
def runs(shared: Path) -> list[Record]:
    return [record for record in replay.records(shared / "minfunc") if record["status"] == "ok"]


def test_there_are_737_runs_with_something_comparable_and_30_without(runs: list[Record]) -> None:
    assert len(runs) == 767
    assert sum(map(has_something_comparable, runs)) == 737


def test_every_recorded_run_passes_as_it_is(runs: list[Record]) -> None:
    deviations = {record["id"]: compare(record, as_recorded(record)) for record in runs}

    assert {name: found for name, found in deviations.items() if found} == {}


def move_x(run: Replayed) -> None:
    run.trace[0].x[0] += 1e-3 * max(1.0, np.abs(run.trace[0].x).max())


def lose_an_evaluation(run: Replayed) -> None:
    run.trace[0].evaluations -= 1


def end_early(run: Replayed) -> None:
    run.trace.pop()


def shift_the_start(run: Replayed) -> None:
    f, opt_cond, evaluations = run.init or (0.0, 0.0, 0)
    run.init = (f * (1.0 + 1e-6), opt_cond, evaluations)


def skip_the_init_call(run: Replayed) -> None:
    run.init = None


def turn_to_nan(run: Replayed) -> None:
    run.trace[0].x[0] = np.nan


def raise_an_error(run: Replayed) -> None:
    run.error = "ValueError: planted"


def change_the_flag(run: Replayed) -> None:
    run.exitflag = 7


def change_the_message(run: Replayed) -> None:
    run.output["message"] += "."


def count_one_call_more(run: Replayed) -> None:
    run.calls["fg"] += 1


def count_one_iteration_more(run: Replayed) -> None:
    run.output["iterations"] += 1


def miscount_evaluations(run: Replayed) -> None:
    run.output["funcCount"] += 1


def skip_the_done_call(run: Replayed) -> None:
    run.done = not run.done


FAULTS_SEEN_EVERYWHERE = [
    move_x,
    lose_an_evaluation,
    end_early,
    shift_the_start,
    skip_the_init_call,
    turn_to_nan,
    raise_an_error,
]
FAULTS_OF_THE_EXIT = [
    change_the_flag,
    change_the_message,
    count_one_call_more,
    count_one_iteration_more,
    miscount_evaluations,
    skip_the_done_call,
]


@pytest.mark.parametrize("fault", FAULTS_SEEN_EVERYWHERE + FAULTS_OF_THE_EXIT, ids=lambda fault: fault.__name__)
def test_a_planted_fault_is_found_in_every_run_that_is_comparable_to_its_end(
    runs: list[Record], fault: Callable[[Replayed], None]
) -> None:
    whole = [r for r in runs if r["comparable"]["exit"] and 0 < r["comparable"]["iters"] == len(r["trace"]["i"])]
    assert len(whole) > 500
    unseen = []
    for record in whole:
        run = as_recorded(copy.deepcopy(record))
        fault(run)
        if not compare(record, run):
            unseen.append(record["id"])

    assert unseen == []


def test_a_small_error_in_the_last_comparable_iteration_is_found(runs: list[Record]) -> None:
    unseen = []
    for record in runs:
        limits = allowed(record)
        if limits.iterations == 0:
            continue
        run = as_recorded(copy.deepcopy(record))
        x = run.trace[limits.iterations - 1].x
        x[0] += 3.0 * limits.tolerances[-1] * max(1.0, np.abs(x).max())
        if not compare(record, run):
            unseen.append(record["id"])

    assert unseen == []
