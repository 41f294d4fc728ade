"""The problems of the golden runs of minFunc, in the operation order of their Octave originals.

Each function takes x, its extra arguments and `nargout`, the number of outputs wanted, and returns ``(f, g, H)`` or
``(f, g, H, T)``; what is not wanted is empty. It is compiled, takes real and complex x, and is the same in plain
Python where Numba is switched off. Sums run left to right, and squares are written ``u * u``: the polynomial problems
agree with Octave to the last bit.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numba import njit

PI = float(np.pi)


@njit(cache=True)
def _square(n, x):
    """A matrix of zeros of x's kind of number."""
    return np.zeros((n, n), dtype=x.dtype)


@njit(cache=True)
def _cube(n, x):
    return np.zeros((n, n, n), dtype=x.dtype)


@njit(cache=True)
def _ordered_sum(terms):
    total = terms[0]
    for i in range(1, terms.size):
        total = total + terms[i]
    return total


@njit(cache=True)
def _pair_hessian(H, i, j, x):
    """The block of ``100 (x_j - x_i^2)^2 + (1 - x_i)^2`` in H."""
    H[i, i] = 1200.0 * (x[i] * x[i]) - 400.0 * x[j] + 2.0
    H[i, j] = -400.0 * x[i]
    H[j, i] = -400.0 * x[i]
    H[j, j] = 200.0


@njit(cache=True)
def rosen2(x, nargout):
    u = x[1] - x[0] * x[0]
    v = 1.0 - x[0]
    f = 100.0 * (u * u) + v * v
    g = np.zeros_like(x)
    g[0] = (-400.0 * x[0]) * u - 2.0 * v
    g[1] = 200.0 * u
    H = _square(2 if nargout > 2 else 0, x)
    if nargout > 2:
        _pair_hessian(H, 0, 1, x)
    T = _cube(2 if nargout > 3 else 0, x)
    if nargout > 3:
        T[0, 0, 0] = 2400.0 * x[0]
        T[0, 0, 1] = T[0, 1, 0] = T[1, 0, 0] = -400.0
    return f, g, H, T


@njit(cache=True)
def extrosen(x, nargout):
    n = x.size
    f = 0.0
    g = np.zeros_like(x)
    for i in range(0, n, 2):
        u = x[i + 1] - x[i] * x[i]
        v = 1.0 - x[i]
        f = f + (100.0 * (u * u) + v * v)
        g[i] = (-400.0 * x[i]) * u - 2.0 * v
        g[i + 1] = 200.0 * u
    H = _square(n if nargout > 2 else 0, x)
    if nargout > 2:
        for i in range(0, n, 2):
            _pair_hessian(H, i, i + 1, x)
    return f, g, H


@njit(cache=True)
def wood(x, nargout):
    p = x[0] * x[0] - x[1]
    q = x[2] * x[2] - x[3]
    a, b, c, d = x[0] - 1.0, x[1] - 1.0, x[2] - 1.0, x[3] - 1.0
    f = 100.0 * (p * p) + a * a + c * c + 90.0 * (q * q) + 10.1 * (b * b + d * d) + 19.8 * (b * d)
    g = np.zeros_like(x)
    g[0] = 400.0 * x[0] * p + 2.0 * a
    g[1] = -200.0 * p + 20.2 * b + 19.8 * d
    g[2] = 360.0 * x[2] * q + 2.0 * c
    g[3] = -180.0 * q + 20.2 * d + 19.8 * b
    H = _square(4 if nargout > 2 else 0, x)
    if nargout > 2:
        H[0, 0] = 1200.0 * (x[0] * x[0]) - 400.0 * x[1] + 2.0
        H[0, 1] = H[1, 0] = -400.0 * x[0]
        H[1, 1] = 220.2
        H[1, 3] = H[3, 1] = 19.8
        H[2, 2] = 1080.0 * (x[2] * x[2]) - 360.0 * x[3] + 2.0
        H[2, 3] = H[3, 2] = -360.0 * x[2]
        H[3, 3] = 200.2
    T = _cube(4 if nargout > 3 else 0, x)
    if nargout > 3:
        T[0, 0, 0] = 2400.0 * x[0]
        T[0, 0, 1] = T[0, 1, 0] = T[1, 0, 0] = -400.0
        T[2, 2, 2] = 2160.0 * x[2]
        T[2, 2, 3] = T[2, 3, 2] = T[3, 2, 2] = -360.0
    return f, g, H, T


