"""Softmax kernels: f, g and Hessian-vector products in one pass over the rows, in blocks that stay in cache.

Rows are cut into chunks whose number depends on the data alone; each chunk sums its own f and g in float64, and the
chunks are added in order. So the result has the same bits on any number of threads, and a subset of rows is evaluated
by the same code as all of them.

Dense and sparse rows differ in two operations, ``score`` (scores of a block) and ``spread`` (a block's residuals times
its rows, added to the gradient); everything else is written once.
"""

from typing import NamedTuple

import numpy as np
from numba import prange, types
from numba.extending import overload

from solvers.jit import compiled

FAST = {"reassoc", "contract", "arcp", "nsz"}  # lets sums be vectorised; NaN and infinity keep their meaning
BLOCK = 32
MAX_CHUNKS = 32
CHUNK_WORK = 2**18
"""Multiply-adds for which a chunk of its own, perhaps on a thread of its own, pays."""
MAX_PARTIALS = 2**21
"""Numbers that the chunks' own gradients may hold together."""


class Model(NamedTuple):
    """The numbers of the model, as compiled code takes them.

    `free` is the number of classes with weights of their own; with a `reference` class there is one more, whose scores
    are 0. `scale` multiplies the sum of losses over all rows; `n_rows` is how many those are.
    """

    free: int
    reference: bool
    intercept: bool
    l2: float
    l2_intercept: float
    scale: float
    n_rows: int


class SparseRows(NamedTuple):
    """Rows in compressed form (CSR)."""

    data: np.ndarray
    indices: np.ndarray
    indptr: np.ndarray
    n_features: int


@compiled(fastmath=FAST)
def score_dense(X, W, rows, Z):
    """``Z[i, k] = X[rows[i]] . W[k]`` for rows in fours, so that each weight is loaded once for four products."""
    n = X.shape[1]
    for i in range(0, rows.size, 4):
        r0, r1, r2, r3 = rows[i], rows[i + 1], rows[i + 2], rows[i + 3]
        for k in range(W.shape[0]):
            a = b = c = d = 0.0
            for j in range(n):
                w = W[k, j]
                a += X[r0, j] * w
                b += X[r1, j] * w
                c += X[r2, j] * w
                d += X[r3, j] * w
            Z[i, k], Z[i + 1, k], Z[i + 2, k], Z[i + 3, k] = a, b, c, d


@compiled(fastmath=FAST)
def spread_dense(X, rows, Z, G):
    """``G[k] += sum_i Z[i, k] X[rows[i]]``, rows in fours."""
    n = X.shape[1]
    for i in range(0, rows.size, 4):
        r0, r1, r2, r3 = rows[i], rows[i + 1], rows[i + 2], rows[i + 3]
        for k in range(G.shape[0]):
            a, b, c, d = Z[i, k], Z[i + 1, k], Z[i + 2, k], Z[i + 3, k]
            for j in range(n):
                G[k, j] += a * X[r0, j] + b * X[r1, j] + c * X[r2, j] + d * X[r3, j]


@compiled(fastmath=FAST)
def score_sparse(X, W, rows, Z):
    """``Z[i, k] = X[rows[i]] . W[k]`` for compressed rows."""
    free = W.shape[0]
    for i in range(rows.size):
        for k in range(free):
            Z[i, k] = 0.0
        for position in range(X.indptr[rows[i]], X.indptr[rows[i] + 1]):
            value, j = X.data[position], X.indices[position]
            for k in range(free):
                Z[i, k] += value * W[k, j]


@compiled(fastmath=FAST)
def spread_sparse(X, rows, Z, G):
    """``G[k] += sum_i Z[i, k] X[rows[i]]`` for compressed rows."""
    for i in range(rows.size):
        for position in range(X.indptr[rows[i]], X.indptr[rows[i] + 1]):
            value, j = X.data[position], X.indices[position]
            for k in range(G.shape[0]):
                G[k, j] += Z[i, k] * value


