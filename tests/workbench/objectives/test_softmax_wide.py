"""Softmax kernels for many classes: the same objective as the others compute, and as plain NumPy does."""

import numba
import numpy as np
import pytest
from scipy import sparse

from workbench.objectives import softmax_kernels, softmax_wide
from workbench.objectives.softmax import SoftmaxObjective
from workbench.threads import limited_to

K = softmax_wide.MANY + 9
"""Classes: whole tiles, one of three classes, and single ones."""
FORMS = [{}, {"reference": None, "fit_intercept": False}, {"penalize_intercept": True, "reduction": "sum"}]
KINDS = [
    "float32",
    *(pytest.param(kind, marks=pytest.mark.long) for kind in ("float64", "uint8", "float32 in double")),
]


@pytest.fixture(scope="module", params=KINDS)
def made(request):
    """A function that makes an objective of so many rows, features and classes."""

    def make(n, p, n_classes=K, **form):
        rng, dtype = np.random.default_rng(n + p), request.param.split()[0]
        X = rng.integers(0, 5, (n, p), np.uint8) if dtype == "uint8" else rng.normal(size=(n, p)).astype(dtype)
        y = np.r_[np.arange(n_classes), rng.integers(0, n_classes, n - n_classes)]
        form.setdefault("precision", "double" if request.param.endswith("double") else "data")
        fun = SoftmaxObjective(X, y, l2=1e-3, sample_weight=rng.uniform(0.5, 2.0, n), **form)
        return fun, rng.normal(size=fun.x0.size) / np.sqrt(p), rng.normal(size=fun.x0.size)

    return make


def by_numpy(fun, theta, v, rows):
    """f, its gradient, and its Hessian times v on some rows, by whole matrices in float64."""
    X = np.column_stack([fun.X[rows].astype(np.float64), np.ones((rows.size, int(fun.fit_intercept)))])
    share = fun.sample_weight[rows] * fun.n_rows / rows.size
    share = share / fun.sample_weight.sum() if fun.reduction == "mean" else share
    W, V = theta.reshape(fun.shape), v.reshape(fun.shape)
    scores = np.pad(X @ W.T, ((0, 0), (0, int(fun.reference is not None))))
    slopes = np.pad(X @ V.T, ((0, 0), (0, int(fun.reference is not None))))
    top = scores.max(axis=1, keepdims=True)
    P = np.exp(scores - top)
    total = P.sum(axis=1, keepdims=True)
    P /= total
    at = np.arange(rows.size), fun.codes[rows]
    l2 = np.full(fun.shape, fun.l2)
    if fun.fit_intercept and not fun.penalize_intercept:
        l2[:, -1] = 0.0
    f = share @ ((top + np.log(total))[:, 0] - scores[at]) + 0.5 * (l2 * W * W).sum()
    R, free = P.copy(), W.shape[0]
    R[at] -= 1.0
    U = P * (slopes - (P * slopes).sum(axis=1, keepdims=True))
    g, h = ((share[:, None] * part[:, :free]).T @ X + l2 * Z for part, Z in ((R, W), (U, V)))
    return f, g.ravel(), h.ravel()


def answers(fun, theta, v, rows):
    f, g = fun.subset(theta, rows)
    return np.r_[f, g, fun.hessp(theta, v)]


def test_many_classes_of_dense_rows_that_are_not_narrow_take_these_kernels_and_others_do_not(made):
    assert made(K, 33)[0]._kernels is softmax_wide
    assert made(K, 32)[0]._kernels is softmax_kernels
    assert made(K, 33, softmax_wide.MANY)[0]._kernels is softmax_kernels
    assert made(K, 33, softmax_wide.MANY, reference=None)[0]._kernels is softmax_wide
    fun = made(K, 33)[0]
    assert SoftmaxObjective(sparse.csr_array(fun.X), fun.codes)._kernels is softmax_kernels


@pytest.mark.parametrize("form", FORMS, ids=["", "no intercept", "sum"])
@pytest.mark.parametrize("n_features", [33, 47, 63, 64, 65, 261])
def test_f_gradient_and_product_are_those_of_numpy(made, n_features, form):
    """Features that fill strips and panels, or leave a rest; all rows, fewer than a group, and a group and one."""
    fun, theta, v = made(150, n_features, **form)
    digits = 1e-12 if fun.finer() is None else 2e-5
    for rows in (np.arange(150), np.array([7]), np.arange(140, 107, -1)):
        f, g, _ = by_numpy(fun, theta, v, rows)
        found, slope = fun.subset(theta, rows)
        assert found == pytest.approx(f, rel=digits)
        assert np.abs(slope - g).max() <= digits * np.abs(g).max()
    h = by_numpy(fun, theta, v, np.arange(150))[2]
    assert np.abs(fun.hessp(theta, v) - h).max() <= digits * np.abs(h).max()


