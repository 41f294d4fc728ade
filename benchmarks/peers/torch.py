"""PyTorch's ``LBFGS`` with its strong Wolfe search, on one batch of all rows."""

from typing import Any

import numpy as np
import torch

from peers import Contestant, Fitting, Problem, Visit, stacked

DISTRIBUTIONS = ("torch",)


class Stop(Exception):  # noqa: N818 - it ends a run, and is no error
    """Raised from inside the closure."""


class LBFGS(Fitting):
    """One call of ``step``; what it shows is every point at which it evaluates f and g, searches included."""

    def __init__(self, problem: Problem) -> None:
        torch.set_num_threads(problem.threads)
        self.X, self.y = torch.from_numpy(problem.X), torch.from_numpy(problem.y)
        self.n_classes, self.l2 = problem.n_classes, problem.lambda_of_mean

    def trace(self, visit: Visit) -> None:
        W = torch.zeros((self.X.shape[1], self.n_classes), requires_grad=True)
        b = torch.zeros(self.n_classes, requires_grad=True)
        optimizer = torch.optim.LBFGS(
            [W, b], max_iter=10**6, max_eval=10**6, tolerance_grad=0, tolerance_change=0, line_search_fn="strong_wolfe"
        )

        def closure() -> Any:
            optimizer.zero_grad()
            loss = torch.nn.functional.cross_entropy(self.X @ W + b, self.y) + 0.5 * self.l2 * (W * W).sum()
            loss.backward()
            if visit((W, b)):
                raise Stop
            return loss

        try:
            optimizer.step(closure)
        except Stop:
            return

    def theta(self, found: tuple[Any, Any]) -> np.ndarray:
        W, b = (tensor.detach().numpy() for tensor in found)
        return stacked(W.T, b)


CONTESTANTS = {"torch LBFGS float32": Contestant(LBFGS)}
