"""Softmax kernels: f, g and Hessian-vector products in one pass over the rows, in blocks that stay in cache.

Rows are cut into chunks whose number depends on the data alone; each chunk sums its own f and g in float64, and the
chunks are added in order. So the result has the same bits on any number of threads, and a subset of rows is evaluated
by the same code as all of them.

Within a block the scores are stored class by class, so that the softmax is the same few operations on vectors of rows
whatever the number of classes. Dense and sparse rows differ in how weights and gradient are laid out, and in two
operations, ``score`` (scores of a block) and ``spread`` (a block's residuals times its rows, added to the gradient);
everything else is written once.
"""

from typing import Any, NamedTuple

import numpy as np
from numba import prange, typeof, types
from numba.extending import overload

from solvers.jit import LEAN, POINTED_AT, compiled, part
from solvers.parcel import ParcelType, parcel, unowned, unpacked
from solvers.pointer import call, pointer_to
from workbench.objectives.exponentials import exponentials, multiplied
from workbench.objectives.pointwise import EXACT, exp_negative, log1p_positive
from workbench.objectives.room import room_for
from workbench.objectives.sparse_tiles import score_row, spread_row
from workbench.objectives.tiles import (
    SCORE_CLASSES,
    SCORE_ROWS,
    SPREAD_CLASSES,
    STRIP_BYTES,
    VECTOR_BYTES,
    score_tile,
    spread_tile,
)

FLOAT32 = np.dtype(np.float32).itemsize
SHORT_BLOCK, BLOCK, LONG_BLOCK = 16, 64, 256
"""Rows of a block: at least, as a rule, and at most. They stay in the second cache until the gradient has had them."""
BLOCK_BYTES, BESIDE = 2**17, 3 * 2**18
"""Size of a block's dense rows, which are fewer for it, where weights and gradient together are no larger than that:
two blocks, this one and the next, are then in the second cache beside them.
"""
LARGE = 2**18
"""Weights from which on blocks are long: each passes by all of them."""
MAX_CHUNKS = 32
CHUNK_WORK = 2**18
"""Multiply-adds for which a chunk of its own, perhaps on a thread of its own, pays."""
LEAST_ROWS = 48
"""Rows of a chunk below which its own gradient costs more than another thread brings."""
MAX_PARTIALS = 2**21
"""Numbers that the gradients of more than two chunks may hold together."""
PAYS = 8
"""Multiply-adds for each number of a gradient, from which on there are two chunks however large it is."""
PANEL = 512
"""Features at most whose weights, of a few classes, stay in the first cache while the rows of a block pass by."""
FEW = 40
"""Classes up to which all weights of a panel stay there; of more, those of one tile."""
TURNED = 64
"""Features that are turned, from theta's order to that of a kernel or back, before the next are."""
RANGE = 2**16
"""Numbers of theta and of the gradient, about, for which a range of features of their own pays."""
NARROW = 32
"""Features up to which a block is transposed: scores are then sums over features of vectors of rows."""


class Model(NamedTuple):
    """The numbers of the model, as compiled code takes them.

    `free` is the number of classes with weights of their own; with a `reference` class there is one more, whose scores
    are 0. `scale` multiplies the sum of losses over all rows; `n_rows` is how many those are. `working` is empty: its
    type is that in which scores, and gradients within a block of rows, are computed. `pointers` is what
    `pointers` gives for these rows.
    """

    free: int
    reference: bool
    intercept: bool
    l2: float
    l2_intercept: float
    scale: float
    n_rows: int
    working: np.ndarray
    pointers: Any


class SparseRows(NamedTuple):
    """Rows in compressed form (CSR)."""

    data: np.ndarray
    indices: np.ndarray
    indptr: np.ndarray
    n_features: int


class Phases(NamedTuple):
    """Pointers to the three phases of an evaluation, for rows of a kind."""

    arrange: Any
    chunk: Any
    gather: Any


