"""The preconditioner of softmax regression: where it is the inverse Hessian, and what it brings to L-BFGS."""

import numba
import numpy as np
import pytest
from scipy import sparse

import workbench as wb
from workbench.objectives import softmax_preconditioner as under_test
from workbench.objectives.softmax import SoftmaxObjective
from workbench.threads import limited_to

FORMS = [{"reference": "last"}, {"reference": None}, {"reference": 1, "reduction": "sum"}, {"fit_intercept": False}]


def preconditioned(fun, v, theta=None):
    theta = fun.x0 if theta is None else theta
    function, args = fun.preconditioner_form(theta)
    return function(v, theta, *args)


def as_matrix(fun, theta=None):
    return np.array([preconditioned(fun, e, theta) for e in np.eye(fun.x0.size)])


@pytest.fixture
def as_it_is(monkeypatch):
    """Let the curvature count as it is, without what makes up for its changes and gaps."""
    monkeypatch.setattr(under_test, "SURER", 1.0)
    monkeypatch.setattr(under_test, "SHARED", 1e-15)
    monkeypatch.setattr(under_test, "LEAST", 0.0)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", ["dense", "csr"])
@pytest.mark.parametrize("weighted", [False, True])
def test_it_is_the_inverse_of_the_hessian_at_zero(as_it_is, small, form, kind, weighted):
    X, y, weight = small(3, n=30, p=6, K=4, kind=kind)
    l2 = 0.1 if form.get("reference", "last") is None else 0.0  # the penalty is no Kronecker product with C
    fun = SoftmaxObjective(X, y, l2=l2, penalize_intercept=True, sample_weight=weight if weighted else None, **form)
    v = np.random.default_rng(0).normal(size=fun.shape)
    if fun.reference is None:
        v -= v.mean(axis=0)
    assert preconditioned(fun, fun.hessp(fun.x0, v.ravel())) == pytest.approx(v.ravel(), rel=1e-6)


@pytest.mark.parametrize("reference", ["last", None])
@pytest.mark.parametrize("kind", ["dense", "csr"])
@pytest.mark.parametrize("weighted", [False, True])
def test_for_two_classes_it_is_that_of_the_hessian_anywhere(as_it_is, small, reference, kind, weighted):
    X, y, weight = small(3, n=30, p=6, K=2, kind=kind)
    weight = weight if weighted else None
    fun = SoftmaxObjective(X, y, l2=0.1, penalize_intercept=True, sample_weight=weight, reference=reference)
    theta, v = np.random.default_rng(0).normal(size=(2, *fun.shape))
    if reference is None:
        theta, v = (each - each.mean(axis=0) for each in (theta, v))
        v -= v.mean(axis=0)
    product = fun.hessp(theta.ravel(), v.ravel())
    assert preconditioned(fun, product, theta.ravel()) == pytest.approx(v.ravel(), rel=1e-6)


@pytest.mark.compiled
def test_the_bits_are_the_same_on_any_number_of_threads():
    if numba.config.NUMBA_NUM_THREADS < 2:
        pytest.skip("one thread is all there is")
    rng = np.random.default_rng(0)
    fun = SoftmaxObjective(rng.normal(size=(3001, 100)).astype(np.float32), np.arange(3001) % 7)
    found = []
    for threads in range(1, min(4, numba.config.NUMBA_NUM_THREADS) + 1):
        with limited_to(threads):
            found.append(fun.preconditioner_form(fun.x0)[1])
    for each in found[1:]:
        assert all(np.array_equal(part, first) for part, first in zip(each, found[0], strict=True))


def test_at_the_optimum_it_comes_nearer_to_the_hessian_than_that_at_zero():
    data = wb.load_dataset("digits")
    fun = SoftmaxObjective(data.X[:, 8:40], data.y, l2=1e-4, penalize_intercept=True)
    theta = wb.minimize(fun, fun.x0, gtol=1e-6).x
    H = np.array([fun.hessp(theta, e) for e in np.eye(theta.size)])

    def spread(P):
        eigenvalues = np.linalg.eigvals(P @ H).real
        return eigenvalues.max() / eigenvalues.min()

    assert spread(as_matrix(fun, theta)) < 0.5 * spread(as_matrix(fun))


def test_where_every_row_is_certain_it_is_finite(small):
    X, y, _ = small(3, n=30, p=6, K=4)
    fun = SoftmaxObjective(X, y)
    P = as_matrix(fun, np.full(fun.x0.size, 1e3) * np.arange(fun.x0.size))
    assert np.isfinite(P).all()
    assert np.linalg.eigvalsh(P)[0] > 0.0


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("l2", [0.0, 1e-3])
@pytest.mark.parametrize("widest", [2, 100])
def test_it_is_symmetric_and_positive_definite_whatever_the_columns(monkeypatch, small, form, l2, widest):
    monkeypatch.setattr(under_test, "WIDEST", widest)
    X, y, _ = small(1, n=20, p=5)
    X[:, 1], X[:, 2], X[:, 3] = 0.0, X[:, 0], 1e6 * X[:, 4]  # nothing, a copy, and another unit
    P = as_matrix(SoftmaxObjective(X, y, l2=l2, **form))
    assert pytest.approx(P, abs=1e-9 * np.abs(P).max()) == P.T
    assert np.linalg.eigvalsh(P)[0] > -1e-12 * np.linalg.eigvalsh(P)[-1]
    assert (P.diagonal() > 0.0).all()


