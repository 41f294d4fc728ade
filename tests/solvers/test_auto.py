"""The method that chooses: what it takes is what the objective allows."""

import math
import os

import numpy as np
import pytest
from numba import njit
from numba.core.errors import TypingError
from scipy import sparse
from smooth import least_squares, rosenbrock

import solvers
import workbench as wb
from solvers.methods import auto


def test_for_any_function_it_is_plain_l_bfgs_and_says_so():
    x0 = np.array([-1.2, 1.0])
    found, plain = (solvers.minimize(rosenbrock, x0, method=name) for name in ("auto", "lbfgs"))
    assert found.method == "auto: lbfgs memory=200 stages=0"
    assert (found.x == plain.x).all()
    assert found.nfev == plain.nfev


def test_for_softmax_it_takes_preconditioner_and_stages():
    X = np.random.default_rng(0).normal(size=(7000, 3))
    y = (X.sum(axis=1) + np.random.default_rng(1).logistic(size=7000) > 0).astype(int)
    fun = wb.SoftmaxObjective(X, y, l2=1e-4)
    found = wb.minimize(fun, fun.x0, method="auto", gtol=1e-8)
    assert found.method == "auto: lbfgs memory=200 stages=1 preconditioner=own"
    assert np.isnan(found.history["f"].iloc[0])
    assert found.success
    assert found.certificate.relative_gap < 1e-8
    same = wb.minimize(fun, fun.x0, method="lbfgs", gtol=1e-8, stages=1, preconditioner="own")
    assert (found.x == same.x).all()
    other = wb.minimize(fun, fun.x0, method="auto", gtol=1e-8, seed=1)
    assert (found.x != other.x).any()


@pytest.mark.parametrize(("n_rows", "number"), [(0, 0), (5999, 0), (6000, 1), (18000, 2), (54000, 3), (10**9, 3)])
def test_the_smallest_stage_has_enough_rows(n_rows, number):
    assert auto.stages(n_rows, 100, 1e9, 1.0) == number


def test_stages_end_where_their_evaluations_cost_less_than_the_rest():
    assert [auto.stages(10**6, 100, 9e6, step) for step in (1e5, 5e5, 2e6, 4e6)] == [3, 2, 1, 0]


def test_the_smallest_stage_has_rows_enough_for_the_variables():
    assert [auto.stages(60_000, n, 1e9, 1.0) for n in (7_850, 30_000, 101_000, 10**6)] == [3, 2, 1, 0]


def test_pairs_fit_into_their_share_of_the_memory(monkeypatch):
    memory = {"SC_PAGE_SIZE": 4096, "SC_PHYS_PAGES": 2**30 // 4096}
    monkeypatch.setattr(os, "sysconf", memory.__getitem__, raising=False)
    assert auto.pairs(1000, math.inf) == auto.MOST_PAIRS
    assert auto.pairs(10**9, math.inf) == auto.FEWEST_PAIRS
    found = auto.pairs(200_000, math.inf)
    assert found * 16 * 200_000 <= 2**30 / 16 < (found + 1) * 16 * 200_000
    monkeypatch.delattr(os, "sysconf")
    assert auto.pairs(1000, math.inf) == auto.MOST_PAIRS


def test_a_step_through_the_pairs_costs_no_more_than_an_evaluation():
    assert auto.pairs(1000, 4 * 1000 * 37 * auto.FROM_MEMORY) == 37
    assert auto.pairs(1000, 1.0) == auto.FEWEST_PAIRS
    wide = wb.SoftmaxObjective(sparse.random_array((40, 500), density=0.1, rng=0), np.arange(40) % 4, l2=1e-2)
    assert wide.work == 2 * 3 * wide.X.nnz
    assert wb.minimize(wide, wide.x0, method="auto").method.startswith(f"auto: lbfgs memory={auto.FEWEST_PAIRS} ")


def test_options_that_it_chooses_are_no_options_of_it():
    fun = solvers.RowObjective(least_squares, 3, (np.eye(3), np.ones(3)))
    with pytest.raises(TypeError, match="auto has no option 'memory'"):
        solvers.minimize(fun, np.zeros(3), method="auto", memory=3)


@pytest.mark.compiled
def test_inside_compiled_code_it_is_refused():
    chooser = solvers.auto

    @njit
    def inside():
        return chooser(rosenbrock, np.zeros(2)).f

    with pytest.raises(TypingError, match="auto chooses by what an objective offers"):
        inside()


@pytest.mark.parametrize(
    "options", [{"preconditioner": "own"}, {"stages": 1}, {"method": "auto"}], ids=["own", "stages", "auto"]
)
def test_the_problems_of_a_batch_have_rows_of_their_own(options):
    data = wb.load_dataset("iris")
    fun = wb.SoftmaxObjective(data.X, data.y, l2=1e-2)
    with pytest.raises(ValueError, match="and the problems of a batch have rows of their own"):
        wb.minimize_batch(fun, fun.x0, rows=np.zeros((2, 5), np.int64) + np.arange(0, 100, 20), **options)
