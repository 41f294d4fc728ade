"""Functions whose g is right, as far as it goes: smooth, stiff, flat, with kinks, jumps of rounding, or noise."""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

Fun = Callable[[np.ndarray], tuple[float, np.ndarray]]


class Truthful(NamedTuple):
    """A function with its start."""

    fun: Fun
    x0: np.ndarray


def draw(kind: str, rng: np.random.Generator) -> Truthful:
    """Return a random function of a kind; scales of x and f are random too."""
    n = int(rng.integers(1, 9))
    m = int(rng.integers(n, 8 * n + 1))
    A, b = rng.normal(size=(m, n)) * 10.0 ** rng.uniform(-1.0, 1.0, size=n), rng.normal(size=m)
    c, l2 = rng.normal(size=n), 10.0 ** rng.uniform(-6.0, 0.0)
    fun = KINDS[kind](A, b, c, l2, rng)
    scale, shift = 10.0 ** rng.uniform(-3.0, 3.0), rng.choice([0.0, 0.0, 1.0, 1e4, -1e8])
    x0 = rng.choice([0.0, 0.1, 1.0, 10.0]) * rng.normal(size=n)
    if kind == "barrier":
        return Truthful(fun, 0.1 + np.abs(x0))
    if kind in WITH_NOISE:
        return Truthful(fun, x0)

    def scaled(x: np.ndarray) -> tuple[float, np.ndarray]:
        f, g = fun(x)
        return scale * f + shift, scale * g

    return Truthful(scaled, x0)


def _quadratic(A, b, c, l2, rng):
    def fun(x):
        return 0.5 * float((A @ x) @ (A @ x)) - float(c @ x), A.T @ (A @ x) - c

    return fun


def _consistent_least_squares(A, b, c, l2, rng):
    right = A @ c

    def fun(x):
        r = A @ x - right
        return 0.5 * float(r @ r), A.T @ r

    return fun


def _rosenbrock(A, b, c, l2, rng):
    steepness = 10.0 ** rng.uniform(0.0, 5.0)

    def fun(x):
        u, v = x[1:] - x[:-1] ** 2, 1.0 - x[:-1]
        g = np.zeros(x.size)
        g[:-1] = -4.0 * steepness * x[:-1] * u - 2.0 * v
        g[1:] += 2.0 * steepness * u
        return steepness * float(u @ u) + float(v @ v) + x[-1] ** 2, g + 2.0 * x[-1] * np.eye(x.size)[-1]

    return fun


def _power(A, b, c, l2, rng):
    p, center = float(rng.choice([1.2, 1.5, 3.0, 4.0, 6.0])), rng.choice([0.0, 1.0]) * c
    weight = 10.0 ** rng.uniform(-3.0, 6.0, size=c.size)

    def fun(x):
        z = x - center
        return float(np.sum(weight * np.abs(z) ** p)), p * weight * np.sign(z) * np.abs(z) ** (p - 1.0)

    return fun


def _exponential(A, b, c, l2, rng):
    k = 10.0 ** rng.uniform(-1.0, 2.0)

    def fun(x):
        e = np.exp(k * (x - c))
        return float(np.sum(e / k - x)), e - 1.0

    return fun


def _barrier(A, b, c, l2, rng):
    c = np.abs(c) + 1e-3

    def fun(x):
        if not (x > 0.0).all():
            return math.nan, np.full(x.size, math.nan)
        return float(c @ x - np.log(x).sum()), c - 1.0 / x

    return fun


def _saturating(A, b, c, l2, rng):
    def fun(x):
        z = np.tanh(A @ x - b)
        return 0.5 * float(z @ z), A.T @ (z * (1.0 - z * z))

    return fun


def _wave(A, b, c, l2, rng):
    height, frequency = 10.0 ** rng.uniform(-4.0, 0.0), 10.0 ** rng.uniform(0.0, 4.0)

    def fun(x):
        z = frequency * x
        return 0.5 * float((x - c) @ (x - c)) + height * float(np.sin(z).sum()), x - c + height * frequency * np.cos(z)

    return fun


