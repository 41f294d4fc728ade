"""JAX: L-BFGS of Optax and of Optimistix on softmax regression, one compiled update after the other.

Everything that depends on the data is an argument of the compiled functions, so that one run compiles for the next.
"""

import functools
from typing import Annotated, Any, NamedTuple

import numpy as np

from solvers.options import Between
from solvers.status import Status
from workbench.peers import coding, penalty
from workbench.peers.demands import dense, softmax
from workbench.peers.family import Family
from workbench.peers.library import Library
from workbench.peers.peer import Peer
from workbench.peers.task import Ending, Task
from workbench.peers.watch import Watch

LIBRARY = Library("jax", ("jax", "optax", "optimistix"), ("jax", "optax", "optimistix"))


class Pairs(NamedTuple):
    """The option of both."""

    memory: Annotated[int, Between(1), "pairs kept"] = 10


class Form(NamedTuple):
    """What a compiled function is made for: with an intercept, with a class that is fixed."""

    intercept: bool
    reference: bool


class Data(NamedTuple):
    """What it is given: rows, classes by number with the fixed one last, shares, half lambda of each column of W."""

    X: Any
    y: Any
    share: Any
    half: Any


@functools.cache
def mean_loss(form: Form) -> Any:
    """Return the mean objective ``f(W, data)``; W has the rows of theta."""
    import jax
    import jax.numpy as jnp

    def f(W: Any, data: Data) -> Any:
        Z = data.X @ W[:, :-1].T + W[:, -1] if form.intercept else data.X @ W.T
        if form.reference:
            Z = jnp.pad(Z, ((0, 0), (0, 1)))
        losses = jax.nn.logsumexp(Z, axis=1) - jnp.take_along_axis(Z, data.y[:, None], axis=1)[:, 0]
        return data.share @ losses + (data.half * W * W).sum()

    return f


class Fitting:
    """The data on the device."""

    counts = "evaluations"

    def __init__(self, task: Task) -> None:
        import jax
        import jax.numpy as jnp

        self.jax, self.task, objective = jax, task, task.objective
        self.form = Form(objective.fit_intercept, objective.reference is not None)
        X = coding.rows(objective)
        weights = objective.sample_weight if objective.sample_weight.size else np.ones(X.shape[0])
        half = np.full(objective.shape[1], 0.5 * penalty.of_mean(objective))
        if objective.fit_intercept and not objective.penalize_intercept:
            half[-1] = 0.0
        self.double = X.dtype == np.float64
        with jax.enable_x64(self.double):
            share = jnp.asarray((weights / weights.sum()).astype(X.dtype))
            self.data = Data(jnp.asarray(X), jnp.asarray(objective.codes), share, jnp.asarray(half.astype(X.dtype)))
            self.start = jnp.asarray(task.x0.reshape(objective.shape).astype(X.dtype))

    def theta(self, found: Any) -> np.ndarray:
        """Return theta for W."""
        return np.asarray(found, np.float64).ravel()

    def own_loss(self, theta: np.ndarray) -> float:
        """Return what is differentiated."""
        with self.jax.enable_x64(self.double):
            return float(mean_loss(self.form)(theta.reshape(self.start.shape), self.data))


@functools.cache
def _optax(form: Form, memory: int) -> tuple[Any, Any]:
    """Return Optax's optimiser, and its compiled update, which uses f and g of the search again."""
    import jax
    import jax.numpy as jnp
    import optax

    f = mean_loss(form)
    optimizer = optax.lbfgs(memory_size=memory)
    value_and_grad = optax.value_and_grad_from_state(f)

    def update(W: Any, state: Any, data: Data) -> Any:
        value, g = value_and_grad(W, data, state=state)
        updates, state = optimizer.update(g, state, W, value=value, grad=g, value_fn=f, data=data)
        found = optax.tree_utils.tree_get(state, "info").num_linesearch_steps
        grad = optax.tree_utils.tree_get(state, "grad")
        return optax.apply_updates(W, updates), state, found, jnp.sqrt((grad * grad).sum())

    return optimizer, jax.jit(update)


class Optax(Fitting):
    """``optax.lbfgs`` with its zoom search, in the loop of its documentation: until the gradient's 2-norm is small."""

    def run(self, watch: Watch) -> Ending:
        """Minimise."""
        optimizer, update = _optax(self.form, self.task.options["memory"])
        with self.jax.enable_x64(self.double):
            W, state = self.start, optimizer.init(self.start)
            norm = np.inf
            watch.evaluated()
            while not norm <= self.task.gtol:
                W, state, evaluations, norm = update(W, state, self.data)
                norm = float(norm)
                for _ in range(int(evaluations)):
                    watch.evaluated()
                watch.visit(W)
                if not np.isfinite(norm):
                    return Ending(Status.NOT_FINITE, f"gradient's 2-norm {norm}")
        return Ending(Status.CLAIMED, f"gradient's 2-norm {norm:.2e} <= {self.task.gtol:g}")


@functools.cache
def _optimistix(form: Form, memory: int, tolerance: float) -> tuple[Any, Any, Any, Any]:
    """Return Optimistix's solver, its function, and its compiled step and rule."""
    import equinox
    import optimistix

    f = mean_loss(form)
    solver: Any = optimistix.LBFGS(rtol=tolerance, atol=tolerance, history_length=memory)

    def with_aux(W: Any, data: Data) -> Any:
        return f(W, data), None

    def step(W: Any, data: Data, state: Any) -> Any:
        W, state, _ = solver.step(with_aux, W, data, {}, state, frozenset())
        done, result = solver.terminate(with_aux, W, data, {}, state, frozenset())
        return W, state, done, result

    return solver, with_aux, equinox.filter_jit(step), optimistix.RESULTS.successful


class Optimistix(Fitting):
    """``optimistix.LBFGS``, a step of which is one evaluation; it stops when x and f change by less than gtol."""

    def run(self, watch: Watch) -> Ending:
        """Minimise."""
        solver, f, step, successful = _optimistix(self.form, self.task.options["memory"], self.task.gtol)
        with self.jax.enable_x64(self.double):
            W = self.start
            kind = self.jax.ShapeDtypeStruct((), W.dtype)
            state = solver.init(f, W, self.data, {}, kind, None, frozenset())
            while True:
                watch.evaluated()
                W, state, done, result = step(W, self.data, state)
                done = bool(done)
                watch.visit(W)
                if done:
                    claimed = bool(result == successful)
                    words = f"x and f changed by less than {self.task.gtol:g}" if claimed else str(result)
                    return Ending(Status.CLAIMED if claimed else Status.LINE_SEARCH, words)


PEERS = (
    Peer(LIBRARY, "optax", "limited-memory BFGS with a zoom search", Optax, Pairs(), (softmax, dense), anywhere=True),
    Peer(
        LIBRARY, "optimistix", "limited-memory BFGS with a backtracking search", Optimistix, Pairs(), (softmax, dense)
    ),
)

FAMILY = Family(LIBRARY, {peer.word: peer for peer in PEERS})
