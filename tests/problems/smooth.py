"""Smooth problems with known minima, as compiled functions; ``py_func`` is the same one in plain Python."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numba import config, njit


@njit(cache=True)
def rosenbrock(x):
    n = x.size
    f, g = 0.0, np.zeros(n)
    for i in range(n - 1):
        u, v = x[i + 1] - x[i] * x[i], 1.0 - x[i]
        f += 100.0 * u * u + v * v
        g[i] += -400.0 * x[i] * u - 2.0 * v
        g[i + 1] += 200.0 * u
    return f, g


@njit(cache=True)
def quadratic(x, d, b):
    """``x' diag(d) x / 2 - b'x``."""
    f, g = 0.0, np.empty(x.size)
    for i in range(x.size):
        f += 0.5 * d[i] * x[i] * x[i] - b[i] * x[i]
        g[i] = d[i] * x[i] - b[i]
    return f, g


@njit(cache=True)
def powell_singular(x):
    """Powell's singular function: the Hessian at the minimum has rank 2."""
    a, b, c, d = x[0] + 10.0 * x[1], x[2] - x[3], x[1] - 2.0 * x[2], x[0] - x[3]
    f = a * a + 5.0 * b * b + c * c * c * c + 10.0 * d * d * d * d
    g = np.empty(4)
    g[0] = 2.0 * a + 40.0 * d * d * d
    g[1] = 20.0 * a + 4.0 * c * c * c
    g[2] = 10.0 * b - 8.0 * c * c * c
    g[3] = -10.0 * b - 40.0 * d * d * d
    return f, g


@njit(cache=True)
def barrier(x, c):
    """``c'x - sum log x``: NaN outside its domain, minimum at ``1 / c``."""
    f, g = 0.0, np.empty(x.size)
    for i in range(x.size):
        f += c[i] * x[i] - np.log(x[i]) if x[i] > 0.0 else np.nan
        g[i] = c[i] - 1.0 / x[i] if x[i] > 0.0 else np.nan
    return f, g


@njit(cache=True)
def log_cosh(x, scale):
    """``sum log (2 cosh z)``: convex, nearly straight far away."""
    f, g = 0.0, np.empty(x.size)
    for i in range(x.size):
        z = scale[i] * (x[i] - 1.0)
        f += abs(z) + np.log1p(np.exp(-2.0 * abs(z)))
        g[i] = scale[i] * np.tanh(z)
    return f, g


@njit(cache=True)
def least_squares(x, rows, A, b):
    """Mean of squares over some rows."""
    f, g = 0.0, np.zeros(x.size)
    for i in rows:
        r = -b[i]
        for j in range(x.size):
            r += A[i, j] * x[j]
        f += 0.5 * r * r
        for j in range(x.size):
            g[j] += r * A[i, j]
    return f / rows.size, g / rows.size


@dataclass(frozen=True)
class Problem:
    """A function, its data, a start, and where its minimum is."""

    name: str
    compiled: Callable[..., Any]
    x0: np.ndarray
    solution: np.ndarray
    f_min: float
    args: tuple[Any, ...] = field(default=())

    @property
    def plain(self) -> Callable[..., Any]:
        """The same values from a plain Python function.

        NumPy's exp, log and tanh differ from the compiled ones in the last bit; where they are used, the plain function
        calls the compiled one, so that a comparison of two runs is one of the solvers.
        """
        if self.name in ("barrier", "log-cosh"):
            return lambda x, *args: self.compiled(x, *args)
        return python(self.compiled)

    def __str__(self) -> str:
        return self.name


def python(function: Any) -> Callable[..., Any]:
    """The plain Python function, also where nothing is compiled."""
    return function if config.DISABLE_JIT else function.py_func


_D = np.array([1.0, 3.0, 10.0, 30.0, 100.0])
_B = np.array([1.0, -2.0, 3.0, -4.0, 5.0])
_C = np.array([1.0, 2.0, 5.0])

PROBLEMS = [
    Problem("rosenbrock-2", rosenbrock, np.array([-1.2, 1.0]), np.ones(2), 0.0),
    Problem("rosenbrock-6", rosenbrock, np.tile([-1.2, 1.0], 3), np.ones(6), 0.0),
    Problem("quadratic", quadratic, np.ones(5), _B / _D, float(-0.5 * (_B * _B / _D).sum()), (_D, _B)),
    Problem("barrier", barrier, np.array([10.0, 5.0, 0.01]), 1.0 / _C, 3.0 + float(np.log(_C).sum()), (_C,)),
    Problem("log-cosh", log_cosh, np.array([3.0, -2.0]), np.ones(2), 2.0 * float(np.log(2.0)), (np.array([1.0, 2.0]),)),
]
