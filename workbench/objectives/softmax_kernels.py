"""Softmax kernels: f, g and Hessian-vector products in one pass over the rows, in blocks that stay in cache.

Rows are cut into chunks whose number depends on the data alone; each chunk sums its own f and g in float64, and the
chunks are added in order. So the result has the same bits on any number of threads, and a subset of rows is evaluated
by the same code as all of them.

Within a block the scores are stored class by class, so that the softmax is the same few operations on vectors of rows
whatever the number of classes. Dense and sparse rows differ in how weights and gradient are laid out, and in two
operations, ``score`` (scores of a block) and ``spread`` (a block's residuals times its rows, added to the gradient);
everything else is written once.
"""

from typing import NamedTuple

import numpy as np
from numba import prange, types
from numba.extending import overload

from solvers.jit import compiled
from workbench.objectives.pointwise import EXACT, exp_negative, log1p_positive
from workbench.objectives.tiles import SCORE_CLASSES, SCORE_ROWS, SPREAD_CLASSES, STRIP_BYTES, score_tile, spread_tile

FAST = {"reassoc", "contract", "arcp", "nsz"}  # lets sums be vectorised; NaN and infinity keep their meaning
BLOCK = 64
MAX_CHUNKS = 32
CHUNK_WORK = 2**18
"""Multiply-adds for which a chunk of its own, perhaps on a thread of its own, pays."""
MAX_PARTIALS = 2**21
"""Numbers that the chunks' own gradients may hold together."""
PAD = 32
"""Rows of weights and gradient are padded with zeros to a multiple of this: whole vectors, on any machine."""
PANEL = 1024
"""Features whose weights stay in the first cache while the rows of a block pass by."""
FEW = 40
"""Classes up to which all weights of a panel stay there; of more, those of one tile."""
NARROW = 32
"""Features up to which a block is transposed: scores are then sums over features of vectors of rows."""


class Model(NamedTuple):
    """The numbers of the model, as compiled code takes them.

    `free` is the number of classes with weights of their own; with a `reference` class there is one more, whose scores
    are 0. `scale` multiplies the sum of losses over all rows; `n_rows` is how many those are. `working` is empty: its
    type is that in which scores, and gradients within a block of rows, are computed.
    """

    free: int
    reference: bool
    intercept: bool
    l2: float
    l2_intercept: float
    scale: float
    n_rows: int
    working: np.ndarray


class SparseRows(NamedTuple):
    """Rows in compressed form (CSR)."""

    data: np.ndarray
    indices: np.ndarray
    indptr: np.ndarray
    n_features: int


class Block(NamedTuple):
    """A block of rows in work: what `score`, the softmax and `spread` hand on.

    Z holds scores and then residuals, class by class; in a product, those of the direction follow. T is the block
    transposed, for narrow rows; `order` counts from 0. The others have a number for each row: its index, the index of a
    row of the next block, its label and weight; and four for the softmax to work in.
    """

    Z: np.ndarray
    P: np.ndarray
    T: np.ndarray
    order: np.ndarray
    rows: np.ndarray
    ahead: np.ndarray
    codes: np.ndarray
    weight: np.ndarray
    top: np.ndarray
    others: np.ndarray
    best: np.ndarray
    own: np.ndarray


@compiled
def new_block(W, n_scores, n_classes, n_features):
    """Return room for a block, its scores in the dtype of the weights."""
    narrow = n_features if n_features <= NARROW else 0
    return Block(
        np.zeros((n_scores, BLOCK), W.dtype),
        np.empty((n_classes, BLOCK)),
        np.zeros((narrow, BLOCK), W.dtype),
        np.arange(BLOCK),
        np.zeros(BLOCK, np.int64),
        np.zeros(BLOCK, np.int64),
        np.zeros(BLOCK, np.int64),
        np.ones(BLOCK),
        np.empty(BLOCK),
        np.empty(BLOCK),
        np.empty(BLOCK),
        np.empty(BLOCK),
    )