def score(X, W, rows, Z):
    """Write the scores of a block, for the kind of rows that X is."""
    (score_sparse if isinstance(X, SparseRows) else score_dense)(X, W, rows, Z)


def spread(X, rows, Z, G):
    """Add a block's residuals times its rows to the gradient, for the kind of rows that X is."""
    (spread_sparse if isinstance(X, SparseRows) else spread_dense)(X, rows, Z, G)


@overload(score)
def _compiled_score(X, W, rows, Z):
    if isinstance(X, types.BaseNamedTuple):
        return lambda X, W, rows, Z: score_sparse(X, W, rows, Z)
    return lambda X, W, rows, Z: score_dense(X, W, rows, Z)


@overload(spread)
def _compiled_spread(X, rows, Z, G):
    if isinstance(X, types.BaseNamedTuple):
        return lambda X, rows, Z, G: spread_sparse(X, rows, Z, G)
    return lambda X, rows, Z, G: spread_dense(X, rows, Z, G)


@compiled(fastmath=FAST)
def to_probabilities(z, model):
    """Turn the scores of one row into probabilities, in place.

    Return the largest score and what ``log sum exp`` of the scores is above it. The two stay apart, and the largest
    score's own term, which is 1, stays out of the sum: so a loss keeps its digits where the scores are large or the
    class almost certain.
    """
    top, largest = (0.0, -1) if model.reference else (z[0], 0)
    for k in range(model.free):
        if z[k] > top:
            top, largest = z[k], k
    others = np.exp(0.0 - top) if model.reference and largest >= 0 else 0.0
    for k in range(model.free):
        z[k] = np.exp(z[k] - top)
        if k != largest:  # a NaN is never the largest, unless it stands first: then all that follow are NaN
            others += z[k]
    for k in range(model.free):
        z[k] /= 1.0 + others
    return top, np.log1p(others)


@compiled
def chunks_of(n_rows, size):
    """Return how many chunks `n_rows` rows are cut into, with `size` weights: a power of two."""
    chunks = 1
    while 2 * chunks * CHUNK_WORK <= n_rows * size and 2 * chunks <= MAX_CHUNKS and 2 * chunks * size <= MAX_PARTIALS:
        chunks *= 2
    return chunks


@compiled
def block_rows(rows, first, last):
    """Return the rows of a block, filled up to a multiple of four with its last row, whose results are not used."""
    count = last - first
    block = np.empty(count + (-count) % 4, np.int64)
    for i in range(block.size):
        block[i] = rows[first + min(i, count - 1)]
    return block


@compiled
def penalise(theta, v, model, width, out):
    """Add the penalty's part, ``l2 v``, to `out`; return ``l2 theta . v``, with the intercepts' own l2."""
    total = 0.0
    for k in range(model.free):
        for j in range(width):
            l2 = model.l2_intercept if model.intercept and j == width - 1 else model.l2
            out[k * width + j] += l2 * v[k * width + j]
            total += l2 * theta[k * width + j] * v[k * width + j]
    return total


@compiled
def add_intercept(Z, W, count):
    """Add the intercepts, the last column of W, to the scores of a block."""
    for i in range(count):
        for k in range(W.shape[0]):
            Z[i, k] += W[k, W.shape[1] - 1]


@compiled
def chunk_gradient(W, rows, X, y, weight, model, G):
    """Add the gradient of the loss over `rows` to G and return the loss."""
    Z = np.empty((BLOCK, model.free))
    loss = 0.0
    for first in range(0, rows.size, BLOCK):
        count = min(BLOCK, rows.size - first)
        block = block_rows(rows, first, first + count)
        score(X, W, block, Z)
        if model.intercept:
            add_intercept(Z, W, count)
        for i in range(count):
            row = block[i]
            own = Z[i, y[row]] if y[row] < model.free else 0.0
            top, above = to_probabilities(Z[i], model)
            part = (top - own) + above
            if y[row] < model.free:
                Z[i, y[row]] -= 1.0
            if weight.size > 0:
                part *= weight[row]
                for k in range(model.free):
                    Z[i, k] *= weight[row]
            loss += part
        Z[count : block.size] = 0.0
        spread(X, block, Z, G)
        if model.intercept:
            for i in range(count):
                for k in range(model.free):
                    G[k, G.shape[1] - 1] += Z[i, k]
    return loss


