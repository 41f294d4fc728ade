"""Peers as contestants: how they are named, what they are held to, what a comparison says of those that cannot run."""

import numpy as np
import pytest
from inline import compared

from workbench.comparison.contestant import contestant
from workbench.comparison.problem import Problem
from workbench.objectives.softmax import SoftmaxObjective

LIMITS = {"max_evals": 300, "gtol": 1e-6, "f_star": 0.3}


@pytest.mark.parametrize(
    ("text", "label", "options"),
    [
        ("scipy:L-BFGS-B", "scipy:L-BFGS-B", {}),
        (" scipy : L-BFGS-B : maxcor = 30 ", "scipy:L-BFGS-B:maxcor=30", {"maxcor": 30}),
        ("sklearn:sag:seed=3", "sklearn:sag:seed=3", {"seed": 3}),
        ("scipy:CG:max_iter=5,gtol=1e-3", "scipy:CG:max_iter=5,gtol=1e-3", {"max_iter": 5, "gtol": 1e-3}),
        ("torch:LBFGS:line_search_fn=none", "torch:LBFGS:line_search_fn=none", {"line_search_fn": "none"}),
    ],
)
def test_a_prefix_names_a_family_and_its_options(text, label, options):
    found = contestant(text)
    assert (found.label, found.options) == (label, options)
    assert found.method.name == ":".join(label.split(":")[:2])


@pytest.mark.parametrize(
    ("text", "error", "said"),
    [
        ("scipy", ValueError, "scipy alone names no method: expected scipy: and one of L-BFGS-B, CG, BFGS"),
        ("scipy:LBFGSB", ValueError, "unknown method 'scipy:LBFGSB': expected scipy: and one of"),
        ("scipy:LBFGSB", ValueError, "did you mean 'L-BFGS-B'?"),
        ("scipy:CG:maxcor=3", TypeError, "scipy:CG has no option 'maxcor'"),
        ("scipy:CG:c1=2", ValueError, "expected a number in (0, 1)"),
    ],
)
def test_what_does_not_exist_or_fit_is_refused(text, error, said):
    with pytest.raises(error) as raised:
        contestant(text)
    assert said in str(raised.value)


def test_they_are_judged_as_all_others_are(iris):
    ours, theirs = compared(iris, "lbfgs", "scipy:L-BFGS-B", **LIMITS)
    assert theirs.result["status"] == "CLAIMED"
    assert theirs.result["success"]
    assert theirs.result["f"] == pytest.approx(ours.result["f"], abs=1e-8)
    assert theirs.result["grad_inf"] <= LIMITS["gtol"]
    assert len(theirs.trace) > 20
    assert theirs.trace["train_accuracy"].notna().sum() > 5


def test_one_that_cannot_take_the_problem_is_a_row_with_its_reason(iris):
    (refused,) = compared(iris, "sklearn:lbfgs", **LIMITS)
    reason = "penalises all classes: it needs the symmetric form (reference=None), two classes, or l2 = 0"
    assert refused.result["error"] == f"sklearn:lbfgs {reason}"
    assert contestant("sklearn:lbfgs").unfit(iris.objective) == reason
    assert contestant("lbfgs").unfit(iris.objective) == ""
    assert contestant("minfunc:tensor").unfit(iris.objective).startswith("needs third derivatives")


def test_a_seed_of_the_comparison_reaches_those_that_draw(iris):
    symmetric = SoftmaxObjective(iris.objective.X, iris.data.y, l2=1e-2, reference=None)
    problem = Problem(symmetric, iris.data, "float64")
    one, two, again = (compared(problem, "sklearn:sag:max_iter=2", seed=seed, **LIMITS)[0] for seed in (1, 2, 1))
    assert one.result["status"] == "ITERATIONS"
    np.testing.assert_array_equal(one.arrays["theta"], again.arrays["theta"])
    assert not np.array_equal(one.arrays["theta"], two.arrays["theta"])
