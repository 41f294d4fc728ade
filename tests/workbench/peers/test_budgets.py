"""Growing budgets, on a peer that is written out: what is run, what ends it, what the trace says."""

import itertools
import math
import signal

import numpy as np
import pytest

from solvers.interrupt import HeldBack
from solvers.status import Status
from workbench.peers import budgets
from workbench.peers.budgets import climbed
from workbench.peers.task import Ending
from workbench.peers.trace import Trace


class Halving:
    """x halves in each iteration; it says that it has converged after `enough` of them, and stands still from `end`."""

    counts = "iterations"

    def __init__(self, enough=math.inf, end=math.inf):
        self.enough, self.end, self.asked = enough, end, []

    def fit(self, budget):
        self.asked.append(budget)
        nit = int(min(budget, self.enough))
        status = Status.CLAIMED if budget > self.enough else Status.ITERATIONS
        return Ending(status, "", np.array([0.5 ** min(nit, self.end)]), nit)

    def theta(self, found):
        return found


def climb(fitting, max_time=math.inf, most=1000):
    with HeldBack() as held:
        trace = Trace(lambda x: (float(x @ x), 2.0 * x), np.ones(1))
        options = {"max_time": max_time, "most": most, "which": Status.ITERATIONS}
        found = climbed(fitting, trace, **options, observer=None, held=held)
    return found, np.concatenate(trace.rows)


def test_budgets_double_until_it_has_converged():
    peer = Halving(enough=11)
    found, rows = climb(peer)
    assert peer.asked == [1, 2, 4, 8, 16]
    assert (found.ending.status, found.nit) == (Status.CLAIMED, 11)
    assert rows[:, 0].tolist() == [0, 1, 2, 4, 8, 11]
    np.testing.assert_allclose(rows[:, 3], [0.25**nit for nit in (0, 1, 2, 4, 8, 11)])


def test_a_run_that_ends_where_a_shorter_one_did_takes_its_row():
    found, rows = climb(Halving(enough=8))
    assert (found.ending.status, found.nit) == (Status.CLAIMED, 8)
    assert rows[:, 0].tolist() == [0, 1, 2, 4, 8]


def test_the_last_budget_is_the_limit():
    peer = Halving()
    found, _ = climb(peer, most=12)
    assert peer.asked == [1, 2, 4, 8, 12]
    assert (found.ending.status, found.ending.message) == (Status.ITERATIONS, "12 of 12")


def test_a_peer_that_moves_no_further_is_left():
    peer = Halving(end=5)
    found, _ = climb(peer)
    assert peer.asked == [1, 2, 4, 8, 16]
    assert found.ending.status == Status.ROUNDING


@pytest.fixture
def each_iteration_takes_a_second(monkeypatch):
    """A clock on which a run takes as many seconds as the powers of two go, unless told otherwise."""

    def use(durations):
        ticks = itertools.chain.from_iterable((0.0, seconds) for seconds in durations)
        monkeypatch.setattr(budgets, "clock", lambda: next(ticks))

    return use


def test_no_run_is_begun_that_would_take_longer_than_allowed(each_iteration_takes_a_second):
    each_iteration_takes_a_second([1, 2, 4, 6, 100])
    peer = Halving()
    found, _ = climb(peer, max_time=6.5)
    assert peer.asked == [1, 2, 4, 6], "the last is what the time allows, not the double"
    assert found.ending.status == Status.TIME


def test_a_run_is_no_slower_than_one_that_passes_through_its_end(each_iteration_takes_a_second):
    each_iteration_takes_a_second([5, 2, 3, 4])
    found, rows = climb(Halving(), most=8)
    assert rows[:, 2].tolist() == [0, 2, 2, 3, 4]
    assert found.seconds == 4


def test_ctrl_c_ends_a_run_and_keeps_those_before_it():
    class Interrupted(Halving):
        def fit(self, budget):
            if budget == 4:
                signal.raise_signal(signal.SIGINT)
            return super().fit(budget)

    found, rows = climb(Interrupted())
    assert (found.ending.status, found.nit) == (Status.INTERRUPTED, 2)
    assert rows[-1, 0] == 2
