"""The diagnosis of a gradient check: each planted mistake gets its name, and what has no name gets none."""

import json
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.data import load_dataset
from workbench.gradient_check import check_gradient
from workbench.gradient_check.diagnosis import Evidence, diagnose
from workbench.gradient_check.layout import Layout, layout
from workbench.threads import limited_to


@pytest.fixture(autouse=True, scope="module")
def _one_thread():
    """Many short products: on a busy machine a second thread of BLAS is waited for longer than they take."""
    with limited_to(1):
        yield


P, K, L2, N = 8, 4, 3.0, 60
RNG = np.random.default_rng(4)
X = np.hstack([np.ones((N, 1)), RNG.normal(size=(N, P - 1))])
Y = np.r_[0:K, RNG.integers(0, K, N - K)]
THETA = RNG.normal(size=P * (K - 1))
NAMES = [(f"class {k}", "intercept" if r == 0 else f"x{r}") for k in range(K - 1) for r in range(P)]


def scores_and_probabilities(theta, X):
    z = np.hstack([X @ theta.reshape(-1, X.shape[1]).T, np.zeros((len(X), 1))])
    z -= z.max(axis=1, keepdims=True)
    p = np.exp(z)
    return z, p / p.sum(axis=1, keepdims=True)


def softmax(theta, X, y, l2=L2, mistake=None, penalised=slice(None), shift=0):
    """Negative log-likelihood of softmax, the last class fixed, theta class by class; G is classes × features."""
    z, p = scores_and_probabilities(theta, X)
    hot = np.eye(p.shape[1])[y]
    w = np.zeros((p.shape[1] - 1, X.shape[1]))
    w[:, penalised] = theta.reshape(w.shape)[:, penalised]
    f = float(np.log(np.exp(z).sum(axis=1)).sum() - (z * hot).sum() + 0.5 * l2 * (w * w).sum())
    G = ((p - np.roll(hot, shift, axis=1)).T @ X)[:-1]
    if mistake is None:
        return f, (G + l2 * w).ravel()
    return f, mistake(G, l2 * w, p, X, theta.reshape(w.shape))


def column_doubled(G, penalty, p, X, W):
    G = G + penalty
    G[2] *= 2
    return G.ravel()


def intercept_missing(G, penalty, p, X, W):
    G = G + penalty
    G[:, 0] = 0.0
    return G.ravel()


def one_frozen(G, penalty, p, X, W):
    g = (G + penalty).ravel()
    g[11] = 0.0
    return g


def sigmoid_derivative(G, penalty, p, X, W):
    return ((p * (1 - p)).T @ X)[:-1].ravel() + penalty.ravel()


FREE = slice(1, None)
PLANTED = {
    "none": (softmax, None),
    "sign": (partial(softmax, mistake=lambda G, t, *_: -(G + t).ravel()), "sign"),
    "a mean against a sum": (
        partial(softmax, mistake=lambda G, t, p, *_: (G + t).ravel() / len(p)),
        "mean against sum",
    ),
    "a sum against a mean": (
        lambda *a: (softmax(*a)[0] / N, softmax(*a)[1]),
        "mean against sum",
    ),
    "factor 2": (partial(softmax, mistake=lambda G, t, *_: 2 * (G + t).ravel()), "constant factor"),
    "C-order ravel": (partial(softmax, mistake=lambda G, t, *_: (G + t).T.ravel()), "order"),
    "penalty missing": (partial(softmax, mistake=lambda G, t, *_: G.ravel()), "penalty missing"),
    "penalty doubled": (partial(softmax, mistake=lambda G, t, *_: (G + 2 * t).ravel()), "penalty doubled"),
    "penalty with the wrong sign": (
        partial(softmax, mistake=lambda G, t, *_: (G - t).ravel()),
        "penalty with the wrong sign",
    ),
    "penalty halved": (partial(softmax, mistake=lambda G, t, *_: (G + t / 2).ravel()), "penalty halved"),
    "penalty in g only": (
        partial(softmax, l2=0.0, mistake=lambda G, t, p, X, W: (G + L2 * W).ravel()),
        "penalty in g only",
    ),
    "penalty missing, the intercept free": (
        partial(softmax, penalised=FREE, mistake=lambda G, t, *_: G.ravel()),
        "penalty missing",
    ),
    "intercept penalised in g only": (
        partial(softmax, penalised=FREE, mistake=lambda G, t, p, X, W: (G + L2 * W).ravel()),
        "intercept penalised in g only",
    ),
    "intercept penalised in f only": (
        partial(softmax, mistake=lambda G, t, *_: (G + t * (np.arange(P) > 0)).ravel()),
        "intercept penalised in f only",
    ),
    "data term a mean, penalty right": (
        partial(softmax, mistake=lambda G, t, *_: (G / N + t).ravel()),
        "mean against sum",
    ),
    "intercept row missing": (partial(softmax, mistake=intercept_missing), "intercept row missing"),
    "one class column times 2": (partial(softmax, mistake=column_doubled), "class column wrong"),
    "labels off by one": (
        partial(softmax, shift=1, mistake=lambda G, t, *_: (G + t).ravel()),
        "labels off by one",
    ),
    "labels off by minus one": (
        partial(softmax, shift=-1, mistake=lambda G, t, *_: (G + t).ravel()),
        "labels off by one",
    ),
    "p(1-p) in place of p - y": (partial(softmax, mistake=sigmoid_derivative), None),
    "a coordinate frozen at zero": (partial(softmax, mistake=one_frozen), "frozen at zero"),
    "everything zero": (partial(softmax, mistake=lambda G, *_: 0 * G.ravel()), "frozen at zero"),
}


