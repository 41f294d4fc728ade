"""The clock of a peer and the limits that it is held to, on a peer that is written out."""

import itertools
import math
import signal

import numpy as np
import pytest

from solvers.status import Status
from workbench.peers import watch as module
from workbench.peers.library import Library
from workbench.peers.peer import Peer
from workbench.peers.task import Ending
from workbench.peers.trace import EVERY, Trace

HERE = Library("mine", ("numpy",), ("numpy",))


def fun(x):
    return float(x @ x), 2.0 * x


class Descent:
    """Halves x, evaluating f and g twice; it ends by itself after `enough` iterations."""

    counts = "evaluations"

    def __init__(self, task, enough=math.inf):
        self.task, self.enough = task, enough

    def theta(self, found):
        return found

    def run(self, watch):
        x = self.task.x0.copy()
        while watch.nit < self.enough:
            for _ in range(2):
                _, g = watch.evaluate(x)
            x = x - 0.25 * g
            watch.visit(x)
        return Ending(Status.CLAIMED, "enough", x)


def run(enough=math.inf, **options):
    peer = Peer(HERE, "descent", "halves x", lambda task: Descent(task, enough), anywhere=True)
    return peer(fun, np.array([1.0, -1.0]), **options)


def test_its_own_word_is_a_claim_and_its_trace_is_ours():
    found = run(enough=5)
    assert (found.status, found.success, found.traced, found.counted) == (
        Status.CLAIMED,
        True,
        "iterates",
        "evaluations",
    )
    assert found.message == "its own rule says that it has converged: enough"
    history = found.history
    assert history["nit"].tolist() == [0, 1, 2, 3, 4, 5]
    assert history["nfev"].tolist() == [0, 2, 4, 6, 8, 10]
    np.testing.assert_allclose(history["f"], [2 * 0.25**k for k in range(6)])
    np.testing.assert_allclose(history["grad_inf"], [2 * 0.5**k for k in range(6)])
    assert (np.diff(history["seconds"]) >= 0).all()
    assert (found.nit, found.nfev, found.fun) == (5, 10, history["f"].iloc[-1])
    np.testing.assert_array_equal(found.jac, 2 * found.x)


@pytest.mark.parametrize(
    ("limit", "status", "nit", "nfev"),
    [
        ({"max_iter": 3}, Status.ITERATIONS, 3, 6),
        ({"max_evals": 7}, Status.EVALUATIONS, 3, 7),
        ({"max_evals": 8}, Status.EVALUATIONS, 4, 8),
    ],
)
def test_limits_end_it_from_outside(limit, status, nit, nfev):
    found = run(**limit)
    assert (found.status, found.success, found.nit, found.nfev) == (status, False, nit, nfev)
    np.testing.assert_allclose(found.x, np.array([1.0, -1.0]) * 0.5**nit)


def test_the_clock_stands_while_an_iterate_is_looked_at(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(module, "clock", lambda: now[0])

    def evaluated(watch, x):
        now[0] += 1.0
        return fun(x)

    monkeypatch.setattr(module.Watch, "unlimited", evaluated)

    def observe(nit, seconds, x):
        now[0] += 1000.0
        seen.append((nit, seconds))

    seen = []
    found = run(enough=3, observer=observe)
    assert seen == [(1, 2.0), (2, 4.0), (3, 6.0)]
    assert found.seconds == 6.0
    assert found.history["seconds"].tolist() == [0.0, 2.0, 4.0, 6.0]
    now[0] = 0.0
    late = run(max_time=2.5)
    assert (late.status, late.nit) == (Status.TIME, 1), "amidst the second iteration"


def test_ctrl_c_ends_it_with_what_it_has():
    def observe(nit, seconds, x):
        if nit == 4:
            signal.raise_signal(signal.SIGINT)

    found = run(observer=observe)
    assert (found.status, found.nit, found.message) == (Status.INTERRUPTED, 4, "interrupted")


def test_ctrl_c_when_all_is_over_is_the_callers():
    def observe(nit, seconds, x):
        if nit == 3:
            raise_late.append(nit)

    raise_late = []

    class Late(Descent):
        def run(self, watch):
            found = super().run(watch)
            signal.raise_signal(signal.SIGINT)
            return found

    peer = Peer(HERE, "late", "is interrupted at its end", lambda task: Late(task, 3), anywhere=True)
    with pytest.raises(KeyboardInterrupt):
        peer(fun, np.ones(2), observer=observe)
    assert raise_late == [3]


def test_what_is_not_finite_is_no_success():
    class Lost(Descent):
        def run(self, watch):
            watch.visit(np.array([np.nan, 1.0]))
            return Ending(Status.CLAIMED, "fine")

    found = Peer(HERE, "lost", "leaves the domain", Lost)(fun, np.zeros(2))
    assert (found.status, found.success) == (Status.NOT_FINITE, False)


def test_long_runs_are_thinned_and_their_last_point_is_kept():
    trace = Trace(fun, np.array([1.0]))
    for nit in range(1, 2001):
        if nit >= trace.due:
            trace.add(nit, nit, 0.0, np.array([1.0 / nit]))
    found = trace.result(
        "mine", np.array([1 / 2000]), 2000, 2000, 0.0, 0.0, status=Status.ITERATIONS, message="", traced="iterates"
    )
    nit = found.history["nit"].tolist()
    assert nit[: EVERY + 1] == list(range(EVERY + 1))
    assert nit[-1] == 2000
    assert len(nit) < 220
    assert max(b / a for a, b in itertools.pairwise(nit) if a > EVERY) < 1.06


def test_an_answer_that_is_no_iterate_is_the_last_row():
    class Better(Descent):
        def run(self, watch):
            ending = super().run(watch)
            return ending._replace(found=np.zeros(2))

    peer = Peer(HERE, "better", "returns another point than its last", lambda task: Better(task, 2), anywhere=True)
    found = peer(fun, np.ones(2))
    assert found.fun == 0.0
    assert found.history["nit"].tolist() == [0, 1, 2]
    assert found.history["f"].iloc[-1] == 0.0


@pytest.mark.parametrize(("shows", "asked"), [(True, [4]), (False, [1])])
def test_preparing_is_two_iterations_or_the_smallest_budget(shows, asked):
    seen = []

    class Quick:
        counts = "iterations"

        def __init__(self, task):
            self.theta = lambda found: found

    class Shown(Quick):
        def run(self, watch):
            seen.append(watch._max_evals)
            watch.visit(np.zeros(2))
            watch.visit(np.zeros(2))
            raise AssertionError("two are enough")

    class Hidden(Quick):
        def fit(self, budget):
            seen.append(budget)
            return Ending(Status.ITERATIONS, "", np.zeros(2))

    peer = Peer(HERE, "quick", "does nothing", Shown if shows else Hidden)
    assert peer.prepare(fun, np.zeros(2)) > 0.0
    assert seen == asked


def test_a_start_that_a_peer_cannot_be_told_is_refused():
    peer = Peer(HERE, "fixed", "starts at zero", Descent)
    with pytest.raises(ValueError, match="mine:fixed starts at zero, and cannot be told another x0"):
        peer(fun, np.ones(2))


def test_the_time_in_our_f_is_told_where_it_is_our_f_that_is_called(small, installed):
    ours, theirs = (
        installed(name)(small, small.x0, gtol=1e-6, max_evals=50) for name in ("scipy:L-BFGS-B", "sklearn:lbfgs")
    )
    assert 0.0 < ours.oracle_seconds < ours.seconds
    assert "oracle_seconds" not in theirs, "the loss is the library's own, and nobody tells its time"
