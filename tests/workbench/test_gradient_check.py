"""The gradient check: planted faults are found where they are, correct gradients never fail, contracts are enforced."""

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit

from workbench import matlab
from workbench.gradient_check import check, check_gradient
from workbench.gradient_check.sweep import Shifted, slope

RNG = np.random.default_rng(20)


def rosenbrock(x):
    a, b = x[1:] - x[:-1] ** 2, 1 - x[:-1]
    g = np.zeros_like(x)
    g[:-1] = -400 * x[:-1] * a - 2 * b
    g[1:] += 200 * a
    return float(100 * a @ a + b @ b), g


def quadratic(x, d):
    return float(0.5 * np.sum(d * x * x)), d * x


def exponentials(x):
    return float(np.sum(np.exp(x))), np.exp(x)


def offset(x):
    return float(1e6 + 0.5 * x @ x), x.copy()


def shifted_rosenbrock(x):
    return rosenbrock(x + 1)


def in_float32(x):
    y = x.astype(np.float32)
    return np.exp(y).sum(), np.exp(y)


def failing(report):
    return report.table.loc[report.table["verdict"] == "fail", "coordinate"].tolist()


def with_fault(fun, change):
    """The objective whose gradient is passed through `change`."""

    def faulty(x, *args):
        f, g = fun(x, *args)
        return f, change(g.copy())

    return faulty


# ---- softmax with five features, K = 4, and the faults people make

N_FEATURES, K = 5, 4
DATA = RNG.normal(size=(N_FEATURES, 30)), np.r_[1:5, RNG.integers(1, 5, 26)]
THETA = RNG.normal(size=N_FEATURES * (K - 1))
NAMES = [(f"class {k + 1}", f"x{r}") for k in range(K - 1) for r in range(N_FEATURES)]


def softmax(theta, l2=3.0):
    f, g = matlab.softmax_regression_vec(theta, *DATA)
    return f + 0.5 * l2 * float(theta @ theta), g + l2 * theta


def negated_at(*where):
    def change(g):
        g[list(where)] *= -1
        return g

    return change


def doubled_column(g):
    g[N_FEATURES : 2 * N_FEATURES] *= 2
    return g


EVERYWHERE = list(range(15))
PLANTED = {
    "sign of one coordinate": (negated_at(6), [6]),
    "sign of everything": (lambda g: -g, EVERYWHERE),
    "factor 2": (lambda g: 2 * g, EVERYWHERE),
    "mean against sum": (lambda g: g / 30, EVERYWHERE),
    "one class column doubled": (doubled_column, [5, 6, 7, 8, 9]),
    # The two ends and the middle of a 3 × 5 matrix stay where they are when it is unrolled the other way.
    "row-major order": (
        lambda g: g.reshape(K - 1, N_FEATURES).ravel(order="F"),
        [j for j in EVERYWHERE if j not in (0, 7, 14)],
    ),
    "penalty missing": (lambda g: g - 3.0 * THETA, EVERYWHERE),
    "penalty doubled": (lambda g: g + 3.0 * THETA, EVERYWHERE),
    "intercept row missing": (lambda g: np.where(np.arange(15) % N_FEATURES == 0, 0.0, g), [0, 5, 10]),
}


def test_the_correct_softmax_passes():
    report = check_gradient(softmax, THETA, names=NAMES)
    assert report.verdict == "PASS"
    assert report.ok
    assert report.table["coordinate"].tolist() == EVERYWHERE
    assert report.table["relative_error"].max() < 1e-6


@pytest.mark.parametrize("fault", PLANTED)
def test_a_planted_fault_fails_at_exactly_its_coordinates(fault):
    change, where = PLANTED[fault]
    report = check_gradient(with_fault(softmax, change), THETA, names=NAMES)
    assert report.verdict == "FAIL"
    assert not report.ok
    assert failing(report) == where


def test_the_table_names_what_is_wrong():
    report = check_gradient(with_fault(softmax, negated_at(6)), THETA, names=NAMES)
    first = report.worst.iloc[0]
    assert (first["coordinate"], first["class"], first["feature"]) == (6, "class 2", "x1")
    assert first["analytic"] == -softmax(THETA)[1][6]
    assert first["numeric"] == pytest.approx(softmax(THETA)[1][6], rel=1e-7)
    assert first["relative_error"] == pytest.approx(2.0)
    assert first["error_in_noise"] > 1e3
    assert len(report.worst) == 10


