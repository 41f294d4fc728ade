"""Register tiles of compressed rows (CSR): the scores of a row, and its share of the gradient.

Weights and gradient are stored feature by feature, each with its classes in whole vectors: so a stored number meets all
classes in a few vector operations, and a row's scores stay in registers while it passes by. Called from Python the
tiles are a line of NumPy each.
"""

# mypy: allow-untyped-defs, allow-untyped-calls, allow-untyped-decorators
# What Numba compiles has its types from Numba, and llvmlite has none.

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, overload

from solvers.jit import LEAN
from workbench.objectives.tiles import (
    INT64,
    VECTOR_BYTES,
    Array,
    converted,
    multiply_add,
    prefetch,
    same_everywhere,
    vector_of,
)

LATENCY = 8
"""Sums that are under way at a time: a multiply-add is slow to finish, and two can begin in each cycle."""

AHEAD = 12
"""Stored numbers of a row after which their weights, or their part of the gradient, are asked for before their turn."""


def score_row(X, row, W, q, first, n_vectors):
    """``q[first:last] = X[row] . W[:, first:last]``, so many vectors wide; `n_vectors` is a constant."""
    last = min(q.size, first + n_vectors * VECTOR_BYTES // W.itemsize)
    stored = slice(X.indptr[row], X.indptr[row + 1])
    q[first:last] = X.data[stored].astype(W.dtype) @ W[X.indices[stored], first:last]


def spread_row(X, row, q, G, first, n_vectors):
    """``G[:, first:last] += X[row] q[first:last]``, so many vectors wide; `n_vectors` is a constant."""
    last = min(q.size, first + n_vectors * VECTOR_BYTES // G.itemsize)
    stored = slice(X.indptr[row], X.indptr[row + 1])
    np.add.at(G[:, first:last], X.indices[stored], np.outer(X.data[stored], q[first:last]))


@overload(score_row, jit_options=LEAN, prefer_literal=True)
def _score(X, row, W, q, first, n_vectors):
    return lambda X, row, W, q, first, n_vectors: _score_row(
        X.data, X.indices, X.indptr[row], X.indptr[row + 1], W, q, first, n_vectors
    )


@overload(spread_row, jit_options=LEAN, prefer_literal=True)
def _spread(X, row, q, G, first, n_vectors):
    return lambda X, row, q, G, first, n_vectors: _spread_row(
        X.data, X.indices, X.indptr[row], X.indptr[row + 1], q, G, first, n_vectors
    )


def _column(builder, indices, position):
    """Return the column of a stored number."""
    column = builder.load(indices.at(position))
    return builder.sext(column, INT64) if column.type.width < INT64.width else column


def _stored(builder, data, indices, position, kind):
    """Return a stored number in all lanes of a vector of type `kind`, and its column."""
    value = converted(builder, builder.load(data.at(position)), kind.element)
    return same_everywhere(builder, value, kind.count), _column(builder, indices, position)


def _ask_ahead(builder, indices, position, end, array, places):
    """Ask for what the stored number some way on in the row meets, where there is one: columns follow no order."""
    later = builder.add(position, INT64(AHEAD))
    later = builder.select(builder.icmp_signed("<", later, end), later, position)
    column = _column(builder, indices, later)
    for place in places:
        prefetch(builder, array.at(column, place))


@intrinsic(prefer_literal=True)
def _score_row(typing_context, data, indices, start, stop, W, q, first, n_vectors):
    vectors = range(n_vectors.literal_value)
    signature = types.void(data, indices, start, stop, W, q, first, n_vectors)

    def generate(context, builder, sig, args):
        x, columns, w, out = (Array(context, builder, sig.args[p], args[p]) for p in (0, 1, 4, 5))
        begin, end, k0 = (context.cast(builder, args[p], sig.args[p], types.int64) for p in (2, 3, 6))
        kind = vector_of(w.item)
        places = [builder.add(k0, INT64(kind.count * v)) for v in vectors]
        strands = range(max(1, LATENCY // len(vectors)))
        zero = ir.Constant(kind, None)
        sums = [[cgutils.alloca_once_value(builder, zero) for _ in vectors] for _ in strands]

        def step(position, strand):
            _ask_ahead(builder, columns, position, end, w, places)
            value, column = _stored(builder, x, columns, position, kind)
            for v in vectors:
                weights = w.vector(w.at(column, places[v]), kind)
                builder.store(multiply_add(builder, value, weights, builder.load(sums[strand][v])), sums[strand][v])

        whole = builder.sub(end, builder.srem(builder.sub(end, begin), INT64(len(strands))))
        with cgutils.for_range_slice(builder, begin, whole, INT64(len(strands)), INT64) as (position, _):
            for strand in strands:
                step(builder.add(position, INT64(strand)), strand)
        with cgutils.for_range_slice(builder, whole, end, INT64(1), INT64) as (position, _):
            step(position, 0)
        for v in vectors:
            total = builder.load(sums[0][v])
            for strand in strands[1:]:
                total = builder.fadd(total, builder.load(sums[strand][v]))
            out.write(builder, total, places[v])
        return context.get_dummy_value()

    return signature, generate


@intrinsic(prefer_literal=True)
def _spread_row(typing_context, data, indices, start, stop, q, G, first, n_vectors):
    vectors = range(n_vectors.literal_value)
    signature = types.void(data, indices, start, stop, q, G, first, n_vectors)

    def generate(context, builder, sig, args):
        x, columns, factors, g = (Array(context, builder, sig.args[p], args[p]) for p in (0, 1, 4, 5))
        begin, end, k0 = (context.cast(builder, args[p], sig.args[p], types.int64) for p in (2, 3, 6))
        kind = vector_of(g.item)
        places = [builder.add(k0, INT64(kind.count * v)) for v in vectors]
        row = [factors.vector(factors.at(place), kind) for place in places]
        with cgutils.for_range_slice(builder, begin, end, INT64(1), INT64) as (position, _):
            _ask_ahead(builder, columns, position, end, g, places)
            value, column = _stored(builder, x, columns, position, kind)
            for v in vectors:
                found = g.vector(g.at(column, places[v]), kind)
                g.write(builder, multiply_add(builder, value, row[v], found), column, places[v])
        return context.get_dummy_value()

    return signature, generate
