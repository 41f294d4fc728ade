"""Strips of dense rows for many classes: packed, turned, and the register tile that multiplies them.

With many classes each number of X meets hundreds of weights, so that it pays to copy rows first, in strips as wide as a
tile: the tiles then read memory in order, wherever the rows were, and both products are the same operation::

    out[k, column + v] += sum_r factors[k, r] strip[r, v]

For the gradient the vectors of a strip run over features, and the factors are the residuals; for the scores the strip
is turned, its vectors running over rows, and the factors are the weights. Called from Python each is a line of NumPy.
"""

# mypy: allow-untyped-defs, allow-untyped-calls, allow-untyped-decorators
# What Numba compiles has its types from Numba, and llvmlite has none.

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, overload

from solvers.jit import LEAN
from workbench.objectives.room import LINE
from workbench.objectives.tiles import (
    INT32,
    INT64,
    SECOND_CACHE,
    SPREAD_VECTORS,
    Array,
    accumulators,
    first_lanes,
    multiply_add,
    prefetch,
    same_everywhere,
    size_of,
    vector_of,
)


def pack_strip(X, rows, first, last, strip):
    """``strip[i, j] = X[rows[i], first + j]``, and 0 from the feature `last` on."""
    strip[:, : last - first] = X[rows, first:last]
    strip[:, last - first :] = 0.0


def turn_strip(X, rows, first, last, turned):
    """``turned[v, u] = X[rows[u], first + v]`` up to the feature `last`, for as many rows as a strip is wide.

    `turned` has room for whole vectors of features.
    """
    turned[: last - first] = X[rows, first:last].T


def multiply_strip(strip, factors, count, out, k, column, n_classes):
    """``out[k + c, column + v] += sum_r factors[k + c, r] strip[r, v]`` over `count` rows of a strip.

    `n_classes` is a constant.
    """
    out[k : k + n_classes, column : column + strip.shape[1]] += factors[k : k + n_classes, :count] @ strip[:count]


def ask_for(X, row, first, last):
    """Ask for the features of a row from `first` to `last` before their turn; nothing in plain Python."""


@overload(ask_for, jit_options=LEAN)
def _ask(X, row, first, last):
    return lambda X, row, first, last: _ask_for(X, row, first, last)


@overload(pack_strip, jit_options=LEAN)
def _pack(X, rows, first, last, strip):
    return lambda X, rows, first, last, strip: _pack_strip(X, rows, first, last, strip)


@overload(turn_strip, jit_options=LEAN)
def _turn(X, rows, first, last, turned):
    return lambda X, rows, first, last, turned: _turn_strip(X, rows, first, last, turned)


@overload(multiply_strip, jit_options=LEAN, prefer_literal=True)
def _multiply(strip, factors, count, out, k, column, n_classes):
    return lambda strip, factors, count, out, k, column, n_classes: _multiply_strip(
        strip, factors, count, out, k, column, n_classes
    )


def _turned(builder, vectors):
    """Return the columns of a square of vectors: its halves are exchanged, then the halves of these, and so on."""
    lanes, half = len(vectors), len(vectors) // 2
    while half:
        exchanged = list(vectors)
        for a in range(lanes):
            if not a & half:
                upper, lower = vectors[a], vectors[a + half]
                for to, back in ((a, 0), (a + half, half)):
                    picks = [lane + back if not lane & half else lanes + lane - half + back for lane in range(lanes)]
                    mask = ir.Constant(ir.VectorType(INT32, lanes), picks)
                    exchanged[to] = builder.shuffle_vector(upper, lower, mask)
        vectors, half = exchanged, half // 2
    return vectors


@intrinsic
def _turn_strip(typing_context, X, rows, first, last, turned):
    signature = types.void(X, rows, first, last, turned)

    def generate(context, builder, sig, args):
        x, r, t = (Array(context, builder, sig.args[p], args[p]) for p in (0, 1, 4))
        start, stop = (context.cast(builder, args[p], sig.args[p], types.int64) for p in (2, 3))
        kind = vector_of(t.item)
        lanes, width = kind.count, builder.sub(stop, start)
        whole = builder.sub(width, builder.srem(width, INT64(lanes)))
        rest = builder.sub(width, whole)

        with cgutils.for_range_slice(builder, INT64(0), INT64(lanes * SPREAD_VECTORS), INT64(lanes), INT64) as (u, _):
            lines = [x.at(builder.load(r.at(builder.add(u, INT64(a)))), start) for a in range(lanes)]

            def square(v, mask=None):
                vectors = [x.vector(builder.gep(line, [v]), kind, mask) for line in lines]
                for a, vector in enumerate(_turned(builder, vectors)):
                    t.write(builder, vector, builder.add(v, INT64(a)), u)

            with cgutils.for_range_slice(builder, INT64(0), whole, INT64(lanes), INT64) as (v, _):
                square(v)
            with builder.if_then(builder.icmp_signed(">", rest, INT64(0))):
                square(whole, first_lanes(builder, rest, lanes))
        return context.get_dummy_value()

    return signature, generate