# ---- correct gradients

CORRECT = {
    "quadratic of condition 1e8": (quadratic, RNG.normal(size=9), (np.logspace(0, 8, 9),)),
    "the same times 1e-8": (quadratic, RNG.normal(size=9), (np.logspace(-8, 0, 9),)),
    "the same times 1e8": (quadratic, RNG.normal(size=9), (np.logspace(8, 16, 9),)),
    "Rosenbrock": (rosenbrock, RNG.normal(size=10), ()),
    "Rosenbrock at its minimum": (rosenbrock, np.ones(6), ()),
    "a quadratic at its minimum": (quadratic, np.zeros(4), (np.arange(1.0, 5.0),)),
    "exponentials": (exponentials, 5 * RNG.normal(size=8), ()),
    "a large constant and a small slope": (offset, RNG.normal(size=5), ()),
    "x near 1e8": (quadratic, 1e8 * RNG.normal(size=5), (np.ones(5),)),
    "logarithms next to their pole": (lambda x: (-np.log(x).sum(), -1 / x), np.array([1e-6, 1e-3, 1.0, 1e5]), ()),
    "a fast wave": (lambda x: (np.sin(1e3 * x).sum(), 1e3 * np.cos(1e3 * x)), RNG.normal(size=4), ()),
    "a constant": (lambda x: (5.0, np.zeros(3)), np.ones(3), ()),
    "float32 inside": (in_float32, RNG.normal(size=6), ()),
    "one coordinate": (exponentials, np.array([0.3]), ()),
}


@pytest.mark.parametrize("case", CORRECT)
def test_a_correct_gradient_passes(case):
    fun, x0, args = CORRECT[case]
    report = check_gradient(fun, x0, args)
    assert report.verdict == "PASS", str(report)


def test_a_gradient_hidden_in_the_noise_of_f_is_inconclusive_and_not_ok():
    report = check_gradient(lambda x: (1e16 + 0.5 * float(x @ x), x.copy()), np.ones(3))
    assert report.verdict == "INCONCLUSIVE"
    assert not report.ok
    assert str(report).startswith("INCONCLUSIVE  3 of 3 coordinates cannot be judged: f = 1e+16 is noisy")


def test_a_function_that_is_finite_only_at_x0_is_inconclusive():
    def spike(x):
        return (0.0 if (x == 1).all() else math.inf), np.zeros(2)

    report = check_gradient(spike, np.ones(2))
    assert report.verdict == "INCONCLUSIVE"
    assert report.table["numeric"].isna().all()


def test_a_random_gradient_is_not_called_wrong_within_its_noise():
    noise = np.random.default_rng(0)

    def noisy(x):
        return float(x @ x + 1e-9 * noise.normal()), 2 * x + 1e-9 * noise.normal(size=x.size)

    report = check_gradient(noisy, np.array([1.0, -2.0, 3.0]))
    assert report.verdict == "PASS", str(report)
    assert report.noise > 1e-10


FAMILIES = {
    "powers": (lambda u: u**4, lambda u: 4 * u**3),
    "waves": (np.sin, np.cos),
    "exponentials": (lambda u: np.exp(u / 30), lambda u: np.exp(u / 30) / 30),
    "logistic": (lambda u: np.logaddexp(0, u), lambda u: np.exp(-np.logaddexp(0, -u))),
    "logarithms": (lambda u: np.log1p(u * u), lambda u: 2 * u / (1 + u * u)),
    "squares": (lambda u: u * u, lambda u: 2 * u),
}


@st.composite
def ridge_functions(draw):
    """``c * sum_i phi(a_i . x + b_i)`` of random family, dimension and scales, with its gradient, and a point."""
    phi, derivative = FAMILIES[draw(st.sampled_from(sorted(FAMILIES)))]
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    n, c = draw(st.integers(1, 5)), 10.0 ** draw(st.integers(-8, 8))
    A, b = rng.normal(size=(n + 2, n)) * 10.0 ** draw(st.integers(-1, 1)), rng.normal(size=n + 2)
    x = rng.normal(size=n) * 10.0 ** draw(st.integers(-2, 0))

    def fun(x):
        u = A @ x + b
        return float(c * np.sum(phi(u))), c * A.T @ derivative(u)

    return fun, x


