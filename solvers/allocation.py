"""Large arrays whose memory stays with the process when they are freed.

An iteration makes and frees some ten vectors. If they are large, the C library (glibc) takes the memory of each from
the system and gives it back at once, and the system clears it page by page when it is first written: with half a
million variables that is a good part of an iteration. The library raises the sizes from which it does so when a larger
block is freed, up to one of 32 MB, and then holds up to twice as much back (mallopt(3), the dynamic threshold). Other C
libraries have no such limits.
"""

import functools

import numpy as np

LARGEST = 2**25 - 2**16
"""Bytes of a block that raises the limits the most."""


@functools.cache
def keep_freed_memory() -> None:
    """Raise the limits for this process: by a block that is never written, and so costs nothing."""
    np.empty(LARGEST, np.uint8)
