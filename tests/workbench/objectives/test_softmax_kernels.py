"""Softmax kernels: chunks that depend on the data alone, so that the bits do not depend on the threads."""

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from workbench.objectives import softmax_kernels as kernels
from workbench.objectives.softmax import SoftmaxObjective
from workbench.threads import limited_to

KINDS = ["dense", "csr", "csr float32", "float32", "float32 in double", "uint8"]


@pytest.fixture(scope="module", params=KINDS)
def large(request):
    """Enough work for 16 chunks, and a number of rows that neither chunks nor blocks divide."""
    rng = np.random.default_rng(7)
    n, p, K = 50_021, 11, 8
    X = rng.normal(size=(n, p))
    if request.param.startswith("csr"):
        X[rng.random((n, p)) < 0.7] = 0.0
        X = sparse.csr_array(X.astype(np.float32) if request.param.endswith("float32") else X)
    elif request.param.startswith("float32"):
        X = X.astype(np.float32)
    elif request.param == "uint8":
        X = rng.integers(0, 5, (n, p), dtype=np.uint8)
    y, precision = rng.integers(0, K, n), "double" if request.param.endswith("double") else "data"
    fun = SoftmaxObjective(X, y, l2=1e-3, sample_weight=rng.uniform(0.5, 2.0, n), precision=precision)
    return fun, rng.normal(size=fun.x0.size)


def rounding(fun):
    """Return what relative errors are measured in, in units of float64."""
    return 1.0 if fun.finer() is None else 2.0**29 / np.sqrt(fun.n_rows)


def answers(fun, theta):
    f, g = fun(theta)
    f_part, g_part = fun.subset(theta, np.arange(1, fun.n_rows, 2))
    return np.r_[f, g, f_part, g_part, fun.hessp(theta, theta[::-1])]


@pytest.mark.compiled
def test_the_bits_are_the_same_on_any_number_of_threads(large):
    if numba.config.NUMBA_NUM_THREADS < 2:
        pytest.skip("one thread is all there is")
    fun, theta = large
    assert kernels.chunks_of(fun.n_rows, fun.work // (2 * fun.n_rows), theta.size) >= 4
    with limited_to(1):
        alone = answers(*large)
    for threads in range(2, min(4, numba.config.NUMBA_NUM_THREADS) + 1):
        with limited_to(threads):
            assert np.array_equal(answers(*large), alone)


@pytest.mark.compiled
def test_the_bits_are_the_same_at_every_call(large):
    first = answers(*large)
    for _ in range(5):
        assert np.array_equal(answers(*large), first)


@pytest.mark.compiled
@pytest.mark.parametrize("form", [{}, {"fit_intercept": False}], ids=["intercept", "none"])
@pytest.mark.parametrize("n_features", [16, 31, 32, 33, 64])
def test_what_the_memory_held_before_is_not_read(large, n_features, form):
    """Room for a block, a gradient, or weights is not cleared: what was freed there before must not show."""
    rng, like = np.random.default_rng(n_features), large[0].X
    X = rng.integers(0, 5, (700, n_features)).astype(like.dtype)
    fun = SoftmaxObjective(sparse.csr_array(X) if sparse.issparse(like) else X, np.arange(700) % 7, **form)
    theta = rng.normal(size=fun.x0.size)
    first = answers(fun, theta)
    for _ in range(20):
        for size in (7, fun.x0.size, 2 * fun.x0.size, 7 * 64, 32 * 64, 10_000):
            np.full(size, np.nan)
        assert np.array_equal(answers(fun, theta), first)


@pytest.mark.compiled
def test_many_chunks_give_what_the_judge_gives(large):
    fun, theta = large
    f, g = fun(theta)
    judged = fun.certificate(theta)
    assert judged.f == pytest.approx(f, rel=1e-13 * rounding(fun))
    assert judged.grad_inf == pytest.approx(np.abs(g).max(), rel=1e-12 * rounding(fun))


@pytest.mark.compiled
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.uint8])
@pytest.mark.parametrize(("n_features", "K"), [(300, 3), (1500, 3), (3300, 3), (5000, 3), (5000, 30)])
def test_blocks_of_wide_rows_are_short_and_give_what_the_judge_gives(dtype, n_features, K):
    rng = np.random.default_rng(n_features)
    X, y = rng.integers(0, 3, (333, n_features)).astype(dtype), np.arange(333) % K
    fun = SoftmaxObjective(X, y, l2=1e-3, reference=None)
    theta = rng.normal(size=fun.x0.size) / 50
    W = np.empty(fun.x0.size, np.float64 if dtype == np.float64 else np.float32)
    rows, most = kernels.block_rows(X, W, theta), 2**17 // X[0].nbytes
    assert rows == 64 if K == 30 else most - 16 < rows <= most or rows == (16 if most < 16 else 64 if most > 64 else 0)
    judged, (f, g) = fun.certificate(theta), fun(theta)
    assert judged.f == pytest.approx(f, rel=1e-13 * rounding(fun))
    assert judged.grad_inf == pytest.approx(np.abs(g).max(), rel=1e-12 * rounding(fun))
    exact = SoftmaxObjective(sparse.csr_array(X.astype(np.float64)), y, l2=1e-3, reference=None)
    assert g == pytest.approx(exact(theta)[1], rel=1e-9, abs=1e-13 * rounding(fun))
    product = exact.hessp(theta, g)
    assert fun.hessp(theta, g) == pytest.approx(product, abs=1e-13 * rounding(fun) * np.abs(product).max())


