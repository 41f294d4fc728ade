"""The line search of More & Thuente (1994), as SciPy translated it from MINPACK-2.

SciPy's code is Python with a state of its own: a run with this search is interpreted.
"""

import math
from typing import Annotated, NamedTuple

from solvers.options import Between
from solvers.problem import COUNTED, is_over
from solvers.ray import Found, Ray, Trial, accepted, first_trial, is_legal, next_trial
from solvers.searches import armijo
from solvers.searches.armijo import Armijo, is_sufficient

INTERPRETED = True
LONGEST, WIDTH = 1e10, 1e-14
"""The longest step, in units of the first trial; the relative width at which the search gives its bracket up."""


class MoreThuente(NamedTuple):
    """Settings of SciPy's More-Thuente search."""

    c1: Annotated[float, Between(0.0, 1.0, open_low=True, open_high=True), "sufficient decrease"] = 1e-4
    c2: Annotated[float, Between(0.0, 1.0, open_low=True, open_high=True), "curvature"] = 0.9
    max_trials: Annotated[int, Between(1), "evaluations per search"] = 26
    progress: float = -math.inf
    unbounded: bool = True


class _IllegalTrialError(Exception):
    """A trial has no finite value or slope."""


class _OverError(Exception):
    """The time is over."""


class _Recorder:
    """The ray as the two functions that SciPy calls; every trial is kept."""

    def __init__(self, ray: Ray, start: Trial) -> None:
        self.ray, self.start, self.trials = ray, start, [start]

    def value(self, t: float) -> float:
        if is_over(self.ray.calls) and len(self.trials) > 1:
            raise _OverError
        trial = (first_trial if len(self.trials) == 1 else next_trial)(self.ray, float(t))
        self.trials.append(trial)
        if not is_legal(trial):
            raise _IllegalTrialError
        return trial.f

    def slope(self, t: float) -> float:
        return self.trials[-1].slope


def find(ray, settings, start, reference, t, last_call):
    """Search for a step that meets both Wolfe conditions; off the domain of f, go over to Armijo backtracking."""
    # SciPy's public line search is another one; this is what its methods CG and BFGS search with first. Its import
    # takes a third of a second.
    from scipy.optimize._dcsrch import DCSRCH

    first_call = ray.calls[COUNTED]
    limit = min(last_call - first_call, settings.max_trials)
    recorder = _Recorder(ray, start)
    search = DCSRCH(recorder.value, recorder.slope, settings.c1, settings.c2, WIDTH, 0.0, LONGEST * t)
    try:
        found, *_ = search(t, start.f, start.slope, limit)
    except _OverError:
        found = None
    except _IllegalTrialError:
        *_, before, trial = recorder.trials
        if trial.f == -math.inf and settings.unbounded:
            return Found(trial, True)
        backtracking = Armijo(c1=settings.c1, progress=settings.progress, unbounded=settings.unbounded)
        return armijo.find(ray, backtracking, start, start.f, 0.5 * (before.t + trial.t), last_call)
    trial = recorder.trials[-1] if found is not None else min(recorder.trials, key=lambda trial: trial.f)
    if found is None and not (trial.t > 0.0 and is_sufficient(start, trial, start.f, settings.c1, 0.0)):
        return Found(start, False)
    return Found(accepted(ray, trial, first_call), True)
