"""Softmax regression by our kernels, by NumPy and by scikit-learn: the same f, g and Hessian-vector product.

The symmetric form with intercepts, the mean of the losses. NumPy's is what one writes with care: scores, softmax and
residuals in one matrix, in place, in the dtype of X. For uint8 rows the others get a copy in float32, made before; for
sparse rows NumPy's products are SciPy's.
"""

import functools
from typing import Any, NamedTuple

import limits
import numba
import numpy as np
from scipy import sparse
from sklearn._loss import HalfMultinomialLoss
from sklearn.linear_model._linear_loss import LinearModelLoss
from turns import Calls

import workbench as wb

L2 = 1e-3


class Case(NamedTuple):
    """A shape and a kind of data; density 1 is dense, another is CSR."""

    m: int
    n: int
    K: int
    dtype: str
    density: float = 1.0

    def __str__(self) -> str:
        kind = self.dtype if self.density == 1.0 else f"{self.dtype} CSR {self.density:g}"
        return f"{self.m} × {self.n}, {self.K}  {kind}"

    @property
    def computed(self) -> str:
        """The dtype of scores."""
        return "float32" if self.dtype == "uint8" else self.dtype

    @property
    def stored(self) -> float:
        """Numbers of X."""
        return self.m * self.n * self.density


class Problem(NamedTuple):
    """The data of a case and a point: W has a row for each class, with the intercept last; V is a direction."""

    X: Any
    y: np.ndarray
    W: np.ndarray
    V: np.ndarray


def sparse_rows(case: Case, rng: np.random.Generator) -> Any:
    """Return rows with as many numbers each, one in each of as many equal ranges of features."""
    count = max(1, round(case.n * case.density))
    edges = np.arange(count + 1) * case.n // count
    indices = rng.integers(edges[:-1], edges[1:], (case.m, count), np.int32)
    parts = (
        rng.random(indices.size, np.dtype(case.dtype)),
        indices.ravel(),
        np.arange(case.m + 1, dtype=np.int32) * count,
    )
    return sparse.csr_array(parts, shape=(case.m, case.n))


def problem(case: Case) -> Problem:
    """Return the same numbers for the same case, in every process."""
    rng = np.random.default_rng(0)
    if case.density < 1.0:
        X: Any = sparse_rows(case, rng)
    elif case.dtype == "uint8":
        X = rng.integers(0, 256, (case.m, case.n), np.uint8)
    else:
        X = rng.random((case.m, case.n), np.dtype(case.dtype))
    scale = (case.n * case.density) ** -0.5 / (255.0 if case.dtype == "uint8" else 1.0)
    W, V = scale * rng.normal(size=(2, case.K, case.n + 1))
    return Problem(X, np.arange(case.m) % case.K, W, V)


def ours(case: Case) -> Calls:
    """Return our calls."""
    X, y, W, V = problem(case)
    fun = wb.SoftmaxObjective(X, y, l2=L2, reference=None)
    theta, v = W.ravel(), V.ravel()
    return {"f, g": lambda: fun(theta), "H v": lambda: fun.hessp(theta, v)}


def plain_numpy(case: Case) -> Calls:
    """Return calls in plain NumPy."""
    X, y, W, V = problem(case)
    X = X.astype(case.computed, copy=False)
    W, b, V, c = (np.ascontiguousarray(part, case.computed) for part in (W[:, :-1], W[:, -1], V[:, :-1], V[:, -1]))
    rows, share = np.arange(case.m), 1.0 / case.m

    def probabilities(Z: np.ndarray) -> np.ndarray:
        np.exp(Z, out=Z)
        total = Z.sum(axis=1, keepdims=True)
        Z /= total
        return total

    def gradient(R: np.ndarray, weights: np.ndarray) -> np.ndarray:
        G = np.empty((case.K, case.n + 1), R.dtype)
        G[:, :-1] = (X.T @ R).T if sparse.issparse(X) else R.T @ X
        G[:, -1] = R.sum(axis=0)
        G *= share
        G[:, :-1] += L2 * weights
        return G

    def value() -> tuple[float, np.ndarray]:
        Z = X @ W.T
        Z += b
        Z -= Z.max(axis=1, keepdims=True)
        own = Z[rows, y]
        f = share * float(np.log(probabilities(Z)).sum() - own.sum()) + 0.5 * L2 * float((W * W).sum())
        Z[rows, y] -= 1.0
        return f, gradient(Z, W)

    def product() -> np.ndarray:
        Z, U = X @ W.T, X @ V.T
        Z += b
        U += c
        Z -= Z.max(axis=1, keepdims=True)
        probabilities(Z)
        U -= np.einsum("ik,ik->i", Z, U)[:, None]
        U *= Z
        return gradient(U, V)

    return {"f, g": value, "H v": product, "blas": limits.blas}


def scikit_learn(case: Case) -> Calls:
    """Return the call of scikit-learn's own loss, which its solvers make."""
    X, y, W, _ = problem(case)
    X = X.astype(case.computed, copy=False)
    loss = LinearModelLoss(base_loss=HalfMultinomialLoss(n_classes=case.K), fit_intercept=True)
    coef, labels = np.asfortranarray(W, case.computed), y.astype(case.computed)
    threads = numba.get_num_threads()
    return {"f, g": lambda: loss.loss_gradient(coef, X, labels, l2_reg_strength=L2, n_threads=threads)}


def machine(case: Case) -> Calls:
    """Return a call that reads X once."""
    X = problem(case).X
    calls = [limits.reading(part) for part in ((X.data, X.indices) if sparse.issparse(X) else (X,))]
    return {"read": lambda: sum(call() for call in calls)}


def the_most(dtypes: tuple[str, ...]) -> Calls:
    """Return calls for the limits that do not depend on a shape."""
    peaks: Calls = {dtype: functools.partial(limits.peak, dtype) for dtype in dtypes}
    return {"bandwidth": limits.bandwidth, **peaks}
