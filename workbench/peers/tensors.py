"""An objective in PyTorch's tensors: softmax regression for autograd, or any f and g as they are."""

from collections.abc import Callable
from typing import Any

import numpy as np

from workbench.peers import coding, penalty


class Softmax:
    """The mean objective in tensors; W has the rows of theta, and a class that is fixed has a score of zero, last."""

    def __init__(self, objective: Any) -> None:
        import torch

        self.torch, self.shape, self.n_rows = torch, objective.shape, objective.n_rows
        X = coding.rows(objective)
        self.X, self.y = torch.from_numpy(X), torch.from_numpy(objective.codes)
        weights = objective.sample_weight
        relative = weights * (X.shape[0] / weights.sum()) if weights.size else None
        self.share = None if relative is None else torch.from_numpy(relative.astype(X.dtype))
        self.intercept, self.reference = objective.fit_intercept, objective.reference is not None
        self.half = 0.5 * penalty.of_mean(objective)
        self.penalised = self.shape[1] - (self.intercept and not objective.penalize_intercept)

    def parameter(self, theta: np.ndarray) -> Any:
        """Return theta as what is optimised."""
        found = self.torch.tensor(theta.reshape(self.shape), dtype=self.X.dtype)
        return found.requires_grad_()

    def loss(self, W: Any, rows: Any = slice(None)) -> Any:
        """Return the mean over some rows, with the penalty."""
        X, y = self.X[rows], self.y[rows]
        Z = self.torch.addmm(W[:, -1], X, W[:, :-1].T) if self.intercept else X @ W.T
        if self.reference:
            Z = self.torch.nn.functional.pad(Z, (0, 1))
        if self.share is None:
            mean = self.torch.nn.functional.cross_entropy(Z, y)
        else:
            mean = (self.share[rows] * self.torch.nn.functional.cross_entropy(Z, y, reduction="none")).mean()
        return mean + self.half * (W[:, : self.penalised] ** 2).sum()

    def evaluated(self, W: Any, rows: Any = slice(None)) -> Any:
        """Return the loss, with its gradient in ``W.grad``."""
        W.grad = None
        loss = self.loss(W, rows)
        loss.backward()
        return loss.detach()


class Function:
    """Any f and g, on tensors of float64."""

    n_rows = 0

    def __init__(self, evaluate: Callable[[np.ndarray], tuple[float, np.ndarray]], scale: float) -> None:
        import torch

        self.torch, self.evaluate, self.scale = torch, evaluate, scale

    def parameter(self, theta: np.ndarray) -> Any:
        """Return theta as what is optimised."""
        return self.torch.tensor(theta).requires_grad_()

    def evaluated(self, x: Any, rows: Any = None) -> Any:
        """Return f of the mean objective, with its gradient in ``x.grad``."""
        f, g = self.evaluate(x.detach().numpy())
        x.grad = self.torch.from_numpy(g / self.scale)
        return self.torch.tensor(f / self.scale, dtype=x.dtype)
