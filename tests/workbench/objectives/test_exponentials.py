"""The exponentials of a block: the digits of the C library's, and what is not finite kept."""

import math

import numpy as np
import pytest

from solvers.jit import compiled
from workbench.objectives.exponentials import exponentials, multiplied


@compiled(error_model="numpy")
def of_every_class(Z, bias, top, best, P, others):
    """Take the exponentials of all classes."""
    for k in range(Z.shape[0]):
        exponentials(Z, k, bias[k], top, best, P, others)


@compiled(error_model="numpy")
def times(P, k, factors, Z):
    """Multiply the terms of a class."""
    multiplied(P, k, factors, Z)


def found(scores, dtype, **given):
    Z = np.array(scores, dtype)
    P, others = np.full(Z.shape, 7.0), np.zeros(Z.shape[1])
    nothing = np.zeros(Z.shape[1])
    parts = {"bias": np.zeros(Z.shape[0]), "top": nothing, "best": nothing - 1.0} | given
    of_every_class(Z, parts["bias"], parts["top"], parts["best"], P, others)
    return Z, P, others


@pytest.mark.parametrize(("dtype", "error"), [(np.float64, 3e-16), (np.float32, 2e-11)])
def test_they_err_by_the_last_digit_or_less_than_float32_can_show(dtype, error):
    scores = -np.geomspace(1e-12, 700.0, 640).reshape(10, 64)
    Z, P, others = found(scores, dtype)
    exact = np.array([[math.exp(z) for z in row] for row in Z.astype(np.float64)])
    assert np.abs(P / exact - 1.0).max() <= error
    assert others == pytest.approx(P.sum(axis=0), rel=1e-14)


@pytest.mark.compiled
def test_limits_and_what_is_not_a_number():
    scores = np.zeros((1, 16))
    scores[0, :5] = 0.0, -np.inf, np.nan, -707.9, -709.0
    P = found(scores, np.float64)[1][0]
    assert P[:2].tolist() == [1.0, 0.0]
    assert np.isnan(P[2])
    assert P[3] == pytest.approx(math.exp(-707.9), rel=1e-12)
    assert P[4] == 0.0
    assert (P[5:] == 1.0).all()


def test_the_largest_score_s_own_term_stays_out_of_the_sum():
    top, best = np.full(16, 3.0), np.zeros(16)
    best[5:] = 1.0
    _, P, others = found([[1.0] * 16, [2.0] * 16], np.float64, bias=np.array([2.0, 0.0]), top=top, best=best)
    assert P[:, 0] == pytest.approx([1.0, math.exp(-1.0)])
    assert others == pytest.approx([math.exp(-1.0)] * 5 + [1.0] * 11)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_terms_are_multiplied_row_by_row_in_place_or_elsewhere(dtype):
    P, factors, Z = np.arange(96.0).reshape(3, 32), np.linspace(-1.0, 2.0, 32), np.full((3, 32), 7.0, dtype)
    factors[3] = np.nan
    wanted = (P[1] * factors).astype(dtype)
    times(P, 1, factors, Z)
    assert np.array_equal(Z[1], wanted, equal_nan=True)
    assert (Z[[0, 2]] == 7.0).all()
    own = P.astype(dtype)
    times(own, 1, factors, own)
    assert np.array_equal(own[1], wanted, equal_nan=True)
    assert np.array_equal(own[[0, 2]], P[[0, 2]])
