"""Certificates: a bound on f - f* that holds everywhere, closes at the optimum, and is not claimed without proof."""

import dataclasses
import math
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import workbench as wb
from workbench.certificate import Certificate, certify
from workbench.objectives.softmax import SoftmaxObjective

FORMS = {
    "free intercept": {},
    "no intercept": {"fit_intercept": False},
    "penalised intercept": {"penalize_intercept": True},
    "symmetric, free intercept": {"reference": None},
    "symmetric, no intercept": {"reference": None, "fit_intercept": False},
    "symmetric, penalised intercept": {"reference": None, "penalize_intercept": True},
}
forms = pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)


# ---- what a certificate says


def test_a_bound_gives_a_lower_bound_and_a_relative_gap():
    certificate = Certificate(f=2.0, grad_inf=0.1, gap=0.5, kind="strong convexity")
    assert certificate.lower_bound == 1.5
    assert certificate.relative_gap == pytest.approx(1 / 3, rel=1e-15)  # (f - f*) / f* is largest for the lowest f*
    assert str(certificate) == "f = 2, largest gradient component 0.1; f - f* <= 0.5 (strong convexity)"


def test_without_a_proof_nothing_is_bounded():
    certificate = Certificate(f=2.0, grad_inf=0.1, gap=math.inf, kind="none")
    assert certificate.lower_bound == -math.inf
    assert certificate.relative_gap == math.inf
    assert str(certificate).endswith("no bound on f - f* is proven for this objective")


@pytest.mark.parametrize(
    ("f", "gap"), [(1.0, 1.0), (1.0, 2.0), (-1.0, 0.5), (math.nan, math.inf), (math.inf, math.inf)]
)
def test_a_relative_gap_needs_a_lower_bound_above_zero(f, gap):
    assert Certificate(f, 0.0, gap, "strong convexity").relative_gap == math.inf


def test_an_exact_optimum_has_no_gap_even_at_zero():
    assert Certificate(0.0, 0.0, 0.0, "strong convexity").relative_gap == 0.0


def test_a_certificate_cannot_be_edited():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Certificate(1.0, 0.0, 0.0, "none").gap = 0.0


# ---- any objective


def test_of_any_objective_value_and_gradient_are_recomputed():
    calls = []

    def parabola(x, centre):
        calls.append(x.copy())
        return float((x - centre) @ (x - centre)), 2 * (x - centre)

    certificate = certify(parabola, np.array([1.0, 5.0]), (2.0,))
    assert certificate == Certificate(10.0, 6.0, math.inf, "none")
    assert len(calls) == 1


def test_the_gradient_is_that_of_the_mean_objective(small_problem):
    X, y = small_problem(0)
    theta = np.ones(8)
    mean, total = (SoftmaxObjective(X, y, reduction=reduction) for reduction in ("mean", "sum"))
    assert total.certificate(theta).grad_inf == pytest.approx(mean.certificate(theta).grad_inf, rel=1e-14)
    assert total.certificate(theta).f == pytest.approx(10 * mean.certificate(theta).f, rel=1e-14)


# ---- softmax regression: small problems


@pytest.fixture(scope="session")
def small_problem():
    def make(seed, n=10, p=3, K=3):
        rng = np.random.default_rng(seed)
        return rng.normal(size=(n, p)), np.r_[np.arange(K), rng.integers(0, K, n - K)]

    return make