def _logistic(A, b, c, l2, rng):
    y = np.where(b > 0.0, 1.0, -1.0)

    def fun(x):
        z = -y * (A @ x)
        p = 1.0 / (1.0 + np.exp(-z))
        return float(np.logaddexp(0.0, z).mean()) + 0.5 * l2 * float(x @ x), -A.T @ (y * p) / y.size + l2 * x

    return fun


def _lasso(A, b, c, l2, rng):
    weight = 10.0 ** rng.uniform(-2.0, 2.0)

    def fun(x):
        r = A @ x - b
        return 0.5 * float(r @ r) + weight * float(np.abs(x).sum()), A.T @ r + weight * np.sign(x)

    return fun


def _absolute(A, b, c, l2, rng):
    def fun(x):
        r = A @ x - b
        return float(np.abs(r).sum()) + 0.5 * l2 * float(x @ x), A.T @ np.sign(r) + l2 * x

    return fun


def _hinge(A, b, c, l2, rng):
    y = np.where(b > 0.0, 1.0, -1.0)

    def fun(x):
        margin = 1.0 - y * (A @ x)
        active = margin > 0.0
        return float(margin[active].sum()) / y.size + 0.5 * l2 * float(x @ x), -A.T @ (y * active) / y.size + l2 * x

    return fun


def _largest(A, b, c, l2, rng):
    def fun(x):
        z = A @ x - b
        k = int(z.argmax())
        return float(z[k]) + 0.5 * l2 * float(x @ x), A[k] + l2 * x

    return fun


def _noisy(A, b, c, l2, rng):
    smooth, size = _quadratic(A, b, c, l2, rng), 10.0 ** rng.uniform(-12.0, -1.0)

    def fun(x):
        f, g = smooth(x)
        noise = np.random.default_rng(np.abs(x).view(np.uint64)).uniform(-1.0, 1.0)  # the same at the same point
        return f + size * noise, g

    return fun


def _noisy_both(A, b, c, l2, rng):
    smooth, size = _logistic(A, b, c, l2, rng), 10.0 ** rng.uniform(-12.0, -1.0)

    def fun(x):
        f, g = smooth(x)
        noise = np.random.default_rng(np.abs(x).view(np.uint64)).uniform(-1.0, 1.0, size=x.size + 1)
        return f * (1.0 + size * noise[0]), g + size * noise[1:]

    return fun


def _rounded(A, b, c, l2, rng):
    smooth, digits = _logistic(A, b, c, l2, rng), int(rng.integers(2, 9))

    def fun(x):
        f, g = smooth(x)
        return round(f, digits), g

    return fun


def _single(A, b, c, l2, rng):
    A, y = A.astype(np.float32), np.where(b > 0.0, 1.0, -1.0).astype(np.float32)
    penalty = l2 if rng.random() < 0.5 else 0.0

    def fun(x):
        z = -y * (A @ x.astype(np.float32))
        p = np.float32(1.0) / (np.float32(1.0) + np.exp(-z))
        f = np.logaddexp(np.float32(0.0), z).mean()
        return float(f) + 0.5 * penalty * float(x @ x), (-A.T @ (y * p) / y.size).astype(np.float64) + penalty * x

    return fun


def _single_squares(A, b, c, l2, rng):
    A, b = A.astype(np.float32), b.astype(np.float32)

    def fun(x):
        r = A @ x.astype(np.float32) - b
        f = float(r @ r) * 0.5 + 0.5 * l2 * float(x @ x)
        return f, (A.T @ r).astype(np.float64) + l2 * x

    return fun


KINDS: dict[str, Callable[..., Fun]] = {
    "quadratic": _quadratic,
    "consistent least squares": _consistent_least_squares,
    "rosenbrock": _rosenbrock,
    "power": _power,
    "exponential": _exponential,
    "barrier": _barrier,
    "saturating": _saturating,
    "wave": _wave,
    "logistic": _logistic,
    "lasso": _lasso,
    "absolute": _absolute,
    "hinge": _hinge,
    "largest": _largest,
    "noisy": _noisy,
    "noisy both": _noisy_both,
    "rounded": _rounded,
    "single": _single,
    "single squares": _single_squares,
}
WITH_NOISE = ("noisy", "noisy both", "rounded", "single", "single squares")
