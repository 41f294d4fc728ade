"""The MATLAB face against hand-worked values, the reference runs, and the exercise's own display."""

import gzip
import importlib.util
import math
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench import matlab
from workbench.gradient_check import check_gradient

# Two features (a row of ones first), three samples, three classes.
X = np.array([[1.0, 1.0, 1.0], [0.0, 1.0, -2.0]])
Y = np.array([1, 2, 3])


@pytest.fixture
def reference(shared):
    """The module of the reference problems, with their data."""
    spec = importlib.util.spec_from_file_location("reference_problems", shared / "minfunc" / "problems.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def random_problem(seed, n=4, m=12, K=5):
    rng = np.random.default_rng(seed)
    return (
        rng.normal(size=n * (K - 1)),
        rng.normal(size=(n, m)),
        np.r_[np.arange(1, K + 1), rng.integers(1, K + 1, m - K)],
    )


def by_loops(theta, X, y):
    """f and g written out sample by sample, class by class, in Python floats."""
    n, m = X.shape
    K = len(theta) // n + 1
    f, g = 0.0, [0.0] * len(theta)
    for i in range(m):
        scores = [sum(theta[n * k + r] * X[r, i] for r in range(n)) for k in range(K - 1)] + [0.0]
        total = sum(math.exp(score) for score in scores)
        f -= scores[y[i] - 1] - math.log(total)
        for k in range(K - 1):
            for r in range(n):
                g[n * k + r] += X[r, i] * (math.exp(scores[k]) / total - (y[i] == k + 1))
    return f, np.array(g)


# ---- layout


def test_theta_is_the_matrix_column_by_column():
    W = np.array([[1.0, 4.0], [2.0, 5.0], [3.0, 6.0]])
    assert matlab.pack(W).tolist() == [1, 2, 3, 4, 5, 6]
    assert np.array_equal(matlab.unpack([1, 2, 3, 4, 5, 6], 3, 3), W)
    theta = np.arange(12.0)
    assert np.array_equal(matlab.unpack(theta, 4, 4), theta.reshape(3, 4).T)


@given(st.integers(1, 6), st.integers(2, 6))
def test_pack_and_unpack_undo_each_other(n, K):
    theta = np.random.default_rng(n * K).normal(size=n * (K - 1))
    assert np.array_equal(matlab.pack(matlab.unpack(theta, n, K)), theta)


def test_pack_copies_as_matlab_does():
    W = np.asfortranarray(np.ones((2, 2)))
    matlab.pack(W)[0] = 7.0
    assert W[0, 0] == 1.0


# ---- softmax_regression_vec


def test_softmax_at_zero_is_m_log_k():
    f, g = matlab.softmax_regression_vec(np.zeros(4), X, Y)
    assert f == pytest.approx(3 * math.log(3), rel=1e-15)
    # Every class has probability 1/3: column k of the gradient is sum_i x_i (1/3 - [y_i = k]).
    assert g == pytest.approx([0.0, -1 / 3, 0.0, -4 / 3], abs=1e-15)


def test_softmax_of_one_sample_by_hand():
    # Scores ln 2, ln 3 and the fixed 0: probabilities 2/6, 3/6, 1/6.
    f, g = matlab.softmax_regression_vec([math.log(2), math.log(3)], [[1.0]], [2], num_classes=3)
    assert f == pytest.approx(math.log(2), rel=1e-15)
    assert g == pytest.approx([1 / 3, -1 / 2], rel=1e-15)


def test_softmax_equals_the_sum_written_out():
    theta, A, labels = random_problem(0)
    f, g = matlab.softmax_regression_vec(theta, A, labels)
    f_loops, g_loops = by_loops(theta, A, labels)
    assert f == pytest.approx(f_loops, rel=1e-13)
    assert g == pytest.approx(g_loops, rel=1e-12, abs=1e-13)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6))
