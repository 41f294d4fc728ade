"""The Hessian at a point times a vector: given with the problem, or from gradients near the point."""

from solvers.jit import part
from solvers.problem import gradient, gradient_at_complex, product_of
from solvers.vectors import dot, norm_two

COMPLEX_STEP = 1e-150
"""Length of a step along the imaginary axis: its square vanishes, and nothing is subtracted."""


@part
def hessian_product(problem, x, g, v, nfev):
    """Return ``H(x) v``, where `g` is the gradient at `x`.

    It is the first of these that the problem allows: its own ``product``; a complex step in its ``complex_gradient``
    (Squire & Trapp 1998), exact to rounding; a difference of gradients.
    """
    return _product(problem.product, problem, x, g, v, nfev)


@part
def curvature_along(problem, x, g, v, nfev):
    """Return ``v' H(x) v`` from the problem's ``product`` or a difference of gradients, never from a complex step."""
    return dot(v, _real_product(problem.product, problem, x, g, v, nfev))


# What is given is an argument of its own below: code for an argument of type None is left out when it is compiled,
# but code for a field of a tuple is not.


@part
def _product(given, problem, x, g, v, nfev):
    if given is None:
        return _complex_product(problem.complex_gradient, problem, x, g, v, nfev)
    return product_of(given, problem, x, v, nfev)


@part
def _real_product(given, problem, x, g, v, nfev):
    if given is None:
        return difference(problem, x, g, v, nfev)
    return product_of(given, problem, x, v, nfev)


@part
def _complex_product(given, problem, x, g, v, nfev):
    if given is None:
        return difference(problem, x, g, v, nfev)
    return gradient_at_complex(problem, x + v * complex(0.0, COMPLEX_STEP), nfev).imag / COMPLEX_STEP


@part
def difference(problem, x, g, v, nfev):
    """Return ``(g(x + mu v) - g) / mu`` with ``mu |v| = 2e-6 (1 + |x|)`` (Andrei 2009); 0 for v = 0.

    The step balances the error of the gradient, about the rounding of g, against that of the difference.
    """
    length = norm_two(v)
    if length == 0.0:
        return v.copy()
    mu = 2e-6 * (1.0 + norm_two(x)) / length
    _, shifted = gradient(problem, x + mu * v, nfev)
    return (shifted - g) / mu
