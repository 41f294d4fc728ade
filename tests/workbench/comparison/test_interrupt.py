"""Ctrl-C held back."""

import signal
import threading

import pytest

from workbench.comparison.interrupt import HeldBack
from workbench.comparison.preparation import prepared


def press():
    signal.raise_signal(signal.SIGINT)


def test_the_first_is_only_noted():
    with HeldBack() as interrupt:
        assert not interrupt.arrived
        press()
        assert interrupt.arrived
    assert interrupt.arrived


def test_a_second_goes_through():
    with HeldBack():
        press()
        with pytest.raises(KeyboardInterrupt):
            press()


def test_afterwards_everything_is_as_before():
    before = signal.getsignal(signal.SIGINT)
    with HeldBack():
        assert signal.getsignal(signal.SIGINT) != before
    assert signal.getsignal(signal.SIGINT) == before
    with pytest.raises(ZeroDivisionError), HeldBack():
        raise ZeroDivisionError
    assert signal.getsignal(signal.SIGINT) == before


def test_where_ctrl_c_is_ignored_it_stays_ignored():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with HeldBack() as interrupt:
            press()
    finally:
        signal.signal(signal.SIGINT, before)
    assert not interrupt.arrived


def test_in_another_thread_it_does_nothing():
    entered = []

    def work():
        with HeldBack() as interrupt:
            entered.append(interrupt)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert [interrupt.arrived for interrupt in entered] == [False]


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
