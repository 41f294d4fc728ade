"""Mistakes in a call: one clear sentence each, that says what was found and what was expected."""

from typing import Annotated, NamedTuple

import numpy as np
import pytest
from numba import njit
from smooth import python, quadratic, rosenbrock

import solvers
from solvers import ContractError

START = np.array([-1.2, 1.0])


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ((1.0, np.zeros(1)), r"gradient of shape \(1,\): expected \(2,\)"),
        ((1.0, np.zeros(3)), r"gradient of shape \(3,\): expected \(2,\)"),
        ((1.0, np.zeros((2, 1))), r"gradient of shape \(2, 1\)"),
        ((1.0, np.zeros(2, np.float32)), "gradient of dtype float32: expected float64"),
        ((1.0, np.zeros(2, np.int64)), "gradient of dtype int64"),
        ((1.0, np.zeros(2, np.complex128)), "gradient of dtype complex128"),
        ((1.0, None), "gradient of dtype object"),
        ((1.0 + 1.0j, np.zeros(2)), "f as complex"),
        ((np.ones(1), np.zeros(2)), r"f as an array of shape \(1,\)"),
        (("1", np.zeros(2)), "f as str"),
        ((None, np.zeros(2)), "f as NoneType"),
        (1.0, r"returned float 1.0: expected the pair \(f, g\).*jac=True"),
        ((1.0, np.zeros(2), 3), r"expected the pair \(f, g\)"),
        (None, r"returned NoneType None: expected the pair"),
    ],
    ids=str,
)
def test_a_python_objective_that_breaks_the_contract_is_told_how(value, sentence):
    with pytest.raises(ContractError, match=sentence):
        solvers.lbfgs(lambda x: value, START)


@pytest.mark.parametrize("value", [1, np.float32(1.0), np.int64(1), np.array(1.0), True])
def test_any_real_number_will_do_as_f(value):
    assert solvers.lbfgs(lambda x: (value, np.zeros(2)), START).fun == 1.0


def test_a_list_of_numbers_will_do_as_a_gradient():
    assert solvers.lbfgs(lambda x: (float(x @ x), (2.0 * x).tolist()), START).success


@pytest.mark.compiled
@pytest.mark.parametrize(
    ("fun", "sentence"),
    [
        (lambda x: x.sum(), r"returns float64: expected \(f, g\)"),
        (lambda x: (1.0, x, 2.0), r"expected \(f, g\)"),
        (lambda x: (1.0, 1.0), r"expected \(f, g\)"),
        (lambda x: (1.0j, x), r"expected \(f, g\)"),
        (lambda x: (1.0, x.reshape(1, -1)), r"expected \(f, g\)"),
        (lambda x: (1.0, x.astype(np.float32)), "gradient of float32: expected float64"),
        (lambda x: (1.0, x[:1]), r"gradient of shape \(1,\): expected \(2,\)"),
        (lambda x: (1.0, x.nothing), "does not compile"),
        (lambda x, y: (1.0, x), "does not compile"),
    ],
)
def test_a_compiled_objective_that_breaks_the_contract_is_told_how(fun, sentence):
    with pytest.raises(ContractError, match=sentence):
        solvers.lbfgs(njit(fun), START)


@pytest.mark.compiled
def test_a_compiled_gradient_in_another_layout_is_made_contiguous():
    def strided(x):
        f, g = rosenbrock(x)
        wide = np.empty((g.size, 2))
        wide[:, 0] = g
        return f, wide[:, 0]

    assert (solvers.lbfgs(njit(strided), START).x == solvers.lbfgs(rosenbrock, START).x).all()


@pytest.mark.compiled
def test_a_compiled_objective_may_take_its_data_as_star_args_and_its_gradient_from_a_second_function():
    d, b = np.array([1.0, 5.0]), np.ones(2)

    @njit
    def with_star(x, *data):
        return quadratic(x, *data)

    @njit
    def value(x, d, b):
        return quadratic(x, d, b)[0]

    @njit
    def slope(x, d, b):
        return quadratic(x, d, b)[1]

    expected = solvers.lbfgs(quadratic, np.zeros(2), (d, b)).x
    assert (solvers.lbfgs(with_star, np.zeros(2), (d, b)).x == expected).all()
    assert (solvers.lbfgs(value, np.zeros(2), (d, b), jac=slope).x == expected).all()


@pytest.mark.parametrize("kind", [pytest.param("compiled", marks=pytest.mark.compiled), "python"])
def test_a_gradient_that_changes_its_length_later_is_an_error_and_no_crash(kind):
    def shrinking(x):
        f, g = rosenbrock(x)
        return (f, g[:1].copy()) if x[0] > -1.0 else (f, g)

    with pytest.raises(ValueError, match=r"gradient (changed its length|of shape)"):
        solvers.lbfgs(njit(shrinking) if kind == "compiled" else shrinking, START)


@pytest.mark.parametrize(
    ("x0", "sentence"),
    [
        ([[1.0, 2.0]], r"x0 has shape \(1, 2\)"),
        (3.0, r"x0 has shape \(\)"),
        ([], r"x0 has shape \(0,\)"),
        ([1.0, np.nan], r"x0\[1\] is nan"),
        ([np.inf, 1.0], r"x0\[0\] is inf"),
        ([1.0 + 1.0j, 2.0], "x0 has dtype complex128"),
        (["a", "b"], "x0 has dtype <U1"),
    ],
)
def test_a_start_that_is_no_finite_vector_is_refused(x0, sentence):
    with pytest.raises((TypeError, ValueError), match=sentence):
        solvers.lbfgs(rosenbrock, x0)


