"""Stages: growing subsets of the rows, what is kept between them, and what is counted and known of them."""

import itertools
import math

import numpy as np
import pytest
from numba import njit
from smooth import least_squares, python, rosenbrock

import solvers
from solvers.stages import Stages, subsets
from solvers.status import Status

RNG = np.random.default_rng(0)
A = RNG.normal(size=(900, 6)) * np.array([1.0, 2.0, 3.0, 5.0, 7.0, 10.0])
B = A @ np.arange(1.0, 7.0) + RNG.normal(size=900)
STAGES = {"stages": 2, "stage_iterations": 4, "stage_growth": 3.0}


def rows_objective(fun=least_squares):
    return solvers.RowObjective(fun, 900, (A, B))


def test_each_subset_holds_the_one_before():
    found = subsets(Stages(stages=3, stage_growth=2.0, seed=5), np.arange(100))
    assert [rows.size for rows in found] == [12, 25, 50]
    for small, large in itertools.pairwise(found):
        assert set(small) < set(large)
        assert (np.diff(large) > 0).all()
    assert [rows.size for rows in subsets(Stages(stages=2, stage_growth=100.0), np.arange(7))] == [1, 1]
    assert subsets(Stages(), np.arange(7)) == []
    other = subsets(Stages(stages=3, stage_growth=2.0, seed=6), np.arange(100))
    assert set(found[0]) != set(other[0])


def test_evaluations_are_counted_in_passes_over_all_rows():
    evaluated = []

    def counting(x, rows, A, b):
        evaluated.append(rows.size)
        return python(least_squares)(x, rows, A, b)

    found = solvers.lbfgs(rows_objective(counting), np.zeros(6), gtol=1e-6, **STAGES)
    assert evaluated.pop() == 900, "the last word on success is no evaluation of the run"
    assert {100, 300, 900} == set(evaluated)
    assert found.nfev == math.ceil(sum(evaluated) / 900)
    assert found.nit == len(found.trace) - 1
    assert (np.diff(found.history["nfev"]) >= 0).all()
    assert (np.diff(found.history["seconds"]) >= 0).all()
    assert list(found.history["nit"]) == list(range(found.nit + 1))


def test_f_is_told_where_it_is_known_of_all_rows():
    fun = rows_objective()
    found = solvers.lbfgs(fun, np.zeros(6), gtol=1e-6, **STAGES)
    known = np.isfinite(found.history["f"])
    assert list(known) == [False] * 8 + [True] * (len(known) - 8)
    assert (known == np.isfinite(found.history["grad_inf"])).all()
    assert found.success
    f, g = fun(found.x)
    assert (found.fun, found.trace[-1, 3]) == (f, f)
    assert (found.jac == g).all()
    assert found.trace[-1, 4] == np.abs(g).max() <= 1e-6


def test_what_was_learnt_is_kept():
    staged = solvers.lbfgs(rows_objective(), np.zeros(6), gtol=1e-6, **STAGES)
    points = []
    solvers.lbfgs(rows_objective(), np.zeros(6), max_iter=8, callback=lambda x: points.append(x.copy()), **STAGES)
    anew = solvers.lbfgs(rows_objective(), points[-1], gtol=1e-6)
    assert staged.nit - 8 < anew.nit


def test_without_stages_a_run_is_the_plain_one():
    plain = solvers.lbfgs(rows_objective(), np.zeros(6))
    none = solvers.lbfgs(rows_objective(), np.zeros(6), stages=0, stage_growth=7.0, seed=3)
    assert (plain.trace[:, [0, 1, 3, 4, 5]] == none.trace[:, [0, 1, 3, 4, 5]]).all()


@pytest.mark.compiled
def test_compiled_and_interpreted_runs_have_the_same_bits():
    compiled = solvers.lbfgs(rows_objective(), np.zeros(6), gtol=1e-6, **STAGES)
    interpreted = solvers.lbfgs(rows_objective(python(least_squares)), np.zeros(6), gtol=1e-6, **STAGES)
    assert (compiled.x == interpreted.x).all()
    assert compiled.trace[:, [0, 1, 5]].tolist() == interpreted.trace[:, [0, 1, 5]].tolist()


@pytest.mark.parametrize(
    ("limit", "status"),
    [({"max_iter": 6}, Status.ITERATIONS), ({"max_evals": 3}, Status.EVALUATIONS), ({"max_time": 1e-9}, Status.TIME)],
)
def test_limits_are_those_of_the_whole_run(limit, status):
    found = solvers.lbfgs(rows_objective(), np.zeros(6), gtol=0.0, **limit, **STAGES)
    assert found.status == status
    assert found.nit <= limit.get("max_iter", 8)
    assert found.nfev <= limit.get("max_evals", 100)
    assert found.fun == rows_objective()(found.x)[0]


