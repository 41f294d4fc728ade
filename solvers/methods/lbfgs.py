"""L-BFGS: limited-memory BFGS with a line search."""

from solvers.directions.limited_memory_bfgs import LimitedMemoryBFGS
from solvers.first_step import UNIT, FirstStep
from solvers.method import Method
from solvers.searches.armijo import Armijo
from solvers.searches.wolfe import Wolfe
from solvers.settings import DescentSettings
from solvers.stopping import Stopping

METHOD = Method(
    name="lbfgs",
    summary="limited-memory BFGS",
    selector="line_search",
    selector_doc="strong Wolfe conditions, or Armijo backtracking",
    variants={
        "wolfe": DescentSettings(Stopping(), FirstStep(UNIT), Wolfe(), LimitedMemoryBFGS()),
        "armijo": DescentSettings(Stopping(), FirstStep(UNIT), Armijo(), LimitedMemoryBFGS()),
    },
)
