"""Softmax kernels for many classes: two products of panels, scores for all rows of a section first, then gradients.

With many classes the products are nearly all of the work, and weights and gradient are too large for a cache, as for
each thread's own gradient. So a section of the rows is taken twice, by all threads each time: in parts of its rows for
the scores and residuals, which are kept, and in parts of the gradient, which are added to over the section's rows. Each
number is summed in an order that the shape alone gives: so the bits are the same on any number of threads.
"""

from typing import Any, NamedTuple

import numpy as np
from numba import typeof, types

from solvers.jit import compiled, part
from solvers.pointer import pointer_to
from workbench.objectives.panels import multiply_strip, pack_strip, turn_strip
from workbench.objectives.softmax_kernels import (
    NARROW,
    Block,
    curvatures,
    do_chunks,
    fill,
    residuals,
)
from workbench.objectives.tiles import SPREAD_CLASSES, STRIP_BYTES

MANY = 64
"""Classes with weights from which on the panels are faster, where rows are not narrow."""
GROUP, SMALL_GROUP, FEW_ROWS = 128, 64, 512
"""Rows of a group, a strip of which stays in the first cache; and where rows are too few for all threads."""
PACKED = 32
"""Rows that are packed at a time."""
SECTION_BYTES = 2**23
"""Size of a section's scores, and of its rows: both are in the third cache when they are read again."""
LEAST_SECTION = 1024
"""Rows of a section at least: so many residuals meet each number of the gradient while it is in the second cache."""
PANEL, CLASSES = 256, 240
"""Features and classes of a panel of weights, which stays in the second cache while the rows of a part pass by."""
PART_ROWS = 256
"""Rows of a part, for each of which the weights come anew."""
STRIPS, LEAST_PARTS = 8, 8
"""Strips of a part of the gradient, of as many classes, at most; parts at least, where it has as many strips."""
SHORT_SUMS = 8
"""Groups whose gradient is summed in the dtype of the scores; these sums are then summed in float64."""


def worth_it(n_features: int, n_classes: int) -> bool:
    """Return whether these kernels are the faster ones for dense rows of this shape."""
    return n_classes >= MANY and n_features > NARROW


class Phases(NamedTuple):
    """Pointers to the two phases, for rows of a kind."""

    score: Any
    spread: Any


class Section(NamedTuple):
    """What the parts of a section share: `first` and `last` are its rows, `groups` how many groups of rows a part has.

    Z holds the scores, and then the residuals, of a group of rows after the other, class by class; in a product, those
    of the direction follow. `strips` are the rows of each group, strip by strip of their features, `losses` those of
    the groups. `out` is the gradient, or product, and `v` is what the penalty is multiplied with, both class by class.
    `scale` is that of the losses. The others are as in `Work` and `Model`.
    """

    W: np.ndarray
    bias: np.ndarray
    slope: np.ndarray
    reference: bool
    rows: np.ndarray
    X: np.ndarray
    y: np.ndarray
    weight: np.ndarray
    Z: np.ndarray
    strips: np.ndarray
    losses: np.ndarray
    out: np.ndarray
    v: np.ndarray
    scale: float
    l2: float
    l2_intercept: float
    first: int
    last: int
    groups: int


@part(error_model="numpy")
def multiply_classes(strip, factors, count, out, first, last, column):
    """Do `multiply_strip` for the classes from `first` to `last`."""
    k = first
    while last - k >= SPREAD_CLASSES:
        multiply_strip(strip, factors, count, out, k, column, SPREAD_CLASSES)
        k += SPREAD_CLASSES
    while last - k >= 3:
        multiply_strip(strip, factors, count, out, k, column, 3)
        k += 3
    while k < last:
        multiply_strip(strip, factors, count, out, k, column, 1)
        k += 1


