"""scikit-learn-intelex: f and g of oneDAL in the place of scikit-learn's, under SciPy's L-BFGS-B with 50 pairs."""

import numpy as np

from workbench.peers.demands import a_penalty, dense, no_weights
from workbench.peers.family import Family
from workbench.peers.library import Library
from workbench.peers.logistic_regression import DEMANDS, Traced
from workbench.peers.peer import Peer
from workbench.peers.task import Task

LIBRARY = Library("sklearnex", ("scikit-learn-intelex",), ("sklearnex", "daal4py"))


def _lbfgs(task: Task) -> Traced:
    import daal4py
    from sklearnex.linear_model import LogisticRegression

    daal4py.daalinit(nthreads=task.threads)
    intercept = task.objective.fit_intercept

    # oneDAL has a place for the intercept in any case, and it is the first.
    def ravel(W: np.ndarray) -> np.ndarray:
        return np.roll(W, 1, axis=1).ravel() if intercept else np.pad(W, ((0, 0), (1, 0))).ravel()

    def unravel(w: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
        W = w.reshape(shape[0], -1)
        return np.roll(W, -1, axis=1) if intercept else W[:, -shape[1] :]

    return Traced(task, LogisticRegression, ravel, unravel)


# For sparse rows, weights, or no penalty it would quietly be scikit-learn itself.
PEERS = (
    Peer(LIBRARY, "lbfgs", "LogisticRegression of oneDAL", _lbfgs, demands=(*DEMANDS, dense, no_weights, a_penalty)),
)

FAMILY = Family(LIBRARY, {peer.word: peer for peer in PEERS})
