"""Compiling ahead what the solvers need for softmax regression, so that no later process waits for it."""

import functools
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from workbench.objectives.softmax import SoftmaxObjective

ROWS = ("dense float64", "dense float32", "dense uint8", "CSR float64", "CSR float32")
"""Kinds of rows; each has machine code of its own for f and g."""
METHODS = ("lbfgs", "auto", "gd", "sgd", "cg")
"""Methods, of which those with a line search have one loop for all kinds of rows."""


class Warmed(NamedTuple):
    """One item: what it is, whether it was compiled now or was there, and the seconds that took."""

    name: str
    how: str
    seconds: float


def warm(rows: tuple[str, ...] = ROWS, methods: tuple[str, ...] = METHODS) -> Iterator[Warmed]:
    """Compile, or load from disk, f and g for each kind of rows and the loops of the methods on it.

    Parameters
    ----------
    rows, methods : tuple of str
        Of `ROWS`, and names of methods.

    Yields
    ------
    Warmed
        When the item is ready; `how` is ``"compiled"`` or ``"loaded"``.
    """
    import solvers
    from solvers.jit import clock, statistics

    def done(name: str, job: Callable[[], object]) -> Warmed:
        before, began = statistics().compiled, clock()
        job()
        how = "compiled" if statistics().compiled > before else "loaded"
        return Warmed(name, how, clock() - began)

    for kind in rows:
        fun = _example(kind)
        yield done(f"{kind}: f and g", functools.partial(fun, fun.x0))
        for name in methods:  # with what a run in float32 goes on with where rounding ends it
            yield done(f"{kind}: {name}", functools.partial(getattr(solvers, name).prepare, fun, fun.x0))


def _example(kind: str) -> "SoftmaxObjective":
    """Return a small objective on rows of a kind."""
    from scipy import sparse

    from workbench.objectives.softmax import SoftmaxObjective

    form, dtype = kind.split()
    X = np.random.default_rng(0).integers(0, 9, (60, 4)).astype(dtype)
    return SoftmaxObjective(sparse.csr_array(X) if form == "CSR" else X, np.arange(60) % 3, l2=1e-2)
