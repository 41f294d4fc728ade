"""The gradient check as the gate of every built-in objective, and its cost on data of the size of MNIST."""

import numpy as np
import pytest
from scipy import sparse

import workbench as wb
from workbench.comparison.problem import objective_class, objective_names

pytestmark = pytest.mark.compiled

N_PROBLEMS = 200


def random_problem(seed):
    """Return a correct objective of random shape, storage, precision and options, and a point."""
    rng = np.random.default_rng([20, seed])
    kind = objective_class(objective_names()[seed % len(objective_names())])
    n_samples, n_features, n_classes = int(rng.integers(5, 120)), int(rng.integers(1, 9)), int(rng.integers(2, 6))
    dtype = (np.float64, np.float32)[seed // 2 % 2]
    X = (rng.standard_normal((n_samples, n_features)) * 10.0 ** rng.integers(-2, 3)).astype(dtype)
    if seed % 2:
        X = sparse.csr_array(X * (rng.uniform(size=X.shape) < 0.4))
        X.data = X.data.astype(dtype)
    y = np.r_[0:n_classes, rng.integers(0, n_classes, max(0, n_samples - n_classes))][:n_samples]
    y = np.where(np.arange(n_samples) < 2, np.arange(n_samples), y)
    fun = kind(
        X,
        y,
        l2=float(rng.choice([0.0, 1e-4, 1.0, 30.0])),
        reference="last" if rng.integers(2) else None,
        fit_intercept=bool(rng.integers(2)),
        penalize_intercept=bool(rng.integers(2)),
        sample_weight=rng.uniform(0, 2, n_samples) if rng.integers(2) else None,
        reduction=str(rng.choice(["mean", "sum"])),
    )
    return fun, rng.standard_normal(fun.x0.size) * 10.0 ** rng.integers(-3, 2), dtype


def test_no_built_in_objective_has_a_wrong_gradient():
    verdicts = {np.float32: [], np.float64: []}
    for seed in range(N_PROBLEMS):
        fun, theta, dtype = random_problem(seed)
        report = wb.check_gradient(fun, theta, seed=seed)
        assert report.verdict != "FAIL", f"seed {seed}\n{report}"
        verdicts[dtype].append(report.verdict)
    assert verdicts[np.float64].count("PASS") >= 0.95 * N_PROBLEMS / 2, verdicts
    assert verdicts[np.float32].count("PASS") >= 0.8 * N_PROBLEMS / 2, verdicts


@pytest.mark.parametrize("name", objective_names())
def test_every_built_in_objective_passes_at_zero_at_random_and_at_its_optimum(name):
    data = wb.load_dataset("iris")
    fun = objective_class(name)(data.X, data.y, l2=1e-2)
    optimum = wb.minimize(fun, fun.x0, gtol=1e-9).x
    report = wb.check_gradient(fun, fun.x0, near=optimum)
    assert [point.verdict for point in report.points] == ["PASS"] * 4


@pytest.fixture(scope="module")
def mnist(shared):
    data = wb.load_dataset("mnist", data_dir=str(shared / "data"))
    fun = wb.SoftmaxObjective(data.X.astype(np.float32), data.y, l2=1e-4)
    return fun, 0.1 * np.random.default_rng(0).standard_normal(fun.x0.size)


def test_mnist_passes_within_twenty_evaluations(mnist):
    fun, theta = mnist
    report = wb.check_gradient(fun, theta)
    assert report.verdict == "PASS", str(report)
    assert report.evaluations <= 20


@pytest.mark.parametrize("coordinate", [785 * 4 + 300, 785 * 8 + 784])
def test_one_wrong_pixel_and_class_of_mnist_is_named_within_sixty_evaluations(mnist, coordinate):
    fun, theta = mnist

    def wrong(x):
        f, g = fun(x)
        g = g.copy()
        g[coordinate] *= 1.5
        return f, g

    wrong.coordinate_names = fun.coordinate_names
    report = wb.check_gradient(wrong, theta)
    assert report.verdict == "FAIL"
    assert report.table["coordinate"].tolist() == [coordinate]
    label, feature = fun.coordinate_names()[coordinate]
    assert f"coordinate {coordinate} (class column {label}, feature row {feature})" in report.causes[0].sentence
    assert report.evaluations <= 60
