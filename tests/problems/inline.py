"""The cells of a study in the process of the tests: quicker than in one of their own, and within reach."""

import json
import signal
import tempfile
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import pytest

from workbench.study import measurement, run
from workbench.study.job import Answer, Job
from workbench.study.measurement import perform


class Heard:
    """What a job in this process answers, as a process of its own would."""

    def __init__(self, answer, say):
        self.answer, self._say = answer, say

    def __call__(self, **message):
        self.answer.hear(json.loads(json.dumps(message)), self._say)

    def say(self, words):
        self._say(words)


def in_this_process(job, *, patience=None, say=lambda words: None, interruption=None):
    """Do a job here; Ctrl-C is passed on once, as to a process."""
    answer, told = Answer(), []

    def say_and_pass_on(words):
        say(words)
        if getattr(interruption, "arrived", False) and not told:
            told.append(words)
            signal.raise_signal(signal.SIGINT)

    with tempfile.TemporaryDirectory() as folder:
        perform(replace(job, folder=folder), Heard(answer, say_and_pass_on))
        answer.collect(Path(folder))
    return answer


class Measured(NamedTuple):
    """What came of one contestant: its numbers, or its ``error``; its trace; its arrays."""

    result: dict[str, Any]
    trace: pd.DataFrame | None
    arrays: dict[str, Any]


def compared(problem, *texts, f_star=None, seed=0, gtol=1e-6, max_evals=80, max_time=20.0):
    """Measure contestants on a problem here, one after the other."""
    limits, found = {"max_time": max_time, "max_evals": max_evals, "gtol": gtol}, []
    with inline(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(measurement, "spooled", lambda folder: problem)
        for text in texts:
            answer = in_this_process(Job("cell", 1, text, limits=limits, smallest=1e-6, f_star=f_star, seed=seed))
            result = answer.found if answer.state == "done" else {"error": answer.reason}
            trace = None if answer.trace is None else pd.DataFrame(answer.trace)
            found.append(Measured(result, trace, answer.arrays))
    return found


@contextmanager
def inline():
    """Run the cells of a study in this process, at once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run, "run_isolated", in_this_process)
        patch.setattr(measurement, "SETTLE", 0.0)
        patch.setattr(measurement, "_threads", dict)  # those of this process are not the study's
        yield
