"""Gradient descent, with five ways to choose the step."""

import math
from typing import Any

from solvers.directions.barzilai_borwein import BarzilaiBorwein
from solvers.directions.steepest_descent import SteepestDescent
from solvers.first_step import DECREASE, UNIT, FirstStep
from solvers.method import Method
from solvers.objective import Objective
from solvers.searches.armijo import Armijo
from solvers.searches.fixed import Fixed
from solvers.searches.wolfe import Wolfe
from solvers.settings import DescentSettings
from solvers.stopping import Stopping


def _with_step_size(settings: Any, variant: str, objective: Objective) -> Any:
    """Fill in the step 1 / L from the objective's Lipschitz constant."""
    if variant == "1/L" and math.isnan(settings.search.step_size):
        constant = getattr(objective.source, "lipschitz", None)
        if constant is None:
            raise ValueError(
                "gd with step='1/L' needs an objective with an attribute 'lipschitz', the Lipschitz constant of its"
                " gradient; or give step='fixed' and step_size="
            )
        return settings._replace(search=Fixed(1.0 / float(constant)))
    return settings


METHOD = Method(
    name="gd",
    summary="gradient descent",
    selector="step",
    selector_doc="how the step is chosen: two line searches, Barzilai-Borwein, 1/L, or fixed (step_size=)",
    variants={
        "wolfe": DescentSettings(Stopping(), FirstStep(DECREASE), Wolfe(), SteepestDescent()),
        "armijo": DescentSettings(Stopping(), FirstStep(DECREASE), Armijo(), SteepestDescent()),
        "bb": DescentSettings(Stopping(), FirstStep(UNIT), Armijo(window=10), BarzilaiBorwein()),
        "1/L": DescentSettings(Stopping(), FirstStep(UNIT), Fixed(), SteepestDescent()),
        "fixed": DescentSettings(Stopping(), FirstStep(UNIT), Fixed(), SteepestDescent()),
    },
    required={"fixed": "step_size"},
    complete=_with_step_size,
)
