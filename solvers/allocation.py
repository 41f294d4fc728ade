"""Large arrays whose memory stays with the process when they are freed.

An iteration makes and frees some ten vectors. If they are large, the C library (glibc) takes the memory of each from
the system and gives it back at once, and the system clears it page by page when it is first written: with half a
million variables that is a good part of an iteration. Its limits, from which it does so, are raised here (mallopt(3)).
Other C libraries have none.
"""

import ctypes
import functools

KEPT = 2**28
"""Bytes of a block, and of freed memory, that the library holds back at most."""
TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3
"""Names of these limits in malloc.h."""


@functools.cache
def keep_freed_memory() -> None:
    """Raise the limits for this process."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(TRIM_THRESHOLD, KEPT)
        mallopt(MMAP_THRESHOLD, KEPT)
