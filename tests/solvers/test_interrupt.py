"""Ctrl-C held back."""

import signal
import threading

import pytest

from solvers.interrupt import HeldBack


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


def test_code_that_is_let_through_is_ended_at_once_and_not_begun_after_a_first():
    began = []

    def work():
        began.append(1)
        press()
        began.append(2)

    with HeldBack() as interrupt:
        through = interrupt.letting_through(work)
        with pytest.raises(KeyboardInterrupt):
            through()
        assert began == [1]
        with pytest.raises(KeyboardInterrupt):
            through()
        assert began == [1]


def test_an_outer_one_hears_what_an_inner_one_noted():
    with HeldBack() as outer:
        with HeldBack() as inner:
            press()
        assert inner.arrived
        assert outer.arrived


def test_a_handler_of_the_program_s_own_is_left_in_charge():
    heard = []
    before = signal.signal(signal.SIGINT, lambda *_: heard.append(1))
    try:
        with HeldBack() as interrupt:
            press()
    finally:
        signal.signal(signal.SIGINT, before)
    assert heard == [1]
    assert not interrupt.arrived
