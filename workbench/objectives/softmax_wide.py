"""Softmax kernels for many classes: two products of panels, scores for all rows of a section first, then gradients.

With many classes the products are nearly all of the work, and weights and gradient are too large for a cache, as for
each thread's own gradient. So a section of the rows is taken twice, by all threads each time: in parts of its rows for
the scores and residuals, which are kept, and in parts of the gradient, which are added to over the section's rows. Each
number is summed in an order that the shape alone gives: so the bits are the same on any number of threads.

What a tile reads again and again lies in the first cache: a strip of rows, turned or packed when it is needed, of no
more than 128 features or rows. In the second are the factors of a range of classes, and what is added to. Theta and the
gradient, in float64 and outside both, are passed by once: the penalty is found where theta is arranged, and added where
a part of the gradient ends.
"""

from typing import Any, NamedTuple

import numpy as np

from solvers.jit import POINTED_AT, compiled, part
from solvers.parcel import parcel, unpacked
from workbench.objectives.panels import ask_for, multiply_strip, pack_strip, turn_strip
from workbench.objectives.room import in_large_pages, room_for
from workbench.objectives.softmax_kernels import (
    NARROW,
    Block,
    add,
    curvatures,
    do_chunks,
    fill,
    penalise,
    penalty,
    pointers_to,
    residuals,
    writable,
)
from workbench.objectives.tiles import SPREAD_CLASSES, STRIP_BYTES, VECTOR_BYTES

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
DEPTH = 128
"""Features of a panel of weights at most: a turned strip of so many stays in the first cache."""
CLASSES = 340
"""Classes whose weights in a panel, or gradient in a part, are in the second cache together, at most."""
PART_ROWS = 256
"""Rows of a part at most, for each of which the weights come anew."""
TURNS = 4
"""Parts are a multiple of so many, or as many as groups: then threads have about as many rows each."""
STRIPS, LEAST_PARTS = 8, 8
"""Strips of a part of the gradient, of as many classes, at most; parts at least, where it has as many strips."""
SHORT_SUMS = 8
"""Groups whose gradient is summed in the dtype of the scores; these sums are then summed in float64."""
ARRANGED, MOST_ARRANGED = 2**17, 32
"""Weights that are arranged by a part, about; such parts at most."""


def worth_it(n_features: int, n_classes: int) -> bool:
    """Return whether these kernels are the faster ones for dense rows of this shape."""
    return n_classes >= MANY and n_features > NARROW


class Phases(NamedTuple):
    """Pointers to the three phases, for rows of a kind."""

    arrange: Any
    score: Any
    spread: Any


