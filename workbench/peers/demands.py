"""What a peer demands of an objective: each is a function that gives the reason why it cannot take one, or nothing."""

from collections.abc import Callable
from typing import Any

from scipy import sparse

Demand = Callable[[Any], str]


def softmax(objective: Any) -> str:
    """The data of softmax regression, not f and g alone."""
    from workbench.objectives.softmax import SoftmaxObjective

    return "" if isinstance(objective, SoftmaxObjective) else "needs softmax regression: it fits data, not f and g"


def symmetric(objective: Any) -> str:
    """A penalty on all classes, as nearly every library has it; two classes are fitted by their difference anyway."""
    if objective.reference is None or objective.n_classes == 2 or objective.l2 == 0.0:
        return ""
    return "penalises all classes: it needs the symmetric form (reference=None), two classes, or l2 = 0"


def two_classes(objective: Any) -> str:
    """Two classes."""
    return "" if objective.n_classes == 2 else f"needs two classes: for {objective.n_classes} it is no softmax"


def free_intercepts(objective: Any) -> str:
    """Intercepts without a penalty."""
    penalised = objective.fit_intercept and objective.penalize_intercept and objective.l2 > 0.0
    return "leaves intercepts without a penalty: it needs penalize_intercept=False" if penalised else ""


def no_penalty(objective: Any) -> str:
    """No penalty."""
    return "" if objective.l2 == 0.0 else "has no penalty: it needs l2 = 0"


def a_penalty(objective: Any) -> str:
    """A penalty."""
    return "" if objective.l2 > 0.0 else "needs a penalty: l2 > 0"


def dense(objective: Any) -> str:
    """Rows that are no sparse matrix."""
    return "takes no sparse rows" if sparse.issparse(objective.X) else ""


def no_weights(objective: Any) -> str:
    """Rows that count alike."""
    return "takes no sample weights" if objective.sample_weight.size else ""


def products(objective: Any) -> str:
    """Products with the Hessian."""
    return "" if hasattr(objective, "hessp") else "needs hessp(theta, v), products with the Hessian: f has none"


def variables(most: int) -> Demand:
    """Return the demand of few variables, of one who factorises a matrix with a row for each."""

    def few(objective: Any) -> str:
        size = objective.n_classes * objective.shape[1]
        return "" if size <= most else f"would factorise a dense matrix of {size:,} rows, and takes up to {most:,}"

    return few


def first(demands: tuple[Demand, ...], objective: Any) -> str:
    """Return the first reason against an objective, or nothing."""
    return next(filter(None, (demand(objective) for demand in demands)), "")