@compiled
def chunk_product(W, V, rows, X, weight, model, G):
    """Add the Hessian of the loss over `rows`, times V, to G."""
    Z, U = np.empty((BLOCK, model.free)), np.empty((BLOCK, model.free))
    for first in range(0, rows.size, BLOCK):
        count = min(BLOCK, rows.size - first)
        block = block_rows(rows, first, first + count)
        score(X, W, block, Z)
        score(X, V, block, U)
        if model.intercept:
            add_intercept(Z, W, count)
            add_intercept(U, V, count)
        for i in range(count):
            to_probabilities(Z[i], model)
            mean = 0.0
            for k in range(model.free):
                mean += Z[i, k] * U[i, k]
            w = weight[block[i]] if weight.size > 0 else 1.0
            for k in range(model.free):
                Z[i, k] *= w * (U[i, k] - mean)
        Z[count : block.size] = 0.0
        spread(X, block, Z, G)
        if model.intercept:
            for i in range(count):
                for k in range(model.free):
                    G[k, G.shape[1] - 1] += Z[i, k]


@compiled(parallel=True)
def sum_gradients(W, rows, X, y, weight, model, parts, losses):
    """Write the gradient and the loss of each chunk, on as many threads as there are."""
    chunks = parts.shape[0]
    for c in prange(chunks):
        mine = rows[c * rows.size // chunks : (c + 1) * rows.size // chunks]
        losses[c] = chunk_gradient(W, mine, X, y, weight, model, parts[c])


@compiled(parallel=True)
def sum_products(W, V, rows, X, weight, model, parts):
    """Write each chunk's Hessian-vector product, on as many threads as there are."""
    chunks = parts.shape[0]
    for c in prange(chunks):
        mine = rows[c * rows.size // chunks : (c + 1) * rows.size // chunks]
        chunk_product(W, V, mine, X, weight, model, parts[c])


@compiled
def softmax(theta, rows, X, y, weight, model):
    """Return f and g over `rows`, scaled so that their mean over random subsets is f and g over all rows."""
    width = theta.size // model.free
    W = theta.reshape(model.free, width)
    chunks = chunks_of(rows.size, theta.size)
    parts, losses = np.zeros((chunks, model.free, width)), np.zeros(chunks)
    if chunks == 1:
        losses[0] = chunk_gradient(W, rows, X, y, weight, model, parts[0])
    else:
        sum_gradients(W, rows, X, y, weight, model, parts, losses)
    f, g = 0.0, np.zeros(theta.size)
    for c in range(chunks):
        f += losses[c]
        g += parts[c].ravel()
    scale = model.scale * (model.n_rows / rows.size)
    f *= scale
    g *= scale
    f += 0.5 * penalise(theta, theta, model, width, g)
    return f, g


@compiled
def softmax_product(theta, v, rows, X, weight, model):
    """Return the Hessian over `rows`, scaled likewise, times v."""
    width = theta.size // model.free
    W, V = theta.reshape(model.free, width), v.reshape(model.free, width)
    chunks = chunks_of(rows.size, theta.size)
    parts = np.zeros((chunks, model.free, width))
    if chunks == 1:
        chunk_product(W, V, rows, X, weight, model, parts[0])
    else:
        sum_products(W, V, rows, X, weight, model, parts)
    product = np.zeros(theta.size)
    for c in range(chunks):
        product += parts[c].ravel()
    product *= model.scale * (model.n_rows / rows.size)
    penalise(theta, v, model, width, product)
    return product


@compiled
def softmax_hessian_product(v, theta, rows, X, y, weight, model):
    """Return `softmax_product` with the arguments of `softmax`."""
    return softmax_product(theta, v, rows, X, weight, model)
