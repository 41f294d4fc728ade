"""SciPy's ``minimize``, on f and g of any objective."""

from typing import Annotated, Any, NamedTuple

import numpy as np

from solvers.options import Between
from solvers.status import Status
from workbench.peers.demands import products
from workbench.peers.family import Family
from workbench.peers.library import Library
from workbench.peers.peer import Peer
from workbench.peers.task import Ending, Task
from workbench.peers.watch import Watch

LIBRARY = Library("scipy", ("scipy",), ("scipy",))
UNLIMITED = 10**9
"""Iterations or evaluations: the limits are those of the comparison, which are kept from outside."""


class LBFGSB(NamedTuple):
    """Options of L-BFGS-B."""

    maxcor: Annotated[int, Between(1), "pairs kept"] = 10
    maxls: Annotated[int, Between(1), "evaluations in a line search"] = 20
    ftol: Annotated[float, Between(0.0), "stop when f fell by less, relative to max(|f|, |f_old|, 1); 0: never"] = 0.0


class ConjugateGradient(NamedTuple):
    """Options of CG."""

    c1: Annotated[float, Between(0.0, 1.0, True, True), "of the Wolfe conditions: decrease"] = 1e-4
    c2: Annotated[float, Between(0.0, 1.0, True, True), "of the Wolfe conditions: curvature"] = 0.4


class BFGS(NamedTuple):
    """Options of BFGS."""

    c1: Annotated[float, Between(0.0, 1.0, True, True), "of the Wolfe conditions: decrease"] = 1e-4
    c2: Annotated[float, Between(0.0, 1.0, True, True), "of the Wolfe conditions: curvature"] = 0.9


class NewtonCG(NamedTuple):
    """Options of Newton-CG."""

    c1: Annotated[float, Between(0.0, 1.0, True, True), "of the Wolfe conditions: decrease"] = 1e-4
    c2: Annotated[float, Between(0.0, 1.0, True, True), "of the Wolfe conditions: curvature"] = 0.9


class TNC(NamedTuple):
    """Options of TNC."""

    maxCGit: Annotated[int, Between(-1), "products with the Hessian for a step; -1: up to 50"] = -1  # noqa: N815
    eta: Annotated[float, "how exact a line search is; -1: 0.25"] = -1.0


class TrustNCG(NamedTuple):
    """Options of trust-ncg."""

    initial_trust_radius: Annotated[float, Between(0.0, open_low=True), "the first radius"] = 1.0
    max_trust_radius: Annotated[float, Between(0.0, open_low=True), "the largest radius"] = 1000.0


class TrustKrylov(NamedTuple):
    """Options of trust-krylov."""

    inexact: Annotated[bool, "solve the subproblem inexactly"] = True


class Minimize:
    """``scipy.optimize.minimize`` with `fixed` options, its own tolerance being the option `tolerance`."""

    counts = "evaluations"

    def __init__(self, task: Task, method: str, tolerance: str, fixed: dict[str, Any]) -> None:
        from scipy import optimize

        self.task, self.method, self.minimize = task, method, optimize.minimize
        self.options = {tolerance: task.gradient_tolerance, **fixed, **task.options}

    def theta(self, found: np.ndarray) -> np.ndarray:
        """Return x itself."""
        return found

    def own_loss(self, theta: np.ndarray) -> float:
        """Return our f, which it is given."""
        return float(self.task.objective(theta)[0])

    def run(self, watch: Watch) -> Ending:
        """Minimise."""
        hessp = getattr(self.task.objective, "hessp", None)
        second = {"hessp": hessp} if hessp and self.method in SECOND_ORDER else {}
        found = self.minimize(
            watch.evaluate,
            self.task.x0,
            jac=True,
            method=self.method,
            callback=lambda xk: watch.visit(xk),
            options=self.options,
            **second,
        )
        status = Status.CLAIMED if found.success else Status.LINE_SEARCH
        return Ending(status, str(found.message), found.x, found.nit)


SECOND_ORDER = ("Newton-CG", "trust-ncg", "trust-krylov")


def _peer(method: str, summary: str, own: Any, tolerance: str, needs_products: bool = False, **fixed: Any) -> Peer:
    def adapter(task: Task) -> Minimize:
        return Minimize(task, method, tolerance, fixed)

    return Peer(LIBRARY, method, summary, adapter, own, (products,) if needs_products else (), anywhere=True)


PEERS = (
    _peer("L-BFGS-B", "limited-memory BFGS", LBFGSB(), "gtol", maxiter=UNLIMITED, maxfun=UNLIMITED),
    _peer("CG", "nonlinear conjugate gradients, Polak-Ribière", ConjugateGradient(), "gtol", maxiter=UNLIMITED),
    _peer("BFGS", "BFGS with a dense matrix", BFGS(), "gtol", maxiter=UNLIMITED),
    # It looks at the step alone: the average component of the last one.
    _peer("Newton-CG", "Newton by linear conjugate gradients", NewtonCG(), "xtol", maxiter=UNLIMITED),
    _peer("TNC", "truncated Newton", TNC(), "gtol", ftol=0.0, xtol=0.0, maxfun=UNLIMITED),
    _peer(
        "trust-ncg",
        "Newton in a trust region, by linear conjugate gradients",
        TrustNCG(),
        "gtol",
        True,
        maxiter=UNLIMITED,
    ),
    _peer(
        "trust-krylov", "Newton in a trust region, on a Krylov subspace", TrustKrylov(), "gtol", True, maxiter=UNLIMITED
    ),
)

FAMILY = Family(LIBRARY, {peer.word: peer for peer in PEERS})
