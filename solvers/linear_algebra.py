"""Factorisations and triangular systems that report failure by a flag, and products in a fixed order.

NumPy's raise where a matrix is not positive definite or is singular, which compiled code cannot catch. Here every
entry is accumulated in the same order on every machine, and loops run along rows, which are contiguous in memory.
"""

import math

import numpy as np

from solvers.jit import compiled
from solvers.vectors import norm_two


@compiled
def times(A, x):
    """Return ``A x``; every entry is summed from left to right, four rows at a time."""
    n, m = A.shape
    product = np.empty(n)
    whole = n - n % 4
    for i in range(0, whole, 4):
        p = q = r = s = 0.0
        for j in range(m):
            p += A[i, j] * x[j]
            q += A[i + 1, j] * x[j]
            r += A[i + 2, j] * x[j]
            s += A[i + 3, j] * x[j]
        product[i], product[i + 1], product[i + 2], product[i + 3] = p, q, r, s
    for i in range(whole, n):
        p = 0.0
        for j in range(m):
            p += A[i, j] * x[j]
        product[i] = p
    return product


@compiled
def times_transposed(A, x):
    """Return ``A' x``; every entry is summed from top to bottom."""
    n, m = A.shape
    product = np.zeros(m)
    for i in range(n):
        for j in range(m):
            product[j] += A[i, j] * x[i]
    return product


@compiled
def subtract_outer(A, row, start, stop, column, R):
    """Subtract from ``A[row, column:]`` the rows ``start:stop`` of `R`, each times its entry of that column, in place.

    What row `row` of a Cholesky factor owes to the rows above it, or a part of it. Four rows at a time, since loading
    the row costs more than adding to it; every entry still takes them in their order.
    """
    n = A.shape[1]
    k = start
    while k + 4 <= stop:
        p, q, r, s = R[k, row], R[k + 1, row], R[k + 2, row], R[k + 3, row]
        for j in range(column, n):
            A[row, j] = (((A[row, j] - p * R[k, j]) - q * R[k + 1, j]) - r * R[k + 2, j]) - s * R[k + 3, j]
        k += 4
    while k < stop:
        p = R[k, row]
        for j in range(column, n):
            A[row, j] -= p * R[k, j]
        k += 1


@compiled
def cholesky(A):
    """Return the upper triangular R with ``R'R = A``, and whether there is one (A is positive definite).

    Only the upper triangle of `A` is read. Golub & Van Loan (2013), section 4.2, by rows of R.
    """
    return thresholded_cholesky(A, 0.0, np.zeros(A.shape[0]))


@compiled
def thresholded_cholesky(A, shift, thresholds):
    """Return the Cholesky factor of ``A + shift I`` and whether there is one, without its small entries.

    An entry of column j below ``thresholds[j]`` is set to zero as soon as its pivot is known; 0 keeps all.
    """
    n = A.shape[0]
    R = np.zeros((n, n))
    for i in range(n):
        for j in range(i, n):
            R[i, j] = A[i, j]
        R[i, i] += shift
        subtract_outer(R, i, 0, i, i, R)
        if not 0.0 < R[i, i] < np.inf:  # also when it is NaN
            return R, False
        pivot = math.sqrt(R[i, i])
        R[i, i] = pivot
        for j in range(i + 1, n):
            R[i, j] = R[i, j] / pivot
            if abs(R[i, j]) * pivot < thresholds[j]:
                R[i, j] = 0.0
    return R, True


@compiled
def shifted_thresholded_cholesky(A, thresholds):
    """Return the factor of ``A + tau I`` for the first tau of a growing sequence that has one, tau, and success."""
    n = A.shape[0]
    if not np.isfinite(A).all():
        return np.zeros((n, n)), 0.0, False
    size = norm_two(A.ravel())
    lowest = np.inf
    for i in range(n):
        lowest = min(lowest, A[i, i])
    tau = 0.0 if lowest > 1e-12 else max(0.5 * size, 1e-12)
    while tau < np.inf:
        R, positive = thresholded_cholesky(A, tau, thresholds)
        if positive:
            return R, tau, True
        tau = max(2.0 * tau, 0.5 * size)
    return np.zeros((n, n)), tau, False


