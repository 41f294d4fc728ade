"""The settings of a method: a tuple of its parts' settings. Their types say which parts the method is made of."""

from typing import Any, NamedTuple

from solvers.directions import GIVEN, OWN
from solvers.first_step import FirstStep
from solvers.searches.armijo import Armijo
from solvers.searches.more_thuente import MoreThuente
from solvers.searches.wolfe import Wolfe
from solvers.stages import Draw, Stages
from solvers.stochastic_gradient import StochasticGradient
from solvers.stopping import Stopping


class DescentSettings(NamedTuple):
    """Direction x line search x first step x stopping."""

    stopping: Stopping
    first_step: Any
    search: Any
    direction: Any


class StagedSettings(NamedTuple):
    """The same, after stages on subsets of the rows."""

    stopping: Stopping
    first_step: Any
    stages: Stages
    search: Any
    direction: Any


class ChoosingSettings(NamedTuple):
    """Stopping x what is drawn, for a method that chooses the rest when it sees the objective."""

    stopping: Stopping
    draw: Draw


class StochasticSettings(NamedTuple):
    """Stochastic gradient x stopping."""

    stopping: Stopping
    gradient: StochasticGradient


def uses_all_rows(settings: Any) -> bool:
    """Return whether a run begins with stages, or with making a preconditioner of the objective's own."""
    stages = isinstance(settings, StagedSettings) and settings.stages.stages > 0
    return stages or getattr(getattr(settings, "direction", None), "preconditioner", GIVEN) == OWN


SELECTOR = "line_search"
SELECTOR_DOC = "strong Wolfe conditions, Armijo backtracking, or SciPy's More-Thuente search (always interpreted)"


def line_searches(direction: Any, first_step: Any = None, c2: float = 0.9) -> dict[str, DescentSettings]:
    """Return a direction with each of the line searches that are chosen by `SELECTOR`."""
    searches = {"wolfe": Wolfe(c2=c2), "armijo": Armijo(), "more-thuente": MoreThuente(c2=c2)}
    first_step = FirstStep() if first_step is None else first_step
    return {name: DescentSettings(Stopping(), first_step, search, direction) for name, search in searches.items()}


def staged(variants: dict[str, DescentSettings]) -> dict[str, StagedSettings]:
    """Return the same settings with stages, none by default."""
    return {name: StagedSettings(*chosen[:2], Stages(), *chosen[2:]) for name, chosen in variants.items()}
