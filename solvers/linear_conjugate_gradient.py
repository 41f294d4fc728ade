"""Linear conjugate gradients: ``A x = b`` for a symmetric A that is known by its products with vectors.

Hestenes & Stiefel (1952); preconditioned: Nocedal & Wright (2006), Algorithm 5.3; stopped by negative curvature for
Newton's method: Steihaug (1983), Nocedal & Wright, Algorithm 7.1.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from solvers.jit import part
from solvers.remarks import remark
from solvers.vectors import dot, norm_two

SMALLEST_CURVATURE = 1e-16
"""A curvature ``p'Ap`` of at most this is taken as negative."""


class Solution(NamedTuple):
    """What was found: x, the number of iterations, the 2-norm of ``A x - b``, and a direction of negative curvature.

    `curved` says whether there is such a direction, `negative`; without it `negative` is empty.
    """

    x: np.ndarray
    nit: int
    residual: float
    curved: bool
    negative: np.ndarray


def compose(product: Callable[..., Any], preconditioner: Callable[..., Any]) -> Callable[..., Any]:
    """Return conjugate gradients for an operator and a preconditioner.

    Parameters
    ----------
    product : callable
        ``product(context, v) -> A v``, a part.
    preconditioner : callable
        ``preconditioner(context, r)``, about the inverse of A times r, a part; it must be positive definite, and may
        return r itself.

    Returns
    -------
    callable
        ``solve(context, b, tol, max_iter, wanted, proceed) -> Solution``, a part. See `solve` for its arguments.
    """

    @part
    def solve(context, b, tol, max_iter, wanted, proceed):
        """Solve until ``|A x - b| <= tol`` in the 2-norm, for at most `max_iter` iterations or to curvature <= 0.

        What happens there: a direction of strictly negative curvature is returned as such where it is `wanted`.
        Otherwise the iterations before it stand; in the first iteration, there are none, and x is the preconditioned
        b, or, if told to `proceed`, the step of the formula, which leads backwards along negative curvature.
        """
        x = np.zeros_like(b)
        r = -b
        y = preconditioner(context, r)
        ry = dot(r, y)
        p = -y
        residual = norm_two(r)
        nit = 0
        finished = False
        while residual > tol and nit < max_iter and not finished:
            Ap = product(context, p)
            curvature = dot(p, Ap)
            if curvature <= SMALLEST_CURVATURE:
                remark("Negative Curvature Detected!")
                if wanted and curvature < 0.0:
                    return Solution(x, nit, residual, True, p)
                if nit > 0:
                    remark("Stopping")
                    break
                remark("First-Iter, Proceeding...")
                finished = True
            if finished and not proceed:
                alpha = 1.0
            elif curvature == 0.0:
                alpha = np.nan  # an infinite step, which is illegal like this one
            else:
                alpha = ry / curvature
            x += alpha * p
            r += alpha * Ap
            residual = norm_two(r)
            nit += 1
            y = preconditioner(context, r)
            if ry == 0.0:  # underflow, or a preconditioner that is not positive definite: p leads nowhere
                break
            ry_old = ry
            ry = dot(r, y)
            p = (ry / ry_old) * p - y
        return Solution(x, nit, residual, False, np.empty(0))

    return solve


@part
def forcing_tolerance(g):
    """Return the residual at which an inexact Newton step is good enough: ``min(1/2, sqrt|g|) |g|``.

    Superlinear convergence: Dembo, Eisenstat & Steihaug (1982); Nocedal & Wright (2006), Algorithm 7.1.
    """
    size = norm_two(g)
    return min(0.5, np.sqrt(size)) * size
