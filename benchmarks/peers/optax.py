"""Optax's ``lbfgs``, one compiled update after the other."""

from functools import partial
from typing import Any

import jax
import optax

from peers import Contestant, Problem, Visit
from peers._jax_problem import JaxProblem

DISTRIBUTIONS = ("optax", "jax")


class LBFGS(JaxProblem):
    """With its defaults: ten pairs, zoom line search; f and g of the search are used again."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.solver = optax.lbfgs()
        self.value_and_grad = optax.value_and_grad_from_state(self.f)

    @partial(jax.jit, static_argnums=0)
    def update(self, params: Any, state: Any, X: Any, y: Any) -> Any:
        f, g = self.value_and_grad(params, X, y, state=state)
        updates, state = self.solver.update(g, state, params, value=f, grad=g, value_fn=self.f, X=X, y=y)
        return optax.apply_updates(params, updates), state

    def trace(self, visit: Visit) -> None:
        params = self.start
        state = self.solver.init(params)
        stop = False
        while not stop:
            params, state = jax.block_until_ready(self.update(params, state, self.X, self.y))
            stop = visit(params)


CONTESTANTS = {"optax lbfgs float32": Contestant(LBFGS)}
