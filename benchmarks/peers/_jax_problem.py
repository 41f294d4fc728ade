"""The objective in JAX."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from peers import Fitting, Problem, stacked


class JaxProblem(Fitting):
    """Rows and labels on the device, and f of ``(W, b)`` with W of shape (n_features, n_classes)."""

    def __init__(self, problem: Problem) -> None:
        self.l2 = problem.lambda_of_mean
        self.X, self.y = jnp.asarray(problem.X), jnp.asarray(problem.y, jnp.int32)
        self.start = jnp.zeros((problem.X.shape[1], problem.n_classes)), jnp.zeros(problem.n_classes)

    def f(self, params: tuple[Any, Any], X: Any, y: Any) -> Any:
        W, b = params
        Z = X @ W + b
        losses = jax.nn.logsumexp(Z, axis=1) - jnp.take_along_axis(Z, y[:, None], axis=1)[:, 0]
        return losses.mean() + 0.5 * self.l2 * (W * W).sum()

    def theta(self, found: tuple[Any, Any]) -> np.ndarray:
        W, b = found
        return stacked(np.asarray(W).T, b)