@pytest.mark.parametrize("bug", PLANTED)
def test_a_planted_mistake_is_the_only_cause_named_where_the_data_are_arguments(bug):
    fun, name = PLANTED[bug]
    report = check_gradient(fun, THETA, (X, Y))
    assert report.verdict == ("PASS" if bug == "none" else "FAIL")
    assert [cause.name for cause in report.causes] == ([] if name is None else [name]), str(report)


@pytest.mark.parametrize("bug", PLANTED)
def test_names_say_as_much_as_the_data_but_for_the_number_of_samples_and_the_labels(bug):
    fun, name = PLANTED[bug]
    name = {"mean against sum": "constant factor", "labels off by one": "a term without theta"}.get(name, name)
    report = check_gradient(lambda theta: fun(theta, X, Y), THETA, names=NAMES)
    assert [cause.name for cause in report.causes] == ([] if name is None else [name]), str(report)


@pytest.mark.parametrize("bug", PLANTED)
def test_no_mistake_is_taken_for_another_where_nothing_is_known_of_the_coordinates(bug):
    fun, name = PLANTED[bug]
    unnamed = {
        "mean against sum": "constant factor",
        "labels off by one": "a term without theta",
        "class column wrong": "coordinates wrong",
        "intercept row missing": "frozen at zero",
        "intercept penalised in g only": "penalty doubled",
        "intercept penalised in f only": "penalty missing",
    }
    report = check_gradient(lambda theta: fun(theta, X, Y), THETA)
    name = unnamed.get(name, name)
    assert [cause.name for cause in report.causes] == ([] if name is None else [name]), str(report)


def said(bug):
    (cause,) = check_gradient(PLANTED[bug][0], THETA, (X, Y)).causes
    return cause


@pytest.mark.parametrize(
    ("bug", "sentence", "fix"),
    [
        ("sign", "g is -1 times the derivative of f", "g = -g"),
        ("a mean against a sum", "g is 1/60 of the derivative of f, and there are 60 samples", "g = g * 60"),
        ("a sum against a mean", "g is 60 times the derivative of f, and there are 60 samples", "g = g / 60"),
        ("factor 2", "g is 2 times the derivative of f", "g = g / 2"),
        (
            "C-order ravel",
            "the 8 × 3 matrix is unrolled row by row, theta column",
            'g = G.ravel(order="F")  # for G of',
        ),
        ("penalty missing", "g - f' = -3 · theta in every coordinate", "g += 3 * theta"),
        ("penalty doubled", "g - f' = +3 · theta in every coordinate", "g -= 3 * theta"),
        ("penalty with the wrong sign", "g - f' = -6 · theta in every coordinate, and the penalty of f is 3", "g += 6"),
        ("penalty missing, the intercept free", "g - f' = -3 · theta in all but coordinates 0, 8, 16:", "g += 3 *"),
        ("intercept penalised in g only", "+3 · theta in the intercept (coordinates 0, 8, 16)", "leave the intercept"),
        ("data term a mean, penalty right", "g, without its penalty, is 1/60 of the derivative of f", ""),
        ("one class column times 2", "confined to the class column 2 (coordinates 16, 17, 18, 19, 20, 21, …", ""),
        ("one class column times 2", "where g is 2 times the derivative", ""),
        ("intercept row missing", "confined to the feature row 0 (coordinates 0, 8, 16), where g is 0", ""),
        ("labels off by one", "g - f' is the same at every point, 1 · X'(Y - Y shifted)", "count the labels from 0"),
        ("a coordinate frozen at zero", "confined to coordinate 11 (class column 1, feature row 3), where g is 0", ""),
    ],
)
def test_the_evidence_is_in_numbers_and_the_fix_in_one_line(bug, sentence, fix):
    cause = said(bug)
    assert sentence in cause.sentence
    assert cause.fix.startswith(fix)
    assert bool(cause.fix) == bool(fix)