@njit(cache=True)
def powell(x, nargout):
    a = x[0] + 10.0 * x[1]
    b = x[2] - x[3]
    c = x[1] - 2.0 * x[2]
    e = x[0] - x[3]
    c2, e2 = c * c, e * e
    f = a * a + 5.0 * (b * b) + c2 * c2 + 10.0 * (e2 * e2)
    c3, e3 = c2 * c, e2 * e
    g = np.zeros_like(x)
    g[0] = 2.0 * a + 40.0 * e3
    g[1] = 20.0 * a + 4.0 * c3
    g[2] = 10.0 * b - 8.0 * c3
    g[3] = -10.0 * b - 40.0 * e3
    H = _square(4 if nargout > 2 else 0, x)
    if nargout > 2:
        H[0, 0] = 2.0 + 120.0 * e2
        H[0, 1] = H[1, 0] = 20.0
        H[0, 3] = H[3, 0] = -120.0 * e2
        H[1, 1] = 200.0 + 12.0 * c2
        H[1, 2] = H[2, 1] = -24.0 * c2
        H[2, 2] = 10.0 + 48.0 * c2
        H[2, 3] = H[3, 2] = -10.0
        H[3, 3] = 10.0 + 120.0 * e2
    T = _cube(4 if nargout > 3 else 0, x)
    if nargout > 3:
        u = np.array([0.0, 1.0, -2.0, 0.0])
        v = np.array([1.0, 0.0, 0.0, -1.0])
        for i in range(4):
            for j in range(4):
                for k in range(4):
                    T[i, j, k] = 24.0 * c * (u[i] * u[j] * u[k]) + 240.0 * e * (v[i] * v[j] * v[k])
    return f, g, H, T


@njit(cache=True)
def beale(x, nargout):
    y = x[1]
    y2 = y * y
    y3 = y2 * y
    r1 = 1.5 - x[0] * (1.0 - y)
    r2 = 2.25 - x[0] * (1.0 - y2)
    r3 = 2.625 - x[0] * (1.0 - y3)
    f = r1 * r1 + r2 * r2 + r3 * r3
    a1, a2, a3 = y - 1.0, y2 - 1.0, y3 - 1.0
    b1, b2, b3 = x[0], 2.0 * x[0] * y, 3.0 * x[0] * y2
    g = np.zeros_like(x)
    g[0] = 2.0 * (r1 * a1 + r2 * a2 + r3 * a3)
    g[1] = 2.0 * (r1 * b1 + r2 * b2 + r3 * b3)
    H = _square(2 if nargout > 2 else 0, x)
    if nargout > 2:
        H[0, 0] = 2.0 * (a1 * a1 + a2 * a2 + a3 * a3)
        H[0, 1] = 2.0 * (b1 * a1 + b2 * a2 + b3 * a3 + r1 + r2 * (2.0 * y) + r3 * (3.0 * y2))
        H[1, 0] = H[0, 1]
        H[1, 1] = 2.0 * (b1 * b1 + b2 * b2 + b3 * b3 + r2 * (2.0 * x[0]) + r3 * (6.0 * x[0] * y))
    return f, g, H


@njit(cache=True)
def brownbs(x, nargout):
    a = x[0] - 1e6
    b = x[1] - 2e-6
    c = x[0] * x[1] - 2.0
    f = a * a + b * b + c * c
    g = np.zeros_like(x)
    g[0] = 2.0 * a + 2.0 * c * x[1]
    g[1] = 2.0 * b + 2.0 * c * x[0]
    H = _square(2 if nargout > 2 else 0, x)
    if nargout > 2:
        H[0, 0] = 2.0 + 2.0 * (x[1] * x[1])
        H[0, 1] = H[1, 0] = 2.0 * c + 2.0 * (x[0] * x[1])
        H[1, 1] = 2.0 + 2.0 * (x[0] * x[0])
    return f, g, H


