"""Third-order Newton."""

from solvers.directions.tensor import Tensor
from solvers.method import Method
from solvers.settings import SELECTOR, SELECTOR_DOC, line_searches

METHOD = Method(
    name="tensor",
    summary="minimisers of the third-order model of f",
    selector=SELECTOR,
    selector_doc=SELECTOR_DOC,
    variants=line_searches(Tensor()),
)
