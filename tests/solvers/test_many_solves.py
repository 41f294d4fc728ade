"""Many solves in one process: the same bits from every thread, and no memory that is kept."""

import gc
import resource
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from numba import njit
from smooth import least_squares, python, rosenbrock

import solvers
from solvers.objective import resolve

RNG = np.random.default_rng(4)
STARTS = RNG.normal(size=(64, 6))
A, B = RNG.normal(size=(40, 6)), RNG.normal(size=40)
KINDS = pytest.mark.parametrize(
    "fun", [python(rosenbrock), pytest.param(rosenbrock, marks=pytest.mark.compiled)], ids=["python", "compiled"]
)
METHODS = ["lbfgs", "cg", "gd", "bb", "newton0", "qnewton", "sgd"]


def solve(method, fun, x0):
    if method == "sgd":
        rows = least_squares if hasattr(fun, "py_func") else python(least_squares)
        fun = solvers.RowObjective(rows, 40, (A, B))
    result = solvers.minimize(fun, x0, method=method, max_iter=12)
    return result.x.tobytes(), result.jac.tobytes(), result.nfev, result.status


@pytest.mark.parametrize("method", METHODS)
def test_sixty_four_solves_on_eight_threads_have_the_bits_of_one(method):
    compare_threads(method, python(rosenbrock))


@pytest.mark.compiled
@pytest.mark.parametrize("method", ["lbfgs", "sgd"])
def test_so_have_compiled_ones(method):
    compare_threads(method, rosenbrock)


@pytest.mark.long
@pytest.mark.compiled
@pytest.mark.parametrize("method", METHODS)
def test_so_have_all_compiled_ones(method):
    compare_threads(method, rosenbrock)


def compare_threads(method, fun):
    alone = [solve(method, fun, x0) for x0 in STARTS]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda x0: solve(method, fun, x0), STARTS))
    assert together == alone


def resident():
    """Bytes of memory that the process holds; where the system does not tell, the most that it held."""
    statm = Path("/proc/self/statm")
    if statm.exists():
        return int(statm.read_text().split()[1]) * resource.getpagesize()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


@KINDS
def test_a_thousand_solves_grow_memory_by_less_than_five_megabytes(fun):
    def run():
        result = solvers.lbfgs(fun, np.tile([-1.2, 1.0], 5), max_iter=5, callback=lambda xk: None)
        assert result.nit == 5

    for _ in range(100):
        run()
    gc.collect()
    before = resident()
    for _ in range(1000):
        run()
    gc.collect()
    assert resident() - before < 5_000_000


@pytest.mark.compiled
def test_a_compiled_pair_of_functions_is_joined_and_compiled_once():
    @njit
    def value(x):
        return (x * x).sum()

    @njit
    def slope(x):
        return 2.0 * x

    assert resolve(value, STARTS[0], jac=slope).compiled.fun is resolve(value, STARTS[1], jac=slope).compiled.fun
