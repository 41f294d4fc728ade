"""Peers of the benchmarks are timed on our f, and no other."""

import numpy as np
import peers
import pytest
from gap_judge import value
from gap_process import found_by

from workbench.peers import penalty


@pytest.mark.parametrize("name", peers.names())
def test_every_peer_that_is_timed_minimises_our_f(name: str) -> None:
    found, failure = found_by({"prove": name}, threads=1, limit=300.0)
    assert not failure
    if "missing" in found:
        pytest.skip(f"{name} is not installed: {found['missing']}")
    assert found["contestants"]
    assert not any(found["contestants"].values()), found["contestants"]


@pytest.mark.parametrize("factor", [0.5, 0.9, 1.1, 2.0])
def test_a_peer_with_another_penalty_is_refused(factor: float, monkeypatch: pytest.MonkeyPatch) -> None:
    contestant = peers.contestants("sklearn")["sklearn:newton-cholesky"]
    assert contestant.refusal() == ""
    right = penalty.of_difference
    monkeypatch.setattr(penalty, "of_difference", lambda objective: factor * right(objective))
    assert contestant.refusal().startswith("minimises another f")


@pytest.mark.parametrize("label", ["sklearn:lbfgs float32", "sklearn:newton-cg"])
def test_a_peer_shows_iterates_or_takes_budgets(label: str) -> None:
    rng = np.random.default_rng(2)
    problem = peers.Problem(rng.random((60, 4), np.float32), np.arange(60) % 3, l2=0.1)
    fitting = peers.contestants("sklearn")[label].ready(problem)
    if hasattr(fitting, "fit"):
        fs = [value(problem, fitting.theta(fitting.fit(budget))) for budget in (1, 2, 20)]
    else:
        fs = []

        def visit(found: np.ndarray) -> bool:
            fs.append(value(problem, fitting.theta(found)))
            return len(fs) == 5

        fitting.trace(visit)
        assert len(fs) == 5
    assert fs == sorted(fs, reverse=True)
    assert fs[-1] < np.log(3)


def test_the_clocks_judge_agrees_with_the_certificate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gap_judge.BLOCK", 7)
    rng = np.random.default_rng(1)
    problem = peers.Problem(rng.random((30, 3), np.float32), np.arange(30) % 4, l2=0.1)
    theta = rng.standard_normal(16)
    assert value(problem, theta) == pytest.approx(problem.objective().certificate(theta).f, rel=1e-14)
