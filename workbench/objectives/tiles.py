"""Register tiles of dense rows: scores and strips of the gradient, as explicit vectors.

A tile is a fixed number of vector accumulators that stay in registers over its inner loop. LLVM finds that by itself in
plain loops for the scores, but not for the gradient, whose sums run over rows while its vectors run over features. So
both are written as LLVM's instructions, by Numba intrinsics; called from Python they are a line of NumPy each.

Rows may be float64, float32 or uint8: they are converted in registers to the dtype of the weights, or of the residuals.
"""

# mypy: allow-untyped-defs, allow-untyped-calls, allow-untyped-decorators
# What Numba compiles has its types from Numba, and llvmlite has none.

from llvmlite import binding, ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, overload

from solvers.jit import LEAN

_FEATURES = binding.get_host_cpu_features() if binding.get_process_triple() else {}
VECTOR_BYTES = 64 if _FEATURES.get("avx512f") else 32 if _FEATURES.get("avx2") else 16
"""Size of a vector register."""
MANY_REGISTERS = VECTOR_BYTES != 32
SCORE_ROWS, SCORE_CLASSES = 4, (5 if MANY_REGISTERS else 2)
"""Rows and classes of a tile of scores: all of their accumulators, and a vector of each class, fit the registers."""
SPREAD_CLASSES, SPREAD_VECTORS = (10 if MANY_REGISTERS else 5), 2
"""Classes and vectors of features of a tile of the gradient."""
STRIP_BYTES = VECTOR_BYTES * SPREAD_VECTORS
"""Width of a tile of the gradient."""

_CONTRACT = ("contract",)
INT32, INT64 = ir.IntType(32), ir.IntType(64)
FIRST_CACHE, SECOND_CACHE = 3, 2
"""Where `prefetch` brings a line to, as LLVM numbers the caches."""


def score_tile(X, rows, ahead, W, Z, i, k, first, last, n_classes):
    """``Z[k + c, i + r] += X[rows[i + r], first:last] . W[k + c, first:last]`` for four rows and `n_classes` classes.

    The same features of the row `ahead` are asked for from memory meanwhile. W must be readable up to the next multiple
    of a vector after `last`, and 0 there. `n_classes` is a constant.
    """
    tile = X[rows[i : i + SCORE_ROWS], first:last].astype(W.dtype)
    Z[k : k + n_classes, i : i + SCORE_ROWS] += W[k : k + n_classes, first:last] @ tile.T


