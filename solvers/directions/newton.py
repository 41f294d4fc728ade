"""Newton: ``H d = -g`` with the Hessian of the problem, made positive definite where it is not.

Nocedal & Wright (2006), section 3.4. The system is solved directly, with one of these modifications:

===================  ================================================================================================
modification         what happens
===================  ================================================================================================
eigenvalue-shift     where H has no Cholesky factor, ``H + tau I`` with smallest eigenvalue 1e-12; H keeps the shift
added-identity       ``H + tau I`` with the first tau of a growing sequence that gives a factor (Algorithm 3.3)
gill-murray          a modified factorisation ``L D L'`` (Gill & Murray 1974)
absolute-eigenvalue  the magnitudes of the eigenvalues (Greenstadt 1967)
block-ldl            a factorisation ``L D L'`` with the eigenvalues of D raised (Cheng & Higham 1998)
negative-curvature   where H has no Cholesky factor, the eigenvector of its smallest eigenvalue, downhill
===================  ================================================================================================

or, without modification, by conjugate gradients to the tolerance of `inexact_newton`, with a preconditioner made of H.
"""

from typing import Annotated, NamedTuple

import numpy as np

from solvers.directions import ACCEPTED, EACH, NEVER, limited_memory_bfgs
from solvers.indefinite_factorization import block_ldl, block_solve, lower_blocks, modified_solve
from solvers.jit import compiled, part
from solvers.linear_algebra import (
    cholesky,
    cholesky_solve,
    gill_murray,
    incomplete_cholesky,
    lu_solve,
    shifted_cholesky,
    solve_lower,
    solve_lower_transposed,
    solve_upper,
    solve_upper_transposed,
    times,
    times_transposed,
)
from solvers.linear_conjugate_gradient import compose, forcing_tolerance
from solvers.options import Between, Choice
from solvers.problem import Problem
from solvers.remarks import remark
from solvers.vectors import dot, norm_two

ORDER = 2

SMALLEST = 1e-12
"""What minFunc takes as the smallest acceptable pivot, diagonal entry or eigenvalue."""

EIGENVALUE_SHIFT, ADDED_IDENTITY, GILL_MURRAY, ABSOLUTE_EIGENVALUE, BLOCK_LDL, NEGATIVE_CURVATURE = range(6)
DIRECT, PLAIN, DIAGONAL, PAIRS, SSOR, INCOMPLETE = range(6)


class Newton(NamedTuple):
    """Settings of Newton's method; those of pairs are used with the preconditioner cg-lbfgs only."""

    modification: Annotated[
        int,
        Choice(
            (
                "eigenvalue-shift",
                "added-identity",
                "gill-murray",
                "absolute-eigenvalue",
                "block-ldl",
                "negative-curvature",
            )
        ),
        "what makes an indefinite Hessian positive, in direct solution",
    ] = ADDED_IDENTITY
    linear_solver: Annotated[
        int,
        Choice(("direct", "cg", "cg-diagonal", "cg-lbfgs", "cg-ssor", "cg-incomplete-cholesky")),
        "direct solution, or conjugate gradients and their preconditioner",
    ] = DIRECT
    omega: Annotated[float, Between(0.0, 2.0, open_low=True, open_high=True), "cg-ssor: relaxation"] = 1.5
    drop_tolerance: Annotated[
        float, Between(0.0), "cg-incomplete-cholesky: entries below this part of their column are dropped"
    ] = 1e-2
    recompute: Annotated[int, Between(1), "iterations that one Hessian serves"] = 1
    every_trial: Annotated[bool, "evaluate the Hessian at every trial of a search, not the first and last only"] = False
    uphill: Annotated[
        bool,
        "as minFunc does: cg takes its first step also where it leads uphill; block-ldl leaves D indefinite",
    ] = False
    memory: Annotated[int, Between(1), "pairs kept"] = 100
    curvature: Annotated[float, Between(0.0, 1.0), "a pair is stored only if s'y exceeds this part of |s| |y|"] = 1e-10
    curvature_floor: Annotated[float, Between(0.0), "and only if s'y exceeds this"] = 0.0