@njit(cache=True)
def helical(x, nargout):
    if x[0].real > 0.0:
        theta = np.arctan(x[1] / x[0]) / (2.0 * PI)
    elif x[0].real < 0.0:
        theta = np.arctan(x[1] / x[0]) / (2.0 * PI) + 0.5
    else:
        theta = 0.25 * np.sign(x[1].real) + 0.0 * x[0]
    r2 = x[0] * x[0] + x[1] * x[1]
    r = np.sqrt(r2)
    A = x[2] - 10.0 * theta
    B = r - 1.0
    f = 100.0 * (A * A + B * B) + x[2] * x[2]
    t1, t2 = -x[1] / (2.0 * PI * r2), x[0] / (2.0 * PI * r2)
    q1, q2 = x[0] / r, x[1] / r
    g = np.zeros_like(x)
    g[0] = 200.0 * (B * q1 - 10.0 * A * t1)
    g[1] = 200.0 * (B * q2 - 10.0 * A * t2)
    g[2] = 200.0 * A + 2.0 * x[2]
    H = _square(3 if nargout > 2 else 0, x)
    if nargout > 2:
        r4 = r2 * r2
        r3 = r2 * r
        t11 = x[0] * x[1] / (PI * r4)
        t22 = -t11
        t12 = (x[1] * x[1] - x[0] * x[0]) / (2.0 * PI * r4)
        H[0, 0] = 200.0 * (100.0 * t1 * t1 - 10.0 * A * t11 + q1 * q1 + B * (1.0 / r - x[0] * x[0] / r3))
        H[1, 1] = 200.0 * (100.0 * t2 * t2 - 10.0 * A * t22 + q2 * q2 + B * (1.0 / r - x[1] * x[1] / r3))
        H[0, 1] = 200.0 * (100.0 * t1 * t2 - 10.0 * A * t12 + q1 * q2 - B * (x[0] * x[1] / r3))
        H[1, 0] = H[0, 1]
        H[0, 2] = H[2, 0] = -2000.0 * t1
        H[1, 2] = H[2, 1] = -2000.0 * t2
        H[2, 2] = 202.0
    return f, g, H


@njit(cache=True)
def quad50(x, d, b, nargout):
    n = x.size
    dx = d * x
    f = 0.5 * _ordered_sum(dx * x) - _ordered_sum(b * x)
    g = dx - b
    H = _square(n if nargout > 2 else 0, x)
    if nargout > 2:
        for i in range(n):
            H[i, i] = d[i]
    return f, g, H


@njit(cache=True)
def quad50_product(v, x, d, b):
    return d * v


@njit(cache=True)
def quad50_preconditioner(v, x, d, b):
    return v / np.sqrt(d)


@njit(cache=True)
def _scores(w, X):
    """``X w``, each sum from left to right."""
    z = np.zeros(X.shape[0], dtype=w.dtype)
    for i in range(X.shape[0]):
        for j in range(w.size):
            z[i] = z[i] + X[i, j] * w[j]
    return z


@njit(cache=True)
def _correlations(X, r):
    """``X' r``, each sum from left to right."""
    total = np.zeros(X.shape[1], dtype=r.dtype)
    for i in range(X.shape[0]):
        for j in range(X.shape[1]):
            total[j] = total[j] + X[i, j] * r[i]
    return total


@njit(cache=True)
def logreg(w, X, y, lam, nargout):
    m, n = X.shape
    z = y * _scores(w, X)
    f = 0.0
    for i in range(m):
        negative = 1.0 if z[i].real < 0.0 else 0.0
        f = f + (np.log1p(np.exp(-(z[i] * (1.0 - 2.0 * negative)))) - z[i] * negative)
    f = f + 0.5 * lam * _ordered_sum(w * w)
    sigma = 1.0 / (1.0 + np.exp(-z))
    g = -_correlations(X, y * (1.0 - sigma)) + lam * w
    H = _square(n if nargout > 2 else 0, w)
    if nargout > 2:
        for i in range(m):
            weight = sigma[i] * (1.0 - sigma[i])
            for j in range(n):
                for k in range(n):
                    H[j, k] = H[j, k] + X[i, j] * (weight * X[i, k])
        for j in range(n):
            H[j, j] = H[j, j] + lam
        H = (H + H.T) / 2.0
    T = _cube(n if nargout > 3 else 0, w)
    if nargout > 3:
        for i in range(m):
            weight = y[i] * (sigma[i] * (1.0 - sigma[i]) * (1.0 - 2.0 * sigma[i]))
            for j in range(n):
                for k in range(n):
                    for h in range(n):
                        T[j, k, h] = T[j, k, h] + weight * X[i, j] * X[i, k] * X[i, h]
    return f, g, H, T


@njit(cache=True)
def logreg_product(v, w, X, y, lam):
    sigma = 1.0 / (1.0 + np.exp(-(y * _scores(w, X))))
    return _correlations(X, (sigma * (1.0 - sigma)) * _scores(v, X)) + lam * v


@njit(cache=True)
def logreg_preconditioner(v, w, X, y, lam):
    sigma = 1.0 / (1.0 + np.exp(-(y * _scores(w, X))))
    return v / (_correlations(X * X, sigma * (1.0 - sigma)) + lam)