def test_the_fix_of_the_order_mends_it():
    g = PLANTED["C-order ravel"][0](THETA, X, Y)[1]
    G = g.reshape(P, K - 1)
    assert np.array_equal(G.ravel(order="F"), softmax(THETA, X, Y)[1])
    assert "# for G of shape (8, 3); for a G of shape (3, 8), g = G.ravel()" in said("C-order ravel").fix


def test_theta_row_by_row_and_g_column_by_column_is_told_the_other_way_round():
    def row_by_row(theta, right):
        f, g = softmax(theta.reshape(P, K - 1).T.ravel(), X, Y)
        return f, (g.reshape(K - 1, P).T.ravel() if right else g)

    assert check_gradient(lambda theta: row_by_row(theta, True), THETA).ok
    (cause,) = check_gradient(lambda theta: row_by_row(theta, False), THETA).causes
    assert cause.name == "order"
    assert "the 8 × 3 matrix is unrolled column by column, theta row by row" in cause.sentence
    assert cause.fix.startswith("g = G.ravel()  # for G of shape (8, 3)")


def test_values_in_no_order_at_all_are_still_recognised():
    (cause,) = check_gradient(lambda theta: (softmax(theta, X, Y)[0], softmax(theta, X, Y)[1][::-1]), THETA).causes
    assert cause.name == "order"
    assert "sorted, they agree" in cause.sentence


def test_labels_are_recognised_with_an_intercept_that_fun_adds_and_with_labels_lost_beyond_the_last():
    def with_ones(theta, X, y):
        f, _ = softmax(theta, np.hstack([X, np.ones((N, 1))]), y)
        ones = np.hstack([X, np.ones((N, 1))])
        hot = np.eye(K + 1)[y + 1][:, :K]
        p = scores_and_probabilities(theta, ones)[1]
        return f, ((p - hot).T @ ones)[:-1].ravel() + L2 * theta

    assert check_gradient(with_ones, THETA, (X[:, 1:], Y)).cause == "labels off by one"


def test_samples_in_columns_are_data_too():
    assert check_gradient(lambda t, A, y: PLANTED["labels off by one"][0](t, A.T, y), THETA, (X.T, Y)).cause == (
        "labels off by one"
    )


TWELVE = [
    "none",
    "sign",
    "a mean against a sum",
    "factor 2",
    "C-order ravel",
    "penalty missing",
    "penalty doubled",
    "intercept penalised in g only",
    "intercept row missing",
    "one class column times 2",
    "labels off by one",
    "p(1-p) in place of p - y",
]


@pytest.fixture(scope="module")
def digits():
    data = load_dataset("digits")
    return np.hstack([np.ones((data.n_samples, 1)), data.X]), np.searchsorted(data.classes, data.y)


@pytest.mark.parametrize("bug", TWELVE)
def test_mistakes_on_digits_are_named(bug, digits):
    fun, name = PLANTED[bug]
    theta = 0.1 * np.random.default_rng(0).normal(size=585)
    report = check_gradient(fun, theta, digits)
    assert report.verdict == ("PASS" if bug == "none" else "FAIL")
    assert [cause.name for cause in report.causes] == ([] if name is None else [name]), str(report)


@pytest.fixture(scope="module")
def pixels():
    """Data of the shape of MNIST, but for the number of samples; corners are always 0."""
    rng = np.random.default_rng(1)
    X = np.hstack([np.ones((200, 1)), rng.uniform(0, 1, (200, 784)) ** 3])
    X[:, [1, 28, 757, 784]] = 0.0
    return X, np.r_[0:10, rng.integers(0, 10, 190)]


@pytest.mark.parametrize("bug", TWELVE)
def test_mistakes_in_7065_coordinates_are_named(bug, pixels):
    fun, name = PLANTED[bug]
    theta = 0.05 * np.random.default_rng(3).normal(size=7065)
    report = check_gradient(fun, theta, pixels)
    assert report.verdict == ("PASS" if bug == "none" else "FAIL")
    assert [cause.name for cause in report.causes] == ([] if name is None else [name]), str(report)
    assert report.evaluations <= (20 if bug == "none" else 600)


