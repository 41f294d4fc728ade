"""The exponentials of a class's scores in a block of rows, as explicit vectors.

Where the softmax is most of the work, as with few features, this is most of the softmax. LLVM takes vectors of half the
size for it, and converts numbers to integers where shifting their bits does.
"""

# mypy: allow-untyped-defs, allow-untyped-calls, allow-untyped-decorators
# What Numba compiles has its types from Numba, and llvmlite has none.

import math

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, overload

from solvers.jit import LEAN
from workbench.objectives.pointwise import LN2_HIGH, LN2_LOW, LOG2_E, MANTISSA, UNDERFLOW, exp_negative
from workbench.objectives.tiles import INT64, Array, converted, multiply_add, same_everywhere, vector_of

DEGREE, SHORT_DEGREE = 13, 9
"""Of the polynomial, Taylor's, for scores in float64 and in float32; the error of the second is 1e-11."""
INTEGER = 1.5 * 2.0**MANTISSA
"""What turns a number into the nearest integer, in its last bits, when it is added."""


def exponentials(Z, k, bias, top, best, P, others):
    """``P[k] = exp(Z[k] + bias - top)``, added to `others` in the rows whose `best` class is another one.

    No score is above `top`. The rows are a multiple of a vector. P may be Z.
    """
    for i in range(Z.shape[1]):
        term = exp_negative((float(Z[k, i]) + bias) - top[i])
        others[i] += term if best[i] != k else 0.0
        P[k, i] = term


def multiplied(P, k, factors, Z):
    """``Z[k] = P[k] factors``. P may be Z, which LLVM would take number by number."""
    for i in range(Z.shape[1]):
        Z[k, i] = P[k, i] * factors[i]


@overload(exponentials, jit_options=LEAN)
def _typed(Z, k, bias, top, best, P, others):
    return lambda Z, k, bias, top, best, P, others: _exponentials(Z, k, bias, top, best, P, others)


@overload(multiplied, jit_options=LEAN)
def _multiply(P, k, factors, Z):
    return lambda P, k, factors, Z: _multiplied(P, k, factors, Z)


def exp_vector(builder, x, degree):
    """Return exp of a vector of float64 that are not positive, as `exp_negative` does."""

    def each(number):
        return ir.Constant(x.type, [number] * x.type.count)

    words = ir.VectorType(INT64, x.type.count)
    shifted = multiply_add(builder, x, each(LOG2_E), each(INTEGER))
    k = builder.fsub(shifted, each(INTEGER))
    r = multiply_add(builder, k, each(-LN2_LOW), multiply_add(builder, k, each(-LN2_HIGH), x))
    p = each(1.0 / math.factorial(degree))
    for power in reversed(range(degree)):
        p = multiply_add(builder, p, r, each(1.0 / math.factorial(power)))
    exponent = builder.add(builder.bitcast(shifted, words), ir.Constant(words, [1023] * x.type.count))
    scale = builder.bitcast(builder.shl(exponent, ir.Constant(words, [MANTISSA] * x.type.count)), x.type)
    return builder.select(builder.fcmp_ordered("<", x, each(UNDERFLOW)), each(0.0), builder.fmul(p, scale))


@intrinsic
def _exponentials(typing_context, Z, k, bias, top, best, P, others):
    signature = types.void(Z, k, bias, top, best, P, others)

    def generate(context, builder, sig, args):
        z, t, b, p, o = (Array(context, builder, sig.args[a], args[a]) for a in (0, 3, 4, 5, 6))
        row = context.cast(builder, args[1], sig.args[1], types.int64)
        kind = vector_of(o.item)
        lanes = kind.count
        size = cgutils.unpack_tuple(builder, context.make_array(sig.args[3])(context, builder, args[3]).shape)[0]
        number = same_everywhere(builder, builder.sitofp(row, o.item), lanes)
        shift = same_everywhere(builder, args[2], lanes)
        zero = ir.Constant(kind, [0.0] * lanes)
        degree = DEGREE if z.item == o.item else SHORT_DEGREE
        with cgutils.for_range_slice(builder, INT64(0), size, INT64(lanes), INT64) as (i, _):
            score = builder.fadd(z.vector(z.at(row, i), kind), shift)
            term = exp_vector(builder, builder.fsub(score, t.vector(t.at(i), kind)), degree)
            p.write(builder, converted(builder, term, ir.VectorType(p.item, lanes)), row, i)
            other = builder.fcmp_unordered("!=", b.vector(b.at(i), kind), number)
            o.write(builder, builder.fadd(o.vector(o.at(i), kind), builder.select(other, term, zero)), i)
        return context.get_dummy_value()

    return signature, generate


@intrinsic
def _multiplied(typing_context, P, k, factors, Z):
    signature = types.void(P, k, factors, Z)

    def generate(context, builder, sig, args):
        p, f, z = (Array(context, builder, sig.args[a], args[a]) for a in (0, 2, 3))
        row = context.cast(builder, args[1], sig.args[1], types.int64)
        kind = vector_of(f.item)
        size = cgutils.unpack_tuple(builder, context.make_array(sig.args[2])(context, builder, args[2]).shape)[0]
        with cgutils.for_range_slice(builder, INT64(0), size, INT64(kind.count), INT64) as (i, _):
            product = builder.fmul(p.vector(p.at(row, i), kind), f.vector(f.at(i), kind))
            z.write(builder, converted(builder, product, ir.VectorType(z.item, kind.count)), row, i)
        return context.get_dummy_value()

    return signature, generate