@intrinsic
def _ask_for(typing_context, X, row, first, last):
    signature = types.void(X, row, first, last)

    def generate(context, builder, sig, args):
        x = Array(context, builder, sig.args[0], args[0])
        i, start, stop = (context.cast(builder, v, t, types.int64) for v, t in zip(args[1:], sig.args[1:], strict=True))
        line = INT64(LINE // size_of(x.item))
        with cgutils.for_range_slice(builder, start, stop, line, INT64) as (j, _):
            prefetch(builder, x.at(i, j), SECOND_CACHE)
        return context.get_dummy_value()

    return signature, generate


@intrinsic
def _pack_strip(typing_context, X, rows, first, last, strip):
    signature = types.void(X, rows, first, last, strip)

    def generate(context, builder, sig, args):
        x, r, t = (Array(context, builder, sig.args[p], args[p]) for p in (0, 1, 4))
        start, stop = (context.cast(builder, args[p], sig.args[p], types.int64) for p in (2, 3))
        n_rows = cgutils.unpack_tuple(builder, context.make_array(sig.args[1])(context, builder, args[1]).shape)[0]
        kind = vector_of(t.item)
        lanes, width = kind.count, builder.sub(stop, start)

        def over_rows(masks):
            with cgutils.for_range(builder, n_rows, intp=INT64) as loop:
                row = x.at(builder.load(r.at(loop.index)), start)
                for s, mask in enumerate(masks):
                    place = INT64(lanes * s)
                    t.write(builder, x.vector(builder.gep(row, [place]), kind, mask), loop.index, place)

        with builder.if_else(builder.icmp_signed(">=", width, INT64(lanes * SPREAD_VECTORS))) as (whole, cut):
            with whole:
                over_rows([None] * SPREAD_VECTORS)
            with cut:
                rest = [builder.sub(width, INT64(lanes * s)) for s in range(SPREAD_VECTORS)]
                over_rows([first_lanes(builder, count, lanes) for count in rest])
        return context.get_dummy_value()

    return signature, generate


@intrinsic(prefer_literal=True)
def _multiply_strip(typing_context, strip, factors, count, out, k, column, n_classes):
    classes, vectors = range(n_classes.literal_value), range(SPREAD_VECTORS)
    signature = types.void(strip, factors, count, out, k, column, n_classes)

    def generate(context, builder, sig, args):
        t, w, o = (Array(context, builder, sig.args[p], args[p]) for p in (0, 1, 3))
        n_rows, k0, j0 = (context.cast(builder, args[p], sig.args[p], types.int64) for p in (2, 4, 5))
        kind = vector_of(t.item)
        places = [INT64(kind.count * s) for s in vectors]
        sums = accumulators(builder, kind, len(classes), len(vectors))
        targets = [o.at(builder.add(k0, INT64(c)), j0) for c in classes]
        for to in targets:
            for place in places:
                prefetch(builder, builder.gep(to, [place]))
        rows = [w.at(builder.add(k0, INT64(c)), INT64(0)) for c in classes]
        with cgutils.for_range(builder, n_rows, intp=INT64) as loop:
            at = t.at(loop.index, INT64(0))
            values = [t.vector(builder.gep(at, [place]), kind) for place in places]
            for c in classes:
                factor = same_everywhere(builder, builder.load(builder.gep(rows[c], [loop.index])), kind.count)
                for s in vectors:
                    builder.store(multiply_add(builder, values[s], factor, builder.load(sums[c][s])), sums[c][s])
        for c in classes:
            for s in vectors:
                at = builder.gep(targets[c], [places[s]])
                added = builder.fadd(o.vector(at, kind), builder.load(sums[c][s]))
                o.write(builder, added, builder.add(k0, INT64(c)), builder.add(j0, places[s]))
        return context.get_dummy_value()

    return signature, generate