@settings(max_examples=300, deadline=None)
@given(ridge_functions())
def test_no_correct_function_fails(problem):
    fun, x = problem
    report = check_gradient(fun, x)
    assert report.verdict == "PASS", str(report)


@settings(max_examples=300, deadline=None)
@given(ridge_functions(), st.data())
def test_every_fault_of_one_in_a_thousand_fails(problem, data):
    fun, x = problem
    g = fun(x)[1]
    # Beside a partner a million times larger a derivative drowns in the rounding of f.
    large = np.flatnonzero(np.abs(g) > 1e-3 * np.abs(g).max()).tolist()
    j = data.draw(st.sampled_from(large))
    factor = 1 + data.draw(st.sampled_from([1, -1])) * 10.0 ** data.draw(st.floats(-3, 3))

    def change(g):
        g[j] *= factor
        return g

    report = check_gradient(with_fault(fun, change), x)
    assert failing(report) == [j], str(report)


# ---- many coordinates


def test_many_coordinates_are_checked_at_once_along_a_direction_at_each_point():
    x = RNG.normal(size=3000)
    report = check_gradient(rosenbrock, x, seed=4)
    assert report.ok
    assert report.drawn
    assert report.table.empty
    assert [len(point.directions) for point in report.points] == [1, 1, 1]
    assert report.evaluations <= 20
    assert report.scipy_direction == "random"
    assert str(report).startswith(
        "PASS  g along a random direction, in which every coordinate takes part, agrees, off by"
    )
    assert "checked: all 3,000 coordinates at once, along random directions (seed 4), by central differences" in str(
        report
    )
    assert [row.split()[-1] for row in str(report).splitlines()[-3:]] == ["pass"] * 3
    assert json.loads(json.dumps(report.to_dict(), allow_nan=False)) == report.to_dict()
    again = check_gradient(rosenbrock, x, seed=4)
    assert again.directions.equals(report.directions)
    assert again.scipy_check_grad == report.scipy_check_grad
    assert not check_gradient(rosenbrock, x, seed=5).directions.equals(report.directions)


def test_some_of_many_coordinates_are_drawn_and_all_of_them_enter_random_directions():
    x = RNG.normal(size=3000)
    report = check_gradient(rosenbrock, x, seed=4, coordinates=50)
    assert report.ok
    assert len(report.table) == 50
    assert len(report.directions) == 4
    assert "checked: 50 of 3,000 coordinates, drawn at random or sought (seed 4)" in str(report)
    assert "every coordinate takes part in 4 random directions, of which 4 agree" in str(report)
    assert (
        not check_gradient(rosenbrock, x, seed=5, coordinates=50).table["coordinate"].equals(report.table["coordinate"])
    )


@pytest.mark.parametrize("drawn", [None, 50])
def test_a_fault_that_directions_find_is_sought(drawn):
    x = RNG.normal(size=3000)
    outside = next(
        j for j in range(3000) if j not in set(check_gradient(rosenbrock, x, coordinates=50).table["coordinate"])
    )
    report = check_gradient(with_fault(rosenbrock, negated_at(outside)), x, coordinates=drawn)
    assert failing(report) == [outside]
    assert set(report.directions["verdict"]) == {"fail"}
    assert not report.ok
    assert report.cause == "coordinate wrong"
    assert str(report).startswith(
        "FAIL  1 of 3,000 coordinates is wrong"
        if drawn
        else "FAIL  1 of 3,000 coordinates is wrong, all others agree, by up to "
    )
    assert report.evaluations <= (1_200 if drawn else 60)
    assert failing(check_gradient(with_fault(rosenbrock, negated_at(outside)), x, coordinates=[outside])) == [outside]


@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        (lambda g: -g, "sign"),
        (lambda g: 3 * g, "constant factor"),
        (lambda g: np.zeros_like(g), "frozen at zero"),
        (lambda g: g.reshape(60, 50).ravel(order="F"), "order"),
    ],
)
def test_a_gradient_of_many_coordinates_that_is_wrong_everywhere_is_diagnosed(fault, cause):
    report = check_gradient(with_fault(rosenbrock, fault), RNG.normal(size=3000))
    assert report.verdict == "FAIL"
    assert report.cause == cause
    assert report.evaluations <= 600


def test_many_coordinates_in_float32_pass():
    def in_float32(x):
        y = np.exp(x.astype(np.float32))
        return y.sum(), y

    report = check_gradient(in_float32, RNG.normal(size=3000))
    assert report.verdict == "PASS", str(report)
    assert report.evaluations <= 26