class Work(NamedTuple):
    """What the phases of an evaluation share.

    W holds the weights, in a product followed by those of the direction; `bias` and `slope` are the intercepts of both.
    `slope` is empty where the gradient is wanted. `parts` and `losses` are where each chunk writes its gradient and its
    loss. `theta`, `v`, of which the penalty's part is made, and `out`, the gradient or product, are class by class.
    `penalties` are twice those of ranges of features. `scale` is that of the losses.
    """

    W: np.ndarray
    bias: np.ndarray
    slope: np.ndarray
    reference: bool
    rows: np.ndarray
    X: Any
    y: np.ndarray
    weight: np.ndarray
    parts: np.ndarray
    losses: np.ndarray
    theta: np.ndarray
    v: np.ndarray
    out: np.ndarray
    penalties: np.ndarray
    scale: float
    l2: float
    l2_intercept: float


class Block(NamedTuple):
    """A block of rows in work: what `score`, the softmax and `spread` hand on.

    Z holds scores and then residuals, class by class; in a product, those of the direction follow. P is for the terms
    of the softmax: float64, or Z itself. T is the block transposed, for narrow rows; `order` are the places of its
    lines. The others have a number for each row: its index and its place, those of a row of the next block, its label
    and weight; and four for the softmax to work in.
    """

    Z: np.ndarray
    P: np.ndarray
    T: np.ndarray
    order: np.ndarray
    rows: np.ndarray
    places: np.ndarray
    ahead: np.ndarray
    later: np.ndarray
    codes: np.ndarray
    weight: np.ndarray
    top: np.ndarray
    others: np.ndarray
    best: np.ndarray
    own: np.ndarray


@part(error_model="numpy")
def in_tiles(n_scores):
    """Return so many classes, up to a whole tile where that takes less time than those beyond the last one by one."""
    rest = n_scores % SCORE_CLASSES
    return n_scores + SCORE_CLASSES - rest if n_scores > SCORE_CLASSES and rest >= 3 else n_scores


@part(error_model="numpy")
def new_block(W, n_scores, n_classes, size):
    """Return room for a block of `size` rows, its scores in the dtype of the weights."""
    Z, P = np.empty((in_tiles(n_scores), size), W.dtype), np.empty((n_classes, size))
    T = np.empty((NARROW, size), W.dtype)
    indices, numbers = np.empty((6, size), np.int64), np.empty((5, size))
    order, rows, places, ahead, later, codes = indices[0], indices[1], indices[2], indices[3], indices[4], indices[5]
    for i in range(size):
        order[i] = i * T.strides[0]
        for j in range(NARROW):
            T[j, i] = 0.0
        for k in range(Z.shape[0]):
            Z[k, i] = 0.0
    weight, top, others, best, own = numbers[0], numbers[1], numbers[2], numbers[3], numbers[4]
    return Block(Z, P, T, order, rows, places, ahead, later, codes, weight, top, others, best, own)


@part(error_model="numpy")
def fill(block, work, first, last):
    """Take rows from `first` on into the block, as many as it holds before `last`; return how many they are.

    The rest of the block repeats the last row, whose results are not used.
    """
    size = block.rows.size
    count = min(size, last - first)
    for i in range(size):
        row = work.rows[first + min(i, count - 1)]
        block.rows[i] = row
        block.ahead[i] = work.rows[min(first + size + i, last - 1)]
        block.codes[i] = work.y[row]
        block.weight[i] = work.weight[row] if work.weight.size > 0 else 1.0
    return count


# ---- dense rows: weights and gradient class by class


@part(error_model="numpy")
def score_narrow(X, W, block, count):
    """Write the scores of a block of rows with few features: transposed, so that vectors run over rows."""
    Z, T, order = block.Z, block.T, block.order[: X.shape[1]]
    for i in range(count):
        for j in range(X.shape[1]):
            T[j, i] = X[block.rows[i], j]
    strip = STRIP_BYTES // Z.itemsize
    for first in range(0, count, strip):
        last = min(first + strip, Z.shape[1])
        k = 0
        while W.shape[0] - k >= SCORE_CLASSES:
            spread_tile(T, order, order, W, Z, k, first, last, SCORE_CLASSES)
            k += SCORE_CLASSES
        while k < W.shape[0]:
            spread_tile(T, order, order, W, Z, k, first, last, 1)
            k += 1