@pytest.mark.parametrize("x0", [[-1, 1], (-1.0, 1.0), np.array([-1, 1], np.float32), np.array([-1.0, 9, 1, 9])[::2]])
def test_any_real_vector_will_do_as_a_start(x0):
    assert solvers.lbfgs(rosenbrock, x0).success


@pytest.mark.parametrize(
    ("method", "options", "error", "sentence"),
    [
        ("lbfgs", {"memori": 3}, TypeError, "no option 'memori'; did you mean 'memory'?"),
        ("lbfgs", {"maxiter": 3}, TypeError, "no option 'maxiter'; did you mean 'max_iter'?"),
        ("lbfgs", {"zzz": 3}, TypeError, "no option 'zzz', it takes c1, c2, curvature"),
        ("lbfgs", {"memory": 0}, ValueError, "memory=0: expected a number at least 1"),
        ("lbfgs", {"memory": 2.5}, TypeError, "memory=2.5: expected a whole number"),
        ("lbfgs", {"memory": "ten"}, TypeError, "memory='ten': expected a whole number"),
        ("lbfgs", {"damped": 1}, TypeError, "damped=1: expected True or False"),
        ("lbfgs", {"gtol": -1.0}, ValueError, "gtol=-1.0: expected a number at least 0"),
        ("lbfgs", {"gtol": np.nan}, TypeError, "gtol=nan: expected a number"),
        ("lbfgs", {"c1": 1.5}, ValueError, r"c1=1.5: expected a number in \(0, 1\)"),
        ("lbfgs", {"max_time": 0}, ValueError, "max_time=0: expected a number more than 0"),
        (
            "lbfgs",
            {"line_search": "wolf"},
            ValueError,
            "expected one of wolfe, armijo, more-thuente; did you mean 'wolfe'?",
        ),
        ("cg", {"update": "prp"}, ValueError, "expected one of fr, pr"),
        ("gd", {"window": 3}, TypeError, "option 'window' belongs to step='armijo', not to 'wolfe'"),
        ("gd", {"step": "bb", "length": "mid"}, ValueError, "expected one of long, short"),
        ("sgd", {"momentum": 1.0}, ValueError, r"momentum=1.0: expected a number in \[0, 1\)"),
        ("sgd", {"seed": -1}, ValueError, "seed=-1"),
    ],
    ids=str,
)
def test_an_option_that_does_not_fit_is_refused_with_the_nearest_valid_one(method, options, error, sentence):
    with pytest.raises(error, match=sentence):
        solvers.minimize(rosenbrock, START, method=method, **options)


def test_a_misspelt_method_is_refused_with_the_nearest_name():
    with pytest.raises(ValueError, match=r"unknown method 'lbgfs'.*did you mean 'lbfgs'"):
        solvers.minimize(rosenbrock, START, method="lbgfs")
    with pytest.raises(AttributeError, match="no attribute 'lbgfs'"):
        solvers.lbgfs  # noqa: B018


@pytest.mark.parametrize("name", ["hess", "hessp", "bounds", "constraints"])
def test_what_the_methods_cannot_take_is_refused_instead_of_ignored(name):
    with pytest.raises(ValueError, match=f"lbfgs minimises without {name}"):
        solvers.lbfgs(rosenbrock, START, **{name: [(0, 1)]})


@pytest.mark.parametrize(("method", "refused"), [("newton", "hessp"), ("newton0", "hess"), ("pcg", "hessp")])
def test_a_method_takes_the_second_derivatives_that_it_uses_and_no_others(method, refused):
    with pytest.raises(ValueError, match=f"{method} minimises without {refused}"):
        solvers.minimize(rosenbrock, START, method=method, **{refused: len})


def test_outputs_beyond_those_that_a_method_uses_are_left_alone():
    def with_hessian(x):
        return float(x @ x), 2.0 * x, 2.0 * np.eye(x.size)

    for method in ("lbfgs", "newton"):
        assert solvers.minimize(with_hessian, START, method=method).x == pytest.approx(0.0, abs=1e-9)


def test_stochastic_gradient_asks_for_rows():
    with pytest.raises(TypeError, match="RowObjective"):
        solvers.sgd(rosenbrock, START)
    with pytest.raises(ValueError, match="at least one row"):
        solvers.RowObjective(rosenbrock, 0)


def test_something_that_cannot_be_called_is_no_objective():
    with pytest.raises(ContractError, match="fun is int 3"):
        solvers.lbfgs(3, START)


def test_every_option_is_documented():
    from solvers import methods

    for name in methods.names():
        method = methods.method(name)
        for variant in method.variants:
            assert all(option.doc for option in method.options(variant).values()), (name, variant)


def test_the_plain_functions_of_the_problems_are_plain():
    assert not hasattr(python(rosenbrock), "overloads")


def test_the_options_of_parts_whose_settings_are_equal_tuples_are_not_mixed_up():
    from solvers.directions.cyclic_steepest_descent import CyclicSteepestDescent
    from solvers.options import declared

    class Another(NamedTuple):
        period: Annotated[int, "another option"] = 3

    assert CyclicSteepestDescent() == Another() == (3,)
    assert (list(declared(CyclicSteepestDescent())), list(declared(Another()))) == (["cycle"], ["period"])
