"""Preparation: what a solver needs is compiled, or loaded from disk, before any clock starts."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from solvers.interrupt import HeldBack

if TYPE_CHECKING:
    from workbench.comparison.contestant import Solver


def prepared(method: "Solver", objective: Any, options: Mapping[str, Any]) -> float:
    """Return the seconds that it took.

    Ctrl-C takes effect when all is compiled: raised amidst it, the compiler would print it and go on. A second one
    takes effect at once.
    """
    with HeldBack() as interrupt:
        seconds = method.prepare(objective, objective.x0, **options)
    if interrupt.arrived:
        raise KeyboardInterrupt
    return seconds
