"""Every solver on every fault of an objective: the documented status, no false success, the best point kept."""

import math
import re

import numpy as np
import pytest
import scipy
from fault_kinds import FAULTS, FIRST_BAD, GTOL, N_ROWS, START, WASTED, Objective, true_gradient, truth
from fault_runs import SOLVERS, outcome, returning, solved
from faults import parts, table
from numba import njit

import solvers
from solvers import Status
from solvers.jit import clock

COUNTED = [solver for solver in SOLVERS if not solver.startswith("minfunc")]
"""Those with limits and callbacks of ours."""
CELLS = [(solver, fault) for fault in FAULTS if fault != "hung" for solver in SOLVERS]


def new(fault):
    return Objective(FAULTS[fault].make)


@pytest.mark.parametrize(("solver", "fault"), CELLS)
def test_every_solver_meets_every_fault_as_documented(solver, fault):
    expected = FAULTS[fault]
    found, result, calls = outcome(solver, expected)
    assert found == expected.outcome_of(solver)
    if expected.calls and not solver.startswith(("minfunc", "sgd")):  # sgd: monitoring is outside the limits
        assert calls <= expected.calls
    if result is None:
        return
    assert np.isfinite(result.x).all()
    if result.success:
        assert true_gradient(result.x) <= GTOL
    if calls > 1 and fault not in ("-inf later", "wrong sign", "no repetition"):
        assert result.fun <= truth(START)[0], "it is no worse than the start"
        assert result.fun == truth(result.x)[0], "f is that of the point returned"


@pytest.mark.parametrize("solver", ["lbfgs", "gd:step=bb", "newton0", "sgd"])
def test_an_exception_brings_the_best_point_and_says_where_it_came_from(solver):
    with pytest.raises(KeyError) as raised:
        solved(solver, new("raises"))
    result = raised.value.result
    name = solver.partition(":")[0]
    assert (result.status, result.success, result.method) == (Status.RAISED, False, name)
    assert result.fun == truth(result.x)[0] <= truth(START)[0]
    (note,) = raised.value.__notes__
    assert re.fullmatch(rf"raised while {name} evaluated the objective: iteration \d+, evaluation \d+", note)
    assert result.history["f"].iloc[0] == truth(START)[0]


@pytest.mark.parametrize("answer", [True, np.True_, StopIteration], ids=str)
@pytest.mark.parametrize("solver", COUNTED)
def test_every_solver_is_stopped_by_its_callback(solver, answer):
    def callback(x):
        if answer is StopIteration:
            raise StopIteration
        return answer

    result = solved(solver, new("none"), callback=callback)
    assert (result.status, result.nit) == (Status.CALLBACK, 1)


def test_an_exception_of_a_callback_brings_the_best_point_too():
    def callback(x):
        raise ArithmeticError("no plot")

    with pytest.raises(ArithmeticError, match="no plot") as raised:
        solved("lbfgs", new("none"), callback=callback)
    assert raised.value.result.nit == 1
    assert raised.value.__notes__ == ["raised while lbfgs called the callback: iteration 1, evaluation 2"]


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 8])
@pytest.mark.parametrize("solver", COUNTED)
def test_the_limit_of_evaluations_is_exceeded_by_one_at_most(solver, limit):
    result = solved(solver, new("none"), max_evals=limit)
    assert result.nfev <= limit + 1
    assert result.status in (Status.EVALUATIONS, Status.GRADIENT)


def test_the_best_point_of_a_run_that_rises_is_returned_where_the_objective_ends_it():
    def leap(x):  # the step is too long: f rises until it overflows
        return float(50.0 * x @ x), 100.0 * x

    result = solvers.gd(leap, np.ones(2), step="fixed", step_size=1.0)
    assert result.status == Status.NOT_FINITE
    assert (result.x == 1.0).all()
    assert result.fun == 100.0
    assert result.history["f"].iloc[-1] > 1e300, "the history is what happened"


def test_one_that_never_returns_is_ended_with_its_process_alone():
    runs = [(solver, fault) for solver in ("lbfgs", "sgd", "minfunc:lbfgs") for fault in ("raises", "hung")]
    assert returning(runs, 3.0) == [run for run in runs if run[1] == "raises"]


def test_the_page_shows_this_matrix():
    _, shown, _ = parts()
    here, there = (re.findall(r"^\| (.*?) \| (.*?) \|", text, re.MULTILINE) for text in (shown, table([])))
    assert here == there
    if f"SciPy {scipy.__version__}:" in shown:
        assert shown == table([])


# ---- compiled

NAN_AT_START, NAN_LATER, BEYOND, NAN_IN_G, MINUS_INF, WRONG_SIGN, ONE_BUFFER, INTO_X, SHORT_G, RAISES, AGAIN = range(11)
CALLS = 0


@njit
def spoilt(x, kind, calls, buffer):
    """The function of the matrix with a fault; `calls` counts, `buffer` is a place for g and for the last point."""
    calls[CALLS] += 1
    later = calls[CALLS] >= 4
    z, w = x - 1.0, np.array([1.0, 3.0])
    f, g = (0.5 * w * z**2 + 0.05 * z**4).sum(), w * z + 0.2 * z**3
    if (kind == NAN_AT_START and calls[CALLS] == 1) or (kind == NAN_LATER and later):
        f = np.nan
    elif kind == BEYOND and (x[0] > 1.5 or x[1] < 0.5):
        f = np.inf
    elif kind == NAN_IN_G and later:
        g[0] = np.nan
    elif kind == MINUS_INF and later:
        f = -np.inf
    elif kind == WRONG_SIGN:
        g = -g
    elif kind == ONE_BUFFER:
        buffer[:] = g
        return f, buffer
    elif kind == INTO_X:
        x[:] = 0.0
    elif kind == SHORT_G and later:
        return f, g[:1].copy()
    elif kind == RAISES and later:
        raise ArithmeticError("model")
    elif kind == AGAIN:
        again = x[0] == buffer[0] and x[1] == buffer[1]
        buffer[:] = x
        if again:
            g += 1.0
    return f, g