@compiled
def fill(block, rows, first, y, weight):
    """Take the rows from `first` on into the block; return how many they are.

    The rest of the block repeats the last row, whose results are not used.
    """
    count = min(BLOCK, rows.size - first)
    for i in range(BLOCK):
        row = rows[first + min(i, count - 1)]
        block.rows[i] = row
        block.ahead[i] = rows[min(first + BLOCK + i, rows.size - 1)]
        if y.size > 0:
            block.codes[i] = y[row]
        if weight.size > 0:
            block.weight[i] = weight[row]
    return count


# ---- dense rows: weights and gradient class by class


@compiled(error_model="numpy")
def score_narrow(X, W, block, count):
    """Write the scores of a block of rows with few features: transposed, so that vectors run over rows."""
    Z, T, order = block.Z, block.T, block.order[: X.shape[1]]
    for i in range(count):
        for j in range(X.shape[1]):
            T[j, i] = X[block.rows[i], j]
    strip = STRIP_BYTES // Z.itemsize
    for first in range(0, count, strip):
        last = min(first + strip, BLOCK)
        k = 0
        while W.shape[0] - k >= SCORE_CLASSES:
            spread_tile(T, order, order, W, Z, k, first, last, SCORE_CLASSES)
            k += SCORE_CLASSES
        while k < W.shape[0]:
            spread_tile(T, order, order, W, Z, k, first, last, 1)
            k += 1


@compiled(error_model="numpy")
def score_wide(X, W, block, count):
    """Write the scores of a block by tiles of rows and classes."""
    Z, rows, n_classes = block.Z, block.rows, W.shape[0]
    whole = n_classes // SCORE_CLASSES * SCORE_CLASSES
    # Few classes: their weights stay in the first cache, and each row is read once. Many: one tile's stay, and the rows
    # are read again from the second cache.
    few = n_classes <= FEW
    n_rows, n_tiles = (count + SCORE_ROWS - 1) // SCORE_ROWS, whole // SCORE_CLASSES
    for first in range(0, X.shape[1], PANEL):
        last = min(X.shape[1], first + PANEL)
        for outer in range(n_rows if few else n_tiles):
            for inner in range(n_tiles if few else n_rows):
                i, k = (outer, inner) if few else (inner, outer)
                score_tile(X, rows, W, Z, SCORE_ROWS * i, SCORE_CLASSES * k, first, last, SCORE_CLASSES)
        for i in range(n_rows):
            for k in range(whole, n_classes):
                score_tile(X, rows, W, Z, SCORE_ROWS * i, k, first, last, 1)


@compiled
def score_dense(X, W, block, count):
    """``Z[k, i] = X[rows[i]] . W[k]``."""
    for k in range(W.shape[0]):
        for i in range(BLOCK):
            block.Z[k, i] = 0.0
    if X.shape[1] <= NARROW:
        score_narrow(X, W, block, count)
    else:
        score_wide(X, W, block, count)


@compiled(error_model="numpy")
def spread_dense(X, block, count, G):
    """``G[k] += sum_i Z[k, i] X[rows[i]]``, while the next block comes from memory."""
    Z, rows, ahead = block.Z, block.rows[:count], block.ahead[:count]
    strip = STRIP_BYTES // Z.itemsize
    for first in range(0, X.shape[1], strip):
        last = min(X.shape[1], first + strip)
        k = 0
        while G.shape[0] - k >= SPREAD_CLASSES:
            spread_tile(X, rows, ahead, Z, G, k, first, last, SPREAD_CLASSES)
            k += SPREAD_CLASSES
        while G.shape[0] - k >= 3:
            spread_tile(X, rows, ahead, Z, G, k, first, last, 3)
            k += 3
        while k < G.shape[0]:
            spread_tile(X, rows, ahead, Z, G, k, first, last, 1)
            k += 1


# ---- sparse rows: weights and gradient feature by feature, so that what meets a stored number lies together


