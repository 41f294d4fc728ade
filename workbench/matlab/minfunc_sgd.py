"""Stochastic gradient descent with momentum on minibatches: UFLDL's companion of minFunc."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import numpy as np

from solvers.options import Between, declared, nearest
from workbench.matlab.display import formatted
from workbench.matlab.layout import real
from workbench.matlab.minfunc_options import given_options
from workbench.matlab.option_kinds import is_empty, scalar

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike

    from workbench.matlab.layout import FloatArray

EARLY_MOMENTUM = 0.5
EARLY_ITERATIONS = 20
"""From this iteration on the momentum is the one that was asked for."""


class SgdOptions(NamedTuple):
    """Options of `minFuncSGD`; the first three have no default."""

    epochs: Annotated[int, Between(0), "passes over the data"]
    minibatch: Annotated[int, Between(1), "samples of a step"]
    alpha: Annotated[
        float, Between(0.0, open_low=True, open_high=True), "step length of the first epoch; each next takes half"
    ]
    momentum: Annotated[float, Between(0.0, 1.0, open_high=True), "of the last step, what is kept"] = 0.9


def minFuncSGD(  # noqa: N802 - the original's name
    fun: Callable[..., Any],
    theta: ArrayLike,
    data: ArrayLike,
    labels: ArrayLike,
    options: Any,
    *,
    seed: int | np.random.Generator | None = 0,
    display: bool = True,
) -> FloatArray:
    """Return theta after some epochs of stochastic gradient descent with momentum.

    Parameters
    ----------
    fun : callable
        ``fun(theta, data, labels) -> (cost, grad)`` on a minibatch.
    theta : array_like
        The start; it is not modified. `fun` gets a flat vector, which is a matrix taken column by column.
    data : array_like, shape (..., m)
        Samples along the **last** axis: columns of a matrix, or images of rows × columns × m.
    labels : array_like, m entries
        What `fun` needs to know of each sample.
    options : mapping or object with attributes
        `epochs`, `minibatch` and `alpha`, which are needed, and `momentum` (0.9); see `SgdOptions`.
    seed : int, Generator or None
        Seeds the order of the samples; None draws afresh each time.
    display : bool
        Print the cost of every iteration.

    Returns
    -------
    ndarray, shape (n,)

    Raises
    ------
    TypeError, ValueError
        For options that are missing, unknown, of the wrong type or out of range, and for data that do not fit.

    Notes
    -----
    An epoch takes the samples in a new random order, a minibatch at a time; what is left at its end and fills no
    minibatch is not used in it. A step is ``v = momentum * v + alpha * grad; theta = theta - v``, with
    momentum 0.5 in the first 19 iterations; `alpha` is halved after each epoch.

    Source: ``cnn/minFuncSGD`` of the UFLDL tutorial.
    """
    chosen = _read(options)
    theta = real(theta, "theta").flatten(order="F")
    data, labels = np.asarray(data), np.asarray(labels).ravel()
    m = labels.size
    if data.ndim == 0 or data.shape[-1] != m:
        raise ValueError(
            f"data has shape {data.shape} and there are {m} labels: expected one sample per label, last axis"
        )
    if chosen.minibatch > m:
        raise ValueError(
            f"minFuncSGD: option minibatch is {chosen.minibatch}: expected at most {m}, the samples there are"
        )
    rng = np.random.default_rng(seed)
    velocity, alpha, iteration = np.zeros_like(theta), chosen.alpha, 0
    for epoch in range(1, chosen.epochs + 1):
        order = rng.permutation(m)
        for start in range(0, m - chosen.minibatch + 1, chosen.minibatch):
            iteration += 1
            momentum = chosen.momentum if iteration >= EARLY_ITERATIONS else EARLY_MOMENTUM
            batch = order[start : start + chosen.minibatch]
            cost, grad = fun(theta.copy(), data[..., batch], labels[batch])
            grad = real(grad, "the gradient").ravel(order="F")
            if grad.size != theta.size:
                raise ValueError(f"fun returned a gradient of {grad.size} entries: expected {theta.size}, as theta has")
            velocity = momentum * velocity + alpha * grad
            theta = theta - velocity
            if display:
                print(formatted("Epoch %d: Cost on iteration %d is %f", epoch, iteration, cost))
        alpha /= 2.0
    return theta


def _read(options: Any) -> SgdOptions:
    """Return the options checked."""
    given = {name: scalar(value) for name, value in given_options(options, "minFuncSGD") if not is_empty(value)}
    known = declared(SgdOptions(epochs=1, minibatch=1, alpha=1.0))
    for name in given:
        if name not in known:
            raise TypeError(
                f"minFuncSGD has no option {name!r}" + (nearest(name, known) or ", it takes " + ", ".join(known))
            )
    missing = [name for name in known if name not in given and name not in SgdOptions._field_defaults]
    if missing:
        raise ValueError(f"minFuncSGD: options lack {', '.join(missing)}: epochs, minibatch and alpha have no default")
    return SgdOptions(**{name: known[name].encode(value, "minFuncSGD") for name, value in given.items()})
