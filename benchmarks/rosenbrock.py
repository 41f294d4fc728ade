"""Rosenbrock's function, in a module of its own so that its compiled form is found on disk by the next run."""

import numpy as np
from numba import njit


@njit(cache=True)
def rosenbrock(x):
    """Return f and its gradient."""
    n = x.size
    f, g = 0.0, np.zeros(n)
    for i in range(n - 1):
        u, v = x[i + 1] - x[i] * x[i], 1.0 - x[i]
        f += 100.0 * u * u + v * v
        g[i] += -400.0 * x[i] * u - 2.0 * v
        g[i + 1] += 200.0 * u
    return f, g