# ---- points


def test_a_point_near_the_optimum_may_be_given():
    x = RNG.normal(size=8)
    report = check_gradient(rosenbrock, x, near=np.ones(8))
    assert [point.name for point in report.points][3:] == ["the point near the optimum"]
    assert report.points[3].verdict == "PASS"
    assert "at the point near the optimum: 8 of 8 coordinates agree" in str(report)

    def rounded(x):
        """Right wherever the gradient is large."""
        f, g = rosenbrock(x)
        return f, np.where(np.abs(g) < 1e-3, 1e-3, g)

    found = check_gradient(rounded, x, near=np.ones(8))
    assert [point.verdict for point in found.points] == ["PASS", "PASS", "PASS", "FAIL"]


@pytest.mark.parametrize(
    ("near", "message"),
    [
        (np.ones(3), "near has 3 entries, expected 2, as many as x0"),
        ([1.0, math.nan], r"near is not finite: near\[1\] = nan"),
        (np.ones((2, 1)), r"near has shape \(2, 1\), expected one dimension"),
    ],
)
def test_a_point_that_is_none_is_refused(near, message):
    with pytest.raises(ValueError, match=message):
        check_gradient(rosenbrock, np.ones(2), near=near)


# ---- where numeric derivatives come from


def analytic(x):
    return np.sum(np.exp(x) * np.sin(x)), np.exp(x) * (np.sin(x) + np.cos(x))


def test_complex_steps_are_taken_where_they_agree():
    x = RNG.normal(size=30)
    report = check_gradient(analytic, x)
    assert report.ok
    assert report.method == "complex steps"
    assert "by complex steps" in str(report)
    central = check_gradient(analytic, x, method="central")
    assert central.ok
    assert central.method == "central differences"
    assert report.table["relative_error"].max() < 1e-13 < central.table["relative_error"].max()
    assert report.evaluations < central.evaluations / 2
    # A fault that no difference in f can show is none.
    assert check_gradient(with_fault(analytic, lambda g: g * (1 + 1e-11)), x).ok
    assert failing(check_gradient(with_fault(analytic, lambda g: g * (1 + 1e-5)), x)) == list(range(30))


NOT_ANALYTIC = {
    "an absolute value": lambda x: (np.sum(np.abs(x) * x**2), 3 * x * np.abs(x)),
    "a norm": lambda x: (np.linalg.norm(x) ** 2, 2 * x),
    "the real part": lambda x: (np.sum(x.real**2), 2 * x.real),
    "float": lambda x: (float(np.sum(x**2)), 2 * x),
    "float32": lambda x: (np.sum(x.astype(np.float32) ** 2), 2 * x.real),
    "a refusal of complex numbers": lambda x: (sum(math.exp(u) for u in x), np.exp(x)),
}


@pytest.mark.parametrize("kind", NOT_ANALYTIC)
def test_complex_steps_are_not_taken_where_they_do_not_suit(kind):
    x = 1.0 + RNG.uniform(size=6)
    report = check_gradient(NOT_ANALYTIC[kind], x)
    assert report.verdict == "PASS", str(report)
    assert report.method == "central differences"
    with pytest.raises(ValueError, match="method is 'complex', and complex steps do not suit this function: "):
        check_gradient(NOT_ANALYTIC[kind], x, method="complex")


def test_complex_steps_may_be_asked_for_where_coordinates_are_many():
    report = check_gradient(analytic, RNG.normal(size=3000), method="complex")
    assert report.ok
    assert report.method == "complex steps"
    assert report.evaluations <= 20


def test_an_unknown_method_is_refused():
    with pytest.raises(ValueError, match="method is 'exact', expected one of auto, central, complex"):
        check_gradient(analytic, np.ones(2), method="exact")


# ---- what a check will cost


COSTS = {
    "few": (rosenbrock, np.linspace(-1, 1, 9), {}),
    "few, one point": (rosenbrock, np.linspace(-1, 1, 9), {"points": 1}),
    "more than other points check": (rosenbrock, np.linspace(-1, 1, 70), {}),
    "by complex steps": (analytic, np.linspace(-1, 1, 70), {}),
    "many": (rosenbrock, np.linspace(-1, 1, 2500), {}),
    "many, in float32": (in_float32, np.linspace(-1, 1, 2500), {}),
    "many, by complex steps": (analytic, np.linspace(-1, 1, 2500), {"method": "complex"}),
    "drawn": (rosenbrock, np.linspace(-1, 1, 2500), {"coordinates": 60, "near": np.ones(2500)}),
    "chosen": (rosenbrock, np.linspace(-1, 1, 2500), {"coordinates": [1, 2400]}),
}