def spread_tile(X, places, ahead, Z, G, k, first, last, n_classes):
    """``G[k + c, first:last] += sum_i Z[k + c, i] X_i[first:last]``, over all rows X_i.

    Rows are given by their places: how many bytes after X they begin, since a product for each would be felt. The strip
    is `STRIP_BYTES` wide in the dtype of Z, or at most a vector. The rows `ahead`, as many, are asked for from memory
    meanwhile. G must be padded to a multiple of a vector. `n_classes` is a constant.
    """
    strip = X[places // X.strides[0], first:last].astype(Z.dtype)
    G[k : k + n_classes, first:last] += Z[k : k + n_classes, : places.size] @ strip


@overload(score_tile, inline="always", jit_options=LEAN, prefer_literal=True)
def _score(X, rows, ahead, W, Z, i, k, first, last, n_classes):
    return lambda X, rows, ahead, W, Z, i, k, first, last, n_classes: _score_tile(
        X, rows, ahead, W, Z, i, k, first, last, n_classes
    )


@overload(spread_tile, inline="always", jit_options=LEAN, prefer_literal=True)
def _spread(X, places, ahead, Z, G, k, first, last, n_classes):
    return lambda X, places, ahead, Z, G, k, first, last, n_classes: _spread_tile(
        X, places, ahead, Z, G, k, first, last, n_classes
    )


class Array:
    """An array argument inside generated code."""

    def __init__(self, context, builder, type_, value):
        array = context.make_array(type_)(context, builder, value)
        self.builder = builder
        self.data, self.strides = array.data, cgutils.unpack_tuple(builder, array.strides)
        self.item = context.get_data_type(type_.dtype)

    def at(self, *index):
        """Return a pointer to an element; the last axis is contiguous."""
        builder = self.builder
        address = builder.ptrtoint(self.data, INT64)
        for position, stride in zip(index[:-1], self.strides, strict=False):
            address = builder.add(address, builder.mul(position, stride))
        return builder.gep(builder.inttoptr(address, self.item.as_pointer()), [index[-1]])

    def after(self, count):
        """Return a pointer to the element that is so many bytes after the first."""
        address = self.builder.add(self.builder.ptrtoint(self.data, INT64), count)
        return self.builder.inttoptr(address, self.item.as_pointer())

    def write(self, builder, vector, *index):
        """Write a vector of as many elements from there on."""
        builder.store(vector, builder.bitcast(self.at(*index), vector.type.as_pointer()), align=size_of(self.item))

    def vector(self, pointer, kind, mask=None):
        """Return a vector of type `kind` from memory; what `mask` leaves out is 0 and is not touched."""
        builder, loaded = self.builder, ir.VectorType(self.item, kind.count)
        pointer = builder.bitcast(pointer, loaded.as_pointer())
        align = size_of(self.item)
        if mask is None:
            found = builder.load(pointer, align=align)
        else:
            name = {"double": "f64", "float": "f32"}.get(str(self.item), str(self.item))
            signature = ir.FunctionType(loaded, [loaded.as_pointer(), INT32, mask.type, loaded])
            load = cgutils.get_or_insert_function(builder.module, signature, f"llvm.masked.load.v{kind.count}{name}.p0")
            found = builder.call(load, [pointer, INT32(align), mask, ir.Constant(loaded, None)])
        return converted(builder, found, kind)


def size_of(item):
    """Return the bytes of a number."""
    return {"double": 8, "float": 4}.get(str(item), 1)


def vector_of(item):
    """Return the type of a whole vector of such numbers."""
    return ir.VectorType(item, VECTOR_BYTES // size_of(item))


def converted(builder, vector, kind):
    """Return a vector, or number, of unsigned integers or floats as floats of type `kind`."""
    item, wanted = (getattr(each, "element", each) for each in (vector.type, kind))
    if item == wanted:
        return vector
    if isinstance(item, ir.IntType):
        return builder.uitofp(vector, kind)
    return (builder.fpext if size_of(item) < size_of(wanted) else builder.fptrunc)(vector, kind)


def same_everywhere(builder, scalar, lanes):
    """Return a vector that has the scalar in every lane."""
    kind = ir.VectorType(scalar.type, lanes)
    one = builder.insert_element(ir.Constant(kind, ir.Undefined), scalar, INT32(0))
    return builder.shuffle_vector(one, one, ir.Constant(ir.VectorType(INT32, lanes), None))


def first_lanes(builder, count, lanes):
    """Return a mask of the first `count` lanes."""
    lane = ir.Constant(ir.VectorType(INT32, lanes), list(range(lanes)))
    return builder.icmp_signed("<", lane, same_everywhere(builder, builder.trunc(count, INT32), lanes))


def multiply_add(builder, a, b, c):
    """Return a b + c, in one instruction where the machine has it."""
    return builder.fadd(builder.fmul(a, b, flags=_CONTRACT), c, flags=_CONTRACT)


def prefetch(builder, pointer, cache=FIRST_CACHE):
    """Ask for a line of memory before its turn."""
    byte = ir.IntType(8).as_pointer()
    signature = ir.FunctionType(ir.VoidType(), [byte, INT32, INT32, INT32])
    ask = cgutils.get_or_insert_function(builder.module, signature, "llvm.prefetch.p0")
    builder.call(ask, [builder.bitcast(pointer, byte), INT32(0), INT32(cache), INT32(1)])


def _totals(builder, four):
    """Return a vector of the sums of each of four vectors, which are transposed on the way: few shuffles do for all."""
    a, b, c, d = four
    lanes, quarter = a.type.count, 16 // size_of(a.type.element)
    ab, cd = _paired(builder, a, b, 1, quarter), _paired(builder, c, d, 1, quarter)
    if lanes == 2:
        return builder.shuffle_vector(ab, cd, _numbers(range(4)))
    sums = _paired(builder, ab, cd, 2, 4)
    while lanes > 4:
        lanes //= 2
        low, high = (builder.shuffle_vector(sums, sums, _numbers(range(s, s + lanes))) for s in (0, lanes))
        sums = builder.fadd(low, high)
    return sums


def _paired(builder, a, b, unit, group):
    """Return halves added to halves, in each group of elements: those of `a` and `b` in turn, `unit` by `unit`."""
    lanes = a.type.count
    starts = [g + u for g in range(0, lanes, group) for u in range(0, group // 2, unit)]
    low = [s + v + i for s in starts for v in (0, lanes) for i in range(unit)]
    high = [at + group // 2 for at in low]
    return builder.fadd(*(builder.shuffle_vector(a, b, _numbers(each)) for each in (low, high)))


def _numbers(indices):
    """Return indices as a shuffle takes them."""
    indices = list(indices)
    return ir.Constant(ir.VectorType(INT32, len(indices)), indices)


def accumulators(builder, kind, rows, columns):
    """Return places for sums that stay in registers, 0 at first."""
    zero = ir.Constant(kind, None)
    return [[cgutils.alloca_once_value(builder, zero) for _ in range(columns)] for _ in range(rows)]


@intrinsic(prefer_literal=True)
def _score_tile(typing_context, X, rows, ahead, W, Z, i, k, first, last, n_classes):
    classes = range(n_classes.literal_value)
    signature = types.void(X, rows, ahead, W, Z, i, k, first, last, n_classes)

    def generate(context, builder, sig, args):
        x, r, w, z = (Array(context, builder, sig.args[p], args[p]) for p in (0, 1, 3, 4))
        h, i0, k0, start, stop = (context.cast(builder, args[p], sig.args[p], types.int64) for p in (2, 5, 6, 7, 8))
        kind = vector_of(w.item)
        lanes = kind.count
        sums = accumulators(builder, kind, SCORE_ROWS, len(classes))
        xs = [x.at(builder.load(r.at(builder.add(i0, INT64(a)))), INT64(0)) for a in range(SCORE_ROWS)]
        ws = [w.at(builder.add(k0, INT64(c)), INT64(0)) for c in classes]
        later = x.at(h, INT64(0))

        def step(j, mask=None):
            prefetch(builder, builder.gep(later, [j]), SECOND_CACHE)
            values = [x.vector(builder.gep(row, [j]), kind, mask) for row in xs]
            for c in classes:
                weights = w.vector(builder.gep(ws[c], [j]), kind)
                for a in range(SCORE_ROWS):
                    added = multiply_add(builder, values[a], weights, builder.load(sums[a][c]))
                    builder.store(added, sums[a][c])

        whole = builder.sub(stop, builder.srem(builder.sub(stop, start), INT64(lanes)))
        with cgutils.for_range_slice(builder, start, whole, INT64(lanes), INT64) as (j, _):
            step(j)
        rest = builder.sub(stop, whole)
        with builder.if_then(builder.icmp_signed(">", rest, INT64(0))):
            step(whole, first_lanes(builder, rest, lanes))
        for c in classes:
            at = builder.add(k0, INT64(c)), i0
            totals = _totals(builder, [builder.load(row[c]) for row in sums])
            wide = ir.VectorType(z.item, SCORE_ROWS)
            z.write(builder, builder.fadd(z.vector(z.at(*at), wide), converted(builder, totals, wide)), *at)
        return context.get_dummy_value()

    return signature, generate


@intrinsic(prefer_literal=True)
def _spread_tile(typing_context, X, places, ahead, Z, G, k, first, last, n_classes):
    classes, vectors = range(n_classes.literal_value), range(SPREAD_VECTORS)
    signature = types.void(X, places, ahead, Z, G, k, first, last, n_classes)

    def generate(context, builder, sig, args):
        x, p, h, z, g = (Array(context, builder, t, v) for t, v in zip(sig.args[:5], args[:5], strict=True))
        k0, start, stop = (
            context.cast(builder, v, t, types.int64) for t, v in zip(sig.args[5:8], args[5:8], strict=True)
        )
        n_rows = cgutils.unpack_tuple(builder, context.make_array(sig.args[1])(context, builder, args[1]).shape)[0]
        kind = vector_of(z.item)
        lanes = kind.count
        sums = accumulators(builder, kind, len(classes), SPREAD_VECTORS)
        zs = [z.at(builder.add(k0, INT64(c)), INT64(0)) for c in classes]
        width = builder.sub(stop, start)

        def over_rows(masks):
            vectors = range(len(masks))
            with cgutils.for_range(builder, n_rows, intp=INT64) as loop:
                row = builder.gep(x.after(builder.load(p.at(loop.index))), [start])
                values = [x.vector(builder.gep(row, [INT64(lanes * s)]), kind, masks[s]) for s in vectors]
                later = builder.gep(x.after(builder.load(h.at(loop.index))), [start])
                for s in vectors:
                    prefetch(builder, builder.gep(later, [INT64(lanes * s)]), SECOND_CACHE)
                for c in classes:
                    factor = same_everywhere(builder, builder.load(builder.gep(zs[c], [loop.index])), lanes)
                    for s in vectors:
                        added = multiply_add(builder, values[s], factor, builder.load(sums[c][s]))
                        builder.store(added, sums[c][s])

        with builder.if_else(builder.icmp_signed(">=", width, INT64(lanes * SPREAD_VECTORS))) as (whole, cut):
            with whole:
                over_rows([None] * SPREAD_VECTORS)
            with cut:
                over_rows([first_lanes(builder, width, lanes)])
        for c in classes:
            to = g.at(builder.add(k0, INT64(c)), start)
            for s in vectors:
                with builder.if_then(builder.icmp_signed("<", INT64(lanes * s), width)):
                    at = builder.gep(to, [INT64(lanes * s)])
                    wide = ir.VectorType(g.item, lanes)
                    added = builder.fadd(g.vector(at, wide), converted(builder, builder.load(sums[c][s]), wide))
                    builder.store(added, builder.bitcast(at, wide.as_pointer()), align=size_of(g.item))
        return context.get_dummy_value()

    return signature, generate
