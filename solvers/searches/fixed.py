"""A fixed step: no search at all."""

from typing import Annotated, NamedTuple

import numpy as np

from solvers.jit import part
from solvers.options import Between
from solvers.ray import Found, first_trial, is_legal


class Fixed(NamedTuple):
    """Settings of a fixed step."""

    step_size: Annotated[float, Between(0.0, open_low=True), "the step, the same at every iteration"] = np.nan


@part
def find(ray, settings, start, reference, t, last_call):
    """Return the trial at the fixed step, whatever its value; only a value that is not finite is a failure."""
    trial = first_trial(ray, settings.step_size)
    return Found(trial, is_legal(trial) or trial.f == -np.inf)