@pytest.mark.parametrize("case", COSTS)
def test_a_check_says_beforehand_how_many_evaluations_it_takes_and_keeps_to_it(case):
    fun, x, options = COSTS[case]
    said = []

    def bounds(text):
        numbers = [int(word.replace(",", "")) for word in text.split() if word.replace(",", "").isdigit()]
        return (numbers[0], numbers[1]) if " to " in text.partition("evaluations")[0] else (numbers[0], numbers[0])

    report = check_gradient(fun, x, say=said.append, **options)
    least, most = bounds(said.pop())
    assert report.ok
    assert least <= report.evaluations <= most
    for change in (lambda g: -g, negated_at(3)):
        report = check_gradient(with_fault(fun, change), x, say=said.append, **options)
        text = said.pop()
        if_wrong = int((text.partition("at most ")[2] or "0").split()[0].replace(",", ""))
        assert report.evaluations <= bounds(text)[1] + if_wrong


def test_coordinates_may_be_a_number_or_a_list():
    x = RNG.normal(size=20)
    some = check_gradient(rosenbrock, x, coordinates=5)
    assert len(some.table) == 5
    assert len(some.directions) == 4
    chosen = check_gradient(rosenbrock, x, coordinates=[7, 3, 7])
    assert chosen.table["coordinate"].tolist() == [3, 7]
    assert chosen.directions.empty
    assert "checked: the chosen 2 of 20 coordinates" in str(chosen)
    everything = check_gradient(rosenbrock, x, coordinates=20)
    assert len(everything.table) == 20
    assert everything.directions.empty


@pytest.mark.parametrize(
    ("coordinates", "error", "message"),
    [
        (0, ValueError, "coordinates is 0, expected at least 1"),
        ([], ValueError, "coordinates is empty"),
        ([1, 4], ValueError, "coordinate 4 is outside 0 … 3: x0 has 4 entries, counted from 0"),
        ([-1], ValueError, "coordinate -1 is outside"),
        (True, TypeError, "coordinates is True, expected None"),
        ("all", TypeError, "coordinates is 'all', expected None"),
        (2.0, TypeError, "float"),
    ],
)
def test_wrong_coordinates_are_named(coordinates, error, message):
    with pytest.raises(error, match=message):
        check_gradient(rosenbrock, np.ones(4), coordinates=coordinates)


# ---- SciPy's number


def test_scipys_number_is_scipys():
    from scipy.optimize import check_grad

    x = np.array([-1.2, 1.0, 0.5])
    wrong = with_fault(rosenbrock, negated_at(1))
    expected = check_grad(lambda x: wrong(x)[0], lambda x: wrong(x)[1], x)
    report = check_gradient(wrong, x)
    assert report.scipy_check_grad == expected
    assert report.scipy_direction == "all"
    assert f"scipy.optimize.check_grad: {expected:.3e} (all coordinates" in str(report)


@pytest.mark.parametrize("old", [True, False])
def test_scipys_generator_is_passed_under_the_name_it_has(monkeypatch, old):
    passed = {}

    def with_seed(func, grad, x0, *args, direction="all", seed=None):
        passed.update(direction=direction, generator=seed)
        return 0.25

    def with_rng(func, grad, x0, *args, direction="all", rng=None):
        passed.update(direction=direction, generator=rng)
        return 0.25

    monkeypatch.setattr(check, "check_grad", with_seed if old else with_rng)
    report = check_gradient(rosenbrock, np.ones(2001), coordinates=[0])
    assert report.scipy_check_grad == 0.25
    assert passed["direction"] == "random"
    assert isinstance(passed["generator"], np.random.Generator)


# ---- what fun may be


@njit
def compiled(x, a):
    return a * (x[0] ** 2 + x[1] ** 3), np.array([2 * a * x[0], 3 * a * x[1] ** 2])


def test_a_compiled_objective_with_arguments_is_taken_as_it_is():
    assert check_gradient(compiled, [1.0, 2.0], (3.0,)).ok


