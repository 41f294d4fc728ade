"""The preconditioner of softmax regression: about the inverse of its Hessian at a point, as a Kronecker product.

With the probabilities p_i of row i the Hessian is a sum of Kronecker products of matrices of the size of the classes
and of the size of the features::

    H = sum_i share_i (diag(p_i) - p_i p_i') x x_i x_i' + R,      R = l2, on what is penalised

It is taken as one (Martens & Grosse 2015, K-FAC: Proc. 32nd ICML; here with rows weighted by the trace of their own
matrix, so that those whose class is certain do not count)::

    H ~ C x G / r + R,      C = r sum_i share_i (diag(p_i) - p_i p_i') / sum_i share_i c_i,
                            G = sum_i share_i c_i x_i x_i',      c_i = tr(diag(p_i) - p_i p_i')

r is the rank of C, whose eigenvalues so are 1 in the mean; then its inverse is about that of C times that of G / r + R,
exactly so without R, or at theta = 0 with a row for every class: for H is such a product there (Bohning 1992 has it,
times a half of K, as a bound for every theta).
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numba import get_num_threads
from scipy import sparse
from scipy.linalg import get_blas_funcs, lapack
from threadpoolctl import threadpool_limits

from solvers.jit import compiled, part
from solvers.vectors import norm_inf
from workbench.objectives.softmax_kernels import FLOAT32, padded, score_rows, spread_rows

SURER = 0.1
"""What is left of the curvature further on: probabilities grow surer, and some of it is that of the drawn rows alone.

So R counts for 1 / 0.1 of itself; L-BFGS finds the scale of the whole. ``benchmarks/passes.py`` shows what it is worth.
"""
LEAST = 0.01
"""Part of its value at theta = 0 that c_i is at least: rows that are certain now may not be so further on."""
SHARED = 0.05
"""Part of the mean of C's diagonal that is added to it: for what rare classes have too little curvature."""
WIDEST = 2048
"""Columns, the intercept included, up to which G is a matrix; beyond that H is its diagonal. A matrix takes 32 MiB."""
ROWS_PER_COLUMN = 8
LEAST_ROWS = 2000
"""Rows that are summed over, drawn at random with a fixed seed where there are more."""
SMALLEST = {"float64": 1e-10, "float32": 1e-6}
"""R is at least this part of the typical curvature of a feature, where all rows are summed over.

Rounding hides what is less.
"""
PARTS = 4
"""Parts of the rows, whatever the number of threads."""
BLOCK_NUMBERS = 2**18
"""Numbers of X, and of probabilities, that are taken at a time."""


def preconditioner(objective: Any, theta: np.ndarray) -> tuple[Callable[..., Any], tuple[Any, ...]]:
    """Return ``(function, args)`` with ``function(v, x, *args)``, about the inverse Hessian at `theta` times v.

    Parameters
    ----------
    objective : SoftmaxObjective
        What is minimised; one that is a sum over the rows has a preconditioner of that size.
    theta : ndarray
        Where the probabilities are taken.

    Notes
    -----
    R is nowhere smaller than the part of a typical feature that the drawn rows may miss: along a feature that they miss
    the inverse would lead far away. BLAS has one thread here: then the bits are the same wherever it has more, and its
    threads that wait do not take the cores of compiled code. Fixed parts of the rows are summed on threads of our own.
    """
    free, width = objective.shape
    rows, dtype = _drawn(objective), _computed(objective)
    unknown = 1.0 / rows.size if rows.size < objective.n_rows else SMALLEST[dtype.name]
    penalty = np.full(width, objective.l2 / SURER)
    if objective.fit_intercept and not objective.penalize_intercept:
        penalty[-1] = 0.0
    with threadpool_limits(limits=1, user_api="blas"):
        if width > WIDEST:
            curvature = _diagonal(objective, theta, rows)
            floor = unknown * curvature.mean() or 1.0
            across, between = 1.0 / (curvature + np.maximum(penalty, floor)), np.empty((0, 0))
        else:
            C, G = _factors(objective, theta, rows)
            rank = free - (objective.reference is None)
            C *= rank / (np.trace(C) or 1.0)
            if objective.reference is None:  # gradients add up to 0 over the classes, but for what a penalty adds
                C += 1.0 / free
            across, between = _inverse(G / rank, penalty, unknown), _inverse(C, np.zeros(free), SHARED)
    largest = float(across.max())
    return apply, ((across / largest).astype(dtype), between.astype(dtype), largest)


def _computed(objective: Any) -> np.dtype[Any]:
    """Return the dtype of all this: float32 for rows of float32, or less, for it is about the inverse in any case."""
    return np.result_type(objective.X.dtype, np.float32)


def _drawn(objective: Any) -> np.ndarray:
    """Return the rows that are summed over, in order."""
    wanted = max(LEAST_ROWS, ROWS_PER_COLUMN * objective.shape[1])
    if wanted >= objective.n_rows:
        return np.arange(objective.n_rows)
    return np.sort(np.random.default_rng(0).choice(objective.n_rows, wanted, replace=False))