@compiled(error_model="numpy")
def score_part(section, c):
    """Write the residuals, or for a product what takes their place, and the losses of a part of the rows."""
    X, W, Z, strips, bias, slope = section.X, section.W, section.Z, section.strips, section.bias, section.slope
    n_scores, group, strip = Z.shape[1], Z.shape[2], strips.shape[3]
    groups = (section.last - section.first + group - 1) // group
    first, last = c * section.groups, min((c + 1) * section.groups, groups)
    T, spare, none = np.empty((PANEL, strip), W.dtype), np.empty((4, group)), np.empty(0, np.int64)
    indices, numbers = np.empty((3, section.groups, group), np.int64), np.empty((section.groups, group))
    for g in range(first, last):
        for k in range(n_scores):
            for i in range(group):
                Z[g, k, i] = 0.0
        block = block_of(Z[g], bias.size, T, none, indices, numbers, spare, g - first)
        fill(block, section, section.first + g * group, section.last)
        for i in range(0, group, PACKED):
            for s in range(strips.shape[1]):
                place = strips[g, s, i : i + PACKED]
                pack_strip(X, block.rows[i : i + PACKED], s * strip, min((s + 1) * strip, X.shape[1]), place)
        if section.out.shape[1] > X.shape[1]:  # the intercepts' feature
            for i in range(group):
                strips[g, X.shape[1] // strip, i, X.shape[1] % strip] = 1.0
    for k in range(0, n_scores, CLASSES):
        for p in range(W.shape[0]):
            width = min(PANEL, X.shape[1] - p * PANEL)
            for g in range(first, last):
                for i in range(0, group, strip):
                    for s in range(0, width, strip):
                        turn_strip(strips[g, (p * PANEL + s) // strip], i, T, s)
                    multiply_classes(T, W[p], width, Z[g], k, min(k + CLASSES, n_scores), i)
    for g in range(first, last):
        block = block_of(Z[g], bias.size, T, none, indices, numbers, spare, g - first)
        count = min(group, section.last - section.first - g * group)
        if slope.size > 0:
            curvatures(block, bias, slope, section.reference)
        else:
            section.losses[g] = residuals(block, count, bias, section.reference)


@part(error_model="numpy")
def block_of(Z, n_classes, T, none, indices, numbers, spare, g):
    """Return the block that is the g-th group of a part; the terms of its softmax take the place of its scores."""
    rows, ahead, codes = indices[0, g], indices[1, g], indices[2, g]
    return Block(Z, Z[:n_classes], T, none, rows, ahead, codes, numbers[g], spare[0], spare[1], spare[2], spare[3])


@part(error_model="numpy")
def parts_of_gradient(n_strips, n_classes):
    """Return how many ranges of strips the gradient is cut into, and how many of classes."""
    ranges = max(min(n_strips, LEAST_PARTS), (n_strips + STRIPS - 1) // STRIPS)
    return ranges, (n_classes + CLASSES - 1) // CLASSES


@compiled(error_model="numpy")
def spread_part(section, c):
    """Add the residuals of a section times its rows to a part of the gradient; begin it, or end it, where they do."""
    Z, strips, out, v = section.Z, section.strips, section.out, section.v
    n_strips, strip, count = strips.shape[1], strips.shape[3], section.last - section.first
    n_classes, columns = out.shape
    across, along = parts_of_gradient(n_strips, n_classes)
    s_first, s_last = c // along * n_strips // across, (c // along + 1) * n_strips // across
    k_first, k_last = c % along * n_classes // along, (c % along + 1) * n_classes // along
    ranges, together, group = s_last - s_first, k_last - k_first, Z.shape[2]
    groups = (count + group - 1) // group
    sums = np.empty((ranges, together, strip), Z.dtype)
    for begin in range(0, groups, SHORT_SUMS):
        for s in range(ranges):
            for k in range(together):
                for j in range(strip):
                    sums[s, k, j] = 0.0
        for g in range(begin, min(begin + SHORT_SUMS, groups)):
            for s in range(ranges):
                rows, factors = min(group, count - g * group), Z[g, k_first:k_last]
                multiply_classes(strips[g, s_first + s], factors, rows, sums[s], 0, together, 0)
        new = section.first + begin == 0
        for s in range(ranges):
            j = (s_first + s) * strip
            for k in range(together):
                add(sums[s, k], out[k_first + k, j : min(j + strip, columns)], new)
    if section.last == section.rows.size:
        first, last, n_features = s_first * strip, min(s_last * strip, columns), section.X.shape[1]
        for k in range(k_first, k_last):
            middle = min(last, n_features)
            end(section.scale, section.l2, v[k, first:middle], out[k, first:middle])
            if middle < last:
                end(section.scale, section.l2_intercept, v[k, middle:last], out[k, middle:last])


@part(error_model="numpy")
def add(sums, out, new):
    """Add sums to `out`, as many as it has, or write them where it is new."""
    if new:
        for j in range(out.size):
            out[j] = sums[j]
    else:
        for j in range(out.size):
            out[j] += sums[j]


@part(error_model="numpy")
def end(scale, l2, v, out):
    """Scale a sum of losses' gradients, and add that of the penalty."""
    for j in range(out.size):
        out[j] = scale * out[j] + l2 * v[j]


def pointers(X, y, weight, working):
    """Return the pointers to both phases for rows of this kind."""
    vector, matrix, rows = np.empty(0), np.empty((0, 0)), np.empty(0, np.int64)
    W, Z, strips = (np.empty((0,) * n, working.dtype) for n in (3, 3, 4))
    given = W, vector, vector, True, rows, X, y, weight, Z, strips, vector, matrix, matrix
    signature = types.void(
        typeof(Section(*given, scale=1.0, l2=0.0, l2_intercept=0.0, first=0, last=0, groups=0)), types.int64
    )
    return Phases(pointer_to(score_part, signature), pointer_to(spread_part, signature))


@part(error_model="numpy")
def section_rows(n_features, n_scores, itemsize):
    """Return the rows of a section."""
    rows = max(LEAST_SECTION, SECTION_BYTES // (itemsize * max(n_features, n_scores)))
    return (rows + GROUP - 1) // GROUP * GROUP


@part(fastmath={"reassoc", "contract"}, error_model="numpy")
def product_of(a, b):
    """Return a . b."""
    total = 0.0
    for i in range(a.size):
        total += a[i] * b[i]
    return total


@part(error_model="numpy")
def evaluated(W, bias, slope, rows, X, y, weight, model, theta, v, out):
    """Write the sum of the gradients of all rows, and of the penalty's part, to `out`.

    Return the sum of the losses and ``l2 theta . v``.
    """
    free, n_scores, n_features = model.free, W.shape[1], X.shape[1]
    columns, strip = out.size // free, STRIP_BYTES // W.itemsize
    group = GROUP if rows.size >= FEW_ROWS else SMALL_GROUP
    size = min(section_rows(n_features, n_scores, W.itemsize), (rows.size + group - 1) // group * group)
    n_strips, most = (columns + strip - 1) // strip, size // group
    Z, strips = np.empty((most, n_scores, group), W.dtype), np.empty((most, n_strips, group, strip), W.dtype)
    losses, loss, scale = np.empty(most), 0.0, model.scale * (model.n_rows / rows.size)
    across, along = parts_of_gradient(n_strips, free)
    for first in range(0, rows.size, size):
        last = min(first + size, rows.size)
        groups = (last - first + group - 1) // group
        each = PART_ROWS // GROUP
        section = Section(
            W, bias, slope, model.reference, rows, X, y, weight, Z, strips, losses, out.reshape(free, columns),
            v.reshape(free, columns), scale, model.l2, model.l2_intercept, first, last, each
        )  # fmt: skip
        do_chunks(section, model.pointers.score, (groups + each - 1) // each)
        do_chunks(section, model.pointers.spread, across * along)
        for g in range(groups):
            loss += losses[g]
    penalty = 0.0
    for k in range(free):
        first, middle, last = k * columns, k * columns + n_features, (k + 1) * columns
        if model.l2 > 0.0:  # not 0 times what may overflow
            penalty += model.l2 * product_of(theta[first:middle], v[first:middle])
        if model.l2_intercept > 0.0:
            penalty += model.l2_intercept * product_of(theta[middle:last], v[middle:last])
    return scale * loss, penalty


@part(error_model="numpy")
def arrange(theta, free, first, W, bias, n_features):
    """Copy theta into W from the class `first` on, panel by panel of features, and its intercepts into `bias`."""
    columns = theta.size // free
    for k in range(free):
        for p in range(W.shape[0]):
            for j in range(min(PANEL, n_features - p * PANEL)):
                W[p, first + k, j] = theta[k * columns + p * PANEL + j]
        bias[k] = theta[(k + 1) * columns - 1] if columns > n_features else 0.0


@compiled(error_model="numpy")
def softmax(theta, rows, X, y, weight, model):
    """Return f and g over `rows`, scaled so that their mean over random subsets is f and g over all rows."""
    free, n_features, g = model.free, X.shape[1], np.empty(theta.size)
    W, bias = np.empty((n_features // PANEL + 1, free, PANEL), model.working.dtype), np.empty(free)
    arrange(theta, free, 0, W, bias, n_features)
    loss, penalty = evaluated(W, bias, np.empty(0), rows, X, y, weight, model, theta, theta, g)
    return loss + 0.5 * penalty, g


@compiled(error_model="numpy")
def softmax_product(v, theta, rows, X, y, weight, model):
    """Return the Hessian over `rows`, scaled likewise, times v."""
    free, n_features, product = model.free, X.shape[1], np.empty(theta.size)
    W = np.empty((n_features // PANEL + 1, 2 * free, PANEL), model.working.dtype)
    bias, slope = np.empty(free), np.empty(free)
    arrange(theta, free, 0, W, bias, n_features)
    arrange(v, free, free, W, slope, n_features)
    evaluated(W, bias, slope, rows, X, y, weight, model, theta, v, product)
    return product