@pytest.mark.compiled
def test_the_halves_of_many_rows_have_the_whole_as_their_mean(large):
    fun, theta = large
    rows = np.arange(fun.n_rows - 1)
    parts = [fun.subset(theta, part) for part in (rows[::2], rows[1::2])]
    f, g = fun.subset(theta, rows)
    assert np.mean([part[0] for part in parts]) == pytest.approx(f, rel=1e-13 * rounding(fun))
    assert np.mean([part[1] for part in parts], axis=0) == pytest.approx(g, rel=1e-11, abs=1e-14 * rounding(fun))


@pytest.mark.compiled
def test_the_finer_form_is_the_same_objective_of_the_same_rows_in_double(large):
    fun, theta = large
    fine = fun.finer()
    if fine is None:
        assert fun.resolution == 0.0
        return
    assert fine.X is fun.X
    assert (fine.precision, fine.finer(), fine.resolution) == ("double", None, 0.0)
    exact = SoftmaxObjective(fun.X.astype(np.float64), fun.codes, l2=1e-3, sample_weight=fun.sample_weight)
    (f, g), (f_exact, g_exact) = fine(theta), exact(theta)
    assert f == pytest.approx(f_exact, rel=1e-14)
    assert g == pytest.approx(g_exact, rel=1e-11, abs=1e-15)
    assert fine.hessp(theta, g) == pytest.approx(exact.hessp(theta, g), rel=1e-11, abs=1e-15)
    f_coarse, g_coarse = fun(theta)
    assert 0.0 < abs(f_coarse - f) <= fun.resolution * f
    assert 0.0 < np.abs(g_coarse - g).max() < 1e-7 * np.abs(g).max()


@pytest.mark.parametrize("kind", ["dense", "csr"])
def test_the_number_of_chunks_changes_nothing_but_rounding(small, monkeypatch, kind):
    # Compiled code has read the constant already; as plain Python this sums up to 32 chunks.
    X, y, weight = small(0, n=37, kind=kind)
    fun = SoftmaxObjective(X, y, l2=0.1, sample_weight=weight)
    theta = np.random.default_rng(0).normal(size=fun.x0.size)
    whole = answers(fun, theta)
    monkeypatch.setattr(kernels, "LEAST_ROWS", 1)
    for work in (64, 16, 1):
        monkeypatch.setattr(kernels, "CHUNK_WORK", work)
        assert answers(fun, theta) == pytest.approx(whole, rel=1e-12, abs=1e-14)


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 31, 32, 33, 64, 65, 95])
@pytest.mark.parametrize("kind", ["dense", "csr"])
def test_blocks_of_every_length_are_summed_once(small, written_out, n, kind):
    # Two rows are there always, for the two classes; the subset has n.
    X, y, _ = small(n, n=100, K=2, kind=kind)
    fun = SoftmaxObjective(X, y)
    theta = np.random.default_rng(0).normal(size=fun.x0.size)
    rows = np.arange(3, 3 + n)
    f, g = fun.subset(theta, rows)
    alone = SoftmaxObjective(X[[*rows, 0, 1]], y[[*rows, 0, 1]], sample_weight=[1] * n + [0, 0])
    f_alone, g_alone = written_out(alone, theta, y[[*rows, 0, 1]], np.r_[np.ones(n), 0, 0])
    assert f == pytest.approx(f_alone, rel=1e-13)
    assert g == pytest.approx(g_alone, rel=1e-12, abs=1e-14)


