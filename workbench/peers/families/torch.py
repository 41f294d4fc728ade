"""PyTorch's optimisers: softmax regression by autograd in the dtype of the rows, all else by our f and g."""

from typing import Annotated, Any, NamedTuple

import numpy as np

from solvers.options import Between, Choice
from solvers.status import Status
from workbench.peers.demands import dense, softmax
from workbench.peers.family import Family
from workbench.peers.library import Library
from workbench.peers.peer import Peer
from workbench.peers.task import Ending, Task
from workbench.peers.tensors import Function, Softmax
from workbench.peers.watch import Watch

LIBRARY = Library("torch", ("torch",), ("torch",))
SEARCHES = ("strong_wolfe", "none")


class LBFGS(NamedTuple):
    """Options of LBFGS; a word is kept as its place among the words."""

    lr: Annotated[float, Between(0.0, open_low=True), "the first step of a search, or every step"] = 1.0
    history_size: Annotated[int, Between(1), "pairs kept"] = 100
    line_search_fn: Annotated[int, Choice(SEARCHES), "how a step is found"] = SEARCHES.index("strong_wolfe")


class SGD(NamedTuple):
    """Options of SGD."""

    lr: Annotated[float, Between(0.0, open_low=True), "the step"] = 0.1
    momentum: Annotated[float, Between(0.0, 1.0, open_high=True), "of the velocity that is kept"] = 0.0
    nesterov: Annotated[bool, "look ahead along the velocity"] = False
    batch_size: Annotated[int, Between(0), "rows of a step; 0, or where f has no rows: all"] = 100
    seed: Annotated[int, Between(0), "of the order of the rows"] = 0


class Adam(NamedTuple):
    """Options of Adam."""

    lr: Annotated[float, Between(0.0, open_low=True), "the step"] = 1e-3
    batch_size: Annotated[int, Between(0), "rows of a step; 0, or where f has no rows: all"] = 100
    seed: Annotated[int, Between(0), "of the order of the rows"] = 0


class Fitting:
    """What the optimisers share: the objective in tensors."""

    counts = "evaluations"

    def __init__(self, task: Task) -> None:
        import torch

        torch.set_num_threads(task.threads)
        self.torch, self.task, self.options = torch, task, dict(task.options)
        self.softmax = Softmax(task.objective) if not (softmax(task.objective) or dense(task.objective)) else None

    def objective(self, watch: Watch) -> Softmax | Function:
        """Return what is minimised in a run."""
        scale = float(getattr(self.task.objective, "gradient_scale", 1.0))
        return self.softmax or Function(watch.unlimited, scale)

    def theta(self, found: Any) -> np.ndarray:
        """Return theta for the tensor that is optimised."""
        theta: np.ndarray = found.detach().numpy().astype(np.float64).ravel()
        return theta

    def own_loss(self, theta: np.ndarray) -> float:
        """Return what is minimised."""
        if self.softmax is None:
            return float(self.task.objective(theta)[0])
        return float(self.softmax.loss(self.softmax.parameter(theta)).detach())


class QuasiNewton(Fitting):
    """``LBFGS``, a call of ``step`` for each iteration.

    Each call evaluates first where the search before it ended; f and g there are known, and given again.
    """

    def run(self, watch: Watch) -> Ending:
        """Minimise."""
        objective = self.objective(watch)
        W = objective.parameter(self.task.x0)
        search = self.options["line_search_fn"]
        optimizer = self.torch.optim.LBFGS(
            [W],
            lr=self.options["lr"],
            history_size=self.options["history_size"],
            line_search_fn=None if search == "none" else search,
            max_iter=1,
            max_eval=10**9,
            tolerance_grad=self.task.gtol,
            tolerance_change=0.0,
        )
        known: list[tuple[Any, Any, Any]] = []

        def closure() -> Any:
            for x, loss, g in known:
                if self.torch.equal(x, W):
                    W.grad = g.clone()
                    return loss
            watch.evaluated()
            loss = objective.evaluated(W)
            known.append((W.detach().clone(), loss, W.grad.clone()))
            return loss

        nit = 0
        while True:
            before = W.detach().clone()
            optimizer.step(closure)
            if optimizer.state[W].get("n_iter", 0) == nit:
                return Ending(Status.CLAIMED, f"no component of the gradient above tolerance_grad={self.task.gtol:g}")
            if self.torch.equal(before, W):
                return Ending(Status.ROUNDING, "step() does not move any more")
            nit += 1
            known = [each for each in known if self.torch.equal(each[0], W)]
            watch.visit(W)


class Steps(Fitting):
    """An optimiser that steps on batches of rows, an iteration being a pass over all; it has no rule to stop by."""

    counts = "passes over the rows"

    def __init__(self, task: Task, optimizer: str) -> None:
        super().__init__(task)
        self.optimizer = getattr(self.torch.optim, optimizer)
        self.batch_size, self.seed = self.options.pop("batch_size"), self.options.pop("seed")

    def run(self, watch: Watch) -> Ending:
        """Minimise until a limit ends it."""
        objective = self.objective(watch)
        W = objective.parameter(self.task.x0)
        optimizer = self.optimizer([W], **self.options)
        order = self.torch.Generator().manual_seed(self.seed)
        n, size = objective.n_rows, self.batch_size
        while True:
            watch.evaluated()
            if not 0 < size < n:
                objective.evaluated(W)
                optimizer.step()
            else:
                for rows in self.torch.randperm(n, generator=order).split(size):
                    objective.evaluated(W, rows)
                    optimizer.step()
            watch.visit(W)


PEERS = (
    Peer(LIBRARY, "LBFGS", "limited-memory BFGS", QuasiNewton, LBFGS(), anywhere=True),
    Peer(
        LIBRARY,
        "SGD",
        "stochastic gradient in mini-batches, constant step",
        lambda task: Steps(task, "SGD"),
        SGD(),
        anywhere=True,
        tight={"batch_size": 0, "lr": 0.5, "max_iter": 500},
    ),
    Peer(
        LIBRARY,
        "Adam",
        "Adam in mini-batches",
        lambda task: Steps(task, "Adam"),
        Adam(),
        anywhere=True,
        tight={"batch_size": 0, "lr": 0.02, "max_iter": 500},
    ),
)

FAMILY = Family(LIBRARY, {peer.word: peer for peer in PEERS})
