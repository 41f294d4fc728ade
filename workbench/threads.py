"""Threads of BLAS and of compiled code, set together and reported as they are in effect."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


def available() -> int:
    """Return the largest number of threads that compiled code can use in this process."""
    from numba import config

    return int(config.NUMBA_NUM_THREADS)


@contextmanager
def limited_to(threads: int | None) -> Iterator[None]:
    """Run the block with this many threads for BLAS and for compiled code; None means all that there are.

    Raises
    ------
    ValueError
        For less than one, or more than there are.
    """
    import numba
    from threadpoolctl import threadpool_limits

    threads = available() if threads is None else threads
    if not 1 <= threads <= available():
        raise ValueError(f"threads is {threads}: expected 1 to {available()}, what this process can use")
    before = numba.get_num_threads()
    numba.set_num_threads(threads)
    try:
        with threadpool_limits(limits=threads):
            yield
    finally:
        numba.set_num_threads(before)


def in_effect() -> dict[str, Any]:
    """Return how many threads compiled code and each loaded BLAS or OpenMP library use now."""
    import numba
    from threadpoolctl import threadpool_info

    found = {"compiled code": numba.get_num_threads()}
    for pool in threadpool_info():
        name = f"{pool['internal_api']} {pool.get('version') or ''}".strip()
        found[name] = max(pool["num_threads"], found.get(name, 0))
    return found
