"""The largest eigenvalue of the Gram matrix, and the Lipschitz constant and the step that stand on it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

import workbench as wb
from workbench.objectives import gram
from workbench.objectives.gram import largest_eigenvalue
from workbench.objectives.softmax import SoftmaxObjective

seeds = st.integers(0, 2**32 - 1)


def exact(X, share, intercept):
    X = X.toarray() if sparse.issparse(X) else X
    A = np.hstack([X, np.ones((len(X), 1))]) if intercept else X
    return np.linalg.eigvalsh(A.T @ (share[:, None] * A))[-1]


@pytest.fixture
def large_tables(monkeypatch):
    """Treat every table as too large for its eigenvalues."""
    monkeypatch.setattr(gram, "EXACT", 0)


@pytest.mark.parametrize("kind", ["dense", "csr"])
@pytest.mark.parametrize("shape", [(12, 3), (3, 12)])
@pytest.mark.parametrize("intercept", [True, False])
def test_it_is_the_eigenvalue_for_small_tables(small, kind, shape, intercept):
    X, _, share = small(0, n=shape[0], p=shape[1], kind=kind)
    assert largest_eigenvalue(X, share, intercept) == pytest.approx(exact(X, share, intercept), rel=1e-12)


@settings(max_examples=40, deadline=None)
@given(seeds, st.integers(3, 12), st.integers(1, 9), st.booleans(), st.booleans())
def test_it_is_never_below_the_eigenvalue_for_large_ones(small, seed, n, p, intercept, positive):
    X, _, share = small(seed, n=n, p=p, kind="csr")
    X = abs(X) if positive else X
    bound = gram._perron_bound(abs(sparse.diags_array(np.sqrt(share)) @ X))
    assert bound >= exact(X, share, False) * (1 - 1e-12)
    # Counts, pixels and frequencies, which are what large tables hold, lose nothing.
    if positive and np.linalg.matrix_rank(X.toarray()) > 0:
        assert bound <= exact(X, share, False) * 1.05


@pytest.mark.parametrize("make", [np.array, sparse.csr_array, sparse.csr_matrix])
def test_large_tables_take_the_bound_in_all_kinds(large_tables, make):
    X = np.abs(np.random.default_rng(0).normal(size=(9, 4)))
    assert largest_eigenvalue(make(X), np.ones(9), True) == pytest.approx(exact(X, np.ones(9), True), rel=1e-9)


def test_columns_that_cancel_do_not_fool_the_bound(large_tables):
    # The start of a power method is mapped to 0 here; it once gave NaN for a Lipschitz constant.
    X = sparse.csr_array(np.array([[1.0, -1.0], [2.0, -2.0], [-1.0, 1.0]]))
    assert largest_eigenvalue(X, np.ones(3), False) == pytest.approx(12.0, rel=1e-12)


@pytest.mark.parametrize("kind", [np.array, sparse.csr_array])
def test_a_table_of_zeros_has_the_eigenvalue_zero(large_tables, kind):
    assert largest_eigenvalue(kind(np.zeros((3, 2))), np.ones(3), False) == 0.0
    X = np.zeros((3, 2))
    X[1, 1] = 2.0
    assert largest_eigenvalue(kind(X), np.ones(3), False) == pytest.approx(4.0, rel=1e-12)


# ---- the Lipschitz constant of softmax regression


@settings(max_examples=30, deadline=None)
@given(
    seeds,
    st.sampled_from(["dense", "csr"]),
    st.sampled_from(["last", 0, None]),
    st.sampled_from(["mean", "sum"]),
    st.booleans(),
    st.booleans(),
    st.integers(2, 4),
)
def test_no_curvature_is_above_the_lipschitz_constant(small, seed, kind, reference, reduction, intercept, weighted, K):
    X, y, weight = small(seed, n=6, p=2, K=K, kind=kind)
    fun = SoftmaxObjective(
        X,
        y,
        l2=0.1,
        reference=reference,
        reduction=reduction,
        fit_intercept=intercept,
        penalize_intercept=intercept,
        sample_weight=weight if weighted else None,
    )
    rng = np.random.default_rng(seed)
    for theta in (fun.x0, rng.normal(size=fun.x0.size)):
        H = np.array([fun.hessp(theta, e) for e in np.eye(fun.x0.size)])
        assert np.linalg.eigvalsh(H)[-1] <= fun.lipschitz * (1 + 1e-12)


def test_the_lipschitz_constant_is_attained_by_two_of_many_classes():
    # Two equally likely classes and a third that never is: p (1 - p) for the difference of the two is one half.
    fun = SoftmaxObjective(np.ones((3, 1)), [0, 1, 2], reference=None, fit_intercept=False)
    theta, v = np.array([0.0, 0.0, -50.0]), np.array([1.0, -1.0, 0.0]) / np.sqrt(2)
    assert v @ fun.hessp(theta, v) == pytest.approx(fun.lipschitz, rel=1e-12)


@pytest.mark.parametrize("kind", ["dense", "csr"])
@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_gradient_descent_with_the_step_one_over_l_never_goes_up(small, kind, reduction):
    X, y, _ = small(3, n=12, kind=kind)
    fun = SoftmaxObjective(5.0 * X, y, l2=0.01, reduction=reduction)
    history = wb.minimize(fun, fun.x0, method="gd", step="1/L", max_iter=60).history
    assert len(history) == 61
    assert (history["f"].diff()[1:] <= 0.0).all()
    assert history["f"].iloc[-1] < 0.9 * history["f"].iloc[0]
    assert history["step"].iloc[1:].to_numpy() == pytest.approx(1.0 / fun.lipschitz, rel=1e-15)
