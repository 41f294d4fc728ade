"""jaxopt's ``LBFGS``, one compiled update after the other."""

import jax
import jaxopt

from peers import Contestant, Problem, Visit
from peers._jax_problem import JaxProblem

DISTRIBUTIONS = ("jaxopt", "jax")


class LBFGS(JaxProblem):
    """With its defaults: ten pairs, zoom line search."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.solver = jaxopt.LBFGS(self.f, tol=0.0)
        self.update = jax.jit(self.solver.update)

    def trace(self, visit: Visit) -> None:
        params = self.start
        state = self.solver.init_state(params, self.X, self.y)
        stop = False
        while not stop:
            params, state = jax.block_until_ready(self.update(params, state, self.X, self.y))
            stop = visit(params)


CONTESTANTS = {"jaxopt LBFGS float32": Contestant(LBFGS)}