@compiled(fastmath=FAST)
def score_sparse(X, W, block, count):
    """``Z[k, i] = X[rows[i]] . W[:, k]`` for compressed rows."""
    z = np.empty(W.shape[1])
    for i in range(count):
        z[:] = 0.0
        for position in range(X.indptr[block.rows[i]], X.indptr[block.rows[i] + 1]):
            value, weights = X.data[position], W[X.indices[position]]
            for k in range(z.size):
                z[k] += value * weights[k]
        for k in range(block.Z.shape[0]):
            block.Z[k, i] = z[k]


@compiled(fastmath=FAST)
def spread_sparse(X, block, count, G):
    """``G[:, k] += sum_i Z[k, i] X[rows[i]]`` for compressed rows."""
    z = np.zeros(G.shape[1])
    for i in range(count):
        for k in range(block.P.shape[0]):
            z[k] = block.Z[k, i]
        for position in range(X.indptr[block.rows[i]], X.indptr[block.rows[i] + 1]):
            value, gradient = X.data[position], G[X.indices[position]]
            for k in range(z.size):
                gradient[k] += value * z[k]


@compiled
def arrange_dense(X, theta, free, out):
    """Copy the weights of theta, without intercepts, into rows of `out`, one for each class."""
    width = theta.size // free
    for k in range(free):
        for j in range(X.shape[1]):
            out[k, j] = theta[k * width + j]


@compiled
def arrange_sparse(X, theta, free, out):
    """Copy the weights of theta, without intercepts, into columns of `out`, one for each class."""
    width = theta.size // free
    for j in range(X.n_features):
        for k in range(free):
            out[j, k] = theta[k * width + j]


@compiled
def padded(n):
    """Return `n` rounded up to whole vectors."""
    return (n + PAD - 1) // PAD * PAD


@compiled
def shape_dense(X, n_scores):
    """Return the shape of weights, or of a gradient, of so many classes."""
    return n_scores, padded(X.shape[1])


@compiled
def shape_sparse(X, n_scores):
    """Return the shape of weights, or of a gradient, of so many classes."""
    return X.n_features, padded(n_scores)


@compiled
def collect_dense(X, part, scale, free, out):
    """Add a gradient, times `scale`, to a vector like theta."""
    width = out.size // free
    for k in range(free):
        for j in range(X.shape[1]):
            out[k * width + j] += scale * part[k, j]


@compiled
def collect_sparse(X, part, scale, free, out):
    """Add a gradient, times `scale`, to a vector like theta."""
    width = out.size // free
    for j in range(X.n_features):
        for k in range(free):
            out[k * width + j] += scale * part[j, k]


def by_kind(dense, sparse):
    """Return the function that does `dense` or `sparse`, by what its first argument is."""

    def choose(X, *rest):
        return (sparse if isinstance(X, SparseRows) else dense)(X, *rest)

    @overload(choose)
    def _typed(X, *rest):
        body = sparse if isinstance(X, types.BaseNamedTuple) else dense
        match len(rest):
            case 1:
                return lambda X, *rest: body(X, rest[0])
            case 3:
                return lambda X, *rest: body(X, rest[0], rest[1], rest[2])
            case _:
                return lambda X, *rest: body(X, rest[0], rest[1], rest[2], rest[3])

    return choose


score = by_kind(score_dense, score_sparse)
spread = by_kind(spread_dense, spread_sparse)
arrange = by_kind(arrange_dense, arrange_sparse)
shape_of = by_kind(shape_dense, shape_sparse)
collect = by_kind(collect_dense, collect_sparse)


# ---- the softmax of a block


@compiled(fastmath=EXACT, error_model="numpy")
def exponentials(block, bias, reference):
    """Write ``exp(score - largest)`` to P; of each row the largest score, its class, and the sum of the other terms.

    The largest score's own term, which is 1, stays out of the sum: so a loss keeps its digits where the scores are
    large or the class almost certain.
    """
    Z, P, top, others, best = block.Z, block.P, block.top, block.others, block.best
    n_classes = bias.size
    for i in range(BLOCK):
        top[i] = 0.0 if reference else -np.inf
        best[i] = n_classes if reference else -1.0
        others[i] = 0.0
    for k in range(n_classes):
        for i in range(BLOCK):
            z = np.float64(Z[k, i]) + bias[k]
            P[k, i] = z
            higher = z > top[i]
            top[i] = z if higher else top[i]
            best[i] = k if higher else best[i]
    if reference:
        for i in range(BLOCK):
            others[i] = exp_negative(-top[i]) if best[i] < n_classes else 0.0
    for k in range(n_classes):
        for i in range(BLOCK):
            e = exp_negative(P[k, i] - top[i])
            P[k, i] = e
            others[i] += e if best[i] != k else 0.0