def test_an_object_may_name_its_coordinates():
    class Objective:
        def __call__(self, x):
            return exponentials(x)

        def coordinate_names(self):
            return [("setosa", "petal"), ("virginica", "petal")]

    report = check_gradient(Objective(), [0.0, 1.0])
    assert report.table["class"].tolist() == ["setosa", "virginica"]
    assert report.table["feature"].tolist() == ["petal", "petal"]
    given_names = check_gradient(Objective(), [0.0, 1.0], names=[(1, "a"), (2, "b")])
    assert given_names.table["class"].tolist() == [1, 2]


def test_without_names_the_text_has_no_columns_for_them():
    report = check_gradient(exponentials, [0.0, 1.0])
    assert report.table["class"].isna().all()
    assert "class" not in str(report)
    assert "class" in str(check_gradient(softmax, THETA, names=NAMES))


def test_names_that_do_not_fit_are_named():
    with pytest.raises(ValueError, match=r"names has 1 entries, expected 2: one pair \(class, feature\)"):
        check_gradient(exponentials, [0.0, 1.0], names=[("a", "b")])
    with pytest.raises(ValueError, match=r"names\[1\] is 'xy', expected a pair"):
        check_gradient(exponentials, [0.0, 1.0], names=[("a", "b"), "xy"])


def test_one_gradient_buffer_handed_out_again_and_again_breaks_the_contract():
    buffer = np.empty(3)

    def reusing(x):
        buffer[:] = np.exp(x)
        return float(buffer.sum()), buffer

    with pytest.raises(ValueError, match=r"fun returned the same array g in evaluations 1 and 2.* return a new one"):
        check_gradient(reusing, [0.0, 1.0, 2.0])
    with pytest.raises(ValueError, match="the same array g"):
        check_gradient(lambda x: (reusing(x)[0], buffer[::-1]), [0.0, 1.0, 2.0])


def test_a_function_that_changes_between_calls_breaks_the_contract():
    draws = np.random.default_rng(0)

    def random_batch(x):
        w = draws.uniform(size=3)
        return float(w @ np.exp(x)), w * np.exp(x)

    with pytest.raises(ValueError, match=r"f was .* at x0 and is .* there in evaluation 2: .* draw at random"):
        check_gradient(random_batch, np.ones(3))

    calls = 0

    def halved_later(x):
        nonlocal calls
        calls += 1
        f, g = exponentials(x)
        return f, g if calls < 3 else 0.5 * g

    with pytest.raises(ValueError, match=r"g\[0\] was 2.71.* at x0 and is 1.35.* there in evaluation"):
        check_gradient(halved_later, np.ones(3))


def test_a_function_of_many_coordinates_that_changes_between_calls_breaks_the_contract():
    draws = np.random.default_rng(0)
    calls = 0

    def random_batch(x):
        nonlocal calls
        calls += 1
        w = draws.uniform(size=3000)
        return float(w @ np.exp(x)), w * np.exp(x)

    with pytest.raises(ValueError, match=r"at x0 and is .* does it draw at random"):
        check_gradient(random_batch, np.ones(3000))
    assert calls <= 60


def test_whole_numbers_are_a_point_and_x0_is_left_alone():
    x0 = np.array([1, 2, 3])
    assert check_gradient(exponentials, x0).ok
    assert x0.tolist() == [1, 2, 3]
    assert check_gradient(lambda x: (0, np.zeros(2)), [1, 2]).ok


def test_the_evaluations_are_counted():
    calls = 0

    def counted(x):
        nonlocal calls
        calls += 1
        return exponentials(x)

    report = check_gradient(counted, np.zeros(4))
    assert report.evaluations == calls
    # Three points, each with its own probe of the noise.
    assert calls <= 150
    calls = 0
    alone = check_gradient(counted, np.zeros(4), points=1)
    assert alone.evaluations == calls
    assert calls <= 60


# ---- the contract


@pytest.mark.parametrize(
    ("x0", "error", "message"),
    [
        (np.ones((2, 2)), ValueError, r"x0 has shape \(2, 2\), expected one dimension .* flatten it"),
        (3.0, ValueError, r"x0 has shape \(\), expected one dimension"),
        ([], ValueError, r"x0 has shape \(0,\), expected one dimension and at least one entry"),
        ([1.0, np.nan], ValueError, r"x0 is not finite: x0\[1\] = nan"),
        ([1j], TypeError, "x0 has dtype complex128, expected real numbers"),
        (["a"], TypeError, "x0 has dtype <U1, expected real numbers"),
    ],
)
def test_a_wrong_point_is_named(x0, error, message):
    with pytest.raises(error, match=message):
        check_gradient(exponentials, x0)


