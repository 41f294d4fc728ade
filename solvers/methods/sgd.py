"""Stochastic gradient descent: mini-batches, momentum, step schedules, averaging."""

from solvers.method import Method
from solvers.settings import StochasticSettings
from solvers.stochastic_gradient import StochasticGradient
from solvers.stopping import Stopping

METHOD = Method(
    name="sgd",
    summary="stochastic gradient descent in mini-batches",
    variants={"": StochasticSettings(Stopping(max_iter=100), StochasticGradient())},
)