def test_rows_of_nothing_leave_the_gradient_as_it_is():
    fun = SoftmaxObjective(np.zeros((4, 2)), [0, 1, 0, 1], fit_intercept=False)
    changed = preconditioned(fun, np.array([3.0, -4.0]))
    assert changed * (1.0 + under_test.SHARED) == pytest.approx([3.0, -4.0])


def test_many_columns_take_the_diagonal_alone(monkeypatch, small):
    X, y, weight = small(5, n=40, p=8, kind="csr")
    monkeypatch.setattr(under_test, "WIDEST", 8)
    fun = SoftmaxObjective(X, y, l2=0.1, sample_weight=weight, penalize_intercept=True)
    _, (across, between, scale) = fun.preconditioner_form(fun.x0)
    assert [across.shape, between.shape] == [(2, 9), (0, 0)]
    H = np.array([fun.hessp(fun.x0, e) for e in np.eye(fun.x0.size)])
    assert scale * across.ravel() == pytest.approx(1.0 / (H.diagonal() + 0.1 / under_test.SURER - 0.1))


def test_rows_are_drawn_where_there_are_many_and_weights_and_kinds_agree(monkeypatch, small):
    monkeypatch.setattr(under_test, "LEAST_ROWS", 400)
    monkeypatch.setattr(under_test, "ROWS_PER_COLUMN", 1)
    X, y, _ = small(2, n=4000, p=4)
    some = SoftmaxObjective(X, y, l2=1.0)
    drawn = as_matrix(some)
    assert (drawn == as_matrix(some)).all()
    assert drawn == pytest.approx(as_matrix(SoftmaxObjective(sparse.csr_array(X), y, l2=1.0)), rel=1e-12)
    assert drawn == pytest.approx(as_matrix(SoftmaxObjective(X, y, l2=1.0, sample_weight=np.full(4000, 7.0))), rel=1e-9)
    monkeypatch.setattr(under_test, "LEAST_ROWS", 4000)
    every = as_matrix(some)
    assert (drawn != every).any()
    assert drawn == pytest.approx(every, abs=0.2 * np.abs(every).max())


def test_a_sum_over_the_rows_has_the_inverse_of_a_sum(small):
    X, y, _ = small(2, n=50, p=4)
    mean, total = (SoftmaxObjective(X, y, reduction=reduction) for reduction in ("mean", "sum"))
    assert as_matrix(mean) == pytest.approx(50.0 * as_matrix(total), rel=1e-9)


@pytest.mark.parametrize("form", FORMS)
def test_in_float32_it_is_the_same_but_for_rounding(small, form):
    X, y, _ = small(4, n=60, p=5, K=4)
    X = X.astype(np.float32)
    mine, double = (SoftmaxObjective(rows, y, l2=1e-3, **form) for rows in (X, X.astype(float)))
    v = 1e-50 * np.random.default_rng(1).normal(size=mine.x0.size)  # which float32 alone cannot hold
    _, args = mine.preconditioner_form(mine.x0)
    assert [each.dtype for each in args[:2]] == [np.float32, np.float32]
    expected = preconditioned(double, v)
    assert preconditioned(mine, v) == pytest.approx(expected, rel=0.0, abs=1e-5 * np.abs(expected).max())
    assert (preconditioned(mine, 0.0 * v) == 0.0).all()


def test_in_float32_columns_that_are_copies_leave_it_positive(small):
    X, y, _ = small(1, n=60, p=6)
    X[:, 2] = X[:, 0]
    P = as_matrix(SoftmaxObjective(X.astype(np.float32), y))
    assert np.linalg.eigvalsh(0.5 * (P + P.T))[0] > 0.0


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_l_bfgs_needs_a_fraction_of_the_evaluations(dtype):
    data = wb.load_dataset("digits")
    fun = SoftmaxObjective(data.X.astype(dtype), data.y, l2=1e-3)
    plain = wb.minimize(fun, fun.x0, gtol=1e-7)
    found = wb.minimize(fun, fun.x0, gtol=1e-7, preconditioner="own")
    assert found.success
    assert found.certificate.relative_gap < 1e-8
    # Below that, how soon rounding in float32 lets a run through depends on the processor's sums.
    first, second = (each.history.loc[each.history["grad_inf"] <= 1e-6, "nfev"].iloc[0] for each in (found, plain))
    assert first < 0.5 * second
    if dtype == np.float64:
        assert found.nfev < 0.5 * plain.nfev


def test_columns_of_different_units_cost_l_bfgs_nothing():
    data = wb.load_dataset("iris")
    units = np.array([1.0, 1e3, 1e-3, 30.0])
    nfev = []
    for X in (data.X, data.X * units):
        fun = SoftmaxObjective(X, data.y)
        nfev.append(wb.minimize(fun, fun.x0, target=0.1, gtol=0.0, preconditioner="own", max_evals=500).nfev)
    assert nfev[1] <= nfev[0] + 10
