"""A trivial objective and the plain two-loop product, in a module of their own: compiled once, found on disk later."""

import numpy as np
from numba import njit


@njit(cache=True)
def quadratic(x, d):
    """Return f and the gradient of ``sum d_i (x_i - 1)^2 / 2``."""
    f, g = 0.0, np.empty(x.size)
    for i in range(x.size):
        e = x[i] - 1.0
        f += 0.5 * d[i] * e * e
        g[i] = d[i] * e
    return f, g


@njit(cache=True, fastmath={"reassoc", "contract"})
def two_loops(S, Y, sy, g, products):
    """Compute the direction of L-BFGS `products` times, with one pair more each time until all are used.

    Nocedal & Wright (2006), Algorithm 7.4, over the first rows of S and Y: the floating-point work of as many
    iterations, and nothing else. Returns a number that depends on all of it, so that none of it is left out.
    """
    m, n = S.shape
    a, q, total = np.empty(m), np.empty(n), 0.0
    for product in range(products):
        pairs = min(product, m)
        for i in range(n):
            q[i] = -g[i]
        for j in range(pairs - 1, -1, -1):
            inner = 0.0
            for i in range(n):
                inner += S[j, i] * q[i]
            coefficient = inner / sy[j]  # not a[j], which the compiler would read again for each i
            a[j] = coefficient
            for i in range(n):
                q[i] -= coefficient * Y[j, i]
        for j in range(pairs):
            inner = 0.0
            for i in range(n):
                inner += Y[j, i] * q[i]
            coefficient = a[j] - inner / sy[j]
            for i in range(n):
                q[i] += coefficient * S[j, i]
        total += q[product % n]
    return total
