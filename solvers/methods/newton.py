"""Newton's method."""

from solvers.directions.newton import Newton
from solvers.method import Method
from solvers.settings import SELECTOR, SELECTOR_DOC, line_searches

METHOD = Method(
    name="newton",
    summary="Newton with the Hessian, modified where it is indefinite",
    selector=SELECTOR,
    selector_doc=SELECTOR_DOC,
    variants=line_searches(Newton()),
)