@compiled(fastmath=EXACT, error_model="numpy")
def residuals(block, count, bias, reference):
    """Turn scores into residuals ``w (p - [k = y])``, in place; return the loss."""
    Z, P, top, others, best, own = block.Z, block.P, block.top, block.others, block.best, block.own
    n_classes = bias.size
    for i in range(BLOCK):
        k = block.codes[i]
        own[i] = np.float64(Z[k, i]) + bias[k] if k < n_classes else 0.0
    exponentials(block, bias, reference)
    for i in range(BLOCK):
        own[i] = ((top[i] - own[i]) + log1p_positive(others[i])) * block.weight[i]
        top[i] = block.weight[i] / (1.0 + others[i])
    for k in range(n_classes):
        for i in range(BLOCK):
            Z[k, i] = P[k, i] * top[i]
    loss = 0.0
    for i in range(count):
        loss += own[i]
        k = block.codes[i]
        if k < n_classes:  # where the label's own class is almost certain, from the others: 1 - p would lose its digits
            Z[k, i] = -others[i] * top[i] if best[i] == k else Z[k, i] - block.weight[i]
    return loss


@compiled(fastmath=EXACT, error_model="numpy")
def curvatures(block, bias, slope, reference):
    """Turn scores z, and those of a direction, u, into ``w p (u - p . u)``, in place."""
    Z, P, top, own = block.Z, block.P, block.top, block.own
    n_classes = bias.size
    exponentials(block, bias, reference)
    for i in range(BLOCK):
        top[i] = 1.0 / (1.0 + block.others[i])
        own[i] = 0.0
    for k in range(n_classes):
        for i in range(BLOCK):
            P[k, i] *= top[i]
            own[i] += P[k, i] * (Z[n_classes + k, i] + slope[k])
    for k in range(n_classes):
        for i in range(BLOCK):
            Z[k, i] = block.weight[i] * P[k, i] * ((Z[n_classes + k, i] + slope[k]) - own[i])


@compiled
def chunks_of(n_rows, size):
    """Return how many chunks `n_rows` rows are cut into, with `size` weights: a power of two."""
    chunks = 1
    while 2 * chunks * CHUNK_WORK <= n_rows * size and 2 * chunks <= MAX_CHUNKS and 2 * chunks * size <= MAX_PARTIALS:
        chunks *= 2
    return chunks


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
def intercepts(theta, model):
    """Return the intercept of each class, 0 where there are none."""
    width = theta.size // model.free
    found = np.zeros(model.free)
    if model.intercept:
        for k in range(model.free):
            found[k] = theta[(k + 1) * width - 1]
    return found


@compiled
def add_rows(block, count, Gb):
    """Add the residuals of a block to the intercepts' gradient."""
    for k in range(Gb.size):
        total = 0.0
        for i in range(count):
            total += block.Z[k, i]
        Gb[k] += total


@compiled
def chunk_gradient(W, bias, rows, X, y, weight, model, G, Gb):
    """Add the gradient of the loss over `rows` to G, and to Gb for the intercepts; return the loss."""
    block = new_block(W, model.free, model.free, shape_of(X, 1)[1])
    loss = 0.0
    for first in range(0, rows.size, BLOCK):
        count = fill(block, rows, first, y, weight)
        score(X, W, block, count)
        loss += residuals(block, count, bias, model.reference)
        spread(X, block, count, G)
        add_rows(block, count, Gb)
    return loss


