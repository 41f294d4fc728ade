"""A function of the user's as what solvers are compared on: f and its gradient, and nothing that is known beyond."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from solvers.jit import is_compiled
from solvers.method import as_start
from solvers.objective import RowObjective, asking, resolve
from workbench.certificate import Certificate, certify
from workbench.comparison.problem import described, in_words, thread_count
from workbench.data import Dataset


class OwnObjective:
    """A function of the user's as an objective of a comparison, from a start of the user's.

    Compiled loops take it where ``numba.njit`` made it, methods on mini-batches where it is a `RowObjective`, Newton's
    method where it returns its Hessian too. A penalty, if it has one, is its own affair, so nothing is proven of it.

    Parameters
    ----------
    fun : callable
        ``f, g = fun(theta, *args)``. Its attribute ``function`` is what the user wrote; ``around(function)`` is what
        a loop calls for that or a part of it; ``blamed(error)`` says where in the user's file it was raised.
    x0 : array_like, shape (n,)
        The start.
    args : tuple
        What else `fun` takes.

    Attributes
    ----------
    n_rows : int
        How many rows it can be evaluated on one by one; 0 where it is not that kind.
    f_start : float
        f at the start.

    Raises
    ------
    TypeError, ValueError
        When the start is no finite vector, or f is not finite there, or the function does not return f and g.
    """

    l2 = 0.0
    gradient_scale = 1.0

    def __init__(self, fun: Any, x0: Any, args: tuple[Any, ...] = ()) -> None:
        self.fun, self.args, self.x0 = fun, args, as_start(x0)
        rows = fun.function if isinstance(fun.function, RowObjective) else None
        self.n_rows = 0 if rows is None else rows.n_rows
        self._form = (fun.around(fun.function), args) if rows is None else (fun.around(rows.fun), rows.args)
        with np.errstate(all="ignore"):
            self.f_start = resolve(fun, self.x0, args).at_start(self.x0.copy(), second_order=False)[0]
        if not np.isfinite(self.f_start):
            raise ValueError(
                f"f is {self.f_start} at the start, expected a finite number: start inside the domain of f"
            )

    def __call__(self, theta: np.ndarray, nargout: int = 2) -> Any:
        """Return what the function returns: f, g, and perhaps more, `nargout` of them if it can be told so."""
        with np.errstate(all="ignore"):
            return asking(self.fun, nargout, len(self.args))(theta, *self.args)

    def compiled_form(self) -> tuple[Any, tuple[Any, ...]]:
        """Return ``(function, args)`` with ``f, g = function(theta, *args)``, compiled if the user's function is."""
        return self._form

    def certificate(self, theta: np.ndarray) -> Certificate:
        """Return f and the gradient's norm, evaluated once more; nothing is proven of ``f - f*``."""
        with np.errstate(all="ignore"):  # a run that diverged is judged too
            return certify(self.fun, theta.copy(), self.args)

    @property
    def is_compiled(self) -> bool:
        """Whether solvers run it compiled."""
        return is_compiled(self._form[0])


@dataclass(frozen=True)
class OwnProblem:
    """A function of the user's, with what is to be said of it.

    Parameters
    ----------
    objective : OwnObjective
        The function.
    title, name : str
        What it is called, and the same as part of a file's name.
    gradient : str
        Whether its gradient was checked, and with which verdict.
    facts : dict
        What else a record says of it, as JSON values.
    data : Dataset or None
        What it was given.
    """

    objective: OwnObjective
    title: str
    name: str
    gradient: str
    facts: dict[str, Any]
    data: Dataset | None = None

    def accuracy(self, theta: np.ndarray) -> tuple[float, float]:
        """Return NaN twice: of a function nobody knows what it predicts."""
        return np.nan, np.nan

    def arrays(self, theta: np.ndarray) -> dict[str, np.ndarray]:
        """Return the point alone."""
        return {"theta": theta}

    def relative_gap(self, f: float, f_star: float) -> float:
        """Return the share of the way from the start down to f* that is left: ``(f - f*) / (f(x0) - f*)``.

        Where f* is 0, or as good as, nothing can be relative to it. (Moré & Wild 2009, SIAM J. Optim. 20, eq. 2.2.)
        """
        decrease = self.objective.f_start - f_star
        return (f - f_star) / (decrease if decrease > 0.0 else 1.0)

    def reference(self) -> dict[str, float]:
        """Return what a record needs beside f* to tell a gap."""
        return {"f_start": self.objective.f_start}

    def reason(self, error: Exception) -> str:
        """Return why a run failed, in a line, with the place in the user's file where that is known."""
        return in_words(self.objective.fun.blamed(error))

    def headline(self, threads: int) -> str:
        """Return the problem in a line."""
        data = [] if self.data is None else [str(self.data)]
        theta = f"theta {self.objective.x0.size:,}"
        return " · ".join([self.title, *data, theta, self._kind, f"gradient {self.gradient}", thread_count(threads)])

    def description(self) -> dict[str, Any]:
        """Return the problem as plain JSON values, for the run record."""
        found = {
            "objective": self.title,
            "gradient": self.gradient,
            "function": self._kind,
            "theta": {"size": self.objective.x0.size},
            **self.facts,
        }
        return found if self.data is None else {**found, "data": described(self.data)}

    @property
    def _kind(self) -> str:
        return "compiled by Numba" if self.objective.is_compiled else "plain Python"
