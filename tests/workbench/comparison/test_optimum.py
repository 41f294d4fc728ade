"""The optimum: certified where there is a penalty, a reference run where there is none."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import minimize

from solvers.status import Status
from workbench.comparison.optimum import optimum
from workbench.comparison.problem import problem


def test_with_a_penalty_the_optimum_is_certified_and_agrees_with_scipy(iris):
    found, status = optimum(iris.objective, 1e-6, 60.0)
    assert found.kind == "certificate"
    assert status == Status.GRADIENT
    theirs = minimize(
        iris.objective,
        iris.objective.x0,
        jac=True,
        method="L-BFGS-B",
        options={"ftol": 0.0, "gtol": 1e-10, "maxiter": 10_000},
    )
    assert found.f == pytest.approx(theirs.fun, rel=1e-9)
    assert 0.0 <= found.relative_error <= 1e-8
    assert found.f * (1.0 - found.relative_error) <= theirs.fun
    assert found.sentence.startswith(f"f* = {found.f:.12g}, certified")


@pytest.mark.parametrize("gap", [1e-2, 1e-9])
def test_the_error_is_proven_to_a_hundredth_of_the_smallest_gap(gap, iris):
    found, _ = optimum(iris.objective, gap, 60.0)
    assert found.kind == "certificate"
    assert found.relative_error <= 0.01 * gap


def test_a_gap_finer_than_anything_provable_leaves_a_reference_run_and_says_what_is_proven(iris):
    found, _ = optimum(iris.objective, 1e-30, 60.0)
    assert found.kind == "reference run"
    assert 0.0 <= found.relative_error < 1e-6
    assert "only a relative error of" in found.sentence


def test_without_a_penalty_nothing_is_certified(iris):
    plain = problem("softmax", iris.data, l2=0.0, dtype="float64")
    found, _ = optimum(plain.objective, 1e-6, 60.0)
    assert found.kind == "reference run"
    assert found.relative_error is None
    assert "not a certified optimum: nothing is proven" in found.sentence


def test_without_time_the_best_so_far_is_a_reference_run(iris):
    many = replace(iris.data, X=np.tile(iris.data.X, (200, 1)), y=np.tile(iris.data.y, 200))
    found, status = optimum(problem("softmax", many, l2=1e-6, dtype="float64").objective, 1e-12, 1e-9)
    assert status == Status.TIME
    assert found.kind == "reference run"
    assert found.f <= math.log(3) * (1.0 + 1e-12), "no higher than at the start, but for rounding"


def test_it_says_how_long_it_has_been_looking(iris):
    heard = []
    optimum(iris.objective, 1e-6, 60.0, heard.append)
    assert heard[0] == "optimum f*"
    assert heard[-1].startswith("optimum f* · ")


def test_the_value_is_the_judges_and_not_the_solvers(iris, monkeypatch):
    certificate = type(iris.objective).certificate
    seen = []

    def judge(self, theta):
        seen.append(certificate(self, theta))
        return seen[-1]

    monkeypatch.setattr(type(iris.objective), "certificate", judge)
    found, _ = optimum(iris.objective, 1e-6, 60.0)
    assert found.f == seen[-1].f
    assert np.isfinite(found.f)