def holds(certificate, f_star):
    """The bound holds, up to rounding of f itself."""
    return certificate.f - f_star <= certificate.gap + 1e-14 * max(1.0, abs(certificate.f))


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    form=st.sampled_from(list(FORMS.values())),
    l2=st.sampled_from([1.0, 0.1, 1e-2, 1e-3]),
    reduction=st.sampled_from(["mean", "sum"]),
    weighted=st.booleans(),
    scale=st.sampled_from([0.1, 1.0, 10.0, 100.0]),
)
def test_the_bound_holds_at_any_point(small_problem, seed, form, l2, reduction, weighted, scale):
    rng = np.random.default_rng(seed)
    X, y = small_problem(seed)
    weight = rng.uniform(0.0, 2.0, 10) * (rng.random(10) < 0.8) + 1e-3 if weighted else None
    fun = SoftmaxObjective(X, y, l2=l2, reduction=reduction, sample_weight=weight, **form)
    best = wb.minimize(fun, fun.x0, gtol=1e-9, max_iter=300)
    assert 0.0 <= best.certificate.gap <= 1e-4
    for theta in (fun.x0, scale * rng.normal(size=fun.x0.size), best.x + 1e-3 * rng.normal(size=fun.x0.size)):
        certificate = fun.certificate(theta)
        assert certificate.kind == "strong convexity"
        assert certificate.gap > 0.0
        assert holds(certificate, best.certificate.f)
        # The other way round: no point found lies below what was proven.
        assert best.certificate.f >= certificate.lower_bound - 1e-14 * max(1.0, abs(certificate.f))


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([None, "last", 0]), st.sampled_from([3.0, 30.0, 300.0]))
def test_the_bound_holds_wherever_a_free_intercept_is(small_problem, seed, reference, distance):
    X, y = small_problem(seed, n=12, K=4)
    fun = SoftmaxObjective(X, y, l2=0.1, reference=reference)
    best = wb.minimize(fun, fun.x0, gtol=1e-8).certificate
    W = np.random.default_rng(seed).normal(size=fun.shape)
    W[:, -1] *= distance
    certificate = fun.certificate(W.ravel())
    assert holds(certificate, best.f)
    # A free intercept is minimised over first, so that being far off costs what it costs and no more.
    W[:, -1] = 0.0
    near = fun.certificate(W.ravel())
    assert certificate.gap - near.gap == pytest.approx(certificate.f - near.f, rel=1e-6, abs=1e-9)


@forms
def test_the_bound_holds_along_a_run_and_closes_at_its_end(small_problem, form):
    X, y = small_problem(1, n=12)
    fun = SoftmaxObjective(X, y, l2=0.05, **form)
    points = [fun.x0]
    result = wb.minimize(fun, fun.x0, gtol=1e-11, callback=lambda x: points.append(x.copy()))
    certificates = [fun.certificate(x) for x in points]
    assert len(points) > 5
    assert all(holds(certificate, result.certificate.f) for certificate in certificates)
    assert certificates[0].gap > 1e-2
    assert 0.0 <= certificates[-1].gap < 1e-15
    assert certificates[-1].relative_gap < 1e-14


@forms
def test_the_bound_without_a_free_intercept_is_the_squared_gradient(small_problem, form):
    X, y = small_problem(2)
    fun = SoftmaxObjective(X, y, l2=0.2, **form)
    theta = np.random.default_rng(0).normal(size=fun.x0.size)
    certificate, g = fun.certificate(theta), fun(theta)[1]
    squared = g @ g / 0.4
    if fun.fit_intercept and not fun.penalize_intercept:
        # What the intercept's own gradient has to say is a value of f and not a square over l2.
        assert certificate.gap != pytest.approx(squared, rel=1e-3)
    else:
        assert certificate.gap == pytest.approx(squared, rel=1e-12)


def test_without_a_penalty_nothing_is_proven(small_problem):
    X, y = small_problem(0)
    fun = SoftmaxObjective(X, y)
    certificate = fun.certificate(fun.x0)
    assert certificate.kind == "none"
    assert certificate.gap == math.inf
    assert certificate.f == pytest.approx(math.log(3), rel=1e-15)


def test_a_value_that_is_not_true_is_seen_beside_the_certificate(small_problem, monkeypatch):
    X, y = small_problem(0)
    fun = SoftmaxObjective(X, y, l2=0.1)
    honest = wb.minimize(fun, fun.x0)
    kernel = type(fun)._kernel

    def flattering(*args):
        f, g = kernel.fget(fun)(*args)
        return 0.9 * f, 0.9 * g

    monkeypatch.setattr(SoftmaxObjective, "_kernel", property(lambda self: flattering))
    result = wb.minimize(fun, fun.x0)
    assert result.success
    assert result.fun == pytest.approx(0.9 * honest.fun, rel=1e-6)
    assert result.certificate.f == pytest.approx(honest.fun, rel=1e-6)
    assert result.fun < result.certificate.lower_bound