@compiled
def chunk_product(W, bias, slope, rows, X, weight, model, G, Gb):
    """Add the Hessian of the loss over `rows`, times a direction, to G and Gb.

    W holds the weights and then the direction; `slope` are the direction's intercepts.
    """
    block = new_block(W, 2 * model.free, model.free, shape_of(X, 1)[1])
    nothing = np.empty(0, np.int64)
    for first in range(0, rows.size, BLOCK):
        count = fill(block, rows, first, nothing, weight)
        score(X, W, block, count)
        curvatures(block, bias, slope, model.reference)
        spread(X, block, count, G)
        add_rows(block, count, Gb)


@compiled(parallel=True)
def sum_gradients(W, bias, rows, X, y, weight, model, parts, biases, losses):
    """Write the gradient and the loss of each chunk, on as many threads as there are."""
    chunks = parts.shape[0]
    for c in prange(chunks):
        mine = rows[c * rows.size // chunks : (c + 1) * rows.size // chunks]
        losses[c] = chunk_gradient(W, bias, mine, X, y, weight, model, parts[c], biases[c])


@compiled(parallel=True)
def sum_products(W, bias, slope, rows, X, weight, model, parts, biases):
    """Write each chunk's Hessian-vector product, on as many threads as there are."""
    chunks = parts.shape[0]
    for c in prange(chunks):
        mine = rows[c * rows.size // chunks : (c + 1) * rows.size // chunks]
        chunk_product(W, bias, slope, mine, X, weight, model, parts[c], biases[c])


@compiled
def total(X, parts, biases, scale, model, out):
    """Add the chunks' gradients, in order, times `scale`, to a vector like theta."""
    width = out.size // model.free
    for c in range(parts.shape[0]):
        collect(X, parts[c], scale, model.free, out)
        if model.intercept:
            for k in range(model.free):
                out[(k + 1) * width - 1] += scale * biases[c, k]


@compiled
def softmax(theta, rows, X, y, weight, model):
    """Return f and g over `rows`, scaled so that their mean over random subsets is f and g over all rows."""
    free = model.free
    W, bias = np.zeros(shape_of(X, free), model.working.dtype), intercepts(theta, model)
    arrange(X, theta, free, W)
    chunks = chunks_of(rows.size, theta.size)
    parts, biases, losses = np.zeros((chunks, *shape_of(X, free))), np.zeros((chunks, free)), np.zeros(chunks)
    if chunks == 1:
        losses[0] = chunk_gradient(W, bias, rows, X, y, weight, model, parts[0], biases[0])
    else:
        sum_gradients(W, bias, rows, X, y, weight, model, parts, biases, losses)
    f, g = 0.0, np.zeros(theta.size)
    for c in range(chunks):
        f += losses[c]
    scale = model.scale * (model.n_rows / rows.size)
    f *= scale
    total(X, parts, biases, scale, model, g)
    f += 0.5 * penalise(theta, theta, model, theta.size // free, g)
    return f, g


@compiled
def softmax_product(theta, v, rows, X, weight, model):
    """Return the Hessian over `rows`, scaled likewise, times v."""
    free = model.free
    W = np.zeros(shape_of(X, 2 * free), model.working.dtype)
    bias, slope = intercepts(theta, model), intercepts(v, model)
    both = np.concatenate((theta, v))
    arrange(X, both, 2 * free, W)
    chunks = chunks_of(rows.size, theta.size)
    shape = shape_of(X, free)
    parts, biases = np.zeros((chunks, *shape)), np.zeros((chunks, free))
    if chunks == 1:
        chunk_product(W, bias, slope, rows, X, weight, model, parts[0], biases[0])
    else:
        sum_products(W, bias, slope, rows, X, weight, model, parts, biases)
    product = np.zeros(theta.size)
    total(X, parts, biases, model.scale * (model.n_rows / rows.size), model, product)
    penalise(theta, v, model, theta.size // free, product)
    return product


@compiled
def softmax_hessian_product(v, theta, rows, X, y, weight, model):
    """Return `softmax_product` with the arguments of `softmax`."""
    return softmax_product(theta, v, rows, X, weight, model)