class Context(NamedTuple):
    """What the operator and the preconditioner of the conjugate gradients know.

    `factor` is upper triangular, or empty; `weights` belong to it or stand for themselves.
    """

    problem: Problem
    x: np.ndarray
    H: np.ndarray
    pairs: limited_memory_bfgs.Memory
    linear_solver: int
    factor: np.ndarray
    weights: np.ndarray


@part
def wants_hessian(settings, nit):
    """Whether the search of this iteration brings the Hessian of the point that it accepts, and when."""
    if settings.recompute > 1 and (nit == 0 or nit % settings.recompute != 0):
        return NEVER
    return EACH if settings.every_trial else ACCEPTED


@part
def new_memory(n, settings):
    """Return the pairs for the preconditioner cg-lbfgs."""
    return limited_memory_bfgs.new_memory(n, settings)


@compiled
def all_finite(A):
    """Whether no entry of `A` is NaN or infinite."""
    return np.isfinite(A).all()


@compiled
def eigen(A):
    """Return the eigenvalues of a symmetric matrix, in rising order, and its eigenvectors, in columns."""
    eigenvalues, V = np.linalg.eigh(A)
    return eigenvalues, np.ascontiguousarray(V)


@compiled
def eigenvalue_shift(H, g):
    """Return the direction and whether `H` was shifted, in place."""
    R, positive = cholesky(H)
    if positive:
        return -cholesky_solve(R, g), False
    shift = max(0.0, SMALLEST - np.linalg.eigvalsh(H).min())  # d depends on its last bits: not those of `eigen`
    for i in range(g.size):
        H[i, i] += shift
    return lu_solve(-H, g)[0], True


@compiled
def added_identity(H, g):
    """Return the direction, whether an entry of the diagonal was too small, and how many factorisations failed."""
    R, tau, _ = shifted_cholesky(H)
    size = norm_two(H.ravel())
    small = not np.diag(H).min() > SMALLEST
    tried = max(0.5 * size, SMALLEST) if small else 0.0
    failures = 0
    while tried < tau:
        tried = max(2.0 * tried, 0.5 * size)
        failures += 1
    return -cholesky_solve(R, g), small, failures


@compiled
def modified_cholesky(H, g):
    """Return the direction of the factorisation of Gill & Murray."""
    L, d, p = gill_murray(H)
    z = solve_lower_transposed(L, solve_lower(L, g[p]) / d)
    direction = np.empty_like(g)
    for i in range(g.size):
        direction[p[i]] = -z[i]
    return direction


@compiled
def absolute_eigenvalue(H, g):
    """Return the direction for the Hessian with positive eigenvalues."""
    eigenvalues, V = eigen(0.5 * (H + H.T))
    sizes = np.abs(eigenvalues)
    return -times(V, times_transposed(V, g) / np.maximum(sizes, SMALLEST * max(sizes.max(), 1.0)))


@compiled
def indefinite_blocks(H, g):
    """Return the direction of minFunc's modification of ``L D L'``, which may lead uphill."""
    L, diagonal, below, p = block_ldl(H)
    lower_blocks(diagonal, below, SMALLEST)
    return -block_solve(L, diagonal, below, p, g)


@compiled
def negative_curvature(H, g):
    """Return the direction and whether it is the eigenvector of the smallest eigenvalue."""
    R, positive = cholesky(H)
    if positive:
        return -cholesky_solve(R, g), False
    u = eigen(H)[1][:, 0].copy()
    return -np.sign(dot(u, g)) * u, True


@compiled
def solved(modification, uphill, H, g):
    """Return the direction of the (modified) Hessian, whether it had to be modified, and how many times in vain.

    `H` must be finite. The last two are told of those modifications only that minFunc speaks about.
    """
    if modification == EIGENVALUE_SHIFT:
        d, modified = eigenvalue_shift(H, g)
        return d, modified, 0
    if modification == ADDED_IDENTITY:
        return added_identity(H, g)
    if modification == NEGATIVE_CURVATURE:
        d, modified = negative_curvature(H, g)
        return d, modified, 0
    if modification == GILL_MURRAY:
        return modified_cholesky(H, g), False, 0
    if modification == ABSOLUTE_EIGENVALUE:
        return absolute_eigenvalue(H, g), False, 0
    return (indefinite_blocks(H, g) if uphill else -modified_solve(H, g)), False, 0