# ---- softmax regression: digits


@pytest.fixture(scope="module")
def digits():
    return wb.load_dataset("digits")


@pytest.mark.compiled
@pytest.mark.parametrize("l2", [1e-1, 1e-2, 1e-3, 1e-4])
@forms
def test_the_bound_holds_along_a_run_on_digits(digits, form, l2):
    fun = SoftmaxObjective(digits.X, digits.y, l2=l2, **form)
    points = [fun.x0]
    result = wb.minimize(fun, fun.x0, gtol=1e-6, callback=lambda x: points.append(x.copy()))
    f_star = wb.minimize(fun, result.x, gtol=1e-8).certificate.f
    every = points[:: max(1, len(points) // 12)]
    certificates = [fun.certificate(x) for x in [*every, result.x]]
    assert all(holds(certificate, f_star) for certificate in certificates)
    assert certificates[-1].relative_gap < 1e-5
    # Useful, too: of the size of the truth.
    ratios = [c.gap / (c.f - f_star) for c in certificates if c.f - f_star > 1e-8]
    assert np.median(ratios) < 50
    assert min(ratios) >= 1.0 - 1e-3


# ---- a gap that is asked for


@pytest.mark.parametrize("method", ["lbfgs", "auto", "cg", "newton0"])
@pytest.mark.parametrize("gap", [1e-3, 1e-9])
def test_a_run_goes_on_until_the_gap_is_proven(small_problem, method, gap):
    X, y = small_problem(3)
    fun = SoftmaxObjective(X, y, l2=0.05)
    result = wb.minimize(fun, fun.x0, method=method, gap=gap)
    assert result.success
    assert result.certificate == fun.certificate(result.x)
    assert result.certificate.relative_gap <= gap
    assert result.message.startswith("f - f* proven <= ")
    assert f"asked for {gap:g} of f*; gradient norm below gtol" in result.message


def test_no_more_is_proven_than_asked_for_by_far(small_problem):
    X, y = small_problem(3)
    fun = SoftmaxObjective(X, y, l2=0.05)
    evaluations = [wb.minimize(fun, fun.x0, gap=gap).nfev for gap in (1e-3, 1e-8, 1e-11)]
    assert evaluations == sorted(set(evaluations))


def test_rows_in_float32_prove_what_float32_cannot_reach(small_problem):
    X, y = small_problem(3, n=200)
    fun = SoftmaxObjective(X.astype(np.float32), y, l2=0.05)
    result = wb.minimize(fun, fun.x0, gap=np.float32(1e-13))
    assert result.success
    exact = SoftmaxObjective(fun.X.astype(np.float64), y, l2=0.05)
    assert exact.certificate(result.x).relative_gap <= 1e-13


def test_a_gap_that_is_not_proven_is_no_success(small_problem):
    X, y = small_problem(3)
    fun = SoftmaxObjective(X, y, l2=0.05)
    result = wb.minimize(fun, fun.x0, gap=1e-9, max_iter=3, gtol=1e-12)
    assert not result.success
    assert result.certificate.relative_gap > 1e-9
    assert "asked for 1e-09 of f*; iteration limit reached" in result.message


@pytest.mark.parametrize(
    ("fun", "gap", "message"),
    [
        (lambda x: (x @ x, 2 * x), 1e-3, "gap= needs an objective that proves it"),
        (SoftmaxObjective([[1.0], [2.0]], [0, 1]), 1e-3, "this objective has none"),
        (SoftmaxObjective([[1.0], [2.0]], [0, 1], l2=1.0), 0.0, "gap=0.0: expected a positive number"),
        (SoftmaxObjective([[1.0], [2.0]], [0, 1], l2=1.0), "small", "gap='small': expected a positive number"),
        (SoftmaxObjective([[1.0], [2.0]], [0, 1], l2=1.0), True, "gap=True: expected a positive number"),
    ],
)
def test_a_gap_that_cannot_be_asked_for_is_refused(fun, gap, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        wb.minimize(fun, np.zeros(2), gap=gap)
