"""What the machine can do at most: multiply-adds and reading, as measured."""

import time
from collections.abc import Callable
from typing import Any, NamedTuple

import numba
import numpy as np
from llvmlite import binding
from numba import njit, prange
from threadpoolctl import threadpool_info

STEPS, LANES = 16, 256
PIECE = 2**14
"""Words that a thread of its own reads."""


class Peak(NamedTuple):
    """Multiplications and additions a second, and the code that made them."""

    flops: float
    code: str


@njit(fastmath={"contract"}, error_model="numpy", cache=True)
def multiply_adds(a, x, y, repeats):  # type: ignore[no-untyped-def]
    """Make ``a x + y`` of four rows, again and again; long chains, of which many are in work, in registers."""
    for _ in range(repeats):
        for j in range(LANES):
            p, q, r, s = a[0, j], a[1, j], a[2, j], a[3, j]
            for _ in range(STEPS):
                p, q, r, s = p * x + y, q * x + y, r * x + y, s * x + y
            a[0, j], a[1, j], a[2, j], a[3, j] = p, q, r, s


@njit(parallel=True, cache=True)
def multiply_adds_on_all(a, x, y, repeats):  # type: ignore[no-untyped-def]
    """Do `multiply_adds` on each thread."""
    for thread in prange(a.shape[0]):
        multiply_adds(a[thread], x, y, repeats)


@njit(cache=True)
def total(words):  # type: ignore[no-untyped-def]
    """Return the sum of integers."""
    found = 0
    for word in words:
        found += word
    return found


@njit(parallel=True, cache=True)
def total_on_all(words, pieces):  # type: ignore[no-untyped-def]
    """Return the sum of integers, on all threads."""
    found = 0
    for p in prange(pieces):
        found += total(words[p * words.size // pieces : (p + 1) * words.size // pieces])
    return found


def reading(array: np.ndarray) -> Callable[[], Any]:
    """Return a function that reads a contiguous array once: on as many threads as there are, if it is large."""
    words = np.frombuffer(array.data, np.int64, array.nbytes // 8)
    pieces = min(64, words.size // PIECE)
    if pieces < 2 or numba.get_num_threads() == 1:
        return lambda: total(words)
    return lambda: total_on_all(words, pieces)


def best(call: Callable[[], Any], times: int) -> float:
    """Return the seconds of the fastest of several calls, after one."""
    call()
    seconds = []
    for _ in range(times):
        began = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - began)
    return min(seconds)


def peak(dtype: str) -> Peak:
    """Return the most floating-point operations a second, of a loop in registers and of BLAS products."""
    kind = np.dtype(dtype).type
    threads, repeats = numba.get_num_threads(), 200
    a = np.full((threads, 4, LANES), 0.5, dtype)
    loop = best(lambda: multiply_adds_on_all(a, kind(0.999), kind(0.001), repeats), 100)
    found = [Peak(2.0 * a.size * STEPS * repeats / loop, "a loop in registers")]
    for n in (1024, 2048):
        square = np.ones((n, n), dtype)
        found.append(Peak(2.0 * n**3 / best(lambda square=square: square @ square, 9), f"BLAS at {n} × {n}"))  # type: ignore[misc]
    return max(found)


def bandwidth() -> float:
    """Return the bytes read a second from an array larger than any cache."""
    array = np.ones(2**26)
    return array.nbytes / best(reading(array), 9)


def blas() -> str:
    """Return the kernels that NumPy's BLAS uses."""
    pools = [pool for pool in threadpool_info() if pool["user_api"] == "blas" and "numpy" in pool["filepath"]]
    return " ".join(str(pool.get("architecture") or pool["internal_api"]) for pool in pools) or "unknown"


def widest_blas() -> dict[str, str]:
    """Return what makes OpenBLAS use its widest vectors; by itself it does not know every machine that has them."""
    return {"OPENBLAS_CORETYPE": "SkylakeX"} if binding.get_host_cpu_features().get("avx512f") else {}
