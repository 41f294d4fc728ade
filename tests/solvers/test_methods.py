"""Every method on every problem: judged by the gradient and the known minimum, the same compiled and interpreted."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from smooth import PROBLEMS, least_squares, powell_singular, python, quadratic, rosenbrock

import solvers
from solvers import Status

VARIANTS = [
    ("lbfgs", {}),
    ("lbfgs", {"line_search": "armijo"}),
    ("lbfgs", {"memory": 3, "damped": True}),
    ("cg", {"update": "fr"}),
    ("cg", {"update": "pr+"}),
    ("cg", {"update": "hs"}),
    ("cg", {"update": "dy"}),
    ("cg", {"update": "hz"}),
    ("cg", {"line_search": "armijo", "restart": 5}),
    ("gd", {"step": "wolfe"}),
    ("gd", {"step": "armijo", "window": 5}),
    ("gd", {"step": "bb"}),
    ("gd", {"step": "bb", "length": "short"}),
]
IDS = [method + "".join(f",{key}={value}" for key, value in options.items()) for method, options in VARIANTS]


@pytest.mark.parametrize(("method", "options"), VARIANTS, ids=IDS)
@pytest.mark.parametrize("problem", PROBLEMS, ids=str)
def test_every_method_reaches_the_known_minimum(problem, method, options):
    result = solvers.minimize(
        problem.compiled, problem.x0, problem.args, method=method, max_iter=100_000, gtol=1e-6, **options
    )
    assert result.status == Status.GRADIENT, result.message
    f, g = problem.compiled(result.x, *problem.args)
    assert np.abs(g).max() <= 1e-6
    assert result.fun == f
    assert (result.jac == g).all()
    assert result.fun == pytest.approx(problem.f_min, abs=1e-9)
    assert result.x == pytest.approx(problem.solution, abs=1e-4)


INTERPRETED = [
    ("lbfgs", {"line_search": "more-thuente"}),
    ("csd", {}),
    ("bb", {}),
    ("scg", {}),
    ("pcg", {}),
    *(("qnewton", {"update": word}) for word in ("bfgs", "sr1", "hoshino", "self-scaling", "oren", "mccormick-huang")),
    ("qnewton", {"line_search": "armijo", "damped": False}),
    ("newton0", {}),
    ("pnewton0", {}),
]


@pytest.mark.parametrize(("method", "options"), INTERPRETED, ids=str)
@pytest.mark.parametrize("problem", PROBLEMS, ids=str)
def test_the_other_methods_of_minfunc_reach_it_too(problem, method, options):
    result = solvers.minimize(
        problem.plain, problem.x0, problem.args, method=method, max_iter=20_000, gtol=1e-6, **options
    )
    assert result.status == Status.GRADIENT, result.message
    if (method, str(problem)) == ("csd", "rosenbrock-6"):
        assert result.fun == pytest.approx(3.9739, abs=1e-4)  # the other minimum, which its long steps fall into
        return
    assert result.fun == pytest.approx(problem.f_min, abs=1e-9)
    assert result.x == pytest.approx(problem.solution, abs=1e-4)


@pytest.mark.compiled
@pytest.mark.parametrize(("method", "options"), VARIANTS, ids=IDS)
@pytest.mark.parametrize("problem", PROBLEMS, ids=str)
def test_compiled_and_interpreted_runs_have_the_same_iterates(problem, method, options):
    runs = [
        solvers.minimize(fun, problem.x0, problem.args, method=method, max_iter=300, gtol=1e-6, **options)
        for fun in (problem.compiled, problem.plain)
    ]
    compiled, interpreted = (run.history.drop(columns="seconds").to_numpy() for run in runs)
    assert compiled.shape == interpreted.shape
    assert compiled == pytest.approx(interpreted, rel=1e-10, abs=0.0, nan_ok=True)
    assert runs[0].x == pytest.approx(runs[1].x, rel=1e-10, abs=0.0)


@pytest.mark.compiled
def test_a_long_run_has_the_same_bits_compiled_and_interpreted():
    x0 = np.tile([-1.2, 1.0], 50)
    compiled = solvers.lbfgs(rosenbrock, x0, gtol=1e-8)
    interpreted = solvers.lbfgs(python(rosenbrock), x0, gtol=1e-8)
    assert compiled.nfev > 500
    assert (compiled.x == interpreted.x).all()


@pytest.mark.parametrize("method", ["gd", "cg", "lbfgs"])
def test_every_evaluation_is_counted_and_none_is_made_twice_but_for_the_last_word_on_success(method):
    seen = []

    def counted(x):
        seen.append(x.tobytes())
        return python(rosenbrock)(x)

    result = solvers.minimize(counted, np.array([-1.2, 1.0]), method=method, max_iter=60)
    if result.success:
        assert seen.pop() == result.x.tobytes()
    assert result.nfev == len(seen)
    assert len(set(seen)) == len(seen)


@pytest.mark.parametrize("method", ["gd", "cg", "lbfgs"])
def test_a_start_at_the_minimum_costs_one_evaluation_and_no_iteration(method):
    result = solvers.minimize(rosenbrock, np.ones(4), method=method)
    assert (result.nit, result.nfev, result.status) == (0, 1, Status.GRADIENT)


def test_descent_never_raises_f():
    for method, options in VARIANTS:
        if options.get("step") == "bb" or "window" in options:
            continue  # non-monotone on purpose
        f = solvers.minimize(rosenbrock, np.array([-1.2, 1.0]), method=method, max_iter=200, **options).history["f"]
        assert (np.diff(f) <= 1e-14 * np.abs(f[:-1])).all(), (method, options)


def test_a_fixed_step_follows_the_recurrence_by_hand():
    d, b = np.array([1.0, 4.0]), np.array([1.0, 1.0])
    result = solvers.gd(quadratic, np.zeros(2), (d, b), step="fixed", step_size=0.25, max_iter=3, gtol=0.0)
    x = np.zeros(2)
    for _ in range(3):
        x = x - 0.25 * (d * x - b)
    assert result.x == pytest.approx(x, rel=1e-15)


def test_one_over_the_lipschitz_constant_needs_an_objective_that_knows_it():
    class Quadratic:
        lipschitz = 4.0

        def __call__(self, x):
            return python(quadratic)(x, np.array([1.0, 4.0]), np.ones(2))

    result = solvers.gd(Quadratic(), np.zeros(2), step="1/L", gtol=1e-8)
    assert result.success
    assert result.history["step"][1] == 0.25
    with pytest.raises(ValueError, match="'lipschitz'"):
        solvers.gd(rosenbrock, np.zeros(2), step="1/L")
    with pytest.raises(ValueError, match="step_size"):
        solvers.gd(rosenbrock, np.zeros(2), step="fixed")


def test_a_diverging_fixed_step_ends_as_not_finite_or_unbounded_and_never_as_success():
    result = solvers.gd(quadratic, np.ones(2), (np.array([1.0, 100.0]), np.zeros(2)), step="fixed", step_size=1.0)
    assert not result.success
    assert result.status == Status.NOT_FINITE
    assert np.isfinite(result.fun)


def test_a_singular_hessian_at_the_minimum_is_reached_as_far_as_asked():
    for method in ("lbfgs", "cg"):
        result = solvers.minimize(powell_singular, np.array([3.0, -1.0, 0.0, 1.0]), method=method, gtol=1e-8)
        assert result.success, result.message
        assert result.fun < 1e-9


@pytest.mark.parametrize(("method", "options"), VARIANTS, ids=IDS)
@pytest.mark.parametrize("scale", [1e-300, 1e-160, 1e-50, 1e50, 1e150, 1e300])
def test_a_function_of_any_scale_ends_with_a_status_and_no_higher_than_it_began(scale, method, options):
    def scaled(x):
        f, g = python(rosenbrock)(x)
        return scale * f, scale * g

    result = solvers.minimize(scaled, np.array([-1.2, 1.0]), method=method, max_iter=100, gtol=0.0, **options)
    assert isinstance(result.status, Status)
    assert result.fun <= scale * python(rosenbrock)(np.array([-1.2, 1.0]))[0]


@pytest.mark.parametrize(("method", "options"), VARIANTS, ids=IDS)
def test_a_parabola_that_opens_downwards_is_no_success(method, options):
    # The steps grow until two points of a bracket coincide; dividing by their distance once raised ZeroDivisionError.
    result = solvers.minimize(lambda x: (float(-x @ x), -2.0 * x), np.ones(1), method=method, **options)
    assert not result.success, result.message
    assert result.fun < -100.0


def falls_for_ever(x):
    return -math.exp(min(-x[0], 800.0)) if x[0] > -700 else -math.inf, np.array([math.exp(min(-x[0], 700.0))])


def test_a_function_without_a_minimum_is_called_unbounded():
    for method in ("lbfgs", "cg", "gd"):
        result = solvers.minimize(falls_for_ever, np.zeros(1), method=method, max_iter=500)
        assert result.status == Status.UNBOUNDED, (method, result.message)
        assert not result.success


@pytest.mark.parametrize("method", ["gd", "cg", "lbfgs"])
def test_a_gradient_of_the_wrong_sign_is_never_called_success(method):
    def wrong(x):
        f, g = python(rosenbrock)(x)
        return f, -g

    result = solvers.minimize(wrong, np.array([-1.2, 1.0]), method=method)
    assert result.status == Status.WRONG_GRADIENT
    assert "f changes by -1 times what g promises" in result.message
    assert result.fun <= python(rosenbrock)(np.array([-1.2, 1.0]))[0]


@pytest.mark.parametrize("height", [0.0, 1e8])
@pytest.mark.parametrize("method", ["gd", "cg", "lbfgs"])
def test_a_run_that_goes_as_far_as_digits_go_says_that_and_does_not_blame_the_gradient(method, height):
    def lifted(x, d, b):
        f, g = python(quadratic)(x, d, b)
        return f + height, g

    d, b = np.array([1.0, 20.0]), np.array([1.0, 3.0])
    result = solvers.minimize(lifted, np.zeros(2), (d, b), method=method, gtol=1e-300)
    assert result.status in (Status.ROUNDING, Status.STEP, Status.GRADIENT, Status.ITERATIONS), result.message
    assert result.x == pytest.approx(b / d, abs=1e-3)


@hypothesis_settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    n=st.integers(1, 12),
    condition=st.floats(0.0, 4.0),
    variant=st.sampled_from(range(len(VARIANTS))),
)
def test_any_convex_quadratic_is_minimised(seed, n, condition, variant):
    method, options = VARIANTS[variant]
    rng = np.random.default_rng(seed)
    d = 10.0 ** rng.uniform(0.0, condition if method != "gd" else min(condition, 2.0), n)
    b = rng.normal(size=n)
    result = solvers.minimize(quadratic, rng.normal(size=n), (d, b), method=method, max_iter=100_000, **options)
    assert result.success, result.message
    assert np.abs(d * result.x - b).max() <= 1e-5


def data():
    rng = np.random.default_rng(0)
    A = rng.normal(size=(400, 5))
    return A, A @ np.arange(5.0) + 0.1 * rng.normal(size=400)


SCHEDULES = [
    {},
    {"nesterov": True},
    {"momentum": 0.0},
    {"average": True},
    {"schedule": "1/t"},
    {"schedule": "cosine"},
    {"schedule": "halving", "momentum": 0.5},
    {"batch_size": 400},
    {"batch_size": 37},
]


@pytest.mark.parametrize("options", SCHEDULES, ids=str)
def test_stochastic_gradient_comes_near_the_least_squares_solution(options):
    A, b = data()
    fun = solvers.RowObjective(least_squares, 400, (A, b))
    epochs = 200 if options.get("batch_size") == 400 else 40
    result = solvers.sgd(fun, np.zeros(5), max_iter=epochs, gtol=0.0, **_batch(options))
    best = np.linalg.lstsq(A, b, rcond=None)[0]
    assert result.fun <= 1.5 * fun(best)[0]
    assert result.fun == fun(result.x)[0]
    assert result.nfev == result.nit == epochs


@pytest.mark.compiled
@pytest.mark.parametrize("options", SCHEDULES, ids=str)
def test_stochastic_gradient_is_reproducible_and_the_same_compiled_and_interpreted(options):
    A, b = data()
    runs = [
        solvers.sgd(solvers.RowObjective(fun, 400, (A, b)), np.zeros(5), max_iter=4, seed=seed, **_batch(options))
        for fun, seed in ((least_squares, 1), (least_squares, 1), (python(least_squares), 1), (least_squares, 2))
    ]
    assert (runs[0].x == runs[1].x).all()
    assert (runs[0].x == runs[2].x).all()
    if options.get("batch_size") != 400:
        assert (runs[0].x != runs[3].x).any()


def _batch(options):
    return {"batch_size": 20, **options}


def test_every_row_is_drawn_once_per_epoch_in_an_order_that_changes():
    drawn = []

    def recording(x, rows, A, b):
        if rows.size < 10:
            drawn.extend(rows.tolist())
        return python(least_squares)(x, rows, A, b)

    A, b = data()
    solvers.sgd(solvers.RowObjective(recording, 10, (A[:10], b[:10])), np.zeros(5), max_iter=2, batch_size=3)
    assert sorted(drawn[:10]) == sorted(drawn[10:]) == list(range(10))
    assert drawn[:10] != drawn[10:]


def test_the_schedules_by_hand():
    from solvers.stochastic_gradient import COSINE, HALVING, INVERSE, StochasticGradient, step_length

    assert step_length(StochasticGradient(step_size=0.5), 7.5, 10) == 0.5
    assert step_length(StochasticGradient(step_size=0.5, schedule=INVERSE, decay=2.0), 1.5, 10) == 0.5 / 4.0
    assert step_length(StochasticGradient(step_size=0.5, schedule=COSINE), 5.0, 10) == pytest.approx(0.25)
    assert step_length(StochasticGradient(step_size=0.5, schedule=HALVING), 2.9, 10) == 0.125


def test_the_clock_of_stochastic_gradient_leaves_the_monitoring_out():
    import time

    def slow_when_whole(x, rows, A, b):
        if rows.size == 400:
            time.sleep(0.05)
        return python(least_squares)(x, rows, A, b)

    A, b = data()
    result = solvers.sgd(solvers.RowObjective(slow_when_whole, 400, (A, b)), np.zeros(5), max_iter=4, batch_size=200)
    assert result.nit == 4
    assert result.seconds < 0.05
    assert result.history["seconds"][0] == 0.0
