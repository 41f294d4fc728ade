"""Grading: functions written by others, each run in a process of its own and held against the gradient check."""

from workbench.grading.confined import Ended, run_confined
from workbench.grading.grade import Grade, Verdict

__all__ = ["Ended", "Grade", "Verdict", "run_confined"]
