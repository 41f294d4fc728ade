"""The settings of a method: a tuple of its parts' settings. Their types say which parts the method is made of."""

from typing import Any, NamedTuple

from solvers.first_step import FirstStep
from solvers.stochastic_gradient import StochasticGradient
from solvers.stopping import Stopping


class DescentSettings(NamedTuple):
    """Direction x line search x first step x stopping."""

    stopping: Stopping
    first_step: FirstStep
    search: Any
    direction: Any


class StochasticSettings(NamedTuple):
    """Stochastic gradient x stopping."""

    stopping: Stopping
    gradient: StochasticGradient