def test_a_term_without_theta_is_seen_in_a_sample_where_the_data_are_out_of_reach():
    c = np.r_[1.0, np.zeros(59), np.arange(60.0)]
    names = [(k, "intercept" if r == 0 else r) for k in range(2) for r in range(60)]
    report = check_gradient(
        lambda x: (float(x @ x + c @ x), 2 * x + c[::-1]), np.ones(120), coordinates=60, names=names
    )
    assert report.cause == "a term without theta", str(report)


def test_a_rosenbrock_with_one_faulty_term_names_no_cause_beyond_its_coordinate():
    def faulty(x):
        b, a = x[1:] - x[:-1] ** 2, 1 - x[:-1]
        g = np.zeros_like(x)
        g[:-1] = -400 * x[:-1] * b - 2 * a
        g[0] += 200 * x[0] * b[0]
        g[1:] += 200 * b
        return float(100 * b @ b + a @ a), g

    (cause,) = check_gradient(faulty, np.array([-1.2, 1.0, 0.5, 2.0])).causes
    assert cause.name == "coordinate wrong"
    assert cause.sentence == "the error is confined to coordinate 0; everywhere else g agrees"


# ---- the points


def test_a_gradient_that_is_right_only_at_zero_is_found_out():
    fun = PLANTED["penalty missing"][0]
    zero = np.zeros(P * (K - 1))
    assert check_gradient(fun, zero, (X, Y), points=1).ok
    report = check_gradient(fun, zero, (X, Y))
    assert [point.verdict for point in report.points] == ["PASS", "FAIL", "FAIL"]
    assert [point.name for point in report.points] == ["x0", "a random point", "a point of large norm"]
    assert report.cause == "penalty missing"
    assert str(report).startswith("FAIL  at a random point ")
    assert "\nat x0: 24 of 24 coordinates agree\n" in str(report)
    assert "rows at a random point, by error in noise" in str(report)


def test_a_gradient_that_is_wrong_far_out_alone_is_found_out():
    def clipped(x):
        return float(0.5 * x @ x), np.clip(x, -4, 4)

    report = check_gradient(clipped, np.zeros(6))
    assert [point.verdict for point in report.points] == ["PASS", "PASS", "FAIL"]
    assert check_gradient(clipped, np.zeros(6), points=2).ok


def test_a_point_where_f_overflows_is_named_and_the_verdict_stands():
    def naive(x):
        e = np.exp(500 * x)
        return float(np.log(e.sum())), 500 * e / e.sum()

    report = check_gradient(naive, np.zeros(3))
    assert report.verdict == "PASS"
    assert report.points[2].verdict == "INCONCLUSIVE"
    assert "at a point of large norm: not checked: f or g is not finite there (does exp overflow?)" in str(report)
    assert "so the verdict is that of the points that can be judged" in str(report)
    json.dumps(report.to_dict(), allow_nan=False)


def test_an_exception_far_from_x0_makes_that_point_unusable_and_a_broken_contract_is_an_error():
    def picky(x):
        if np.abs(x).max() > 2:
            raise OverflowError("too large for me")
        return float(x @ x), 2 * x

    report = check_gradient(picky, np.zeros(3))
    assert report.ok
    assert "at a point of large norm: not checked: fun raised OverflowError: too large for me" in str(report)

    def short(x):
        return float(x @ x), 2 * x[: 2 if np.abs(x).max() > 2 else 3]

    with pytest.raises(ValueError, match=r"g has shape \(2,\), expected \(3,\)"):
        check_gradient(short, np.zeros(3))


def test_many_coordinates_are_a_few_and_directions_at_the_other_points():
    report = check_gradient(lambda x: (float(x @ x), 2 * x), np.ones(60))
    assert [len(point.table) for point in report.points] == [60, 10, 10]
    assert [len(point.directions) for point in report.points] == [0, 4, 4]
    chosen = check_gradient(lambda x: (float(x @ x), 2 * x), np.ones(60), coordinates=range(55))
    assert [len(point.directions) for point in chosen.points] == [0, 0, 0]


@pytest.mark.parametrize(("points", "error"), [(0, ValueError), (4, ValueError), (True, TypeError), (2.0, TypeError)])
def test_wrong_points_are_named(points, error):
    with pytest.raises(error, match=r"points is .*, expected 1 \(x0\), 2"):
        check_gradient(softmax, THETA, (X, Y), points=points)


# ---- the report


