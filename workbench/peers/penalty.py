"""The weight of the penalty in each library's own terms. Ours is ``f = losses + l2 / 2 |W|^2``, mean or sum.

==================  ====================================================  =======================================
what                who minimises                                         value, with n = the sum of row weights
==================  ====================================================  =======================================
`of_mean`           ``mean loss + lambda / 2 |W|^2``                      l2, or l2 / n for a sum
`of_difference`     the same for two classes by ``w = W[1] - W[0]``       `of_mean` with a class fixed to zero;
                                                                          half of it in the symmetric form, where
                                                                          ``|W|^2 = |w|^2 / 2`` at the optimum
`inverse_of_sum`    ``C * sum of losses + 1 / 2 |W|^2``                   1 / (lambda n); infinite without
`per_row`           ``(1 / rows) sum of losses + alpha / 2 |W|^2``        lambda n / rows
==================  ====================================================  =======================================
"""

import math
from typing import Any


def total(objective: Any) -> float:
    """Return the sum of the rows' weights: their number where they have none."""
    return float(objective.sample_weight.sum()) if objective.sample_weight.size else float(objective.n_rows)


def of_mean(objective: Any) -> float:
    """Return lambda of ``mean loss + lambda / 2 |W|^2``."""
    return float(objective.l2) / float(objective.gradient_scale)


def of_difference(objective: Any) -> float:
    """Return lambda for who fits two classes by the difference of their weights, else the same as `of_mean`."""
    halves = objective.n_classes == 2 and objective.reference is None
    return of_mean(objective) / (2.0 if halves else 1.0)


def inverse_of_sum(weight: float, objective: Any) -> float:
    """Return C of ``C * sum of losses + |W|^2 / 2``, for a lambda of the mean."""
    return 1.0 / (weight * total(objective)) if weight else math.inf


def per_row(weight: float, objective: Any) -> float:
    """Return alpha of ``(1 / rows) * sum of weighted losses + alpha / 2 |W|^2``, for a lambda of the mean."""
    return weight * total(objective) / float(objective.n_rows)
