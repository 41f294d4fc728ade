"""exp and log1p that LLVM turns into vector instructions; Numba's own call the C library for one number at a time.

Both keep NaN, and err by less than two units in the last place over the ranges that softmax needs.
"""

import numpy as np

from solvers.jit import compiled

EXACT = {"contract"}
"""No reassociation: the constants in two parts below depend on the order of operations."""
LOG2_E = 1.4426950408889634
LN2_HIGH, LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
"""The logarithm of 2 in two parts; products of the first with a whole number below 2^20 are exact."""
UNDERFLOW = -708.0
MANTISSA = 52
SQRT_HALF = 0x95F6200000000
"""What takes the mantissa of sqrt(2) over to the next exponent."""


@compiled(fastmath=EXACT, error_model="numpy")
def exp_negative(x):
    """Return exp(x) for x <= 0, and 0 below -708.

    The reduction of Cody & Waite (1980), "Software Manual for the Elementary Functions", then Taylor's polynomial of
    degree 13 on half of ln 2 either way.
    """
    reduced = x if x >= UNDERFLOW else (UNDERFLOW if x < UNDERFLOW else x)
    k = np.floor(reduced * LOG2_E + 0.5)
    r = (reduced - k * LN2_HIGH) - k * LN2_LOW
    p = 1.0 / 6227020800.0
    p = p * r + 1.0 / 479001600.0
    p = p * r + 1.0 / 39916800.0
    p = p * r + 1.0 / 3628800.0
    p = p * r + 1.0 / 362880.0
    p = p * r + 1.0 / 40320.0
    p = p * r + 1.0 / 5040.0
    p = p * r + 1.0 / 720.0
    p = p * r + 1.0 / 120.0
    p = p * r + 1.0 / 24.0
    p = p * r + 1.0 / 6.0
    p = p * r + 0.5
    p = p * r + 1.0
    p = p * r + 1.0
    whole = k if k >= -1022.0 else 0.0  # a NaN must not become an integer
    scale = np.int64((np.int64(np.int32(whole)) + 1023) << MANTISSA).view(np.float64)
    return 0.0 if x < UNDERFLOW else p * scale


@compiled(fastmath=EXACT, error_model="numpy")
def log1p_positive(x):
    """Return log(1 + x) for x >= 0.

    Exponent and mantissa of y = 1 + x, the series of 2 artanh((m - 1) / (m + 1)) for the mantissa, and what the sum
    1 + x has rounded away.
    """
    y = 1.0 + x
    bits = np.float64(y).view(np.int64)
    exponent = ((bits + SQRT_HALF) >> MANTISSA) - 1023  # the mantissa then lies between sqrt(1/2) and sqrt(2)
    m = np.int64(bits - (exponent << MANTISSA)).view(np.float64)
    s = (m - 1.0) / (m + 1.0)
    q = s * s
    p = 1.0 / 21.0
    p = p * q + 1.0 / 19.0
    p = p * q + 1.0 / 17.0
    p = p * q + 1.0 / 15.0
    p = p * q + 1.0 / 13.0
    p = p * q + 1.0 / 11.0
    p = p * q + 1.0 / 9.0
    p = p * q + 1.0 / 7.0
    p = p * q + 1.0 / 5.0
    p = p * q + 1.0 / 3.0
    p = p * q + 1.0
    series = 2.0 * s * p + (x - (y - 1.0)) / y
    whole = np.float64(np.int32(exponent))
    result = whole * LN2_LOW + series + whole * LN2_HIGH
    return result if y < np.inf else y
