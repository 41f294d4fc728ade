"""statsmodels: ``MNLogit``, multinomial logistic regression without a penalty, the first class being its reference."""

from typing import Annotated, Any, NamedTuple

import numpy as np

from solvers.options import Choice
from solvers.status import Status
from workbench.peers import coding
from workbench.peers.demands import dense, no_penalty, no_weights, softmax
from workbench.peers.family import Family
from workbench.peers.library import Library
from workbench.peers.peer import Peer
from workbench.peers.task import Ending, Task
from workbench.peers.watch import Watch

LIBRARY = Library("statsmodels", ("statsmodels",), ("statsmodels",))
METHODS = ("newton", "bfgs", "lbfgs", "cg", "ncg")
TOLERANCES = {"newton": "tol", "bfgs": "gtol", "lbfgs": "pgtol", "cg": "gtol", "ncg": "avextol"}
"""What each calls its tolerance: of the gradient, or for newton and ncg of the step."""
UNLIMITED = 10**9


class Fit(NamedTuple):
    """The option of MNLogit; a word is kept as its place among the words."""

    method: Annotated[int, Choice(METHODS), "what minimises"] = METHODS.index("newton")


class MNLogit:
    """``MNLogit(y, X).fit()``, with a column of ones for the intercept, last."""

    counts = "iterations"

    def __init__(self, task: Task) -> None:
        from statsmodels.discrete.discrete_model import MNLogit as Model

        self.task, self.objective = task, task.objective
        X = np.asarray(coding.rows(self.objective), np.float64)
        if self.objective.fit_intercept:
            X = np.column_stack([X, np.ones(X.shape[0])])
        self.shape = (X.shape[1], self.objective.n_classes - 1)
        self.model = Model(coding.labels(self.objective), X)

    def run(self, watch: Watch) -> Ending:
        """Minimise."""
        method = self.task.options["method"]
        tolerance: dict[str, Any] = {TOLERANCES[method]: self.task.gtol}
        if method == "lbfgs":
            tolerance |= {"factr": 0.0, "maxfun": UNLIMITED}
        found = self.model.fit(
            np.zeros(self.shape[0] * self.shape[1]),
            method=method,
            maxiter=UNLIMITED,
            disp=False,
            callback=lambda params: watch.visit(params),
            skip_hessian=True,
            **tolerance,
        )
        claimed = bool(found.mle_retvals["converged"])
        return Ending(Status.CLAIMED if claimed else Status.LINE_SEARCH, f"converged: {claimed}", found.params)

    def theta(self, found: Any) -> np.ndarray:
        """Return theta for parameters, column by column of a class each, without the first."""
        W = np.asarray(found).reshape(self.shape, order="F").T
        W = np.vstack([np.zeros(self.shape[0]), W])
        with_intercept = self.objective.fit_intercept
        weights, b = (W[:, :-1], W[:, -1]) if with_intercept else (W, np.zeros(W.shape[0]))
        return coding.theta(self.objective, weights, b)

    def own_loss(self, theta: np.ndarray) -> float:
        """Return the negative log-likelihood of an observation."""
        W, b = self.objective.weights(theta)
        W = np.column_stack([W, b]) if self.objective.fit_intercept else W
        params = (W[1:] - W[:1]).T.ravel(order="F")
        return -float(self.model.loglike(params)) / self.objective.n_rows


PEERS = (
    Peer(
        LIBRARY,
        "MNLogit",
        "maximum likelihood without a penalty, by Newton's method or SciPy's",
        MNLogit,
        Fit(),
        (softmax, no_penalty, dense, no_weights),
    ),
)

FAMILY = Family(LIBRARY, {peer.word: peer for peer in PEERS})
