"""One step of stochastic gradient descent: step schedule, momentum, averaging."""

import math
from typing import Annotated, NamedTuple

from solvers.jit import compiled, part
from solvers.options import Between, Choice

CONSTANT, INVERSE, COSINE, HALVING = range(4)


class StochasticGradient(NamedTuple):
    """Settings of stochastic gradient descent."""

    step_size: Annotated[float, Between(0.0, open_low=True), "the step at the start"] = 0.1
    schedule: Annotated[
        int,
        Choice(("constant", "1/t", "cosine", "halving")),
        "with e epochs done of E: step; step / (1 + decay e); step (1 + cos(pi e / E)) / 2; step / 2^floor(e)",
    ] = CONSTANT
    decay: Annotated[float, Between(0.0), "of the schedule 1/t, per epoch"] = 1.0
    batch_size: Annotated[int, Between(1), "rows of a mini-batch"] = 256
    momentum: Annotated[float, Between(0.0, 1.0, open_high=True), "part of the last update that is kept"] = 0.9
    nesterov: Annotated[bool, "take the gradient where the momentum alone would lead (Nesterov 1983)"] = False
    average: Annotated[
        bool, "return the mean of the iterates after the first epoch (Polyak & Juditsky 1992, Ruppert 1988)"
    ] = False
    seed: Annotated[int, Between(0, 2**31 - 3), "of the order in which rows are drawn"] = 0


@part
def step_length(settings, epochs, max_epochs):
    """Return the step after `epochs` (a fraction) of `max_epochs`."""
    if settings.schedule == INVERSE:
        return settings.step_size / (1.0 + settings.decay * epochs)
    if settings.schedule == COSINE:
        return 0.5 * settings.step_size * (1.0 + math.cos(math.pi * min(1.0, epochs / max_epochs)))
    if settings.schedule == HALVING:
        return settings.step_size * 0.5 ** math.floor(epochs)
    return settings.step_size


@compiled
def update(x, velocity, momentum, length, g):
    """``v <- momentum v + length g; x <- x - v``, in place."""
    for i in range(x.size):
        velocity[i] = momentum * velocity[i] + length * g[i]
        x[i] -= velocity[i]


@compiled
def average_in(mean, x, count):
    """Take `x` into the running mean of `count` points, itself included, in place."""
    for i in range(x.size):
        mean[i] += (x[i] - mean[i]) / count


@compiled
def shuffle(order, generator):
    """Shuffle in place (Fisher & Yates), with the generator of Park & Miller (1993), whose state is `generator[0]`.

    The draws are the same compiled, interpreted and on every machine; NumPy's generators cannot be seeded inside
    compiled code.
    """
    z = generator[0]
    for i in range(order.size - 1, 0, -1):
        z = 48271 * z % 2147483647
        j = z % (i + 1)
        order[i], order[j] = order[j], order[i]
    generator[0] = z
