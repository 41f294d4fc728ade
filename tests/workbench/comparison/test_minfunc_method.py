"""Methods of minFunc as contestants: how they are named, what they are held to, what they need."""

import math

import numpy as np
import pytest
from inline import compared

from workbench.comparison.contestant import contestant
from workbench.matlab.minfunc_options import METHODS
from workbench.peers.families.minfunc import MinfuncMethod, WithHessian, minfunc_entries

F_STAR = 0.304319893248
LIMITS = {"max_evals": 150, "gtol": 1e-5, "f_star": F_STAR}


def test_every_method_of_minfunc_has_a_line():
    assert all(MinfuncMethod(word).summary for word in METHODS)


@pytest.mark.parametrize(
    ("text", "label", "options"),
    [
        ("minfunc:qnewton", "minfunc:qnewton", {}),
        ("minfunc:lbfgs:", "minfunc:lbfgs", {}),
        (
            " minfunc : lbfgs : Corr = 10 , damped=TRUE",
            "minfunc:lbfgs:Corr=10,damped=TRUE",
            {"Corr": 10, "damped": True},
        ),
        ("minfunc:cg:cgUpdate=0,c2=0.4", "minfunc:cg:cgUpdate=0,c2=0.4", {"cgUpdate": 0, "c2": 0.4}),
    ],
)
def test_a_text_names_a_method_with_minfuncs_options(text, label, options):
    found = contestant(text)
    assert (found.label, found.options) == (label, options)
    assert found.method.name == ":".join(label.split(":")[:2])


@pytest.mark.parametrize(
    ("text", "error", "said"),
    [
        ("minfunc", ValueError, "minfunc alone names no method: expected minfunc: and one of sd, csd"),
        ("minfunc:qnewtn", ValueError, "unknown method 'minfunc:qnewtn'"),
        ("minfunc:qnewtn", ValueError, "did you mean 'qnewton'?"),
        ("minfunc:lbfgs:Cor=3", TypeError, "did you mean 'Corr'?"),
        ("minfunc:lbfgs:Corr=0", ValueError, "expected a whole number, at least 1"),
        ("minfunc:lbfgs:Corr", ValueError, "'Corr' is no option=value"),
        ("minfunc:lbfgs:display=iter", TypeError, "option Display has no place in a comparison"),
        ("minfunc:lbfgs:numDiff=1", TypeError, "option numDiff has no place in a comparison"),
    ],
)
def test_what_does_not_exist_or_fit_is_refused(text, error, said):
    with pytest.raises(error) as raised:
        contestant(text)
    assert said in str(raised.value)


def test_first_order_methods_reach_the_tolerance_that_all_are_held_to(iris):
    found = compared(iris, "minfunc:lbfgs", "minfunc:qnewton", **LIMITS)
    for cell in found:
        assert "error" not in cell.result
        assert cell.result["status"] == "GRADIENT"
        assert cell.result["grad_inf"] <= LIMITS["gtol"]
        assert abs(cell.result["f"] - F_STAR) < 1e-6
        assert cell.trace["f"].iloc[0] == pytest.approx(math.log(3), rel=1e-15)
        assert len(cell.trace) == cell.result["nit"] + 1


def test_the_rule_of_progress_rests_unless_it_is_asked_for(iris):
    tight = LIMITS | {"max_evals": 500, "gtol": 1e-9}
    patient, hasty = compared(iris, "minfunc:lbfgs", "minfunc:lbfgs:progTol=1e-3", **tight)
    assert patient.result["status"] in ("GRADIENT", "ROUNDING")
    assert patient.result["grad_inf"] < 1e-8
    assert hasty.result["status"] in ("DECREASE", "FLAT_DIRECTION", "STEP")
    assert hasty.result["nit"] < patient.result["nit"]


def test_limits_hold_within_a_line_search_and_a_contestants_own_option_wins(iris):
    (limited,) = compared(iris, "minfunc:lbfgs", **LIMITS | {"max_evals": 7, "gtol": 1e-9})
    assert limited.result["nfev"] <= 7
    assert limited.result["status"] == "EVALUATIONS"
    (own,) = compared(iris, "minfunc:lbfgs:maxiter=3", **LIMITS)
    assert own.result["nit"] == 3


def test_newton_gets_the_hessian_from_products(iris):
    (cell,) = compared(iris, "minfunc:newton", **LIMITS)
    assert cell.result["grad_inf"] <= LIMITS["gtol"]
    assert cell.result["nit"] < 12, "quadratic convergence"


def test_the_hessian_is_the_derivative_of_the_gradient(iris):
    fun = WithHessian(iris.objective)
    x, h = np.linspace(-0.3, 0.4, iris.objective.x0.size), 1e-6
    _, _, H = fun(x, 3)
    for j, unit in enumerate(np.eye(x.size)):
        expected = (fun(x + h * unit, 2)[1] - fun(x - h * unit, 2)[1]) / (2.0 * h)
        np.testing.assert_allclose(H[:, j], expected, atol=1e-8)


def test_what_lacks_a_derivative_is_told_in_one_line(iris):
    class NoProducts:
        x0, gradient_scale = iris.objective.x0, 1.0

        def __call__(self, theta):
            return iris.objective(theta)

    with pytest.raises(ValueError, match="minfunc:newton needs second derivatives: the objective has no method hessp"):
        MinfuncMethod("newton").prepare(NoProducts(), iris.objective.x0)
    (cell,) = compared(iris, "minfunc:tensor", **LIMITS)
    assert cell.result["error"] == ("minfunc:tensor needs third derivatives, which no objective of a comparison has")


@pytest.mark.compiled
@pytest.mark.parametrize("text", ["minfunc:lbfgs", "minfunc:newton"])
def test_nothing_is_compiled_while_a_clock_runs(text, iris):
    (cell,) = compared(iris, text, **LIMITS)
    assert cell.result["flags"] == ""
    assert "error" not in cell.result


def test_a_listing_has_every_option_with_the_methods_own_default():
    entries = {entry["name"]: entry["options"] for entry in minfunc_entries()}
    assert list(entries) == [f"minfunc:{word}" for word in METHODS]
    assert entries["minfunc:cg"]["c2"]["default"] == 0.2
    assert entries["minfunc:lbfgs"]["c2"]["default"] == 0.9
    for name, options in entries.items():
        method = MinfuncMethod(name.partition(":")[2])
        assert method.settings(**{key: option["default"] for key, option in options.items()}) == method.settings()
