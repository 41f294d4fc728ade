"""Room for many numbers: aligned to the lines of the caches, and in large pages.

A vector that lies across two lines takes two reads, which costs a tile a tenth of its speed. And the system clears each
page when it is touched first: arrays of tens of megabytes, made anew in each evaluation, took a sixth of its time in
small pages. NumPy asks for large ones likewise.
"""

# mypy: allow-untyped-defs, allow-untyped-calls, allow-untyped-decorators
# What Numba compiles has its types from Numba, and llvmlite has none.

import sys

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, overload

from solvers.jit import LEAN, part

LINE = 64
"""Bytes of a line of the caches, of which a vector register is a whole part."""
LARGE = 2**20
"""Bytes from which on large pages are asked for."""
_PAGE, _HUGE = 4096, 14
"""What `madvise` wants its address to be a multiple of, and its MADV_HUGEPAGE."""


@part(error_model="numpy")
def room_for(n, like):
    """Return a vector of `n` numbers of the dtype of `like`, uninitialised."""
    spare = LINE // like.itemsize
    found = np.empty(n + spare, like.dtype)
    in_large_pages(found)
    first = -found.ctypes.data % LINE // like.itemsize
    return found[first : first + n]


@part(error_model="numpy")
def in_large_pages(array):
    """Ask for large pages for a contiguous array that has not been touched, if it is large."""
    if array.size * array.itemsize >= LARGE:
        first = (array.ctypes.data + _PAGE - 1) // _PAGE * _PAGE
        advise(first, array.ctypes.data + array.size * array.itemsize - first)


def advise(first, size):
    """Tell the system that memory should lie in large pages; nothing in plain Python."""


@overload(advise, jit_options=LEAN)
def _advise(first, size):
    if sys.platform == "linux":
        return lambda first, size: _madvise(first, size)
    return lambda first, size: None


@intrinsic
def _madvise(typing_context, first, size):
    """``madvise(first, size, MADV_HUGEPAGE)`` called as the C library's symbol, which the disk cache can keep."""

    def generate(context, builder, signature, arguments):
        int32, int64 = ir.IntType(32), ir.IntType(64)
        kind = ir.FunctionType(int32, [int64, int64, int32])
        function = cgutils.get_or_insert_function(builder.module, kind, "madvise")
        values = [context.cast(builder, v, t, types.int64) for v, t in zip(arguments, signature.args, strict=True)]
        builder.call(function, [*values, int32(_HUGE)])
        return context.get_dummy_value()

    return types.void(first, size), generate