@compiled
def shifted_cholesky(A):
    """Return R with ``R'R = A + tau I``, tau, and whether `A` was finite; tau is 0 where A is positive definite.

    Nocedal & Wright (2006), Algorithm 3.3, with the shifts 0, ``|A|/2``, ``|A|``, ``2 |A|``, ... in the Frobenius norm.
    """
    return shifted_thresholded_cholesky(A, np.zeros(A.shape[0]))


@compiled
def incomplete_cholesky(A, drop_tolerance):
    """Return R with ``R'R`` about ``A + tau I``, tau, and whether `A` was finite.

    ``R[i, j]`` off the diagonal is dropped where ``|R[i, j]| R[i, i]`` is less than `drop_tolerance` times the 2-norm
    of column j of `A`, the rule of MATLAB's former ``cholinc``; 0 drops nothing. Dropping can cost a positive definite
    matrix its positive pivots; it is then factored anew with the shifts of `shifted_cholesky` (Manteuffel 1980).
    """
    n = A.shape[0]
    thresholds = np.empty(n)
    for j in range(n):
        thresholds[j] = drop_tolerance * norm_two(A[:, j].copy())
    return shifted_thresholded_cholesky(A, thresholds)


@compiled
def solve_upper(R, b):
    """Return the solution of ``R x = b`` for an upper triangular R without zeros on its diagonal."""
    n = b.size
    x = b.copy()
    for i in range(n - 1, -1, -1):
        total = x[i]
        for j in range(n - 1, i, -1):
            total -= R[i, j] * x[j]
        x[i] = total / R[i, i]
    return x


@compiled
def solve_upper_transposed(R, b):
    """Return the solution of ``R' x = b`` for an upper triangular R without zeros on its diagonal."""
    n = b.size
    x = b.copy()
    for i in range(n):
        x[i] /= R[i, i]
        for j in range(i + 1, n):
            x[j] -= R[i, j] * x[i]
    return x


@compiled
def solve_lower(L, b):
    """Return the solution of ``L x = b`` for a lower triangular L without zeros on its diagonal."""
    n = b.size
    x = b.copy()
    for i in range(n):
        total = x[i]
        for j in range(i):
            total -= L[i, j] * x[j]
        x[i] = total / L[i, i]
    return x


@compiled
def solve_lower_transposed(L, b):
    """Return the solution of ``L' x = b`` for a lower triangular L without zeros on its diagonal."""
    n = b.size
    x = b.copy()
    for i in range(n - 1, -1, -1):
        x[i] /= L[i, i]
        for j in range(i):
            x[j] -= L[i, j] * x[i]
    return x


@compiled
def cholesky_solve(R, b):
    """Return the solution of ``R'R x = b``."""
    return solve_upper(R, solve_upper_transposed(R, b))


@compiled
def lu_solve(A, b):
    """Return the solution of ``A x = b``, and whether all pivots were non-zero numbers.

    Gaussian elimination with partial pivoting (Golub & Van Loan 2013, Algorithm 3.4.1), and no test of the condition.
    """
    n = b.size
    LU, x = A.copy(), b.copy()
    for k in range(n):
        pivot = k
        for i in range(k + 1, n):
            if abs(LU[i, k]) > abs(LU[pivot, k]):
                pivot = i
        if not 0.0 < abs(LU[pivot, k]) < np.inf:
            return np.full(n, np.nan), False
        if pivot != k:
            for j in range(k, n):
                LU[k, j], LU[pivot, j] = LU[pivot, j], LU[k, j]
            x[k], x[pivot] = x[pivot], x[k]
        for i in range(k + 1, n):
            factor = LU[i, k] / LU[k, k]
            if factor != 0.0:
                for j in range(k + 1, n):
                    LU[i, j] -= factor * LU[k, j]
                x[i] -= factor * x[k]
    return solve_upper(LU, x), True


