"""minFunc's methods, which are ours: ``minfunc:qnewton``, with minFunc's own options after a second colon."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from solvers import methods
from workbench.matlab.minfunc_options import METHODS
from workbench.peers.family import Family
from workbench.peers.library import PROJECT, Library

if TYPE_CHECKING:
    from solvers.driver import Observer
    from solvers.objective import Objective
    from solvers.result import Result
    from solvers.settings import DescentSettings
    from workbench.matlab.minfunc_options import Declared, Options

LIBRARY = Library("minfunc", (PROJECT,), ("workbench",))
NOT_HERE = (
    "Method",
    "Display",
    "DerivativeCheck",
    "numDiff",
    "useComplex",
    "outputFcn",
    "HvFunc",
    "precFunc",
    "useMex",
    "strict",
)
"""Options that have no place in a comparison: it displays nothing, and the objective brings its derivatives."""


class WithHessian:
    """An objective with its Hessian, put together from products with the unit vectors: ``f, g, H``."""

    def __init__(self, objective: Any) -> None:
        self.objective = objective
        self.gradient_scale = objective.gradient_scale

    def __call__(self, x: np.ndarray, nargout: int) -> tuple[Any, ...]:
        """Return f and g, with H too where three outputs are wanted."""
        f, g = self.objective(x)
        if nargout < 3:
            return f, g
        H = np.column_stack([self.objective.hessp(x, unit) for unit in np.eye(x.size)])
        return f, g, 0.5 * (H + H.T)


@dataclass(frozen=True)
class MinfuncMethod:
    """One of minFunc's methods, with the face of a method of the solvers.

    Parameters
    ----------
    method : str
        minFunc's word for it.
    """

    method: str

    @property
    def name(self) -> str:
        """What a comparison calls it."""
        return f"{LIBRARY.prefix}:{self.method}"

    @property
    def summary(self) -> str:
        """What it is, in a line."""
        return methods.method(self.method).summary

    def options(self) -> dict[str, "Declared"]:
        """Return the options that it takes in a comparison."""
        from workbench.matlab.minfunc_options import table

        return {name: row for name, row in table().items() if name not in NOT_HERE}

    def settings(self, **options: Any) -> "Options":
        """Return minFunc's options complete and checked.

        Raises
        ------
        TypeError, ValueError
            For an option that minFunc does not have or a comparison has no place for, or a value that does not fit.
        """
        from workbench.matlab.minfunc_options import read

        barred = {name.lower(): name for name in NOT_HERE}
        for name in options:
            if name.lower() in barred:
                raise TypeError(
                    f"{self.name}: option {barred[name.lower()]} has no place in a comparison: leave it out"
                )
        return read({"Method": self.method, **options})

    def unfit(self, objective: Any) -> str:
        """Return why it cannot minimise this objective, or nothing."""
        return _lacking(objective, self.settings().order)

    def prepare(self, fun: Any, x0: Any, **options: Any) -> float:
        """Compile what a run would need, or load it from disk, and return the seconds that this took."""
        from solvers.driver import run
        from solvers.engine import compiled_entry
        from solvers.jit import clock
        from solvers.method import WARM_UP, as_start

        began = clock()
        objective, settings = self._made(fun, x0, self.settings(**options))
        if objective.compiled is not None:
            compiled_entry(settings, objective.compiled)
        else:  # the loop is interpreted, but what it calls is compiled at the first call
            stopping = settings.stopping._replace(gtol=0.0, max_iter=WARM_UP)
            run(self.name, objective, settings._replace(stopping=stopping), as_start(x0))
        return clock() - began

    def __call__(
        self,
        fun: Any,
        x0: Any,
        *,
        gtol: float,
        max_time: float,
        max_evals: int,
        max_iter: int,
        observer: "Observer | None" = None,
        **options: Any,
    ) -> "Result":
        """Minimise on the terms of a comparison; an option of the contestant's own wins.

        The tolerance `gtol` means the same as for every other contestant, limits are kept within a line search too, and
        minFunc's rule of progress rests unless `progTol` is given.
        """
        from solvers.driver import run
        from solvers.method import as_start

        terms = {"optTol": gtol, "MaxFunEvals": max_evals, "MaxIter": max_iter}
        own = {name.lower() for name in options}
        chosen = self.settings(**{name: value for name, value in terms.items() if name.lower() not in own}, **options)
        objective, settings = self._made(fun, x0, chosen)
        stopping, search = settings.stopping._replace(max_time=max_time, finish_search=False), settings.search
        if "progtol" not in own:
            stopping, search = stopping._replace(progress=-math.inf), search._replace(progress=-math.inf)
        settings = settings._replace(stopping=stopping, search=search)
        return run(self.name, objective, settings, as_start(x0), observer=observer)

    def _made(self, objective: Any, x0: Any, chosen: "Options") -> "tuple[Objective, DescentSettings]":
        """Return the objective with the derivatives that the method uses, and the settings of its parts."""
        from solvers.method import as_start
        from solvers.objective import own_product, resolve
        from workbench.matlab.minfunc_method import settings_of, uses

        lacking = _lacking(objective, chosen.order)
        if lacking:
            raise ValueError(f"{self.name} {lacking}")
        fun = WithHessian(objective) if chosen.order == 2 else objective
        product = own_product(objective) if uses(chosen).product else None
        return resolve(fun, as_start(x0), order=chosen.order, product=product), settings_of(chosen, 1)


def _lacking(objective: Any, order: int) -> str:
    """Return which derivatives the objective lacks for a method of this order, or nothing."""
    if order > 2:
        return "needs third derivatives, which no objective of a comparison has"
    if order == 2 and not hasattr(objective, "hessp"):
        return "needs second derivatives: the objective has no method hessp(theta, v)"
    return ""


FAMILY = Family(LIBRARY, {word: MinfuncMethod(word) for word in METHODS}, ours=True)


def minfunc_entries() -> list[dict[str, Any]]:
    """Return every method of minFunc with its options, as plain values for a listing."""
    entries = []
    for word in METHODS:
        method = MinfuncMethod(word)
        options = {name: _entry(row, row.by_method.get(word, row.default)) for name, row in method.options().items()}
        entries.append({"name": method.name, "summary": method.summary, "options": options})
    return entries


def without_repetition(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the entries with the defaults that are a method's own alone, and one more entry with the general ones."""
    table = MinfuncMethod("lbfgs").options()
    general = {name: _entry(row, row.default) for name, row in table.items()}
    brief = [
        {**entry, "options": {name: option for name, option in entry["options"].items() if option != general[name]}}
        for entry in entries
    ]
    return [
        *brief,
        {"name": f"{LIBRARY.prefix}:...", "summary": "options of each, with the general defaults", "options": general},
    ]


def _entry(row: "Declared", default: Any) -> dict[str, Any]:
    return {"default": default, "expects": row.kind.expected, "doc": row.meaning}
