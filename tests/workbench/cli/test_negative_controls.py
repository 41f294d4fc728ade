"""Negative controls: three ways to win a comparison that must not work, each caught and named in the report."""

from pathlib import Path

import numpy as np
import pytest

import reports
from workbench.comparison import contestant as entering
from workbench.peers import penalty
from workbench.study import measurement

QUICK = ("--l2", 1e-2, "--max-evals", 60, "--out", "run")


def report():
    return Path("run/report/report.md").read_text(encoding="utf-8")


def test_an_adapter_that_halves_the_penalty_is_a_red_row_and_in_no_ranking(workbench, monkeypatch):
    """The mistake of a known benchmark: alpha = lambda / 2n."""
    monkeypatch.setattr(penalty, "inverse_of_sum", lambda weight, fun: 2.0 / (weight * penalty.total(fun)))
    study = '[[problem]]\ndata = "iris"\nl2 = 1e-2\nreference = "none"\n'
    Path("study.toml").write_text(f'[run]\nmax_evals = 60\n{study}[[solver]]\nname = ["lbfgs", "sklearn:lbfgs"]\n')
    assert workbench("compare", "study.toml", "--out", "run").code == 0
    run = reports.load("run")
    ours, theirs = run.results.to_dict("records")
    assert ours["parity"] == ""
    assert theirs["solver"] == "sklearn:lbfgs"
    assert theirs["state"] == "failed"
    assert theirs["parity"].startswith("minimises another f")
    assert theirs["parity"].endswith("the weight of its penalty is l2 / 2")
    assert "sklearn:lbfgs" in report()
    assert theirs["parity"].split(":")[0] in report()
    page = Path("run/report/index.html").read_text(encoding="utf-8")
    assert "First to" in page
    assert "sklearn:lbfgs after" not in page, "it is not ranked"


def test_a_solver_that_claims_success_at_once_is_a_false_success(workbench, monkeypatch):
    def lying(text):
        entered = entering.contestant(text)
        if not text.startswith("gd"):
            return entered

        class Liar:
            name, options, prepare = "gd", entered.method.options, entered.method.prepare

            def __call__(self, fun, x0, **options):
                result = entered.method(fun, x0, **{**options, "max_iter": 1})
                result.success, result.fun, result.jac = True, 0.0, np.zeros_like(result.jac)
                return result

        return entering.Contestant("gd", Liar(), entered.options)

    monkeypatch.setattr(measurement, "contestant", lying)
    assert workbench("compare", "--data", "iris", *QUICK, "--solver", "lbfgs", "--solver", "gd").code == 0
    verdicts = dict(reports.load("run").results[["solver", "verdict"]].itertuples(index=False))
    assert verdicts == {"lbfgs": "verified", "gd": "false success"}
    assert "false success" in report()


WRONG = """
import numpy as np
x0 = np.array([3.0, -2.0])
def cost(x):
    return float(x @ x) + x[0], 2.0 * x + np.array([0.0, 0.5])
"""


def test_a_function_with_a_wrong_gradient_is_refused_and_named_as_unchecked_where_it_is_run_all_the_same(workbench):
    Path("wrong.py").write_text(WRONG)
    refused = workbench("compare", "--objective", "wrong.py:cost", "--out", "run")
    assert refused.code == 1
    assert "the gradient of wrong.py:cost is wrong" in refused.err
    assert not Path("run").exists()
    assert workbench("compare", "--objective", "wrong.py:cost", "--unchecked", "--out", "run").code == 0
    assert "gradient unchecked" in report()
    run = reports.load("run")
    assert (run.results["status"] == "WRONG_GRADIENT").all()
    assert not run.results["success"].any()
    assert "g is not the gradient of f" in report()


@pytest.mark.usefixtures("unreported")
def test_what_a_solver_says_of_itself_moves_no_optimum(workbench):
    """f* is found before any solver runs: adding one changes no gap of the others."""
    few = ("--solver", "lbfgs")
    workbench("compare", "--data", "iris", "--l2", 1e-2, *few, "--out", "few")
    workbench("compare", "--data", "iris", "--l2", 1e-2, *few, "--solver", "cg", "--out", "more")
    few, more = reports.load("few"), reports.load("more")
    assert few.meta["reference"]["f"] == more.meta["reference"]["f"]
    gaps = [run.results.set_index("solver")["gap"]["lbfgs"] for run in (few, more)]
    assert gaps[0] == gaps[1]