def test_the_text_and_the_json_carry_the_causes():
    report = check_gradient(PLANTED["factor 2"][0], THETA, (X, Y))
    assert "\nlikely: g is 2 times the derivative of f\n   fix: g = g / 2\n" in str(report)
    read = json.loads(json.dumps(report.to_dict(), allow_nan=False))
    assert read["cause"] == "constant factor"
    assert read["causes"] == [report.causes[0]._asdict()]
    assert [point["verdict"] for point in read["points"]] == ["FAIL"] * 3


def test_what_no_known_mistake_explains_is_said():
    report = check_gradient(PLANTED["p(1-p) in place of p - y"][0], THETA, (X, Y))
    assert report.cause is None
    assert "likely: no known mistake explains what is wrong" in str(report)
    assert "likely" not in str(check_gradient(softmax, THETA, (X, Y)))


# ---- the diagnosis alone


def at_points(change, n=12, seed=0):
    """Evidence at three points where the derivative of f is random and g is what `change` makes of it."""
    rng = np.random.default_rng(seed)
    evidence = []
    for k in range(3):
        theta, d = rng.normal(size=(2, n))
        evidence.append(Evidence(f"point {k}", theta, change(d, theta), np.arange(n), d, np.full(n, 1e-9)))
    return evidence


def test_float32_is_recognised_by_its_values_and_the_size_of_the_error():
    (cause,) = diagnose(at_points(lambda d, t: d.astype(np.float32).astype(float)), Layout(12))
    assert cause.name == "float32"
    assert diagnose(at_points(lambda d, t: d * (1 + 1e-7 * np.sin(1e3 * t))), Layout(12)) == []


def test_a_large_whole_factor_suggests_the_number_of_samples_where_it_is_unknown():
    (cause,) = diagnose(at_points(lambda d, t: 1437 * d), Layout(12))
    assert "g is 1,437 times the derivative of f: the number of samples" in cause.sentence


def test_a_correct_gradient_and_no_evidence_have_no_cause():
    assert diagnose(at_points(lambda d, t: d), Layout(12)) == []
    assert diagnose([], Layout(12)) == []
    nowhere = Evidence("x0", np.ones(3), np.ones(3), np.empty(0, dtype=int), np.empty(0), np.empty(0))
    assert diagnose([nowhere], Layout(3)) == []


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from([2, 3, 12, 24]))
def test_a_gradient_that_has_nothing_to_do_with_f_gets_no_cause(seed, n):
    noise = np.random.default_rng(seed)
    assert diagnose(at_points(lambda d, t: noise.normal(size=n), n, seed), Layout(n)) == []


def test_the_layout_follows_the_data_with_and_without_an_intercept_column():
    plain = layout(None, (X, Y), [(None, None)] * 24, 24)
    assert plain.n_features == P
    assert plain.intercept.tolist() == [0, 8, 16]
    assert plain.n_samples == N
    added = layout(None, (X[:, 1:], Y), [(None, None)] * 24, 24)
    assert [line.name for line in added.lines if line.intercept] == ["0", "7"]
    assert layout(None, (X, Y), [(None, None)] * 25, 25).lines == ()
    assert layout(None, (np.ones((3, 3)), np.ones(3)), [(None, None)] * 9, 9).X is None


# ---- correct gradients


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from([0.0, 1e-4, 3.0]), st.sampled_from([0.0, 0.1, 3.0]))
def test_a_correct_softmax_never_fails(seed, l2, spread):
    rng = np.random.default_rng(seed)
    p, k, n = rng.integers(1, 6), rng.integers(2, 5), rng.integers(5, 40)
    data = rng.normal(size=(n, p)) * 10.0 ** rng.integers(-1, 2), np.r_[0:k, rng.integers(0, k, n)][:n]
    if len(np.unique(data[1])) < k:
        return
    report = check_gradient(partial(softmax_of(k), l2=l2), spread * rng.normal(size=p * (k - 1)), data, seed=seed)
    assert report.verdict != "FAIL", str(report)
    assert report.cause is None


def softmax_of(k):
    """Softmax with k classes, its gradient by hand and not through `softmax`."""

    def fun(theta, X, y, l2):
        z, p = scores_and_probabilities(theta, X)
        f = float(np.log(np.exp(z).sum(axis=1)).sum() - z[np.arange(len(y)), y].sum() + 0.5 * l2 * theta @ theta)
        G = np.stack([X.T @ (p[:, c] - (y == c)) for c in range(k - 1)])
        return f, G.ravel() + l2 * theta

    return fun
