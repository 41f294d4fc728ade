"""Preparation: machine code is made whole, whatever is pressed meanwhile."""

import signal

import pytest

from workbench.comparison.preparation import prepared


def press():
    signal.raise_signal(signal.SIGINT)


def test_preparation_is_finished_before_ctrl_c_takes_effect(iris):
    finished = []

    class Slow:
        def prepare(self, objective, x0, **options):
            press()
            finished.append(options)
            return 1.0

    with pytest.raises(KeyboardInterrupt):
        prepared(Slow(), iris.objective, {"memory": 3})
    assert finished == [{"memory": 3}]