def _factors(objective: Any, theta: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the sums that C and G are, estimated from `rows`; of G the lower triangle."""
    share = _shares(objective, rows)
    with ThreadPoolExecutor(get_num_threads()) as pool:
        parts = zip(np.array_split(rows, PARTS), np.array_split(share, PARTS), strict=True)
        (C, G), *others = pool.map(lambda part: _factors_of(objective, theta, *part), parts)
    for C_part, G_part in others:
        C += C_part
        G += G_part
    return C, G.astype(float)


def _factors_of(
    objective: Any, theta: np.ndarray, rows: np.ndarray, share: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return what a part of the rows adds to C and G."""
    free, width = objective.shape
    C, K = np.zeros((free, free)), objective.n_classes
    G = np.zeros((width, width), share.dtype, order="F")
    least = LEAST * free * (1.0 - 1.0 / K) / K
    for found, p, weight in _blocks(objective, theta, rows, share):
        A = np.ones((p.shape[0], width), p.dtype)
        A[:, : objective.n_features] = found.toarray() if sparse.issparse(found) else found
        C += np.diag(weight @ p) - (weight[:, None] * p).T @ p
        A *= np.sqrt(weight * np.maximum((p * (1.0 - p)).sum(axis=1), least))[:, None]
        G = get_blas_funcs("syrk", (A,))(1.0, A.T, lower=1, beta=1.0, c=G, overwrite_c=1)
    return C, G


def _diagonal(objective: Any, theta: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return the diagonal of the Hessian without R, estimated from `rows`, in the shape of the weights."""
    found_in = np.zeros(objective.shape)
    for found, p, weight in _blocks(objective, theta, rows, _shares(objective, rows)):
        curvature = weight[:, None] * p * (1.0 - p)
        squares = found.multiply(found) if sparse.issparse(found) else found * found
        found_in[:, : objective.n_features] += (squares.T @ curvature).T
        if objective.fit_intercept:
            found_in[:, -1] += curvature.sum(axis=0)
    return found_in


def _shares(objective: Any, rows: np.ndarray) -> np.ndarray:
    """Return the weights of rows that stand for all."""
    weight = objective.sample_weight[rows] if objective.sample_weight.size else np.ones(rows.size)
    return (weight * (objective.gradient_scale / (weight.sum() or 1.0))).astype(_computed(objective))


def _blocks(
    objective: Any, theta: np.ndarray, rows: np.ndarray, share: np.ndarray
) -> Iterator[tuple[Any, np.ndarray, np.ndarray]]:
    """Yield rows of X, the probabilities of the classes that have weights, and each row's share, block by block."""
    dtype = share.dtype
    W = theta.reshape(objective.shape).astype(dtype)
    n_features = objective.n_features
    size = max(1, BLOCK_NUMBERS // (objective.n_classes + n_features * (not sparse.issparse(objective.X))))
    for first in range(0, rows.size, size):
        block = slice(first, first + size)
        found = objective.X[rows[block]]
        found = found if found.dtype == dtype else found.astype(dtype)
        scores = np.asarray(found @ W[:, :n_features].T)
        if objective.fit_intercept:
            scores += W[:, n_features]
        if objective.reference is not None:
            scores = np.column_stack([scores, np.zeros(scores.shape[0], dtype)])
        p = np.exp(scores - scores.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        yield found, p[:, : W.shape[0]], share[block]


def _inverse(curvature: np.ndarray, penalty: np.ndarray, unknown: float) -> np.ndarray:
    """Return the inverse of ``curvature + diag(penalty)``, given by its lower triangle.

    The penalty is raised to the part `unknown` of the typical curvature.
    """
    diagonal = curvature.diagonal()
    penalty = np.maximum(penalty, unknown * diagonal.mean() or 1.0)
    factor, failed = lapack.dpotrf(curvature + np.diag(penalty), lower=1, clean=1, overwrite_a=1)
    if failed:  # columns of very different size: rounding of the large ones hides the small ones
        return np.diag(1.0 / (diagonal + penalty))
    inverse, _ = lapack.dpotri(factor, lower=1, overwrite_c=1)
    return np.ascontiguousarray(np.where(np.tri(diagonal.size, dtype=bool), inverse, inverse.T))


@compiled(error_model="numpy")
def apply(v, x, across, between, scale):
    """Return the preconditioner times v: `scale` times what `between` makes of its classes, `across` of its features.

    Where `between` has no rows, `across` is a diagonal, in the shape of v.
    """
    return applied(v, across, between, scale)


@part(error_model="numpy")
def applied(v, across, between, scale):
    """Return what `apply` does: within a part, Numba finds the tiles that it has made for f and g."""
    width = across.shape[1]
    free = v.size // width
    q, out = v.reshape(free, width), np.empty((free, width))
    if between.shape[0] == 0:
        for k in range(free):
            for i in range(width):
                out[k, i] = scale * across[k, i] * q[k, i]
        return out.ravel()
    wide, size = padded(width, FLOAT32), norm_inf(v) or 1.0  # whole vectors of either dtype; what float32 can hold
    # Of two dimensions, all of them, as in the kernels: each form of np.empty, or np.zeros, takes time to compile.
    W, product = np.empty((free, wide), across.dtype), np.empty((free, wide), across.dtype)
    spread, indices = np.empty((free, wide)), np.empty((3, max(free, wide)), np.int64)
    rows, ahead, places = indices[0], indices[1], indices[2, :free]
    for i in range(wide):
        rows[i] = ahead[i] = min(i, width - 1)
    for k in range(free):
        places[k] = k * product.strides[0]
        for i in range(wide):
            W[k, i], product[k, i], spread[k, i] = q[k, i] / size if i < width else 0.0, 0.0, 0.0
    score_rows(across, rows, ahead, W, product, width)
    spread_rows(product, places, places, between, spread)
    for k in range(free):
        for i in range(width):
            out[k, i] = (scale * size) * spread[k, i]
    return out.ravel()
