"""Vector arithmetic in a fixed order, so that compiled and interpreted loops give the same bits.

Sums run over four interleaved partial sums: fast (the processor adds four numbers at a time), and always in the same
order, on every machine and from every caller. A compiler that may reorder a sum would give other bits when it inlines
the same line elsewhere. What works coordinate by coordinate has no order, but is a leaf all the same: ``x + t * d`` in
a compiled function is seven hundred lines of machine code (for arrays of any two shapes), in each function around it.
"""

import numpy as np

from solvers.jit import compiled


@compiled
def dot(a, b):
    """Return the inner product of two vectors."""
    n = a.size
    p = q = r = s = 0.0
    whole = n - n % 4
    for i in range(0, whole, 4):
        p += a[i] * b[i]
        q += a[i + 1] * b[i + 1]
        r += a[i + 2] * b[i + 2]
        s += a[i + 3] * b[i + 3]
    for i in range(whole, n):
        p += a[i] * b[i]
    return (p + q) + (r + s)


@compiled(fastmath={"reassoc", "contract"})
def dot_row(A, row, b):
    """Return the inner product of a row of `A` with `b`, in the order that is fastest on this processor.

    Only for use inside a larger leaf, which is the same machine code for compiled and interpreted loops. Indexing the
    matrix is cheaper than making a view of the row.
    """
    total = 0.0
    for i in range(b.size):
        total += A[row, i] * b[i]
    return total


@compiled
def add_row(b, t, A, row):
    """Add ``t A[row]`` to `b` in place."""
    for i in range(b.size):
        b[i] += t * A[row, i]


@compiled
def overwrite(a, b):
    """Copy `b` into `a`, which is as long.

    ``a[:] = b`` does the same, but what it has to say of another length takes Numba two seconds to compile.
    """
    if a.size != b.size:
        raise ValueError("two vectors that should be of one length are not")
    for i in range(a.size):
        a[i] = b[i]


@compiled
def along(x, t, d):
    """Return ``x + t d``."""
    moved = np.empty(x.size)
    for i in range(x.size):
        moved[i] = x[i] + t * d[i]
    return moved


@compiled
def scaled(t, d):
    """Return ``t d``."""
    product = np.empty(d.size)
    for i in range(d.size):
        product[i] = t * d[i]
    return product


@compiled
def difference(a, b):
    """Return ``a - b``."""
    left = np.empty(a.size)
    for i in range(a.size):
        left[i] = a[i] - b[i]
    return left


@compiled
def norm_inf(a):
    """Return the largest magnitude; NaN if any entry is, so that no test ``norm <= tolerance`` passes by mistake."""
    largest = 0.0
    for value in a:
        if np.isnan(value):
            return np.nan
        largest = max(largest, abs(value))
    return largest


@compiled
def norm_one(a):
    """Return the sum of magnitudes."""
    total = 0.0
    for value in a:
        total += abs(value)
    return total


@compiled
def norm_two(a):
    """Return the Euclidean norm, scaled so that squares neither overflow nor underflow."""
    scale, total = 0.0, 1.0
    for value in a:
        size = abs(value)
        if size == scale:
            if size != 0.0:
                total += 1.0
        elif scale < size:
            ratio = scale / size
            total = total * (ratio * ratio) + 1.0
            scale = size
        elif size != 0.0:
            ratio = size / scale if scale > 0.0 else np.nan  # a NaN before anything else
            total += ratio * ratio
    return scale * np.sqrt(total)
