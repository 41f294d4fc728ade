"""Softmax regression meets optima and fits that others have published."""

import json

import numpy as np
import pytest

import workbench as wb
from workbench.objectives.softmax import SoftmaxObjective

pytestmark = pytest.mark.compiled  # thousands of evaluations

# ---- penalised, symmetric form: scikit-learn's optima, polished


def letter(shared):
    with np.load(shared / "data" / "sets" / "letter.npz") as archive:
        return archive["X"][:16000] / 15.0, archive["y"][:16000]


def whole(name, **options):
    """Load all rows of a data set, none held out."""

    def load(shared):
        data = wb.load_dataset(name.format(sets=shared / "data" / "sets"), test_fraction=0.0, **options)
        return data.X, data.y

    return load


PROBLEMS = {
    "softmax/iris": whole("iris"),
    "softmax/iris_lam1e-6": whole("iris"),
    "softmax/wine": whole("wine", standardize=True),
    "softmax/digits": whole("digits"),
    "softmax/pendigits": whole("{sets}/uci_bundle.npz:pendigits", standardize=True),
    "softmax/letter": letter,
}


@pytest.fixture(scope="module", params=PROBLEMS)
def reference(request, shared):
    published = json.loads((shared / "truth" / "reference_optima.json").read_text())["problems"][request.param]
    X, y = PROBLEMS[request.param](shared)
    fun = SoftmaxObjective(X, y, l2=published["lam"], reference=None)
    assert (fun.n_rows, fun.n_features, fun.n_classes) == (published["n"], published["p"], published["K"])
    return fun, y, published


@pytest.mark.parametrize("method", ["lbfgs", "cg"])
def test_the_reference_optimum_is_met(reference, method):
    fun, y, published = reference
    # The gap is about |g|^2 / (2 l2), so a small l2 asks for a small gradient.
    result = wb.minimize(fun, fun.x0, method=method, gtol=min(1e-7, 5e-3 * fun.l2), max_iter=30_000)
    assert result.success, result.message
    assert result.certificate.f == pytest.approx(published["f"], rel=1e-8)
    assert result.fun == pytest.approx(result.certificate.f, rel=1e-13)
    # And nobody can do better than the certificate says, the reference included.
    assert published["f"] >= result.certificate.lower_bound - 1e-14
    assert fun.accuracy(result.x, fun.X, y) == pytest.approx(published["accuracy_train"], abs=2.5 / fun.n_rows)
    W, b = fun.weights(result.x)
    assert np.linalg.norm(W) == pytest.approx(published["W_norm"], rel=1e-3)
    assert pytest.approx(np.array(published["intercepts"]), abs=1e-2 * np.abs(published["intercepts"]).max()) == (
        b - b.mean()
    )


# ---- unpenalised, reference coding: Stata's and R's maximum likelihood fits

PUBLISHED = ["anes96", "spector", "hsbdemo_ses_write", "birthwt_low", "iris_virginica_vs_versicolor"]


def maximum_likelihood(shared, name):
    """Return the published case, the objective with the base class fixed, and its optimum."""
    case = json.loads((shared / "truth" / "published_mnlogit.json").read_text())["cases"][name]
    with np.load(shared / "truth" / case["npz"]) as archive:
        X, y = archive["X"], archive["y"]
    # One column of X is constant. The scales of the others differ by thousands, which would cost iterations.
    scale = np.abs(X).max(axis=0)
    fun = SoftmaxObjective(X / scale, y, reference=0, fit_intercept=False, reduction="sum")
    result = wb.minimize(fun, fun.x0, gtol=1e-10, max_iter=5000)
    return case, fun, result, scale, X


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_published_likelihood_and_its_coefficients_are_reproduced(shared, name):
    case, fun, result, scale, _ = maximum_likelihood(shared, name)
    newton = case["recomputed_newton"]
    assert result.certificate.grad_inf < 1e-9
    assert result.fun == pytest.approx(newton["nll"], rel=1e-12)
    if case["published_nll"] is not None:
        assert result.fun == pytest.approx(case["published_nll"], abs=2 * abs(newton["nll_gap_published_minus_here"]))
    coefficients = result.x.reshape(fun.shape) / scale
    # As far as the published digits agree with Newton's method, and no further.
    allowed = 1.1 * newton["max_abs_coef_gap"] + 1e-6 * np.abs(case["published_coef"]).max()
    assert np.abs(coefficients - np.array(case["published_coef"])).max() <= allowed


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_inverse_hessian_gives_the_published_standard_errors(shared, name):
    case, fun, result, scale, _ = maximum_likelihood(shared, name)
    published = case["published_se"] or case["recomputed_newton"]["se"]
    H = np.array([fun.hessp(result.x, e) for e in np.eye(fun.x0.size)])
    errors = np.sqrt(np.diag(np.linalg.inv(H))).reshape(fun.shape) / scale
    assert errors == pytest.approx(np.array(published), rel=1e-4)


def test_probabilities_of_the_true_class_of_two_irises(shared):
    case, fun, result, scale, X = maximum_likelihood(shared, "iris_virginica_vs_versicolor")
    p = 1.0 / (1.0 + np.exp(-(X / scale) @ result.x))  # of class 1: class 0 is fixed
    own = np.where(fun.codes == 0, p, 1.0 - p)  # the kernels number the fixed class last
    assert own.mean() == pytest.approx(case["published_mean_true_probability"], rel=1e-7)


def test_of_separable_classes_the_likelihood_goes_to_its_infimum_and_nothing_is_claimed(shared):
    separable, _, result, _, _ = maximum_likelihood(shared, "iris_all_separable")
    the_others, *_ = maximum_likelihood(shared, "iris_virginica_vs_versicolor")
    assert the_others["recomputed_newton"]["nll"] <= result.fun < separable["published_nll"]
    assert result.certificate.kind == "none"
    assert np.isinf(result.certificate.gap)
