"""Threads of BLAS and of compiled code, set together."""

import numba
import pytest
from threadpoolctl import threadpool_info

from workbench.threads import available, granted, in_effect, limited_to


def test_one_thread_is_one_everywhere_and_only_in_the_block():
    before = in_effect()
    with limited_to(1):
        assert set(in_effect().values()) == {1}
        assert numba.get_num_threads() == 1
        assert {pool["num_threads"] for pool in threadpool_info()} == {1}
    assert in_effect() == before


def test_an_exception_in_the_block_gives_the_threads_back():
    before = in_effect()
    with pytest.raises(ZeroDivisionError), limited_to(1):
        raise ZeroDivisionError
    assert in_effect() == before


def test_without_a_number_all_are_granted():
    assert granted(None) == available()
    with limited_to(None):
        assert in_effect()["compiled code"] == available()


@pytest.mark.parametrize("threads", [0, -1, 10_000])
def test_what_is_not_there_is_refused_with_what_is(threads):
    with pytest.raises(ValueError, match=rf"threads is {threads}: expected 1 to {available()}"):
        granted(threads)
    with pytest.raises(ValueError, match="expected 1 to"), limited_to(threads):
        pytest.fail("the block must not run")
