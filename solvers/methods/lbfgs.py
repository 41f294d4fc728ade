"""L-BFGS: limited-memory BFGS with a line search."""

from solvers.directions.limited_memory_bfgs import LimitedMemoryBFGS
from solvers.method import Method
from solvers.settings import SELECTOR, SELECTOR_DOC, line_searches, staged

METHOD = Method(
    name="lbfgs",
    summary="limited-memory BFGS",
    selector=SELECTOR,
    selector_doc=SELECTOR_DOC,
    variants=staged(line_searches(LimitedMemoryBFGS())),
)
