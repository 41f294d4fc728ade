"""Peers of the benchmarks are timed on our f, and no other."""

from dataclasses import replace

import numpy as np
import peers
import pytest
from gap_judge import value
from gap_process import found_by


@pytest.mark.parametrize("name", [name for name in peers.names() if name != "ours"])
def test_a_peer_comes_to_rest_where_our_gradient_vanishes(name: str) -> None:
    found, failure = found_by({"prove": name}, threads=1, limit=300.0)
    assert not failure
    if "missing" in found:
        pytest.skip(f"{name} is not installed: {found['missing']}")
    assert found["contestants"]
    assert not any(found["contestants"].values()), found["contestants"]


@pytest.mark.parametrize("factor", [0.5, 0.9, 1.1, 2.0])
def test_a_peer_with_another_penalty_is_refused(factor: float) -> None:
    right = peers.contestants("scikit_learn")["sklearn newton-cholesky"]
    wrong = replace(right, ready=lambda problem: right.ready(replace(problem, l2=factor * problem.l2)))
    assert peers.proof(right) < 1e-6
    assert peers.proof(wrong) > 2.0 * peers.UNPROVEN


def test_the_clocks_judge_agrees_with_the_certificate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gap_judge.BLOCK", 7)
    rng = np.random.default_rng(1)
    problem = peers.Problem(rng.random((30, 3), np.float32), np.arange(30) % 4, l2=0.1, threads=1)
    theta = rng.standard_normal(16)
    assert value(problem, theta) == pytest.approx(problem.objective().certificate(theta).f, rel=1e-14)