def test_softmax_gradient_is_the_derivative(seed):
    theta, A, labels = random_problem(seed)
    report = check_gradient(matlab.softmax_regression_vec, theta, (A, labels))
    assert report.ok, str(report)


def test_softmax_takes_the_matrix_and_returns_the_flat_gradient():
    theta, A, labels = random_problem(1)
    f, g = matlab.softmax_regression_vec(theta, A, labels)
    W = matlab.unpack(theta, 4, 5)
    f_matrix, g_matrix = matlab.softmax_regression_vec(W, A, labels.reshape(1, -1))
    assert f_matrix == f
    assert g_matrix.shape == (16,)
    assert np.array_equal(g_matrix, g)


@pytest.mark.parametrize("start", ["std", "a"])
def test_softmax_equals_the_reference_problem(reference, start):
    problem = reference.get_problem("softmax", start)
    A, labels, _, penalty = problem["args"]
    assert penalty == 0
    f, g = matlab.softmax_regression_vec(problem["x0"], A, labels)
    f_reference, g_reference = problem["fun"](problem["x0"], *problem["args"])
    assert f == pytest.approx(f_reference, rel=1e-14)
    assert g == pytest.approx(g_reference, abs=1e-13)


@pytest.mark.parametrize("size", [1e4, -1e4, 1e300])
def test_softmax_is_finite_for_huge_scores(size):
    f, g = matlab.softmax_regression_vec([size, 0.0], [[1.0, 1.0]], [1, 3])
    assert np.isfinite(g).all()
    assert f == pytest.approx(abs(size) if size > 0 else abs(size) + math.log(2) * 2, rel=1e-12)


def test_softmax_keeps_the_digits_of_a_sample_that_is_almost_certain():
    f, _ = matlab.softmax_regression_vec([37.0], [[1.0]], [1], num_classes=2)
    assert f == pytest.approx(8.533047625744065e-17, rel=1e-12)


def test_softmax_of_overflowing_scores_is_nan_and_no_error():
    f, _ = matlab.softmax_regression_vec([1e308, -1e308], [[10.0, 10.0]], [1, 3])
    assert math.isnan(f)


def test_a_class_that_does_not_occur_is_counted_by_theta_or_by_name():
    A = np.ones((1, 2))
    with_theta, _ = matlab.softmax_regression_vec(np.zeros(4), A, [1, 3])
    assert with_theta == pytest.approx(2 * math.log(5))
    by_name, _ = matlab.softmax_regression_vec(np.zeros(3), A, [1, 3], 4)
    assert by_name == pytest.approx(2 * math.log(4))


def test_a_theta_that_kept_the_fixed_class_is_refused():
    A, labels = np.ones((65, 10)), np.arange(1, 11)
    with pytest.raises(ValueError, match="expected 585 = 65 × 9, got 650 = 65 × 10: the fixed class has no entries"):
        matlab.softmax_regression_vec(np.zeros(650), A, labels)
    with pytest.raises(ValueError, match="expected 585 = 65 × 9, got 650 = 65 × 10: the fixed class has no entries"):
        matlab.softmax_regression_vec(np.zeros(650), A, labels, 10)