@pytest.mark.compiled
def test_several_sections_give_what_the_judge_gives_on_any_number_of_threads(made):
    fun, theta, v = made(2 * softmax_wide.section_rows(35, 2 * K, 4) + 77, 35)
    with limited_to(1):
        alone = answers(fun, theta, v, np.arange(fun.n_rows))
    judged = fun.certificate(theta)
    digits = 1e-12 if fun.finer() is None else 1e-6
    assert alone[0] == pytest.approx(judged.f, rel=digits)
    assert np.abs(alone[1 : theta.size + 1]).max() == pytest.approx(judged.grad_inf, rel=digits)
    for threads in range(2, min(4, numba.config.NUMBA_NUM_THREADS) + 1):
        with limited_to(threads):
            assert np.array_equal(answers(fun, theta, v, np.arange(fun.n_rows)), alone)


@pytest.mark.compiled
def test_weights_of_several_ranges_of_classes_are_arranged_on_any_number_of_threads(made):
    """As many features as make several parts of theta, and as many classes as are not taken together."""
    n_classes = softmax_wide.CLASSES + 9
    p = 2 * softmax_wide.ARRANGED // n_classes + 8
    fun, theta, v = made(n_classes + 5, p, n_classes)
    rows = np.arange(fun.n_rows)[::-1].copy()
    with limited_to(1):
        alone = answers(fun, theta, v, rows)
    exact = by_numpy(fun, theta, v, rows)
    digits = 1e-12 if fun.finer() is None else 2e-5
    assert alone[0] == pytest.approx(exact[0], rel=digits)
    assert np.abs(alone[1 : theta.size + 1] - exact[1]).max() <= digits * np.abs(exact[1]).max()
    assert np.abs(alone[theta.size + 1 :] - exact[2]).max() <= digits * np.abs(exact[2]).max()
    for threads in range(2, min(4, numba.config.NUMBA_NUM_THREADS) + 1):
        with limited_to(threads):
            assert np.array_equal(answers(fun, theta, v, rows), alone)


@pytest.mark.compiled
@pytest.mark.parametrize("n_features", [47, 63, 64])
def test_what_the_memory_held_before_is_not_read(made, n_features):
    fun, theta, v = made(300, n_features)
    rows = np.arange(299)
    first = answers(fun, theta, v, rows)
    for _ in range(20):
        for size in (7, fun.x0.size, 32 * K, 300 * K, 384 * 64, 10_000):
            np.full(size, np.nan)
        assert np.array_equal(answers(fun, theta, v, rows), first)


@pytest.mark.compiled
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_kept_where_it_belongs(made, value):
    """One class's weight reaches f; one row's number, which no objective accepts, would reach that feature's column."""
    fun, theta, _ = made(150, 40, reference=None)
    rows = np.arange(150)
    broken = theta.copy()
    broken[5] = value
    f, g = fun(broken)
    assert not np.isfinite(f)
    assert np.isnan(g).any()
    if fun.X.dtype == np.uint8:
        return
    kept = fun.X[0, 35]
    fun.X[0, 35] = value
    f, g = fun.subset(theta, rows[1:])
    assert np.isfinite(f)
    assert np.isfinite(g).all()
    f, g = fun.subset(theta, rows)
    fun.X[0, 35] = kept
    assert np.isnan(f)
    assert np.isnan(g).any()


def test_certain_rows_keep_the_digits_of_their_loss(made):
    """Where the label's class is almost certain, the loss is the sum of the other terms, and not 0."""
    fun, theta, _ = made(150, 34, reference=None)
    rows = np.array([4])
    theta[:] = 0.0
    theta.reshape(fun.shape)[fun.codes[4], -1] = 60.0
    f = fun.subset(theta, rows)[0] - 0.0
    share = fun.sample_weight[4] * fun.n_rows / fun.sample_weight.sum()
    assert f == pytest.approx(share * (K - 1) * np.exp(-60.0), rel=1e-10)