@njit
def spoilt_with_hessian(x, kind, calls, buffer):
    f, g = spoilt(x, kind, calls, buffer)
    return f, g, np.diag(np.array([1.0, 3.0]) + 0.6 * (x - 1.0) ** 2)


@njit
def spoilt_on_rows(x, rows, kind, calls, buffer):
    return spoilt(x, kind, calls, buffer)


COMPILED = {
    "nan at start": NAN_AT_START,
    "nan later": NAN_LATER,
    "inf beyond": BEYOND,
    "nan in g later": NAN_IN_G,
    "-inf later": MINUS_INF,
    "wrong sign": WRONG_SIGN,
    "one buffer": ONE_BUFFER,
    "overwrites x": INTO_X,
    "short g later": SHORT_G,
    "raises": RAISES,
    "no repetition": AGAIN,
}
OTHERWISE = {"overwrites x": "GRADIENT", "short g later": "raises ValueError", "raises": "raises ArithmeticError"}
"""What comes of a compiled function: it writes into an array of its own."""


def compiled_outcome(solver, fault):
    """The outcome of a compiled run, its result, and the calls that it took."""
    name, _, rest = solver.partition(":")
    options = dict(each.split("=") for each in rest.split(",") if each)
    calls, buffer = np.zeros(1, np.int64), np.full(2, np.nan)
    fun, args = spoilt, (COMPILED[fault], calls, buffer)
    if name in ("newton", "mnewton"):
        fun = spoilt_with_hessian
    if name == "sgd":
        fun, args = solvers.RowObjective(spoilt_on_rows, N_ROWS, args), ()
    try:
        result = solvers.minimize(fun, START, args, method=name, gtol=GTOL, max_iter=500, max_evals=1000, **options)
    except (ArithmeticError, ValueError) as error:
        return f"raises {type(error).__name__}", error.result, calls[CALLS]
    return result.status.name, result, calls[CALLS]


def check_compiled(solver, fault):
    found, result, calls = compiled_outcome(solver, fault)
    assert found == OTHERWISE.get(fault, FAULTS[fault].outcome_of(solver))
    if fault in ("nan later", "nan in g later"):
        assert FIRST_BAD <= calls <= WASTED
    assert np.isfinite(result.x).all()
    assert not result.success or true_gradient(result.x) <= GTOL
    if fault not in ("nan at start", "-inf later", "wrong sign"):
        assert result.fun == pytest.approx(truth(result.x)[0], rel=1e-14)
        assert math.isfinite(result.fun)


@pytest.mark.compiled
@pytest.mark.parametrize("fault", COMPILED)
@pytest.mark.parametrize("solver", ["lbfgs", "sgd"])
def test_compiled_runs_meet_faults_as_documented(solver, fault):
    check_compiled(solver, fault)


@pytest.mark.long
@pytest.mark.compiled
@pytest.mark.parametrize("fault", COMPILED)
@pytest.mark.parametrize(
    "solver",
    [each for each in SOLVERS if not each.startswith(("minfunc", "tensor", "lbfgs:line_search=more", "gd:step=fixed"))],
)
def test_all_compiled_runs_meet_faults_as_documented(solver, fault):
    check_compiled(solver, fault)


@pytest.mark.compiled
def test_where_a_compiled_function_has_no_value_it_returns_nan_and_is_told_so_if_it_raises():
    @njit
    def fussy(x, bound):
        if x[0] > bound:
            raise solvers.NotEvaluable
        return (x * x).sum(), 2.0 * x

    with pytest.raises(solvers.NotEvaluable) as raised:
        solvers.lbfgs(fussy, np.array([-3.0, 1.0]), (-2.5,))
    assert raised.value.__notes__[1] == "where it has no value, a function compiled by Numba returns nan instead"
    assert (raised.value.result.x == [-3.0, 1.0]).all()
    assert solvers.lbfgs(fussy, np.array([-2.0, 1.0]), (-2.5,)).status == Status.NOT_FINITE, (
        "x0 is evaluated from Python"
    )


@pytest.mark.compiled
def test_a_slow_compiled_function_exceeds_the_time_by_one_evaluation_at_most():
    calls = np.zeros(1, np.int64)

    @njit
    def slow(x, calls):
        calls[0] += 1
        total = 0.0
        for i in range(20_000_000):
            total += (i % 7) * 1e-18
        return 0.25 * (x**4).sum() + 0.0 * total, x**3

    solvers.lbfgs.prepare(slow, START, (calls,))
    began = clock()
    slow(START, calls)
    seconds = clock() - began
    calls[0] = 0
    result = solvers.lbfgs(slow, START, (calls,), max_time=1.5 * seconds, gtol=1e-12)
    assert result.status == Status.TIME
    assert result.nfev == calls[0] <= 4
    assert result.oracle_seconds == pytest.approx(result.seconds, rel=0.2)
