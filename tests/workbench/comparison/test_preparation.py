"""Preparation: compiled before any clock starts, and to its end."""

import signal

import pytest

from workbench.comparison.preparation import prepared


class Slow:
    """A method whose preparation is interrupted by Ctrl-C, once or twice."""

    def __init__(self, presses):
        self.presses, self.finished = presses, []

    def prepare(self, objective, x0, **options):
        for _ in range(self.presses):
            signal.raise_signal(signal.SIGINT)
        self.finished.append((x0 is objective.x0, options))
        return 1.5


def test_it_takes_the_options_of_the_run_and_returns_its_seconds(iris):
    slow = Slow(0)
    assert prepared(slow, iris.objective, {"memory": 3}) == 1.5
    assert slow.finished == [(True, {"memory": 3})]


def test_it_is_finished_before_ctrl_c_takes_effect(iris):
    slow = Slow(1)
    with pytest.raises(KeyboardInterrupt):
        prepared(slow, iris.objective, {})
    assert len(slow.finished) == 1


def test_a_second_ctrl_c_takes_effect_at_once(iris):
    slow = Slow(2)
    with pytest.raises(KeyboardInterrupt):
        prepared(slow, iris.objective, {})
    assert slow.finished == []