@njit(cache=True)
def softmax(theta, X, y, K, lam, nargout):
    n, m = X.shape
    A = np.zeros((K, m), dtype=theta.dtype)
    for k in range(K - 1):
        for r in range(n):
            for i in range(m):
                A[k, i] = A[k, i] + theta[k * n + r] * X[r, i]
    f = 0.0
    P = np.zeros((K, m), dtype=theta.dtype)
    for i in range(m):
        largest = A[0, i].real
        for k in range(1, K):
            largest = max(largest, A[k, i].real)
        total = 0.0 * theta[0]
        for k in range(K):
            P[k, i] = np.exp(A[k, i] - largest)
            total = total + P[k, i]
        f = f + (A[int(y[i]) - 1, i] - largest - np.log(total))
        for k in range(K):
            P[k, i] = P[k, i] / total
    f = -f
    if lam != 0.0:
        f = f + 0.5 * lam * _ordered_sum(theta * theta)
    g = np.zeros_like(theta)
    for k in range(K - 1):
        residual = -P[k]
        for i in range(m):
            if y[i] == k + 1:
                residual[i] = residual[i] + 1.0
        for r in range(n):
            total = 0.0 * theta[0]
            for i in range(m):
                total = total + X[r, i] * residual[i]
            g[k * n + r] = -total
    if lam != 0.0:
        g = g + lam * theta
    H = _square(theta.size if nargout > 2 else 0, theta)
    if nargout > 2:
        for a in range(K - 1):
            for b in range(K - 1):
                weight = -P[a] * P[b]
                if a == b:
                    weight = weight + P[a]
                for r in range(n):
                    for q in range(n):
                        total = 0.0 * theta[0]
                        for i in range(m):
                            total = total + (X[r, i] * weight[i]) * X[q, i]
                        H[a * n + r, b * n + q] = total
        H = (H + H.T) / 2.0
        if lam != 0.0:
            for j in range(theta.size):
                H[j, j] = H[j, j] + lam
    return f, g, H


@njit(cache=True)
def barrier(x, c, mode, nargout):
    """``sum c_j x_j - log x_j``; what is returned outside ``x > 0`` is said by `mode`.

    Mode 3 stands for a complex f, which a real function gives as NaN beside a finite gradient.
    """
    n = x.size
    inside = True
    for j in range(n):
        inside = inside and x[j] > 0.0
    f = 0.0
    g = np.full(n, np.nan)
    H = np.full((n, n), np.nan) if nargout > 2 else np.zeros((0, 0))
    if inside or mode == 3:
        for j in range(n):
            f = f + (c[j] * x[j] - np.log(x[j]) if inside else np.nan)
            g[j] = c[j] - 1.0 / x[j]
        if nargout > 2:
            H[:, :] = 0.0
            for j in range(n):
                H[j, j] = 1.0 / (x[j] * x[j])
    elif mode == 1:
        f = np.inf
    elif mode == 2:
        f = np.nan
    elif mode == 4:
        f = -1000.0
    else:
        f = -np.inf
    return f, g, H


def series(n: int, scale: float) -> np.ndarray:
    """``scale (((7919 k) mod 1000) - 500) / 1000``, k = 1 ... n."""
    return scale * ((((np.arange(1, n + 1) * 7919) % 1000) - 500) / 1000)


@njit(cache=True)
def _times(H, v):
    out = np.zeros_like(v)
    for i in range(v.size):
        for j in range(v.size):
            out[i] = out[i] + H[i, j] * v[j]
    return out


@njit(cache=True)
def _over_diagonal(H, v):
    out = np.zeros_like(v)
    for i in range(v.size):
        out[i] = v[i] / max(abs(H[i, i]), 1e-8)
    return out


@functools.cache
def _from_hessian(function: Callable[..., Any], leaf: Callable[..., Any], count: int) -> Callable[..., Any]:
    """Return compiled ``(v, x, *args) -> leaf(H(x, *args), v)``; a compiled function cannot pass on ``*args``."""
    names = "".join(f", a{i}" for i in range(count))
    namespace = {"function": function, "leaf": leaf}
    exec(f"def from_hessian(v, x{names}):\n    return leaf(function(x{names}, 3)[2], v)", namespace)
    return njit(namespace["from_hessian"])