@pytest.mark.parametrize(
    ("theta", "A", "labels", "error", "message"),
    [
        (np.zeros(4), X, [0, 1, 2], ValueError, "labels run from 0; MATLAB's run from 1: pass y [+] 1"),
        (np.zeros(4), X, [-1, 1, 2], ValueError, "labels run from -1, expected from 1 on"),
        (np.zeros(4), X.T, Y, ValueError, "X is 3 × 2 and y has 3 labels: samples lie in columns here: transpose X"),
        (np.zeros(4), X, [1, 2, 3, 1], ValueError, "X is 2 × 3 and y has 4 labels: one label per column"),
        (np.zeros(5), X, Y, ValueError, "expected 4 = 2 × 2, got 5"),
        (np.zeros(2), X, Y, ValueError, "expected 4 = 2 × 2, got 2 = 2 × 1"),
        (
            np.zeros((4, 2)),
            np.ones((2, 5)),
            [1, 2, 3, 4, 5],
            ValueError,
            r"theta has shape \(4, 2\), expected \(2, 4\)",
        ),
        (np.zeros(4), X, [1, 2, 2.5], ValueError, "y holds 2.5, expected whole numbers from 1 on"),
        (np.zeros(4), X, [1, 2, np.nan], ValueError, "y holds nan, expected whole numbers"),
        (np.zeros(4), X, ["a", "b", "c"], TypeError, "y has dtype <U1, expected whole numbers"),
        (np.zeros(4), X * 1j, Y, TypeError, "X has dtype complex128, expected real numbers"),
        (np.zeros(4) * 1j, X, Y, TypeError, "theta has dtype complex128, expected real numbers"),
        (np.zeros(4), X[0], Y, ValueError, r"X has shape \(3,\), expected n × m with one sample per column"),
        (np.zeros(4), [[1, 1, 1], [0, np.inf, 1]], Y, ValueError, r"inf in row 2 \(feature\), column 2 \(sample\)"),
        (np.ones(4), [[1, 1, np.nan], [0, 1, 1]], Y, ValueError, r"nan in row 1 \(feature\), column 3 \(sample\)"),
    ],
)
def test_wrong_arguments_are_named(theta, A, labels, error, message):
    with pytest.raises(error, match=message):
        matlab.softmax_regression_vec(theta, A, labels)


def test_a_label_above_the_given_number_of_classes_is_named():
    with pytest.raises(ValueError, match="y holds the label 3, expected 1 … 2"):
        matlab.softmax_regression_vec(np.zeros(2), X, Y, 2)


# ---- accuracies

W = np.array([[0.0, 1.0, 0.5], [1.0, 0.0, -1.0]])  # scores of X: (0,1,.5), (1,1,-.5), (-2,1,2.5)


def test_multi_classifier_accuracy_takes_the_largest_score_and_the_lowest_label_on_a_tie():
    assert matlab.multi_classifier_accuracy(W, X, [2, 1, 3]) == 1.0
    assert matlab.multi_classifier_accuracy(W, X, [2, 2, 3]) == pytest.approx(2 / 3)


def test_multi_classifier_accuracy_appends_the_fixed_class():
    without = matlab.pack(W[:, :2])
    labels = [2, 1, 2]  # scores (0,1,0), (1,1,0), (-2,1,0)
    assert matlab.multi_classifier_accuracy(np.column_stack([W[:, :2], [0, 0]]), X, labels) == 1.0
    assert matlab.multi_classifier_accuracy(without, X, labels) == 1.0
    assert matlab.multi_classifier_accuracy(W[:, :2], X, labels, 3) == 1.0
    assert matlab.multi_classifier_accuracy(W[:, :2], X, [2, 1, 3]) == pytest.approx(2 / 3)
    # Where every score is below zero the fixed class wins, whether or not it occurs in y.
    assert matlab.multi_classifier_accuracy(-np.ones(4), [[1.0], [1.0]], [3]) == 1.0
    assert matlab.multi_classifier_accuracy(-np.ones(4), [[1.0], [1.0]], [1]) == 0.0


def test_multi_classifier_accuracy_names_a_theta_that_does_not_fit():
    with pytest.raises(ValueError, match=r"theta has shape \(3, 2\), expected 2 rows"):
        matlab.multi_classifier_accuracy(np.zeros((3, 2)), X, Y)
    with pytest.raises(ValueError, match="theta has 1 columns, expected 3 or 2: the labels are 1 … 3"):
        matlab.multi_classifier_accuracy(np.zeros((2, 1)), X, Y)


