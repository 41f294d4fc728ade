"""What an objective can do wrong, and what comes of it: the one table that the tests and the docs are made from.

A fault spoils a convex function that every method minimises. ``make()`` gives ``spoil(call, x, outputs)`` with a memory
of its own, called after each true evaluation: `call` counts from 1, and `outputs` are f, g, and as far as they are
wanted H and T; what it returns is what the solver gets.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import solvers

START = np.array([-1.0, 3.0])
WEIGHTS = np.array([1.0, 3.0])
N_ROWS = 32
GTOL = 1e-5
FIRST_BAD = 4
"""The call from which, or at which, a fault that comes later sets in."""
SLOW = 0.02
"""Seconds that a slow call takes."""

Spoil = Callable[[int, np.ndarray, list[Any]], Any]


def truth(x: np.ndarray, nargout: int = 2) -> list[Any]:
    """Return f, g, H, T, the first `nargout` of them, of ``sum w z^2 / 2 + z^4 / 20`` with ``z = x - 1``."""
    z = x - 1.0
    outputs = [
        float((0.5 * WEIGHTS * z**2 + 0.05 * z**4).sum()),
        WEIGHTS * z + 0.2 * z**3,
        np.diag(WEIGHTS + 0.6 * z**2),
        np.zeros((2, 2, 2)),
    ]
    outputs[3][[0, 1], [0, 1], [0, 1]] = 1.2 * z
    return outputs[:nargout]


def true_gradient(x: np.ndarray) -> float:
    """Return the largest component of the gradient at `x`, without any fault."""
    return float(np.abs(truth(x)[1]).max())


class Objective:
    """The function with a fault, counting its calls."""

    def __init__(self, factory: Callable[[], Spoil]) -> None:
        self.calls, self.spoil = 0, factory()

    def __call__(self, x: np.ndarray, nargout: int = 2) -> Any:
        """Return what `nargout` says, spoilt."""
        self.calls += 1
        return self.spoil(self.calls, x, truth(x, nargout))

    def on_rows(self) -> solvers.RowObjective:
        """Return the same as a mean over rows that are all alike."""
        return solvers.RowObjective(lambda x, rows: self(x), N_ROWS)


# The faults -----------------------------------------------------------------------------------------------------------


def _with(place: int, value: Callable[[Any], Any], when: Callable[[int, np.ndarray], bool]) -> Callable[[], Spoil]:
    """Return a fault that replaces one output, f or g, when it is time."""

    def spoil(call: int, x: np.ndarray, outputs: list[Any]) -> Any:
        if when(call, x):
            outputs[place] = value(outputs[place])
        return outputs

    return lambda: spoil


def _f(value: Any, when: Callable[[int, np.ndarray], bool]) -> Callable[[], Spoil]:
    return _with(0, lambda f: value, when)


def _nan_first(g: np.ndarray) -> np.ndarray:
    return np.array([np.nan, *g[1:]])


def _raising(kind: type[BaseException], when: Callable[[int, np.ndarray], bool]) -> Callable[[], Spoil]:
    def spoil(call: int, x: np.ndarray, outputs: list[Any]) -> Any:
        if when(call, x):
            raise kind
        return outputs

    return lambda: spoil


def at_start(call: int, x: np.ndarray) -> bool:
    return call == 1


def later(call: int, x: np.ndarray) -> bool:
    return call >= FIRST_BAD


def always(call: int, x: np.ndarray) -> bool:
    return True


def beyond(call: int, x: np.ndarray) -> bool:
    """Where long steps lead, and no shortest way does."""
    return bool(x[0] > 1.5 or x[1] < 0.5)


def around_the_minimum(call: int, x: np.ndarray) -> bool:
    return bool(np.abs(x - 1.0).max() < 0.3)


def _reused_buffer() -> Spoil:
    buffer = np.empty(2)

    def spoil(call: int, x: np.ndarray, outputs: list[Any]) -> Any:
        buffer[:] = outputs[1]
        return outputs[0], buffer, *outputs[2:]

    return spoil


def _overwriting_x() -> Spoil:
    def spoil(call: int, x: np.ndarray, outputs: list[Any]) -> Any:
        x -= 1.0
        return outputs

    return spoil


def _not_repeating() -> Spoil:
    last = np.full(2, np.nan)

    def spoil(call: int, x: np.ndarray, outputs: list[Any]) -> Any:
        if (x == last).all():
            outputs[1] = outputs[1] + 1.0
        last[:] = x
        return outputs

    return spoil


def _slow() -> Spoil:
    def spoil(call: int, x: np.ndarray, outputs: list[Any]) -> Any:
        time.sleep(SLOW)
        return outputs

    return spoil


def _hung() -> Spoil:
    def spoil(call: int, x: np.ndarray, outputs: list[Any]) -> Any:
        while later(call, x):
            time.sleep(3600.0)
        return outputs

    return spoil


@dataclass(frozen=True)
class Fault:
    """A fault and its outcome.

    Parameters
    ----------
    what : str
        What the objective does.
    make : callable
        Returns a new ``spoil``.
    outcome : str
        The name of a ``Status``, or ``raises`` and the name of an exception.
    but : mapping of str to str
        The outcome where it is another: by solver, or by ``minfunc`` for all its methods.
    calls : int
        The most calls that it takes, where that is part of the contract; 0: it is not.
    options : mapping
        Options of the run.
    """

    what: str
    make: Callable[[], Spoil]
    outcome: str
    but: dict[str, str] = field(default_factory=dict)
    calls: int = 0
    options: dict[str, Any] = field(default_factory=dict)

    def outcome_of(self, solver: str) -> str:
        """Return what is documented for a solver."""
        return self.but.get(solver, self.but.get(solver.partition(":")[0], self.outcome))


WASTED = FIRST_BAD - 1 + 20
REFUSED = {"minfunc": "raises ValueError"}
SHORTENS = {"minfunc": "STEP"}
NO_SEARCH = {"sgd": "NOT_FINITE"}

FAULTS = {
    "none": Fault("nothing wrong", _f(0.0, lambda call, x: False), "GRADIENT"),
    "nan at start": Fault("f is nan at x0", _f(np.nan, at_start), "NOT_FINITE", REFUSED, 1),
    "nan later": Fault("f is nan from the 4th call on", _f(np.nan, later), "NOT_FINITE", SHORTENS, WASTED),
    "nan beyond": Fault("f is nan where long steps lead", _f(np.nan, beyond), "GRADIENT", NO_SEARCH),
    "nan around": Fault(
        "f is nan around the minimum",
        _f(np.nan, around_the_minimum),
        "NOT_FINITE",
        {"csd": "ROUNDING", "minfunc": "DECREASE", "minfunc:lbfgs": "STEP"},
    ),
    "nan in g at start": Fault("g has a nan at x0", _with(1, _nan_first, at_start), "NOT_FINITE", REFUSED, 1),
    "nan in g later": Fault(
        "g has a nan from the 4th call on", _with(1, _nan_first, later), "NOT_FINITE", SHORTENS, WASTED
    ),
    "inf at start": Fault("f is inf at x0", _f(np.inf, at_start), "NOT_FINITE", REFUSED, 1),
    "inf beyond": Fault("f is inf where long steps lead", _f(np.inf, beyond), "GRADIENT", NO_SEARCH),
    "-inf at start": Fault("f is -inf at x0", _f(-np.inf, at_start), "UNBOUNDED", REFUSED, 1),
    "-inf later": Fault("f is -inf from the 4th call on", _f(-np.inf, later), "UNBOUNDED", SHORTENS),
    "short g": Fault("g is too short", _with(1, lambda g: g[:1], always), "raises ContractError", calls=1),
    "short g later": Fault(
        "g is too short from the 4th call on", _with(1, lambda g: g[:1], later), "raises ContractError", calls=FIRST_BAD
    ),
    "complex f": Fault(
        "f is complex from the 4th call on",
        _with(0, lambda f: f + 1j, later),
        "raises ContractError",
        SHORTENS,
        FIRST_BAD,
    ),
    "float32 g": Fault(
        "g is float32", _with(1, lambda g: g.astype(np.float32), always), "raises ContractError", calls=1
    ),
    "wrong sign": Fault("g has the wrong sign", _with(1, lambda g: -g, always), "WRONG_GRADIENT", NO_SEARCH | SHORTENS),
    "one buffer": Fault("every g is the same array", _reused_buffer, "GRADIENT"),
    "overwrites x": Fault("writes into x", _overwriting_x, "raises ValueError", calls=1),
    "raises": Fault("raises at the 4th call", _raising(KeyError, later), "raises KeyError", calls=FIRST_BAD),
    "not evaluable at start": Fault(
        "raises NotEvaluable at x0", _raising(solvers.NotEvaluable, at_start), "NOT_FINITE", REFUSED, 1
    ),
    "not evaluable beyond": Fault(
        "raises NotEvaluable where long steps lead", _raising(solvers.NotEvaluable, beyond), "GRADIENT", NO_SEARCH
    ),
    "StopIteration": Fault(
        "raises StopIteration at the 4th call",
        _raising(StopIteration, later),
        "raises StopIteration",
        calls=FIRST_BAD,
    ),
    "Ctrl-C": Fault("Ctrl-C in the 4th call", _raising(KeyboardInterrupt, later), "INTERRUPTED", calls=FIRST_BAD),
    "no repetition": Fault(
        "another g when x is asked for again", _not_repeating, "UNREPEATABLE", {"sgd": "ITERATIONS"}
    ),
    "slow": Fault(
        "takes 20 ms, of 30 ms in all", _slow, "TIME", {"minfunc": "GRADIENT"}, 3, options={"max_time": 1.5 * SLOW}
    ),
    "hung": Fault("never returns, from the 4th call on", _hung, "does not return"),
}
"""By a short name. For minFunc's methods its own rules decide: it has no limit of time, and shortens a step until that
is below ``progTol``."""