@dataclass(frozen=True)
class MinfuncProblem:
    """A function of the golden runs with a start and its extra arguments."""

    name: str
    start: str
    function: Callable[..., Any]
    """``(x, *args, nargout) -> f, g, H`` or ``f, g, H, T``, compiled."""
    x0: np.ndarray
    args: tuple[Any, ...] = field(default=())
    own_product: Callable[..., Any] | None = None
    own_preconditioner: Callable[..., Any] | None = None

    @property
    def most_outputs(self) -> int:
        """4 where third derivatives are known."""
        return 4 if self.function in (rosen2, wood, powell, logreg) else 3

    @property
    def product(self) -> Callable[..., Any]:
        """``(v, x, *args) -> H(x) v``, compiled."""
        return self.own_product or _from_hessian(self.function, _times, len(self.args))

    @property
    def preconditioner(self) -> Callable[..., Any]:
        """``(v, x, *args)`` over about the diagonal of H(x), compiled."""
        return self.own_preconditioner or _from_hessian(self.function, _over_diagonal, len(self.args))


def _table(folder: Path, name: str) -> np.ndarray:
    return np.loadtxt(folder / "data" / name, delimiter=",", ndmin=2)


def _small_starts() -> dict[str, tuple[Callable[..., Any], dict[str, Any]]]:
    k = np.arange(1, 6)
    mixed = np.zeros(10)
    mixed[0::2] = -1.2 + 0.1 * k
    mixed[1::2] = 1.0 - 0.05 * k
    return {
        "rosen2": (
            rosen2,
            {"std": [-1.2, 1.0], "zero": [0.0, 0.0], "a": [2.0, -1.5], "b": [-0.5, 0.7], "opt": [1.0, 1.0]},
        ),
        "extrosen10": (extrosen, {"std": [-1.2, 1.0] * 5, "a": mixed}),
        "extrosen100": (extrosen, {"std": [-1.2, 1.0] * 50, "a": series(100, 4.0)}),
        "wood": (wood, {"std": [-3.0, -1.0, -3.0, -1.0], "a": [0.5, 1.0, -0.5, -1.0]}),
        "powell": (powell, {"std": [3.0, -1.0, 0.0, 1.0], "a": [1.0, 2.0, -1.0, 3.0]}),
        "beale": (beale, {"std": [1.0, 1.0], "a": [-1.0, 0.5]}),
        "brownbs": (brownbs, {"std": [1.0, 1.0], "a": [10.0, 5.0]}),
        "helical": (helical, {"std": [-1.0, 0.0, 0.0], "a": [1.0, -2.0, 1.0]}),
    }


def minfunc_problem(name: str, start: str, folder: Path) -> MinfuncProblem:
    """Return a problem by its name and start in the golden runs; data are read from ``folder/data``."""
    small = _small_starts()
    if name in small:
        function, starts = small[name]
        return MinfuncProblem(name, start, function, np.array(starts[start], dtype=float))
    if name == "quad50":
        data = _table(folder, "quad50.csv")
        k = np.arange(1, 51)
        x0 = {"std": np.ones(50), "a": (-1.0) ** k * (k % 7)}[start]
        args = (data[:, 0].copy(), data[:, 1].copy())
        return MinfuncProblem(name, start, quad50, x0, args, quad50_product, quad50_preconditioner)
    if name == "logreg":
        data = _table(folder, "logreg.csv")
        x0 = series(12, 2.0) if start == "a" else np.zeros(12)
        args = (data[:, 1:].copy(), data[:, 0].copy(), 0.01 if start == "lam" else 1.0)
        return MinfuncProblem(name, start, logreg, x0, args, logreg_product, logreg_preconditioner)
    if name == "softmax":
        data = _table(folder, "softmax_small.csv")
        x0 = series(15, 2.0) if start.startswith("a") else np.zeros(15)
        args = (data[:, 1:].T.copy(), data[:, 0].copy(), 4, 0.1 if start.endswith("reg") else 0.0)
        return MinfuncProblem(name, start, softmax, x0, args)
    if name == "digits":
        data = _table(folder, "digits.csv")
        x0 = ((np.arange(1, 586) * 7919) % 1000) / 1e6
        X = np.vstack([np.ones(len(data)), data[:, 1:].T / 16.0])
        return MinfuncProblem(name, start, softmax, x0, (X, data[:, 0] + 1.0, 10, 1.0 if start == "reg" else 0.0))
    if name.startswith("barrier"):
        x0 = np.array({"std": [10.0, 5.0, 0.01], "a": [0.05, 0.02, 3.0]}[start])
        return MinfuncProblem(name, start, barrier, x0, (np.array([1.0, 2.0, 5.0]), int(name[-1])))
    raise KeyError(name)
