"""Minimising a smooth function: methods composed of a direction, a line search, a first step and stopping rules.

Each method is a function, ``solvers.lbfgs(fun, x0)``, and is found by its file being in ``solvers/methods``. Nothing is
compiled or even imported before it is used.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from solvers.engine import Solution as Solution
    from solvers.method import Method as Method
    from solvers.objective import ContractError as ContractError
    from solvers.objective import NotEvaluable as NotEvaluable
    from solvers.objective import RowObjective as RowObjective
    from solvers.result import Result as Result
    from solvers.status import Status as Status

_HOME = {
    "ContractError": "objective",
    "Method": "method",
    "NotEvaluable": "objective",
    "Result": "result",
    "RowObjective": "objective",
    "Solution": "engine",
    "Status": "status",
}


def minimize(fun: Any, x0: Any, args: tuple[Any, ...] = (), method: str = "lbfgs", **options: Any) -> "Result":
    """Minimise ``f, g = fun(x, *args)`` from `x0` with the named method; see `Method.__call__`."""
    methods = importlib.import_module("solvers.methods")

    found: Method = methods.method(method)
    return found(fun, x0, args, **options)


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(importlib.import_module(f"solvers.{_HOME[name]}"), name)
    methods = importlib.import_module("solvers.methods")

    if name in methods.names():
        return methods.method(name)
    raise AttributeError(f"module 'solvers' has no attribute {name!r}")


def __dir__() -> list[str]:
    methods = importlib.import_module("solvers.methods")

    return sorted([*_HOME, "minimize", *methods.names()])