@compiled
def cholesky_update(R, v):
    """Return the Cholesky factor of ``R'R + v v'``, by Givens rotations (Golub & Van Loan 2013, section 6.5.4)."""
    n = v.size
    R, v = R.copy(), v.copy()
    for k in range(n):
        if v[k] == 0.0:
            continue
        length = math.hypot(R[k, k], v[k])
        c, s = R[k, k] / length, v[k] / length
        R[k, k] = length
        for j in range(k + 1, n):
            above, below = R[k, j], v[j]
            R[k, j] = c * above + s * below
            v[j] = c * below - s * above
    return R


@compiled
def cholesky_downdate(R, v):
    """Return the Cholesky factor of ``R'R - v v'``, and whether there is one; if not, `R` itself.

    The rotations that carry ``(R'^-1 v, rho)`` into a multiple of the last unit vector carry ``(R, 0)`` into
    ``(R_new, v')`` (Dongarra, Bunch, Moler & Stewart 1979, LINPACK's ``dchdd``).
    """
    n = v.size
    u = solve_upper_transposed(R, v)
    length = norm_two(u)
    remaining = 1.0 - length * length
    if not remaining > 0.0:  # also when it is NaN
        return R, False
    R = R.copy()
    rho = math.sqrt(remaining)
    carried = np.zeros(n)
    for i in range(n - 1, -1, -1):
        length = math.hypot(rho, u[i])
        c, s = rho / length, u[i] / length
        rho = length
        for j in range(i, n):
            above, below = R[i, j], carried[j]
            R[i, j] = c * above - s * below
            carried[j] = c * below + s * above
    return R, True


@compiled
def gill_murray(A):
    """Return L, d and a permutation p with ``L diag(d) L' = A[p][:, p] + E``, L unit lower triangular and d positive.

    E is diagonal, not negative, and zero where A is sufficiently positive definite. Gill & Murray (1974), with
    symmetric pivoting (Gill, Murray & Wright 1981, section 4.4.2.2).
    """
    n = A.shape[0]
    largest_diagonal = largest_off = 0.0
    for i in range(n):
        largest_diagonal = max(largest_diagonal, abs(A[i, i]))
        for j in range(n):
            if j != i:
                largest_off = max(largest_off, abs(A[i, j]))
    delta = 1e-12 * max(largest_off + largest_diagonal, 1.0)
    beta = max(largest_diagonal, 1e-12)
    if n > 1:
        beta = max(beta, largest_off / math.sqrt(n * n - 1.0))
    beta = math.sqrt(beta)
    C = A.copy()  # after j steps: L d in the first j columns; the rest is A, but for the diagonal, which is up to date
    d = np.empty(n)
    p = np.arange(n)
    L = np.eye(n)
    for j in range(n):
        best = j
        for i in range(j + 1, n):
            if abs(C[i, i]) > abs(C[best, best]):
                best = i
        if best != j:
            swap_symmetrically(C, j, best)
            p[j], p[best] = p[best], p[j]
            for k in range(j):
                L[j, k], L[best, k] = L[best, k], L[j, k]
        largest = 0.0
        for i in range(j + 1, n):
            for k in range(j):
                C[i, j] -= L[j, k] * C[i, k]
            largest = max(largest, abs(C[i, j]))
        ratio = largest / beta
        d[j] = max(abs(C[j, j]), ratio * ratio, delta)
        for i in range(j + 1, n):
            L[i, j] = C[i, j] / d[j]
            C[i, i] -= C[i, j] * L[i, j]
    return L, d, p


@compiled
def swap_symmetrically(C, i, j):
    """Exchange rows and columns i and j of `C` in place."""
    n = C.shape[0]
    for k in range(n):
        C[i, k], C[j, k] = C[j, k], C[i, k]
    for k in range(n):
        C[k, i], C[k, j] = C[k, j], C[k, i]