@part(error_model="numpy")
def score_rows(X, rows, ahead, W, Z, count):
    """``Z[k, i] += X[rows[i]] . W[k]`` by tiles, while up to half of the rows `ahead` come from memory.

    Those that did are replaced by the first of `rows`. All have room for a whole tile of rows; W is as wide as vectors.
    """
    n_classes = W.shape[0]
    whole = n_classes // SCORE_CLASSES * SCORE_CLASSES
    # Few classes: their weights stay in the first cache, and each row is read once, while up to half of the next block
    # comes from memory; the other half does while the gradient is summed. Many: one tile's weights stay, and the rows
    # are read again from the second cache.
    few = n_classes <= FEW
    n_rows, n_tiles = (count + SCORE_ROWS - 1) // SCORE_ROWS, whole // SCORE_CLASSES
    panels = (X.shape[1] + PANEL - 1) // PANEL
    width = padded((X.shape[1] + panels - 1) // panels, W.itemsize)
    for first in range(0, X.shape[1], width):
        last = min(X.shape[1], first + width)
        for outer in range(n_rows if few else n_tiles):
            for inner in range(n_tiles if few else n_rows):
                i, k = (outer, inner) if few else (inner, outer)
                asked = ahead[2 * i + k] if few and k < 2 else rows[0]
                score_tile(X, rows, asked, W, Z, SCORE_ROWS * i, SCORE_CLASSES * k, first, last, SCORE_CLASSES)
        for i in range(n_rows):
            for k in range(whole, n_classes):
                tile = n_tiles + k - whole
                asked = ahead[2 * i + tile] if few and tile < 2 else rows[0]
                score_tile(X, rows, asked, W, Z, SCORE_ROWS * i, k, first, last, 1)
    if few:
        for i in range(n_rows):
            for tile in range(min(n_tiles + n_classes - whole, 2)):
                ahead[2 * i + tile] = rows[0]  # that is there


@part(error_model="numpy")
def score_dense(X, W, block, count):
    """``Z[k, i] = X[rows[i]] . W[k]``."""
    for k in range(W.shape[0]):
        for i in range(block.rows.size):
            block.Z[k, i] = 0.0
    if X.shape[1] <= NARROW:
        score_narrow(X, W, block, count)
    else:
        score_rows(X, block.rows, block.ahead, W, block.Z, count)


@part(error_model="numpy")
def unaligned(X, itemsize):
    """Return the features before those that lie in whole lines of memory in every row: 0 where none do.

    NumPy's large arrays begin 16 bytes into a line, and a vector that lies in two lines takes twice the time to load.
    """
    if X.itemsize != itemsize or X.strides[0] % VECTOR_BYTES != 0:
        return 0
    return -X.ctypes.data % VECTOR_BYTES // X.itemsize


@part(error_model="numpy")
def spread_rows(X, places, ahead, Z, G):
    """``G[k] += sum_i Z[k, i] X_i`` for the rows at such places, while those `ahead` come from memory."""
    strip, lanes = STRIP_BYTES // Z.itemsize, VECTOR_BYTES // Z.itemsize
    first, last = 0, unaligned(X, Z.itemsize) or strip
    while first < X.shape[1]:
        last = min(last, X.shape[1])
        if last - first < strip:
            last = min(last, first + lanes)
        k = 0
        while G.shape[0] - k >= SPREAD_CLASSES:
            spread_tile(X, places, ahead, Z, G, k, first, last, SPREAD_CLASSES)
            k += SPREAD_CLASSES
        while G.shape[0] - k >= 3:
            spread_tile(X, places, ahead, Z, G, k, first, last, 3)
            k += 3
        while k < G.shape[0]:
            spread_tile(X, places, ahead, Z, G, k, first, last, 1)
            k += 1
        first, last = last, last + strip


@part(error_model="numpy")
def spread_dense(X, block, count, G):
    """``G[k] += sum_i Z[k, i] X[rows[i]]``, while the next block comes from memory."""
    for i in range(count):
        block.places[i], block.later[i] = block.rows[i] * X.strides[0], block.ahead[i] * X.strides[0]
    spread_rows(X, block.places[:count], block.later[:count], block.Z, G)


# ---- sparse rows: weights and gradient feature by feature, so that what meets a stored number lies together


@part(error_model="numpy")
def score_sparse(X, W, block, count):
    """``Z[k, i] = X[rows[i]] . W[:, k]`` for compressed rows."""
    lanes, n_scores = VECTOR_BYTES // W.itemsize, min(block.Z.shape[0], W.shape[1])
    z = np.empty(W.shape[1], W.dtype)
    for i in range(count):
        for first in range(0, n_scores - lanes, 2 * lanes):
            score_row(X, block.rows[i], W, z, first, 2)
        if (n_scores - 1) // lanes % 2 == 0:
            score_row(X, block.rows[i], W, z, (n_scores - 1) // lanes * lanes, 1)
        for k in range(n_scores):
            block.Z[k, i] = z[k]


@part(error_model="numpy")
def spread_sparse(X, block, count, G):
    """``G[:, k] += sum_i Z[k, i] X[rows[i]]`` for compressed rows."""
    lanes, n_classes = VECTOR_BYTES // G.itemsize, block.P.shape[0]
    z = np.zeros(G.shape[1])
    for i in range(count):
        for k in range(n_classes):
            z[k] = block.Z[k, i]
        for first in range(0, n_classes - lanes, 2 * lanes):
            spread_row(X, block.rows[i], z, G, first, 2)
        if (n_classes - 1) // lanes % 2 == 0:
            spread_row(X, block.rows[i], z, G, (n_classes - 1) // lanes * lanes, 1)


@part(error_model="numpy")
def padded(n, itemsize):
    """Return `n` numbers of such a size rounded up to whole vectors."""
    lanes = VECTOR_BYTES // itemsize
    return (n + lanes - 1) // lanes * lanes


@part(error_model="numpy")
def shape_dense(X, n_scores, itemsize):
    """Return the shape of weights, or of a gradient, of so many classes, with room for the intercepts.

    It is in whole vectors of either dtype.
    """
    return in_tiles(n_scores), padded(X.shape[1] + 1, FLOAT32)


@part(error_model="numpy")
def shape_sparse(X, n_scores, itemsize):
    """Return the shape of weights, or of a gradient, of so many classes, with room for the intercepts."""
    return X.n_features + 1, padded(n_scores, itemsize)


@part(error_model="numpy")
def width_dense(X):
    """Return the number of features, and how many to pass by theta or a gradient at a time."""
    return X.shape[1], X.shape[1]


@part(error_model="numpy")
def width_sparse(X):
    """Return the number of features, and how many to pass by theta or a gradient at a time.

    They are so few that they stay in the first cache, turned, until all classes have had them.
    """
    return X.n_features, TURNED


@part(error_model="numpy")
def work_dense(X, n_classes):
    """Return the multiply-adds of the scores of a row."""
    return X.shape[1] * n_classes


@part(error_model="numpy")
def work_sparse(X, n_classes):
    """Return the multiply-adds of the scores of a typical row."""
    return (X.data.size // (X.indptr.size - 1) + 1) * n_classes


@part(error_model="numpy")
def block_rows_dense(X, W, G):
    """Return how many rows a block has, where theta is not large."""
    if W.size * W.itemsize + G.size * G.itemsize > BESIDE:
        return BLOCK
    return min(BLOCK, max(SHORT_BLOCK, BLOCK_BYTES // (X.shape[1] * X.itemsize) // SHORT_BLOCK * SHORT_BLOCK))


@part(error_model="numpy")
def block_rows_sparse(X, W, G):
    """Return how many rows a block has, where theta is not large."""
    return BLOCK


# What passes by theta or a gradient takes slices first: with an index that is not known to count from 0, Numba allows
# for negative ones, number by number.


@part(error_model="numpy")
def put_dense(X, weights, W, k, first):
    """Copy the weights of a class, of the features from `first` on, into W."""
    to = W[k, first : first + weights.size]
    for j in range(to.size):
        to[j] = weights[j]


@part(error_model="numpy")
def put_sparse(X, weights, W, k, first):
    """Copy the weights of a class, of the features from `first` on, into W."""
    to = W[first : first + weights.size, k]
    for j in range(to.size):
        to[j] = weights[j]


@part(error_model="numpy")
def clear_dense(X, W, n_scores, first, last):
    """Write 0 to what is beyond the last class, for a range of features, and to what is beyond the last feature."""
    end = W.shape[1] if last == X.shape[1] else last
    for k in range(W.shape[0]):
        to = W[k, last if k < n_scores else first : end]
        for j in range(to.size):
            to[j] = 0.0


@part(error_model="numpy")
def clear_sparse(X, W, n_scores, first, last):
    """Write 0 to what is beyond the last class, for the features from `first` to `last`."""
    to = W[first:last, n_scores:]
    for j in range(to.shape[0]):
        for k in range(to.shape[1]):
            to[j, k] = 0.0


@part(fastmath={"reassoc"}, error_model="numpy")
def total_of(residuals):
    """Return the sum of numbers, in vectors."""
    total = 0.0
    for i in range(residuals.size):
        total += residuals[i]
    return total


@part(error_model="numpy")
def add_rows_dense(X, block, count, G):
    """Add the residuals of a block to the intercepts' gradient, which stands behind that of the weights."""
    for k in range(G.shape[0]):
        G[k, X.shape[1]] += total_of(block.Z[k, :count])


@part(error_model="numpy")
def add_rows_sparse(X, block, count, G):
    """Add the residuals of a block to the intercepts' gradient, which stands below that of the weights."""
    for k in range(block.P.shape[0]):
        G[X.n_features, k] += total_of(block.Z[k, :count])


@part(error_model="numpy")
def collect_dense(X, parts, k, first, out):
    """Write the sum of all chunks' gradients of a class, of the features from `first` on, to `out`."""
    for c in range(parts.shape[0]):
        add(parts[c, k, first : first + out.size], c == 0, out)


@part(error_model="numpy")
def collect_sparse(X, parts, k, first, out):
    """Write the sum of all chunks' gradients of a class, of the features from `first` on, to `out`."""
    for c in range(parts.shape[0]):
        add(parts[c, first : first + out.size, k], c == 0, out)


@part(error_model="numpy")
def add(sums, new, out):
    """Add sums to `out`, as many as it has, or write them where it is new."""
    if new:
        for j in range(out.size):
            out[j] = sums[j]
    else:
        for j in range(out.size):
            out[j] += sums[j]


def by_kind(dense, sparse):
    """Return the function that is `dense` or `sparse`, by what its first argument is.

    In compiled code it is that function itself, without a call around it.
    """

    def choose(X, *rest):
        return (sparse if isinstance(X, SparseRows) else dense)(X, *rest)

    @overload(choose, jit_options=LEAN | {"error_model": "numpy"}, strict=False)
    def _typed(X, *rest):
        return sparse if isinstance(X, types.BaseNamedTuple) else dense

    return choose


score = by_kind(score_dense, score_sparse)
spread = by_kind(spread_dense, spread_sparse)
put = by_kind(put_dense, put_sparse)
clear = by_kind(clear_dense, clear_sparse)
width_of = by_kind(width_dense, width_sparse)
shape_of = by_kind(shape_dense, shape_sparse)
work_of = by_kind(work_dense, work_sparse)
block_rows = by_kind(block_rows_dense, block_rows_sparse)
add_rows = by_kind(add_rows_dense, add_rows_sparse)
collect = by_kind(collect_dense, collect_sparse)


# ---- the softmax of a block


@part(fastmath=EXACT, error_model="numpy")
def terms(block, bias, reference):
    """Write ``exp(score - largest)`` to P; find each row's largest score, its class, and the sum of the other terms.

    The largest score's own term, which is 1, stays out of the sum: so a loss keeps its digits where the scores are
    large or the class almost certain.
    """
    Z, P, top, others, best = block.Z, block.P, block.top, block.others, block.best
    n_classes = bias.size
    for i in range(block.rows.size):
        top[i] = 0.0 if reference else -np.inf
        best[i] = n_classes if reference else -1.0
        others[i] = 0.0
    for k in range(n_classes):
        for i in range(block.rows.size):
            z = np.float64(Z[k, i]) + bias[k]
            higher = z > top[i]
            top[i] = z if higher else top[i]
            best[i] = k if higher else best[i]
    if reference:
        for i in range(block.rows.size):
            others[i] = exp_negative(-top[i]) if best[i] < n_classes else 0.0
    for k in range(n_classes):
        exponentials(Z, k, bias[k], top, best, P, others)


@part(fastmath=EXACT, error_model="numpy")
def residuals(block, count, bias, reference):
    """Turn scores into residuals ``w (p - [k = y])``, in place; return the loss."""
    Z, P, top, others, best, own = block.Z, block.P, block.top, block.others, block.best, block.own
    n_classes = bias.size
    for i in range(block.rows.size):
        k = block.codes[i]
        own[i] = np.float64(Z[k, i]) + bias[k] if k < n_classes else 0.0
    terms(block, bias, reference)
    for i in range(block.rows.size):
        own[i] = ((top[i] - own[i]) + log1p_positive(others[i])) * block.weight[i]
        top[i] = block.weight[i] / (1.0 + others[i])
    for k in range(n_classes):
        multiplied(P, k, top, Z)
    loss = 0.0
    for i in range(count):
        loss += own[i]
        k = block.codes[i]
        if k < n_classes:  # where the label's own class is almost certain, from the others: 1 - p would lose its digits
            Z[k, i] = -others[i] * top[i] if best[i] == k else Z[k, i] - block.weight[i]
    return loss


@part(fastmath=EXACT, error_model="numpy")
def curvatures(block, bias, slope, reference):
    """Turn scores z, and those of a direction, u, into ``w p (u - p . u)``, in place."""
    Z, P, top, own = block.Z, block.P, block.top, block.own
    n_classes = bias.size
    terms(block, bias, reference)
    for i in range(block.rows.size):
        top[i] = 1.0 / (1.0 + block.others[i])
        own[i] = 0.0
    for k in range(n_classes):
        for i in range(block.rows.size):
            P[k, i] *= top[i]
            own[i] += P[k, i] * (Z[n_classes + k, i] + slope[k])
    for k in range(n_classes):
        for i in range(block.rows.size):
            top[i] = block.weight[i] * ((Z[n_classes + k, i] + slope[k]) - own[i])
        multiplied(P, k, top, Z)


@part(error_model="numpy")
def chunks_of(n_rows, work, size):
    """Return how many chunks `n_rows` rows are cut into, a power of two.

    `work` are the multiply-adds of a row's scores, `size` the weights.
    """
    partials = MAX_PARTIALS // size
    if n_rows * work >= PAYS * size:
        partials = max(2, partials)
    most = min(MAX_CHUNKS, n_rows * work // CHUNK_WORK, n_rows // LEAST_ROWS, partials)
    chunks = 1
    while 2 * chunks <= most:
        chunks *= 2
    return chunks


@part(error_model="numpy")
def penalise(scale, l2, v, out):
    """Scale a sum of losses' gradients, and add that of the penalty, or its product with v."""
    for j in range(out.size):
        out[j] = scale * out[j] + l2 * v[j]


@part(error_model="numpy")
def penalty(weights, l2):
    """Return twice the penalty of weights."""
    return l2 * sum_of_squares(weights) if l2 > 0.0 else 0.0  # not 0 times what may overflow


@part(fastmath={"reassoc", "contract"}, error_model="numpy")
def sum_of_squares(numbers):
    """Return the sum of their squares."""
    total = 0.0
    for i in range(numbers.size):
        total += numbers[i] * numbers[i]
    return total


# ---- the phases: theta arranged, chunks of rows, their sum


@part(error_model="numpy")
def add_blocks(work, block, first, last, G):
    """Add the gradient of rows from `first` to `last` to G, block by block; return their loss."""
    X, bias, slope, loss = work.X, work.bias, work.slope, 0.0
    for start in range(first, last, block.rows.size):
        count = fill(block, work, start, last)
        score(X, work.W, block, count)
        if slope.size > 0:
            curvatures(block, bias, slope, work.reference)
        else:
            loss += residuals(block, count, bias, work.reference)
        spread(X, block, count, G)
        add_rows(X, block, count, G)
    return loss


@part(error_model="numpy")
def ranges_of(n_features, n_classes):
    """Return how many ranges of features theta and the gradient are taken in, by one thread each."""
    return max(1, min(n_features * n_classes // RANGE, n_features // TURNED, MAX_CHUNKS))


@compiled(error_model="numpy", **POINTED_AT)
def arrange(given, c):
    """Copy theta into W for a range of features; in a product v too, else find the penalty.

    The intercepts go with the last range.
    """
    work = unpacked(given)
    X, W, ranges, free, directions, twice = work.X, work.W, work.penalties.size, work.bias.size, work.slope.size, 0.0
    n_features, together = width_of(X)
    first, last = c * n_features // ranges, (c + 1) * n_features // ranges
    for begin in range(first, last, together):
        end = min(begin + together, last)
        clear(X, W, free + directions, begin, end)
        for k in range(free + directions):
            weights = work.theta[k] if k < free else work.v[k - free]
            put(X, weights[begin:end], W, k, begin)
            if directions == 0:
                twice += penalty(weights[begin:end], work.l2)
    if c == ranges - 1:
        for k in range(free + directions):
            weights, to = (work.theta[k], work.bias[k:]) if k < free else (work.v[k - free], work.slope[k - free :])
            to[0] = weights[n_features] if weights.size > n_features else 0.0
            if directions == 0:
                twice += penalty(weights[n_features:], work.l2_intercept)
    work.penalties[c] = twice


@compiled(error_model="numpy", **POINTED_AT)
def chunk(given, c):
    """Write the gradient and the loss of a chunk of rows; with slopes, the Hessian times their direction."""
    work = unpacked(given)
    bias, slope, G = work.bias, work.slope, work.parts[c]
    chunks, n_rows = work.losses.size, work.rows.size
    first, last = c * n_rows // chunks, (c + 1) * n_rows // chunks
    for i in range(G.shape[0]):
        for j in range(G.shape[1]):
            G[i, j] = 0.0
    size = block_rows(work.X, work.W, G)
    if work.W.size >= LARGE:
        size = min(LONG_BLOCK, (last - first + BLOCK - 1) // BLOCK * BLOCK)
    block = new_block(work.W, bias.size + slope.size, bias.size, size)
    work.losses[c] = add_blocks(work, unowned(block), first, last, G)
    block.top[0] = 0.0  # it lives until here


@compiled(error_model="numpy", **POINTED_AT)
def gather(given, c):
    """Write the sum of all chunks' gradients, and that of the penalty, for a range of features."""
    work = unpacked(given)
    X, v, out, scale = work.X, work.v, work.out, work.scale
    ranges, (n_features, together) = work.penalties.size, width_of(X)
    last = out.shape[1] if c == ranges - 1 else (c + 1) * n_features // ranges
    for begin in range(c * n_features // ranges, last, together + 1):  # all of a dense row and its intercept
        end = min(begin + together + 1, last)
        middle = min(end, n_features)
        for k in range(out.shape[0]):
            collect(X, work.parts, k, begin, out[k, begin:end])
            penalise(scale, work.l2, v[k, begin:middle], out[k, begin:middle])
            penalise(scale, work.l2_intercept, v[k, middle:end], out[k, middle:end])


def pointers(X, y, weight, working):
    """Return the pointers to the phases for rows of this kind.

    Through a pointer the machine code of a phase is made once; inlined, it would be made anew in each of the functions
    around it, the four of a parallel loop among them.
    """
    vector, matrix, parts = np.empty(0), np.empty((0, 0)), np.empty((0, 0, 0))
    rows, W = np.empty(0, np.int64), matrix.astype(working.dtype)
    given = W, vector, vector, True, rows, X, y, weight, parts, vector, matrix, matrix, matrix, vector
    return Phases(*pointers_to((arrange, chunk, gather), Work(*given, scale=1.0, l2=0.0, l2_intercept=0.0)))


def pointers_to(phases, work):
    """Return the pointers to phases that take a parcel of such `work`, and the number of a chunk."""
    signature = types.void(ParcelType(typeof(work)), types.int64)
    return [pointer_to(phase, signature) for phase in phases]


@part
def one_chunk(given, c):
    """Call the pointer of a parcel."""
    work, chunk = unpacked(given)
    call(chunk, (work, c))


@compiled(parallel=True)
def chunks_in_parallel(work, chunk, chunks):
    """Do all chunks, on as many threads as there are."""
    given = parcel((work, chunk))
    for c in prange(chunks):
        one_chunk(given, np.int64(c))


def do_chunks(work, chunk, chunks):
    """Do all chunks of what is in a parcel."""
    for c in range(chunks):
        chunk(work, c)


@overload(do_chunks, jit_options=LEAN)
def _do_chunks(work, chunk, chunks):
    def impl(work, chunk, chunks):
        if chunks == 1:
            call(chunk, (work, 0))
        else:
            chunks_in_parallel(work, chunk, chunks)

    return impl


def writable(array):
    """Return the array, or a copy where it is read-only: pointers take arrays of one type."""
    return array


@overload(writable, jit_options=LEAN)
def _writable(array):
    return (lambda array: array) if array.mutable else (lambda array: array.copy())


@part(error_model="numpy")
def evaluated(theta, v, directions, rows, X, y, weight, model):
    """Return f and its gradient, where v is theta.

    With as many `directions` as there are classes with weights, the second is the Hessian times v, the first 0.
    """
    free, working = model.free, model.working
    columns, ranges = theta.size // free, ranges_of(width_of(X)[0], free)
    chunks = chunks_of(rows.size, work_of(X, free), theta.size)
    n, m = shape_of(X, free + directions, working.itemsize)
    W = room_for(n * m, working).reshape(n, m)
    n, m = shape_of(X, free, theta.itemsize)
    parts = room_for(chunks * n * m, theta).reshape(chunks, n, m)
    bias, slope, losses, penalties = np.empty(free), np.empty(directions), np.empty(chunks), np.empty(ranges)
    out, scale = np.empty(theta.size), model.scale * (model.n_rows / rows.size)
    work = Work(
        W, bias, slope, model.reference, rows, X, y, weight, parts, losses, theta.reshape(free, columns),
        v.reshape(free, columns), out.reshape(free, columns), penalties, scale, model.l2, model.l2_intercept
    )  # fmt: skip
    given = parcel(work)
    do_chunks(given, model.pointers.arrange, ranges)
    do_chunks(given, model.pointers.chunk, chunks)
    do_chunks(given, model.pointers.gather, ranges)
    loss, twice = 0.0, 0.0
    if directions == 0:  # from the work: all that is in it lives until here, which the parcel alone does not see to
        for c in range(chunks):
            loss += work.losses[c]
        for c in range(ranges):
            twice += work.penalties[c]
    return scale * loss + 0.5 * twice, out


@compiled(error_model="numpy")
def softmax(theta, rows, X, y, weight, model):
    """Return f and g over `rows`, scaled so that their mean over random subsets is f and g over all rows."""
    given = writable(theta)
    return evaluated(given, given, 0, rows, X, y, weight, model)


@compiled(error_model="numpy")
def softmax_product(v, theta, rows, X, y, weight, model):
    """Return the Hessian over `rows`, scaled likewise, times v."""
    return evaluated(writable(theta), writable(v), model.free, rows, X, y, weight, model)[1]
