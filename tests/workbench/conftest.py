"""A small problem, and the contestants that run on it."""

import json
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from workbench.comparison.problem import problem
from workbench.data import load_dataset
from workbench.study import measurement, run
from workbench.study.job import Answer
from workbench.study.measurement import perform

L2 = 1e-2


@pytest.fixture(scope="session")
def iris():
    """Softmax regression on iris with a penalty of 1e-2."""
    return problem("softmax", load_dataset("iris"), l2=L2, dtype="float64")


@pytest.fixture(scope="session")
def f_by_hand(iris):
    """The objective written out a third time: f at the weights and intercepts of all classes."""
    data = iris.data

    def f(weights, intercepts):
        Z = data.X @ weights.T + intercepts
        own = Z[np.arange(data.n_samples), np.searchsorted(data.classes, data.y)]
        top = Z.max(axis=1)
        losses = top + np.log(np.exp(Z - top[:, None]).sum(axis=1)) - own
        return losses.mean() + 0.5 * L2 * (weights**2).sum()

    return f


class Heard:
    """What a job in this process answers, as a process of its own would."""

    def __init__(self, answer, say):
        self.answer, self._say = answer, say

    def __call__(self, **message):
        self.answer.hear(json.loads(json.dumps(message)), self._say)

    def say(self, words):
        self._say(words)


def in_this_process(job, *, patience=None, say=lambda words: None, interruption=None):
    """Do a job here: quicker than in a process of its own, and the tests can reach into it."""
    answer = Answer()
    with tempfile.TemporaryDirectory() as folder:
        perform(replace(job, folder=folder), Heard(answer, say))
        answer.collect(Path(folder))
    return answer


@pytest.fixture
def inline(monkeypatch):
    """Run the cells of a study in this process, at once."""
    monkeypatch.setattr(run, "run_isolated", in_this_process)
    monkeypatch.setattr(measurement, "SETTLE", 0.0)
    monkeypatch.setattr(measurement, "_threads", dict)  # those of this process are not the study's
    return in_this_process
