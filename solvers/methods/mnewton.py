"""Newton's method with a Hessian that several iterations share."""

from solvers.directions.newton import Newton
from solvers.method import Method
from solvers.settings import SELECTOR, SELECTOR_DOC, line_searches

METHOD = Method(
    name="mnewton",
    summary="newton with a Hessian that five iterations share",
    selector=SELECTOR,
    selector_doc=SELECTOR_DOC,
    variants=line_searches(Newton(recompute=5)),
)
