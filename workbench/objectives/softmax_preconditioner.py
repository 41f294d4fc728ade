"""The preconditioner of softmax regression: the inverse of its Hessian where all classes are equally likely.

At theta = 0 the Hessian is known without a look at the labels (Bohning 1992 has it, times a half of K, as a bound for
every theta)::

    H = C x G + R,      C = (I - 1 1' / K) / K,      G = sum_i share_i x_i x_i',      R = l2, on what is penalised

with the Kronecker product of a classes x classes and a features x features matrix. On vectors that are equal for all
classes C is 1 / K^2 with a reference class (0 without), on those that add up to 0 over the classes it is 1 / K: so two
factorisations of the size of G, or one, invert H whatever the number of classes.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from scipy import sparse
from scipy.linalg import lapack
from threadpoolctl import threadpool_limits

from solvers.jit import compiled
from workbench.objectives.softmax_kernels import padded, spread_rows

SURER = 0.3
"""What is left of the curvature at 0 further on: probabilities grow surer, so that ``p (1 - p)`` falls, and R does not.

So R counts for 1 / 0.3 of itself; L-BFGS finds the scale of the whole. ``benchmarks/passes.py`` shows what it is worth.
"""
WIDEST = 2048
"""Columns, the intercept included, up to which G is a matrix; beyond that it is its diagonal. A matrix takes 32 MiB."""
ROWS_PER_COLUMN = 8
LEAST_ROWS = 2000
"""Rows that G is summed over, drawn at random with a fixed seed where there are more."""
SMALLEST = 1e-10
"""R is at least this part of the typical curvature of a feature, where all rows are summed over."""
AHEAD = 16
"""Rows of the matrix that are asked for from memory before their turn."""
BLOCK_NUMBERS = 2**19
"""Numbers of X that are copied at a time."""


def preconditioner(objective: Any) -> tuple[Callable[..., Any], tuple[Any, ...]]:
    """Return ``(function, args)`` with ``function(v, theta, *args)``, about the inverse Hessian times v.

    Parameters
    ----------
    objective : SoftmaxObjective
        What is minimised; one that is a sum over the rows has a preconditioner of that size.

    Notes
    -----
    R is nowhere smaller than the part of a typical feature that the drawn rows may miss: along a feature that they miss
    the inverse would lead far away. One thread does all this: then its bits are the same wherever BLAS has more, and
    BLAS threads that wait do not take the cores of compiled code.
    """
    K, width, rows = objective.n_classes, objective.shape[1], _drawn(objective)
    unknown = 1.0 / rows.size if rows.size < objective.n_rows else SMALLEST
    penalty = np.full(width, objective.l2 / SURER)
    if objective.fit_intercept and not objective.penalize_intercept:
        penalty[-1] = 0.0
    with threadpool_limits(limits=1, user_api="blas"):
        gram = _gram(objective, rows, diagonal=width > WIDEST)
        across = _inverse(gram / K, penalty, unknown)
        if objective.reference is None:
            # Gradients add up to 0 over the classes, but for the penalty of a start that does not.
            return apply, (across, np.empty((0, width)))
        return apply, (across, _inverse(gram / K**2, penalty, unknown) - across)


def _drawn(objective: Any) -> np.ndarray:
    """Return the rows that G is summed over, in order."""
    wanted = max(LEAST_ROWS, ROWS_PER_COLUMN * objective.shape[1])
    if wanted >= objective.n_rows:
        return np.arange(objective.n_rows)
    return np.sort(np.random.default_rng(0).choice(objective.n_rows, wanted, replace=False))


def _gram(objective: Any, rows: np.ndarray, diagonal: bool) -> np.ndarray:
    """Return the sum of ``share_i x_i x_i'`` estimated from `rows`, or its diagonal as a single row."""
    weight = objective.sample_weight[rows] if objective.sample_weight.size else np.ones(rows.size)
    if diagonal and sparse.issparse(objective.X):
        found = objective.X[rows]
        gram = np.full((1, objective.shape[1]), weight.sum())
        gram[0, : objective.n_features] = found.multiply(found).T @ weight
    else:
        width = objective.shape[1]
        gram = np.zeros((1, width) if diagonal else (width, width))
        for A in _designs(objective, rows):
            gram += (A * A).sum(axis=0) if diagonal else A.T @ A
    total = weight.sum()
    return gram * (objective.gradient_scale / total) if total > 0.0 else gram


def _designs(objective: Any, rows: np.ndarray) -> Iterator[np.ndarray]:
    """Yield the rows in blocks, with the intercept's column, each times the root of its weight.

    Of rows in float32, or less, in float32: about the curvature is what a preconditioner has to know.
    """
    width, size = objective.shape[1], max(1, BLOCK_NUMBERS // objective.shape[1])
    for first in range(0, rows.size, size):
        block = rows[first : first + size]
        A = np.ones((block.size, width), np.result_type(objective.X.dtype, np.float32))
        found = objective.X[block]
        A[:, : objective.n_features] = found.toarray() if sparse.issparse(found) else found
        if objective.sample_weight.size:
            A *= np.sqrt(objective.sample_weight[block])[:, None].astype(A.dtype)
        yield A


def _inverse(curvature: np.ndarray, penalty: np.ndarray, unknown: float) -> np.ndarray:
    """Return the inverse of ``curvature + diag(penalty)``; the first is a diagonal where it has a single row.

    The penalty is raised to the part `unknown` of the typical curvature.
    """
    diagonal = curvature[0] if curvature.shape[0] == 1 else curvature.diagonal()
    penalty = np.maximum(penalty, unknown * diagonal.mean() or 1.0)
    if curvature.shape[0] == 1:
        return 1.0 / (curvature + penalty)
    factor, failed = lapack.dpotrf(curvature + np.diag(penalty), lower=1, clean=1, overwrite_a=1)
    if failed:  # columns of very different size: rounding of the large ones hides the small ones
        return np.diag(1.0 / (diagonal + penalty))
    inverse, _ = lapack.dpotri(factor, lower=1, overwrite_c=1)
    return np.ascontiguousarray(np.tril(inverse) + np.tril(inverse, -1).T)


@compiled(error_model="numpy")
def add_product(P, q, out):
    """Add ``q[k] P`` to ``out[k]`` for a symmetric P, or for the single row of a diagonal one."""
    (free, width), n_rows = q.shape, P.shape[0]
    if n_rows == 1:
        for k in range(free):
            for i in range(width):
                out[k, i] += q[k, i] * P[0, i]
        return
    product = np.zeros((free, padded(width, q.itemsize)))
    ahead = np.empty(n_rows, np.int64)
    for j in range(n_rows):
        ahead[j] = min(j + AHEAD, n_rows - 1)
    spread_rows(P, np.arange(n_rows), ahead, q, product)
    for k in range(free):
        for i in range(width):
            out[k, i] += product[k, i]


@compiled
def apply(v, theta, across, shared):
    """Return the preconditioner times v.

    `across` acts on every class, `shared` (which may have no rows) on the mean over the classes.
    """
    width = across.shape[1]
    q = v.reshape(v.size // width, width)
    out = np.zeros(q.shape)
    add_product(across, q, out)
    if shared.shape[0] > 0:
        mean, same = np.zeros((1, width)), np.zeros((1, width))
        for k in range(q.shape[0]):
            for i in range(width):
                mean[0, i] += q[k, i]
        for i in range(width):
            mean[0, i] /= q.shape[0]
        add_product(shared, mean, same)
        for k in range(q.shape[0]):
            for i in range(width):
                out[k, i] += same[0, i]
    return out.ravel()