@pytest.mark.parametrize(
    ("returned", "error", "message"),
    [
        (None, TypeError, r"fun returned None, expected the pair \(f, g\): is the return statement missing?"),
        (1.0, TypeError, r"fun returned a float, expected the pair \(f, g\)"),
        ((1.0, np.ones(4), 2), TypeError, r"fun returned a tuple of 3, expected the pair"),
        ((np.ones(1), np.ones(4)), TypeError, r"f has shape \(1,\), expected a real scalar: return float\(f\[0\]\)"),
        ((np.ones(4), 1.0), TypeError, r"f has shape \(4,\), expected a real scalar: .* return f before g"),
        ((1j, np.ones(4)), TypeError, "f is a complex .*, expected a real scalar"),
        (("1", np.ones(4)), TypeError, "f is a str .*, expected a real scalar"),
        ((True, np.ones(4)), TypeError, "f is a bool .*, expected a real scalar"),
        ((np.nan, np.ones(4)), ValueError, "f is nan at x0, expected a finite number"),
        ((np.inf, np.ones(4)), ValueError, "f is inf at x0"),
        ((1.0, [1.0] * 4), TypeError, r"g is a list, expected a NumPy float array of shape \(4,\)"),
        ((1.0, np.ones(4, int)), TypeError, "g has dtype int64, expected float64"),
        ((1.0, np.ones(4, complex)), TypeError, "g has dtype complex128, expected float64"),
        ((1.0, np.ones(4, object)), TypeError, "g has dtype object, expected float64"),
        ((1.0, np.ones(3)), ValueError, r"g has shape \(3,\), expected \(4,\): 1 entry too few"),
        ((1.0, np.ones(5)), ValueError, r"g has shape \(5,\), expected \(4,\): 1 entry too many"),
        ((1.0, np.ones(6)), ValueError, r"g has shape \(6,\), expected \(4,\): 4 = 2 × 2, 6 = 2 × 3: a fixed class"),
        ((1.0, np.ones((4, 1))), ValueError, r"g has shape \(4, 1\), expected \(4,\): flatten it"),
        ((1.0, np.array([1, np.inf, 1, np.nan])), ValueError, r"g is not finite at x0: 2 of 4 .* g\[1\] = inf"),
    ],
)
def test_what_fun_may_not_return_is_named(returned, error, message):
    with pytest.raises(error, match=message) as raised:
        check_gradient(lambda x: returned, np.ones(4))
    assert "\n" not in str(raised.value)


def test_the_length_of_a_softmax_gradient_with_the_fixed_class_is_explained():
    with pytest.raises(ValueError, match=r"\(650,\), expected \(585,\): 585 = 65 × 9, 650 = 65 × 10: a fixed class"):
        check_gradient(lambda x: (0.0, np.zeros(650)), np.zeros(585))


def test_zero_dimensional_arrays_and_numpy_scalars_are_scalars():
    assert check_gradient(lambda x: (np.array(x @ x), 2 * x), np.ones(2)).ok
    assert check_gradient(lambda x: (x @ x, 2 * x), np.ones(2)).ok


def test_a_function_that_changes_x_is_caught():
    def greedy(x):
        x[1] += 1.0
        return exponentials(x)

    with pytest.raises(ValueError, match=r"fun modified x in place \(x\[1\] was 2, is 3\): work on a copy"):
        check_gradient(greedy, [1.0, 2.0])


def test_an_exception_of_fun_names_its_evaluation():
    def fragile(x):
        if x[1] > 1.0005:
            raise ZeroDivisionError("mine")
        return exponentials(x)

    with pytest.raises(ZeroDivisionError, match="mine") as raised:
        check_gradient(fragile, np.ones(2))
    (note,) = raised.value.__notes__
    assert note.startswith("raised by fun in evaluation ")
    assert note.endswith("of the gradient check, at x0 + 1.0e-03 in coordinate 1")


def test_a_thing_that_cannot_be_called_is_named():
    with pytest.raises(TypeError, match="fun is an int, expected a callable"):
        check_gradient(3, np.ones(2))


