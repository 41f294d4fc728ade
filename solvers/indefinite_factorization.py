"""The factorisation ``P A P' = L D L'`` of a symmetric matrix, indefinite or not, and its modification to a positive D.

Bunch & Kaufman (1977) with the bounded ("rook") pivoting of Ashcraft, Grimes & Lewis (1998): D has blocks of size 1
and 2, and no entry of L exceeds 2.78, so that D is as definite as A is. Modified: Cheng & Higham (1998).

===========  ==========================================================
literature   here
===========  ==========================================================
P            ``p``, the row and column of A that stands at each place
D            its ``diagonal`` and the ``below`` it, 0 but inside blocks
===========  ==========================================================
"""

import math

import numpy as np

from solvers.jit import compiled
from solvers.linear_algebra import solve_lower, solve_lower_transposed, swap_symmetrically

GROWTH = (1.0 + math.sqrt(17.0)) / 8.0
"""The part of the largest entry of its column that a pivot must have; it bounds the growth of the entries."""


@compiled
def largest_beside(C, column, first):
    """Return the row of the largest entry off the diagonal of a column, from row `first` on, and its magnitude."""
    row, size = column, 0.0
    for i in range(first, C.shape[0]):
        if i != column and abs(C[i, column]) > size:
            row, size = i, abs(C[i, column])
    return row, size


@compiled
def rook_pivot(C, k):
    """Return the two rows whose block is the next pivot; they are the same for a pivot of size 1."""
    i = k
    r, size = largest_beside(C, k, k)
    while abs(C[i, i]) < GROWTH * size:
        following, size_r = largest_beside(C, r, k)
        if abs(C[r, r]) >= GROWTH * size_r:
            return r, r
        if size_r <= size:  # the largest entry of its row and of its column
            return i, r
        i, r, size = r, following, size_r
    return i, i


@compiled
def exchange(C, L, p, k, i):
    """Bring row and column `i` to place `k`, in place."""
    if i != k:
        swap_symmetrically(C, k, i)
        p[k], p[i] = p[i], p[k]
        for j in range(k):
            L[k, j], L[i, j] = L[i, j], L[k, j]


@compiled
def block_ldl(A):
    """Return L, diagonal, below and p with ``A[p][:, p] = L D L'``, for a finite symmetric A; L is unit lower."""
    n = A.shape[0]
    C, L, p = 0.5 * (A + A.T), np.eye(n), np.arange(n)
    diagonal, below = np.zeros(n), np.zeros(n)
    k = 0
    while k < n:
        i, r = rook_pivot(C, k)
        if i == r:
            exchange(C, L, p, k, i)
            pivot = C[k, k]
            diagonal[k] = pivot
            if pivot != 0.0:  # or else its whole column is 0
                for i in range(k + 1, n):
                    L[i, k] = C[i, k] / pivot
                for i in range(k + 1, n):
                    for j in range(k + 1, i + 1):
                        C[i, j] -= L[i, k] * C[j, k]
                        C[j, i] = C[i, j]  # the search for a pivot counts on symmetry to the last bit
            k += 1
        else:
            exchange(C, L, p, k, min(i, r))
            exchange(C, L, p, k + 1, max(i, r))
            a, b, c = C[k, k], C[k + 1, k], C[k + 1, k + 1]
            diagonal[k], below[k], diagonal[k + 1] = a, b, c
            determinant = (a / b) * (c / b) - 1.0  # of the block divided by b, which is its largest entry
            for i in range(k + 2, n):
                first, second = C[i, k] / b, C[i, k + 1] / b
                L[i, k] = ((c / b) * first - second) / determinant
                L[i, k + 1] = ((a / b) * second - first) / determinant
            for i in range(k + 2, n):
                for j in range(k + 2, i + 1):
                    C[i, j] -= L[i, k] * C[j, k] + L[i, k + 1] * C[j, k + 1]
                    C[j, i] = C[i, j]
            k += 2
    return L, diagonal, below, p


@compiled
def raise_eigenvalues(diagonal, below, least):
    """Raise every eigenvalue of D to at least `least`, in place: the nearest such D in both norms, 2 and F."""
    k = 0
    while k < diagonal.size:
        b = below[k]
        if b == 0.0:
            diagonal[k] = max(diagonal[k], least)
            k += 1
            continue
        a, c = diagonal[k], diagonal[k + 1]
        middle, half = 0.5 * (a + c), math.hypot(0.5 * (a - c), b)
        low, high = max(middle - half, least), max(middle + half, least)
        # the projections on the eigenvectors are (I +- M / half) / 2, M the block less its mean eigenvalue
        mean, slope = 0.5 * (high + low), 0.5 * (high - low) / half
        diagonal[k], diagonal[k + 1] = mean + slope * 0.5 * (a - c), mean - slope * 0.5 * (a - c)
        below[k] = slope * b
        k += 2


@compiled
def lower_blocks(diagonal, below, least):
    """Raise every block of size 1 to at least `least`; add to a block of size 2 its smaller eigenvalue, in place.

    What minFunc does. Since that eigenvalue is negative, the block stays indefinite.
    """
    k = 0
    while k < diagonal.size:
        if below[k] == 0.0:
            diagonal[k] = max(diagonal[k], least)
            k += 1
        else:
            middle, half = 0.5 * (diagonal[k] + diagonal[k + 1]), 0.5 * (diagonal[k] - diagonal[k + 1])
            shift = middle - math.hypot(half, below[k]) + least
            diagonal[k] += shift
            diagonal[k + 1] += shift
            k += 2


@compiled
def block_solve(L, diagonal, below, p, b):
    """Return the solution of ``P' L D L' P x = b`` for a D without an eigenvalue 0."""
    n = b.size
    z = solve_lower(L, b[p])
    k = 0
    while k < n:
        off = below[k]
        if off == 0.0:
            z[k] /= diagonal[k]
            k += 1
        else:
            a, c = diagonal[k], diagonal[k + 1]
            determinant = a * c - off * off
            first, second = z[k], z[k + 1]
            z[k] = (c * first - off * second) / determinant
            z[k + 1] = (a * second - off * first) / determinant
            k += 2
    x = np.empty(n)
    z = solve_lower_transposed(L, z)
    for k in range(n):
        x[p[k]] = z[k]
    return x


@compiled
def modified_solve(A, b):
    """Return the solution of ``(A + E) x = b``, where A + E has a D raised to ``sqrt(eps) |A|`` (Cheng & Higham)."""
    L, diagonal, below, p = block_ldl(A)
    size = 0.0
    for i in range(A.shape[0]):
        row = 0.0
        for j in range(A.shape[0]):
            row += abs(A[i, j])
        size = max(size, row)
    raise_eigenvalues(diagonal, below, math.sqrt(np.finfo(np.float64).eps) * size if size > 0.0 else 1.0)
    return block_solve(L, diagonal, below, p, b)