def test_a_callback_is_told_of_stages_too_and_can_end_them():
    seen = []

    def callback(intermediate_result):
        seen.append(intermediate_result)
        return len(seen) == 6

    found = solvers.lbfgs(rows_objective(), np.zeros(6), callback=callback, **STAGES)
    assert [each.nit for each in seen] == [1, 2, 3, 4, 5, 6]
    assert all(np.isnan(each.fun) and np.isnan(each.jac).all() for each in seen)
    assert (found.status, found.nit) == (Status.CALLBACK, 6)
    assert (found.x == seen[-1].x).all()
    assert np.isfinite(found.fun)


def test_rows_are_needed():
    with pytest.raises(TypeError, match="lbfgs with stages needs an objective that can be evaluated on a subset"):
        solvers.lbfgs(rosenbrock, np.zeros(2), stages=2)


SETTINGS = solvers.lbfgs.settings(stages=2)


@pytest.mark.compiled
def test_inside_compiled_code_there_are_none():
    lbfgs = solvers.lbfgs

    @njit
    def inside():
        return lbfgs(rosenbrock, np.zeros(2), (), SETTINGS).f

    with pytest.raises(ValueError, match="no rows to draw stages from"):
        inside()


# ---- after the stages: finer forms, and smaller tolerances


class Coarse:
    """The least squares rounded to float32, unless asked for finer; sums of a BLAS in float32 differ by processor."""

    def __init__(self, dtype=np.float32, resolution=0.0):
        self.dtype, self.asked = dtype, 0
        if resolution:
            self.resolution = resolution

    def __call__(self, x):
        r = A @ x.astype(self.dtype).astype(np.float64) - B
        return float(self.dtype(r @ r / 1800)), (r @ A / 900).astype(self.dtype).astype(np.float64)

    def finer(self):
        self.asked += 1
        return Coarse(np.float64) if self.dtype == np.float32 else None


def exact(x):
    return Coarse(np.float64)(x)


@pytest.mark.parametrize("method", [solvers.lbfgs, solvers.cg, solvers.qnewton, solvers.gd])
@pytest.mark.parametrize("resolution", [0.0, 1e-7])
def test_a_run_that_rounding_ends_goes_on_with_the_finer_form(method, resolution):
    fun = Coarse(resolution=resolution)
    found = method(fun, np.zeros(6), gtol=1e-7)
    assert found.success, found.message
    assert found.fun == exact(found.x)[0]
    assert fun.asked == 1
    assert found.nit == len(found.trace) - 1
    assert list(found.history["nit"]) == list(range(found.nit + 1))
    assert (np.diff(found.history["nfev"]) >= 0).all()


def test_it_goes_on_with_what_it_has_learnt():
    found = solvers.lbfgs(Coarse(resolution=1e-7), np.zeros(6), gtol=1e-9)
    plain = solvers.lbfgs(exact, np.zeros(6), gtol=1e-9)
    assert found.nfev <= plain.nfev + 2


def test_without_a_finer_form_rounding_ends_the_run():
    class Only(Coarse):
        def finer(self):
            self.asked += 1

    fun = Only()
    found = solvers.lbfgs(fun, np.zeros(6), gtol=1e-9)
    assert found.status in (Status.ROUNDING, Status.LINE_SEARCH)
    assert (fun.asked, found.success) == (1, False)


def test_a_run_that_needs_no_finer_form_does_not_ask_for_it():
    fun = Coarse()
    assert solvers.lbfgs(fun, np.zeros(6), gtol=10.0).success
    assert fun.asked == 0


def test_the_finer_form_is_prepared_too():
    called = []

    class Noted(Coarse):
        def __call__(self, x):
            called.append(self.dtype)
            return super().__call__(x)

        def finer(self):
            return Noted(np.float64) if self.dtype == np.float32 else None

    solvers.lbfgs.prepare(Noted(), np.zeros(6))
    assert set(called) == {np.float32, np.float64}


def test_a_smaller_tolerance_is_gone_on_to_with_what_was_learnt():
    asked = []

    def tighten(found):
        asked.append((found.jac.copy(), found.nfev))
        return 1e-9 if len(asked) == 1 else None

    found = solvers.lbfgs(exact, np.zeros(6), gtol=1.0, tighten=tighten)
    plain = solvers.lbfgs(exact, np.zeros(6), gtol=1e-9)
    assert [np.abs(g).max() <= limit for (g, _), limit in zip(asked, (1.0, 1e-9), strict=True)] == [True, True]
    assert found.success
    assert "<= 1e-09" in found.message
    assert plain.nfev <= found.nfev <= plain.nfev + 3
    assert asked[0][1] < found.nfev


def test_a_limit_holds_for_the_whole_run_whatever_is_gone_on_to():
    found = solvers.lbfgs(exact, np.zeros(6), gtol=1e3, max_iter=5, tighten=lambda found: 0.0)
    assert (found.nit, found.status) == (5, Status.ITERATIONS)