@pytest.mark.parametrize("K", [*range(2, 16), 18, 20, 24, 43])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_classes_in_whole_tiles_and_beyond_them_are_summed_once(written_out, K, dtype):
    rng = np.random.default_rng(K)
    X, y = rng.normal(size=(70, 37)).astype(dtype), np.arange(70) % K
    short = dtype == np.float32
    for kind in (np.asarray, sparse.csr_array):
        fun = SoftmaxObjective(kind(X), y, l2=0.1, reference=None)
        theta, v = rng.normal(size=(2, fun.x0.size))
        (f, g), (f_true, g_true) = fun(theta), written_out(fun, theta, y)
        assert f == pytest.approx(f_true, rel=1e-6 if short else 1e-13)
        assert g == pytest.approx(g_true, abs=(1e-5 if short else 1e-13) * np.abs(g_true).max())
        double = SoftmaxObjective(kind(X.astype(np.float64)), y, l2=0.1, reference=None)
        product = (double(theta + 1e-5 * v)[1] - double(theta - 1e-5 * v)[1]) / 2e-5
        assert fun.hessp(theta, v) == pytest.approx(product, abs=1e-5 * np.abs(product).max())


@pytest.mark.compiled
@pytest.mark.parametrize("n_features", [32, 48, 80, 112])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_rows_that_begin_anywhere_in_a_line_give_the_same_bits(n_features, dtype):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(200, n_features)).astype(dtype), np.arange(200) % 11
    found = []
    for begin in range(0, 64, X.itemsize):
        room = np.empty(X.nbytes + 128, np.uint8)
        first = -room.ctypes.data % 64 + begin
        placed = room[first : first + X.nbytes].view(dtype).reshape(X.shape)
        placed[:] = X
        fun = SoftmaxObjective(placed, y, l2=0.1)
        assert fun.X.ctypes.data % 64 == begin
        found.append(answers(fun, np.linspace(-1.0, 1.0, fun.x0.size)))
    assert all(np.array_equal(each, found[0]) for each in found)


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 10**9), st.integers(1, 10**7), st.integers(1, 10**7))
def test_chunks_are_a_power_of_two_worth_their_work_and_memory(n_rows, work, size):
    chunks = kernels.chunks_of(n_rows, work, size)
    assert chunks in (1, 2, 4, 8, 16, 32)

    def allowed(number):
        return (
            n_rows * work >= number * kernels.CHUNK_WORK
            and n_rows >= number * kernels.LEAST_ROWS
            and (number * size <= kernels.MAX_PARTIALS or (number == 2 and n_rows * work >= kernels.PAYS * size))
        )

    assert chunks == 1 or allowed(chunks)
    assert chunks == 32 or not allowed(2 * chunks)


def test_the_compiled_form_is_the_objective(small):
    X, y, weight = small(1)
    fun = SoftmaxObjective(X, y, l2=0.2, sample_weight=weight)
    theta = np.random.default_rng(0).normal(size=fun.x0.size)
    function, args = fun.compiled_form()
    f, g = function(theta, *args)
    assert f == fun(theta)[0]
    assert np.array_equal(g, fun(theta)[1])
    rows = np.array([4, 2])
    assert function(theta, rows, *args[1:])[0] == fun.subset(theta, rows)[0]
    assert args[0].tolist() == list(range(10))


@pytest.mark.parametrize("classes", [3, 70])  # the kernels for few classes, and for many
def test_theta_may_be_read_only(classes):
    rng = np.random.default_rng(0)
    fun = SoftmaxObjective(rng.normal(size=(80, 40)), np.arange(80) % classes, l2=0.1)
    theta = rng.normal(size=fun.x0.size)
    kernel, args = fun.compiled_form()
    f, g = kernel(theta, *args)
    product = fun.product_form()(theta[::-1].copy(), theta, *args)
    theta.flags.writeable = False
    direction = theta[::-1].copy()
    direction.flags.writeable = False
    again, g_again = kernel(theta, *args)
    assert again == f
    assert (g_again == g).all()
    assert (fun.product_form()(direction, theta, *args) == product).all()
