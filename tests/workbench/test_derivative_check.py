"""The derivative checks against the recorded text of the original."""

import importlib.util
import re

import numpy as np
import pytest

from workbench import matlab
from workbench.matlab.derivative_check import check_at_start
from workbench.matlab.matrix_display import displayed

NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[+-]\d+)?")


@pytest.fixture
def logreg(shared):
    """The function and arguments of the recorded checks, with its Hessian."""
    spec = importlib.util.spec_from_file_location("reference_problems", shared / "minfunc" / "problems.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    problem = module.get_problem("logreg", "a")

    def fun(x, *args):
        return problem["fun"](x, *args, order=2)

    return fun, problem["x0"], problem["args"]


@pytest.fixture
def recorded(shared):
    """The recorded text by the headings of its parts."""
    parts = re.split(r"^--- (.*)\n", (shared / "minfunc" / "gradcheck.txt").read_text(), flags=re.MULTILINE)
    return {name.split("; randn")[0]: text for name, text in zip(parts[1::2], parts[2::2], strict=True)}


def assert_same_text(found, expected):
    """Letters and spaces agree; numbers agree to 1 %, and to a power of ten where they are rounding noise alone."""
    assert NUMBER.sub("#", found) == NUMBER.sub("#", expected)
    for ours, theirs in zip(NUMBER.findall(found), NUMBER.findall(expected), strict=True):
        if 0.0 < abs(float(theirs)) < 2e-8:
            assert 0.1 < float(ours) / float(theirs) < 10.0
        else:
            assert float(ours) == pytest.approx(float(theirs), rel=0.01)


class Alternating(np.random.Generator):
    """A generator whose normal deviates have the signs + - + - …"""

    def __init__(self):
        super().__init__(np.random.PCG64(0))

    def standard_normal(self, size):
        return np.where(np.arange(size) % 2, -1.0, 1.0)


def wrong(x):
    """A gradient whose second entry is 1 too large."""
    return x[0] * x[0] + x[1] * x[1], np.array([2.0 * x[0], 2.0 * x[1] + 1.0])


def test_the_full_check_prints_what_the_original_printed(logreg, recorded, capsys):
    fun, x, args = logreg
    for order in (1, 2):
        for kind in (1, 2, 3):
            matlab.derivativeCheck(fun, x, order, kind, *args)
    assert_same_text(capsys.readouterr().out, recorded["derivativeCheck order 1, types 1 2 3; order 2, types 1 2 3"])


def test_the_fast_check_prints_what_the_original_printed(logreg, recorded, capsys):
    fun, x, args = logreg
    for order in (1, 2):
        for kind in (1, 2, 3):
            matlab.fastDerivativeCheck(fun, x, order, kind, *args, rng=Alternating())
    assert_same_text(capsys.readouterr().out, recorded["fastDerivativeCheck order 1 then 2, types 1 2 3"])


def test_a_wrong_gradient_is_shown_as_the_original_showed_it(recorded, capsys):
    assert matlab.derivativeCheck(wrong, [1.0, 2.0]) == pytest.approx(1.0)
    assert_same_text(capsys.readouterr().out, recorded["derivativeCheck on a wrong gradient"])


def test_the_difference_is_returned_whatever_its_size(capsys):
    def right(x):
        return x @ x, 2.0 * x

    assert 0.0 < matlab.derivativeCheck(right, [1.0, 2.0]) < 1e-9
    assert matlab.derivativeCheck(wrong, [1.0, 2.0]) == pytest.approx(1.0)
    assert 0.0 < matlab.fastDerivativeCheck(right, [1.0, 2.0], rng=0) < 1e-9
    assert matlab.fastDerivativeCheck(wrong, [1.0, 2.0], rng=0) == pytest.approx(1.0)
    assert "\nUser NumDif:\n" in capsys.readouterr().out


def test_a_gradient_that_is_not_finite_is_shown(capsys):
    assert np.isnan(matlab.derivativeCheck(lambda x: (x @ x, np.array([np.nan, 2.0])), [1.0, 1.0]))
    printed = capsys.readouterr().out
    assert "gradient: NaN\nUser NumDif:\n" in printed


def test_the_check_at_the_start_of_a_run_looks_at_all_derivatives_that_the_method_uses(capsys):
    def fun(x):
        u, v = x[1] - x[0] * x[0], 1.0 - x[0]
        H = np.array([[1200.0 * (x[0] * x[0]) - 400.0 * x[1] + 2.0, -400.0 * x[0]], [-400.0 * x[0], 200.0]])
        return 100.0 * (u * u) + v * v, np.array([(-400.0 * x[0]) * u - 2.0 * v, 200.0 * u]), H

    assert check_at_start(fun, np.array([-1.2, 1.0]), (), 2) == pytest.approx(2.660363e-08, rel=1e-6)
    assert capsys.readouterr().out == (
        "Checking Gradient...\n"
        "Max difference between user and numerical gradient: 1.540155e-08\n"
        "Checking Hessian...\n"
        "Max difference between user and numerical hessian: 2.660363e-08\n"
    )
    assert check_at_start(fun, np.array([-1.2, 1.0]), (), 1, use_complex=True) < 1e-12


@pytest.mark.parametrize(
    ("order", "kind", "sentence"),
    [
        (3, 2, r"order is 3: expected 1 \(gradient\) or 2 \(Hessian\)"),
        (1, 4, r"type is 4: expected 1 \(forward\), 2 \(central\) or 3 \(complex step\)"),
        (2, 2, r"fun returned no Hessian: expected \(f, g, H\)"),
    ],
)
def test_a_check_that_cannot_be_made_says_why(order, kind, sentence):
    with pytest.raises(ValueError, match=sentence):
        matlab.derivativeCheck(wrong, [1.0, 2.0], order, kind)


def test_a_gradient_of_the_wrong_length_is_refused():
    with pytest.raises(ValueError, match=r"g of shape \(3,\): expected \(2,\)"):
        matlab.derivativeCheck(lambda x: (x @ x, np.zeros(3)), [1.0, 2.0])


@pytest.mark.parametrize(
    ("matrix", "rows"),
    [
        ([[2.0, -2.0], [5.0, 14.0]], ["    2   -2", "    5   14"]),
        ([[0.5, 0.0]], ["   0.5000        0"]),
        ([[100.5, 0.25]], ["   100.5000     0.2500"]),
        ([[1e-7, 1.0]], ["   1.0000e-07   1.0000e+00"]),
        ([[np.nan, 1.5], [-np.inf, 2.5]], ["      NaN   1.5000", "     -Inf   2.5000"]),
        ([[0.0, 0.0]], ["   0   0"]),
    ],
)
def test_a_matrix_is_shown_as_octave_shows_it(matrix, rows):
    assert displayed("A", np.array(matrix)).split("\n") == ["A =", "", *rows, ""]