# ---- text and JSON


def test_the_text_leads_with_the_verdict():
    assert str(check_gradient(rosenbrock, np.zeros(3))).startswith("PASS  3 of 3 coordinates agree, the worst off by ")
    text = str(check_gradient(with_fault(softmax, doubled_column), THETA, names=NAMES))
    headline, coverage, near, far, scipy_line, likely, blank, title, header, *rows = text.splitlines()
    assert headline.startswith("FAIL  5 of 15 coordinates are wrong, by up to ")
    assert coverage.startswith("checked: all 15 of 15 coordinates by central differences, ")
    assert near == "at a random point: 5 of 15 coordinates are wrong"
    assert far == "at a point of large norm: 5 of 15 coordinates are wrong"
    assert scipy_line.startswith("scipy.optimize.check_grad: ")
    assert likely.startswith("likely: the error is confined to the class column class 2 (coordinates 5, 6, 7, 8, 9), ")
    assert blank == ""
    assert title == "the worst 10 of 15 rows, by error in noise"
    assert header.split()[:5] == ["coordinate", "class", "feature", "analytic", "numeric"]
    assert [row.split()[-1] for row in rows] == ["fail"] * 5 + ["pass"] * 5


def test_to_dict_is_plain_json_with_null_for_what_json_cannot_say():
    report = check_gradient(with_fault(softmax, negated_at(6)), THETA, names=NAMES)
    read = json.loads(json.dumps(report.to_dict(), allow_nan=False))
    assert read == report.to_dict()
    assert (read["verdict"], read["ok"], read["n_failed"], read["n_checked"], read["n_coordinates"]) == (
        "FAIL",
        False,
        1,
        15,
        15,
    )
    assert read["table"][6]["class"] == "class 2"
    assert read["table"][6]["verdict"] == "fail"
    assert read["scipy_check_grad"] == report.scipy_check_grad

    nowhere = check_gradient(lambda x: ((0.0 if x[0] == 1 else math.inf), np.zeros(1)), [1.0])
    row = json.loads(json.dumps(nowhere.to_dict(), allow_nan=False))["table"][0]
    assert row["numeric"] is None
    assert row["tolerance"] is None
    assert row["class"] is None


# ---- the sweep


def test_the_error_of_a_slope_covers_its_distance_from_the_derivative():
    points = np.linspace(-3, 3, 61)
    found = [slope(lambda h, t=t: Shifted(math.exp(t + h), math.exp(t - h), 2 * h), math.exp(t), 0.0) for t in points]
    distance = np.abs([s.value for s in found] - np.exp(points))
    error = np.array([s.error for s in found])
    assert (distance <= 3 * error).all()
    assert (error < 1e-8 * np.exp(points) + 1e-9).all()


def test_a_noisy_function_gets_a_wide_step_and_a_steep_one_a_narrow_step():
    def noisy(h):
        return Shifted(1e6 + 0.5 * (1 + h) ** 2, 1e6 + 0.5 * (1 - h) ** 2, 2 * h)

    def steep(h):
        return Shifted(math.sin(1e6 * h), math.sin(-1e6 * h), 2 * h)

    wide, narrow = slope(noisy, 1e6 + 0.5, 1e-10), slope(steep, 0.0, 0.0)
    assert wide.step >= 1e-3
    assert wide.value == pytest.approx(1.0, abs=1e-5)
    assert narrow.step <= 1e-8
    assert narrow.value == pytest.approx(1e6, rel=1e-4)


def test_what_lies_outside_the_domain_is_not_used():
    def one_sided(h):
        return Shifted(math.log(1e-4 + h), math.log(1e-4 - h) if h < 1e-4 else math.nan, 2 * h)

    found = slope(one_sided, math.log(1e-4), 0.0)
    assert found.step < 1e-4
    assert found.value == pytest.approx(1e4, rel=1e-3)


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_a_correct_objective_computed_in_float32_never_fails(kind):
    """At the longest steps of the noise probe all its values may be equal: that is no sign of exactness."""

    def fun(x):
        terms = np.exp(x.astype(np.float32))
        return float(terms.sum()), terms.astype(kind)

    x0 = np.linspace(-1.0, 1.0, 300)
    assert "FAIL" not in {check_gradient(fun, x0, coordinates=5, seed=seed).verdict for seed in range(20)}