@part
def directly(modification, uphill, H, g):
    """Return the direction of the (modified) Hessian, which must be finite, and say what was modified."""
    d, modified, failures = solved(modification, uphill, H, g)
    if modified:
        if modification == EIGENVALUE_SHIFT:
            remark("Adjusting Hessian")
        elif modification == ADDED_IDENTITY:
            remark("Small Value on Diagonal, Adjusting Hessian")
        else:
            remark("Taking Direction of Negative Curvature")
    for _ in range(failures):
        remark("Cholesky Failed, Adjusting Hessian")
    return d


@compiled
def repaired_diagonal(H):
    """Return the diagonal of H; where an entry is not positive, 1e-12 less the smallest entry stands in for it."""
    diagonal = np.diag(H).copy()
    lowest = diagonal.min()
    for i in range(diagonal.size):
        if diagonal[i] < SMALLEST:
            diagonal[i] = SMALLEST - lowest
    return diagonal


@compiled
def relaxed_triangle(H, diagonal, omega):
    """Return the upper triangle of `H` with ``diagonal / omega`` on its diagonal: the factor of SSOR."""
    U = np.triu(H, 1)
    for i in range(diagonal.size):
        U[i, i] = diagonal[i] / omega
    return U


@part
def _product(context, v):
    return _given_product(context.problem.product, context, v)


@part
def _given_product(given, context, v):
    if given is None:
        return times(context.H, v)
    return given(v, context.x, *context.problem.args)


@compiled
def preconditioner_of(linear_solver, omega, drop_tolerance, H):
    """Return the factor and the weights of a preconditioner made of `H`, which must be finite; empty if not used."""
    factor, weights = np.empty((0, 0)), np.empty(0)
    if linear_solver == DIAGONAL:
        weights = 1.0 / repaired_diagonal(H)
    elif linear_solver == SSOR:
        diagonal = repaired_diagonal(H)
        factor = relaxed_triangle(H, diagonal, omega)
        weights = diagonal * ((2.0 - omega) / omega)
    elif linear_solver == INCOMPLETE:
        factor = incomplete_cholesky(H, drop_tolerance)[0]
    return factor, weights


@compiled
def preconditioned(linear_solver, factor, weights, r):
    """Return the preconditioner made of the Hessian, times `r`."""
    if linear_solver == DIAGONAL:
        return weights * r
    if linear_solver == SSOR:
        return solve_upper(factor, weights * solve_upper_transposed(factor, r))
    if linear_solver == INCOMPLETE:
        return cholesky_solve(factor, r)
    return r.copy()


@part
def _precondition(context, r):
    if context.linear_solver == PAIRS:
        return limited_memory_bfgs.apply_inverse(context.pairs, r)
    return preconditioned(context.linear_solver, context.factor, context.weights, r)


_solve = compose(_product, _precondition)


@part
def iteratively(memory, settings, problem, x, g, H):
    """Return what the conjugate gradients make of ``H d = -g``, for a finite H."""
    factor, weights = preconditioner_of(settings.linear_solver, settings.omega, settings.drop_tolerance, H)
    context = Context(problem, x, H, memory, settings.linear_solver, factor, weights)
    found = _solve(context, -g, forcing_tolerance(g), g.size, False, settings.uphill)
    remark("CG stopped after %d iterations w/ residual %.5e", found.nit, found.residual)
    return found.x


@part
def is_scaled(problem):
    """Return that the first direction has Newton's length."""
    return True


@part
def propose(memory, settings, here):
    """Return the Newton direction; NaN where the Hessian is not finite."""
    if not all_finite(here.H):
        return np.full_like(here.g, np.nan)
    if settings.linear_solver == DIRECT:
        return directly(settings.modification, settings.uphill, here.H, here.g)
    return iteratively(memory, settings, here.problem, here.x, here.g, here.H)


@part
def learn(memory, settings, step):
    """Take in the pair of an accepted step, for the preconditioner cg-lbfgs."""
    if settings.linear_solver == PAIRS:
        limited_memory_bfgs.take_pair(memory, settings, step.s, step.y)


@part
def forget(memory):
    """Drop all pairs."""
    return limited_memory_bfgs.forget(memory)