class Section(NamedTuple):
    """What the parts of a section share: `first` and `last` are its rows, `parts` how many parts these have.

    W holds theta, panel after panel of features, class by class; in a product, v follows. Z holds the scores, and then
    the residuals, of a group of rows after the other, class by class; in a product, those of the direction follow.
    `losses` are those of the groups, `penalties` twice those of the classes. `theta`, `v`, of which the penalty's part
    is made, and `out`, the gradient or product, are class by class. `scale` is that of the losses. The others are as in
    `Work` and `Model`.
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
    losses: np.ndarray
    penalties: np.ndarray
    theta: np.ndarray
    v: np.ndarray
    out: np.ndarray
    scale: float
    l2: float
    l2_intercept: float
    first: int
    last: int
    parts: int


@part(error_model="numpy")
def about_equal(n, most):
    """Return the size of as few ranges of `n` classes as have at most `most`, in whole tiles."""
    ranges = (n + most - 1) // most
    return ((n + ranges - 1) // ranges + SPREAD_CLASSES - 1) // SPREAD_CLASSES * SPREAD_CLASSES


@part(error_model="numpy")
def arranged_parts(n_weights, n_classes):
    """Return how many ranges of classes the weights are arranged in."""
    return max(1, min(n_weights // ARRANGED, n_classes, MOST_ARRANGED))


@compiled(error_model="numpy", **POINTED_AT)
def arrange_part(given, c):
    """Copy theta into W and the intercepts, for a range of classes; in a product v too, else find their penalties."""
    section = unpacked(given)
    theta, v, bias, slope, n_features = section.theta, section.v, section.bias, section.slope, section.X.shape[1]
    n_classes = theta.shape[0]
    parts = arranged_parts(theta.size, n_classes)
    for k in range(c * n_classes // parts, (c + 1) * n_classes // parts):
        bias[k] = arrange(theta[k], section.W, k, n_features)
        if slope.size > 0:
            slope[k] = arrange(v[k], section.W, n_classes + k, n_features)
        else:
            section.penalties[k] = penalty(theta[k, :n_features], section.l2)
            section.penalties[k] += penalty(theta[k, n_features:], section.l2_intercept)


@part(error_model="numpy")
def arrange(weights, W, k, n_features):
    """Copy the weights of a class into W, panel by panel of features; return its intercept."""
    for p in range(W.shape[0]):
        first, to = p * W.shape[2], W[p, k]
        some = weights[first : min(first + to.size, n_features)]
        for j in range(some.size):
            to[j] = some[j]
    return weights[n_features] if weights.size > n_features else 0.0


@part(error_model="numpy")
def multiply_classes(strip, factors, count, out, first, last, column, X, ahead, j, j_last):
    """Do `multiply_strip` for the classes from `first` to `last`; meanwhile ask for a range of the rows `ahead`."""
    k, tiles = first, (last - first) // SPREAD_CLASSES
    for t in range(tiles):
        multiply_strip(strip, factors, count, out, k, column, SPREAD_CLASSES)
        k += SPREAD_CLASSES
        for r in range(t * ahead.size // tiles, (t + 1) * ahead.size // tiles):
            ask_for(X, ahead[r], j, j_last)
    while last - k >= 3:
        multiply_strip(strip, factors, count, out, k, column, 3)
        k += 3
    while k < last:
        multiply_strip(strip, factors, count, out, k, column, 1)
        k += 1


@compiled(error_model="numpy", **POINTED_AT)
def score_part(given, c):
    """Write the residuals, or for a product what takes their place, and the losses of a part of the rows."""
    section = unpacked(given)
    X, W, Z, bias, slope = section.X, section.W, section.Z, section.bias, section.slope
    n_scores, group, depth, strip = Z.shape[1], Z.shape[2], W.shape[2], STRIP_BYTES // W.itemsize
    groups = (section.last - section.first + group - 1) // group
    first, last = c * groups // section.parts, (c + 1) * groups // section.parts
    T, spare, none = room_for(depth * strip, W).reshape(depth, strip), np.empty((4, group)), np.empty(0, np.int64)
    indices, numbers = np.empty((3, last - first, group), np.int64), np.empty((last - first, group))
    for g in range(first, last):
        block = block_of(Z[g], bias.size, T, none, indices, numbers, spare, g - first)
        fill(block, section, section.first + g * group, section.last)
    together = about_equal(n_scores, CLASSES)
    for k in range(0, n_scores, together):
        k_last = min(k + together, n_scores)
        for g in range(first, last):
            for each in range(k, k_last):
                for i in range(group):
                    Z[g, each, i] = 0.0
        for p in range(W.shape[0]):
            j, j_last = p * depth, min((p + 1) * depth, X.shape[1])
            for g in range(first, last):
                for i in range(0, min(group, section.last - section.first - g * group), strip):
                    turn_strip(X, indices[0, g - first, i : i + strip], j, j_last, T)
                    multiply_classes(T, W[p], j_last - j, Z[g], k, k_last, i, X, none, 0, 0)
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
    return Block(
        Z, Z[:n_classes], T, none, rows, none, ahead, none, codes, numbers[g], spare[0], spare[1], spare[2], spare[3]
    )


@part(error_model="numpy")
def parts_of_gradient(n_strips, n_classes):
    """Return how many ranges of strips the gradient is cut into, and the classes of a part."""
    together = about_equal(n_classes, CLASSES)
    along = (n_classes + together - 1) // together
    ranges = max((n_strips + STRIPS - 1) // STRIPS, min(n_strips, (LEAST_PARTS + along - 1) // along))
    return ranges, together


@compiled(error_model="numpy", **POINTED_AT)
def spread_part(given, c):
    """Add the residuals of a section times its rows to a part of the gradient; begin it, or end it, where they do."""
    section = unpacked(given)
    X, Z, rows, out, v = section.X, section.Z, section.rows, section.out, section.v
    (n_classes, columns), n_features, strip = out.shape, X.shape[1], STRIP_BYTES // Z.itemsize
    n_strips, group = (n_features + strip - 1) // strip, Z.shape[2]
    across, together = parts_of_gradient(n_strips, n_classes)
    s_first, s_last = c % across * n_strips // across, (c % across + 1) * n_strips // across
    k_first = c // across * together
    k_last, ranges, size = min(k_first + together, n_classes), s_last - s_first, group * SHORT_SUMS
    packed = room_for(ranges * group * strip, Z).reshape(ranges, group, strip)
    sums = room_for(together * ranges * strip, Z).reshape(together, ranges * strip)
    j_first, j_last = s_first * strip, min(s_last * strip, n_features)
    for begin in range(section.first, section.last, size):
        end = min(begin + size, section.last)
        for k in range(together):
            for j in range(ranges * strip):
                sums[k, j] = 0.0
        for first in range(begin, end, group):
            last = min(first + group, end)
            for i in range(first, last, PACKED):
                some = rows[i : min(i + PACKED, last)]
                for s in range(ranges):
                    j = j_first + s * strip
                    pack_strip(X, some, j, min(j + strip, n_features), packed[s, i - first : i - first + some.size])
            factors, later = Z[(first - section.first) // group, k_first:k_last], section.last
            for s in range(ranges):
                ahead = rows[min(last + s * group // ranges, later) : min(last + (s + 1) * group // ranges, later)]
                multiply_classes(
                    packed[s], factors, last - first, sums, 0, k_last - k_first, s * strip, X, ahead, j_first, j_last
                )
        new, whole = begin == 0, end == rows.size
        for k in range(k_first, k_last):
            add(sums[k - k_first], new, out[k, j_first:j_last])
            if whole:
                penalise(section.scale, section.l2, v[k, j_first:j_last], out[k, j_first:j_last])
            if j_last == n_features and columns > n_features:
                total = 0.0 if new else out[k, n_features]
                for first in range(begin, end, group):
                    total += sum_of(Z[(first - section.first) // group, k, : min(group, end - first)])
                out[k, n_features] = total
                if whole:
                    penalise(section.scale, section.l2_intercept, v[k, n_features:], out[k, n_features:])


@part(fastmath={"reassoc"}, error_model="numpy")
def sum_of(numbers):
    """Return their sum in float64."""
    total = 0.0
    for i in range(numbers.size):
        total += np.float64(numbers[i])
    return total


def pointers(X, y, weight, working):
    """Return the pointers to the phases for rows of this kind."""
    vector, matrix, rows = np.empty(0), np.empty((0, 0)), np.empty(0, np.int64)
    panels = np.empty((0, 0, 0), working.dtype)
    given = panels, vector, vector, True, rows, X, y, weight, panels, vector, vector, matrix, matrix, matrix
    section = Section(*given, scale=1.0, l2=0.0, l2_intercept=0.0, first=0, last=0, parts=0)
    return Phases(*pointers_to((arrange_part, score_part, spread_part), section))


@part(error_model="numpy")
def section_rows(n_features, n_scores, itemsize):
    """Return the rows of a section."""
    rows = max(LEAST_SECTION, SECTION_BYTES // (itemsize * max(n_features, n_scores)))
    return rows // (GROUP * TURNS) * (GROUP * TURNS)


@part(error_model="numpy")
def evaluated(theta, v, directions, rows, X, y, weight, model):
    """Return f and its gradient, where v is theta.

    With as many `directions` as there are classes with weights, the second is the Hessian times v, the first 0.
    """
    free, n_features, working = model.free, X.shape[1], model.working
    columns, n_scores = theta.size // free, free + directions
    lanes, n_panels = VECTOR_BYTES // working.itemsize, (n_features + DEPTH - 1) // DEPTH
    depth = ((n_features + n_panels - 1) // n_panels + lanes - 1) // lanes * lanes
    group, each = (SMALL_GROUP, 1) if rows.size < FEW_ROWS else (GROUP, PART_ROWS // GROUP)
    size = min(section_rows(n_features, n_scores, working.itemsize), (rows.size + group - 1) // group * group)
    W = room_for(n_panels * n_scores * depth, working).reshape(n_panels, n_scores, depth)
    Z = room_for(size * n_scores, working).reshape(size // group, n_scores, group)
    bias, slope, losses, penalties = np.empty(free), np.empty(directions), np.empty(size // group), np.empty(free)
    out, scale = np.empty(theta.size), model.scale * (model.n_rows / rows.size)
    in_large_pages(out)
    across, together = parts_of_gradient((n_features * working.itemsize + STRIP_BYTES - 1) // STRIP_BYTES, free)
    along = (free + together - 1) // together
    loss, twice = 0.0, 0.0
    for first in range(0, rows.size, size):
        last = min(first + size, rows.size)
        groups = (last - first + group - 1) // group
        parts = (groups + each - 1) // each
        parts = min(groups, (parts + TURNS - 1) // TURNS * TURNS)
        section = Section(
            W, bias, slope, model.reference, rows, X, y, weight, Z, losses, penalties, theta.reshape(free, columns),
            v.reshape(free, columns), out.reshape(free, columns), scale, model.l2, model.l2_intercept, first, last,
            parts
        )  # fmt: skip
        given = parcel(section)
        if first == 0:
            do_chunks(given, model.pointers.arrange, arranged_parts(theta.size, free))
        do_chunks(given, model.pointers.score, parts)
        do_chunks(given, model.pointers.spread, across * along)
        for g in range(groups if directions == 0 else 0):  # from the section, which so lives until here
            loss += section.losses[g]
    if directions == 0:
        for k in range(free):
            twice += penalties[k]
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