def test_binary_classifier_accuracy_counts_a_probability_of_one_half_as_class_zero():
    # Scores 0, 1, -2000: labels 0, 1, 0.
    assert matlab.binary_classifier_accuracy([0.0, 1.0], [[1, 1, 1], [0, 1, -2000]], [0, 1, 0]) == 1.0
    assert matlab.binary_classifier_accuracy([0.0, 1.0], [[1, 1, 1], [0, 1, -2000]], [1, 1, 1]) == pytest.approx(1 / 3)
    with pytest.raises(ValueError, match="labels run up to 2, expected 0 and 1"):
        matlab.binary_classifier_accuracy([0.0, 1.0], X, [1, 2, 1])
    with pytest.raises(ValueError, match="theta has 3 entries, expected 2"):
        matlab.binary_classifier_accuracy([0.0, 1.0, 2.0], X, [0, 1, 1])


# ---- grad_check


class Scripted(np.random.Generator):
    """Draws that the reference display was made with: the k-th call gave 1 + mod(7k - 1, n)."""

    def __init__(self):
        super().__init__(np.random.PCG64())
        self.calls = 0

    def integers(self, n, size):
        self.calls += size
        return (7 * np.arange(self.calls - size + 1, self.calls + 1) - 1) % n


def test_grad_check_prints_what_the_original_prints_with_its_headers_put_right(shared, reference, capsys):
    blocks = (shared / "minfunc" / "gradcheck.txt").read_text().split("---")
    problem = reference.get_problem("softmax", "a")
    draws = Scripted()
    for block, checks in zip(blocks[1:3], (5, 1), strict=True):
        title, *rows = [line for line in block.splitlines()[1:] if "undefined" not in line and line]
        matlab.grad_check(matlab.softmax_regression_vec, problem["x0"], checks, *problem["args"][:2], seed=draws)
        our_title, *our_rows = capsys.readouterr().out.splitlines()
        assert our_title.split() == ["Iter", "i", "err", "g", "g_est", "f"]
        assert len(our_title) == len(title)
        assert len(our_rows) == len(rows) == checks
        for ours, original in zip(our_rows, rows, strict=True):
            err, err_original = ours.split()[2], original.split()[2]
            # f is about 90, so the estimate carries 1e-11 of rounding.
            assert float(err) == pytest.approx(float(err_original), abs=3e-11)
            assert ours.replace(err, "") == original.replace(err_original, "")
            assert len(ours) == len(original)


def cubic(theta, a):
    return float(a * np.sum(theta**3)), 3 * a * theta**2


def test_grad_check_returns_the_average_of_its_errors():
    # The central difference of a t^3 is off by exactly a delta^2.
    assert matlab.grad_check(cubic, [0.1, 0.2], 7, 2.0, display=False) == pytest.approx(2e-6, rel=1e-4)


def test_grad_check_is_silent_on_request_and_reproducible(capsys):
    theta, A, labels = random_problem(3)
    first, second, other = (
        matlab.grad_check(matlab.softmax_regression_vec, theta, 6, A, labels, seed=seed, display=False)
        for seed in (1, 1, 2)
    )
    assert capsys.readouterr().out == ""
    assert first == second != other


def test_grad_check_counts_the_coordinates_of_a_matrix_from_one_column_by_column(capsys):
    seen = []

    def fun(theta):
        seen.append(theta)
        return float(np.sum(theta)), np.ones_like(theta)

    matlab.grad_check(fun, np.zeros((2, 3)), 1, seed=0)
    i = int(capsys.readouterr().out.splitlines()[1].split()[1])
    above = seen[1] - seen[0]
    assert above.ravel(order="F").nonzero()[0].tolist() == [i - 1]


def test_grad_check_shows_a_wrong_gradient():
    def doubled(theta):
        return cubic(theta, 1.0)[0], 2 * cubic(theta, 1.0)[1]

    assert matlab.grad_check(doubled, np.ones(3), 4, display=False) == pytest.approx(3.0, rel=1e-5)


