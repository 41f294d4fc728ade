"""JAXopt's ``LBFGS`` on softmax regression, one compiled update after the other. The library is no longer developed."""

import functools
from typing import Any

import numpy as np

from solvers.status import Status
from workbench.peers.demands import dense, softmax
from workbench.peers.families.jax import Fitting, Form, Pairs, mean_loss
from workbench.peers.family import Family
from workbench.peers.library import Library
from workbench.peers.peer import Peer
from workbench.peers.task import Ending
from workbench.peers.watch import Watch

LIBRARY = Library("jaxopt", ("jaxopt", "jax"), ("jaxopt", "jax"), extra="jax")


@functools.cache
def _compiled(form: Form, memory: int) -> tuple[Any, Any]:
    """Return the solver and its compiled update; the loop looks at the tolerance."""
    import jax
    import jaxopt

    solver = jaxopt.LBFGS(mean_loss(form), tol=0.0, history_size=memory)
    return solver, jax.jit(solver.update)


class LBFGS(Fitting):
    """``jaxopt.LBFGS`` with its zoom search, until the gradient's 2-norm is small."""

    counts = "iterations"

    def run(self, watch: Watch) -> Ending:
        """Minimise."""
        solver, update = _compiled(self.form, self.task.options["memory"])
        with self.jax.enable_x64(self.double):
            W, state = self.start, solver.init_state(self.start, self.data)
            norm = np.inf
            while not norm <= self.task.gtol:
                W, state = update(W, state, self.data)
                norm = float(state.error)
                watch.visit(W)
        return Ending(Status.CLAIMED, f"gradient's 2-norm {norm:.2e} <= {self.task.gtol:g}")


PEERS = (Peer(LIBRARY, "LBFGS", "L-BFGS with a zoom search", LBFGS, Pairs(), (softmax, dense), anywhere=True),)

FAMILY = Family(LIBRARY, {peer.word: peer for peer in PEERS})
