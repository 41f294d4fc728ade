"""Threads of BLAS and of compiled code, set together and reported as they are in effect."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

MOMENT = "10000"
"""Turns of the loop in which GNU's OpenMP waits before it sleeps: half a millisecond on a Xeon."""


def available() -> int:
    """Return the largest number of threads that compiled code can use in this process."""
    from numba import config

    return int(config.NUMBA_NUM_THREADS)


def granted(threads: int | None) -> int:
    """Return how many threads to use; None means all that there are.

    Raises
    ------
    ValueError
        For less than one, or more than there are.
    """
    if threads is None:
        return available()
    if not 1 <= threads <= available():
        raise ValueError(f"threads is {threads}: expected 1 to {available()}, what this process can use")
    return threads


@contextmanager
def limited_to(threads: int | None) -> Iterator[None]:
    """Run the block with this many threads for compiled code and for the BLAS and OpenMP libraries loaded so far.

    A library that is loaded in the block would bring all its threads: load data before.

    Raises
    ------
    ValueError
        As `granted`.
    """
    import numba
    from threadpoolctl import threadpool_limits

    threads = granted(threads)
    before = numba.get_num_threads()
    numba.set_num_threads(threads)
    try:
        with threadpool_limits(limits=threads):
            yield
    finally:
        numba.set_num_threads(before)


def let_waiting_threads_sleep() -> None:
    """Have OpenMP threads wait a moment for each other, and then sleep, unless the user has said how they should wait.

    By default they spin for long. Where another process has taken a core, the others then spin through whole time
    slices at the end of each parallel loop: softmax on digits was measured to take 6 to 16 ms instead of 0.2 ms, and
    asleep 0.25 ms. Asleep at once, though, two threads of a short loop are often woken on the same core and take turns
    there for tens of milliseconds, as ``GOMP_SPINCOUNT=0 python benchmarks/kernels.py --shapes 10000x784x2`` shows. It
    holds for libraries that are loaded from here on.
    """
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", MOMENT)
        os.environ["OMP_WAIT_POLICY"] = "passive"


def in_effect() -> dict[str, Any]:
    """Return how many threads compiled code and each loaded BLAS or OpenMP library use now."""
    import numba
    from threadpoolctl import threadpool_info

    found = {"compiled code": numba.get_num_threads()}
    for pool in threadpool_info():
        name = f"{pool['internal_api']} {pool.get('version') or ''}".strip()
        found[name] = max(pool["num_threads"], found.get(name, 0))
    return found