def test_grad_check_names_what_it_cannot_do():
    with pytest.raises(ValueError, match="num_checks is 0, expected at least 1"):
        matlab.grad_check(cubic, np.ones(3), 0, 1.0)
    with pytest.raises(ValueError, match="g has 2 entries, expected 3"):
        matlab.grad_check(lambda theta: (0.0, np.ones(2)), np.ones(3), 1)


# ---- data


def idx(path, array):
    header = struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
    path.write_bytes(header + array.astype(np.uint8).tobytes())
    return path


def test_images_are_unrolled_column_by_column(tmp_path):
    pixels = np.arange(2 * 3 * 4).reshape(2, 3, 4)
    images = matlab.load_mnist_images(idx(tmp_path / "a-idx3-ubyte", pixels))
    assert images.shape == (12, 2)
    assert images[:, 1].tolist() == (pixels[1].ravel(order="F") / 255).tolist()
    assert images[2 + 3 * 1, 0] == pixels[0, 2, 1] / 255


def test_labels_are_as_in_the_file(tmp_path):
    path = idx(tmp_path / "a-idx1-ubyte", np.array([5, 0, 9]))
    packed = tmp_path / "a-idx1-ubyte.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    assert matlab.load_mnist_labels(path).tolist() == matlab.load_mnist_labels(str(packed)).tolist() == [5, 0, 9]


def test_images_given_for_labels_are_named(tmp_path):
    images = idx(tmp_path / "images", np.zeros((2, 3, 4)))
    labels = idx(tmp_path / "labels", np.zeros(3))
    with pytest.raises(ValueError, match="images holds 2 × 3 × 4 numbers of uint8, expected labels"):
        matlab.load_mnist_labels(images)
    with pytest.raises(ValueError, match="labels holds 3 numbers of uint8, expected images"):
        matlab.load_mnist_images(labels)


def test_mnist_is_read_the_right_way_up(shared):
    images = matlab.load_mnist_images(shared / "data" / "mnist" / "t10k-images-idx3-ubyte.gz")
    labels = matlab.load_mnist_labels(shared / "data" / "mnist" / "t10k-labels-idx1-ubyte.gz")
    assert images.shape == (784, 10000)
    assert labels.shape == (10000,)
    ones = images[:, labels == 1].mean(axis=1).reshape(28, 28, order="F")
    inked = ones > 0.3
    assert inked.any(axis=1).sum() > 2 * inked.any(axis=0).sum(), "the mean of the ones is an upright stroke"


def test_ex1c_data_standardises_with_the_training_set_and_puts_ones_on_top():
    train_images, test_images = np.array([[0.0, 0.0, 3.0], [0.5, 0.5, 0.5]]), np.array([[1.0], [0.6]])
    train, test = matlab.ex1c_data(train_images, [0, 1, 2], test_images, [1])
    # Pixel 1: mean 1, standard deviation sqrt(3) with m - 1; pixel 2: mean 0.5, standard deviation 0.
    low, high = -1 / (math.sqrt(3) + 0.1), 2 / (math.sqrt(3) + 0.1)
    assert dict(zip(train.y.tolist(), train.X[1].tolist(), strict=True)) == pytest.approx({1: low, 2: low, 3: high})
    assert train.X[0].tolist() == [1, 1, 1]
    assert train.X[2].tolist() == [0, 0, 0]
    assert test.X[:, 0] == pytest.approx([1.0, 0.0, 1.0])
    assert test.y.tolist() == [2]


def test_ex1c_data_shuffles_samples_with_their_labels_and_leaves_its_arguments():
    images = np.arange(50.0).reshape(1, 50) / 50
    kept = images.copy()
    train, _ = matlab.ex1c_data(images, np.arange(50), images[:, :1], [0], seed=3)
    again, _ = matlab.ex1c_data(images, np.arange(50), images[:, :1], [0], seed=3)
    assert np.array_equal(images, kept)
    assert np.array_equal(train.X, again.X)
    assert train.y.tolist() != list(range(1, 51))
    order = np.argsort(train.y)
    assert (np.diff(train.X[1][order]) > 0).all()
