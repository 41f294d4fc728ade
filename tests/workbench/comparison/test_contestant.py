"""Contestants: how they are named, and what is refused."""

import pytest

from workbench.comparison.contestant import contestant, contestants, defaults


@pytest.mark.parametrize(
    ("text", "label", "options"),
    [
        ("lbfgs", "lbfgs", {}),
        ("lbfgs:", "lbfgs", {}),
        (" lbfgs : memory = 10 , damped=TRUE ", "lbfgs:memory=10,damped=TRUE", {"memory": 10, "damped": True}),
        ("cg:update=hz,c2=0.4", "cg:update=hz,c2=0.4", {"update": "hz", "c2": 0.4}),
        ("gd:step=1/L", "gd:step=1/L", {"step": "1/L"}),
        ("gd:step=fixed,step_size=1e-3", "gd:step=fixed,step_size=1e-3", {"step": "fixed", "step_size": 1e-3}),
        ("lbfgs:target=-inf", "lbfgs:target=-inf", {"target": float("-inf")}),
        ("sgd:nesterov=false", "sgd:nesterov=false", {"nesterov": False}),
    ],
)
def test_a_text_names_a_solver_with_its_options(text, label, options):
    found = contestant(text)
    assert (found.label, found.method.name, found.options) == (label, text.strip().partition(":")[0].strip(), options)
    assert {key: type(value) for key, value in found.options.items()} == {k: type(v) for k, v in options.items()}


@pytest.mark.parametrize(
    ("text", "error", "said"),
    [
        ("lbgfs", ValueError, "did you mean 'lbfgs'?"),
        ("", ValueError, "expected one of auto, bb, cg, csd, gd, lbfgs"),
        ("lbfgs:memroy=3", TypeError, "did you mean 'memory'?"),
        ("lbfgs:memory", ValueError, "'memory' is no option=value"),
        ("lbfgs:memory=", ValueError, "'memory=' is no option=value"),
        ("lbfgs:=3", ValueError, "'=3' is no option=value"),
        ("lbfgs:memory=3,memory=3", ValueError, "option 'memory' is given twice"),
        ("lbfgs:memory=many", TypeError, "expected a whole number"),
        ("lbfgs:damped=1", TypeError, "expected True or False"),
        ("lbfgs:c1=nan", TypeError, "c1=nan: expected a number"),
        ("lbfgs:c1=1", ValueError, "expected a number in (0, 1)"),
        ("lbfgs:step=bb", TypeError, "lbfgs has no option 'step'"),
        ("gd:memory=3", TypeError, "gd has no option 'memory'"),
        ("gd:step=fixed", ValueError, "gd with step='fixed' needs step_size=: the step"),
    ],
)
def test_what_does_not_exist_or_fit_is_refused(text, error, said):
    with pytest.raises(error) as raised:
        contestant(text)
    assert said in str(raised.value)


def test_one_contestant_cannot_enter_twice_however_it_is_written():
    with pytest.raises(ValueError, match=r"'lbfgs:memory=3' is named twice"):
        contestants(["lbfgs:memory=3", "cg", "lbfgs: memory=3"])


def test_by_default_our_four_solvers_compete(iris):
    assert [one.label for one in contestants(defaults(iris.objective))] == ["lbfgs", "cg", "gd", "sgd"]
