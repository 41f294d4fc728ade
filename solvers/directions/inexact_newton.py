"""Inexact Newton: ``H d = -g`` solved by conjugate gradients, only as well as the distance to the minimum deserves.

The Hessian is never formed, only multiplied by vectors (`hessian_product`); one product per iteration of the conjugate
gradients counts as an evaluation. Dembo, Eisenstat & Steihaug (1982); Nocedal & Wright (2006), Algorithm 7.1, with
negative curvature followed where it is found.
"""

from typing import Annotated, NamedTuple

import numpy as np

from solvers.directions import GIVEN, Preconditioner, limited_memory_bfgs
from solvers.hessian_product import hessian_product
from solvers.jit import part
from solvers.linear_conjugate_gradient import compose, forcing_tolerance
from solvers.options import Between
from solvers.problem import COUNTED, Problem, is_over, preconditioned
from solvers.remarks import remark
from solvers.vectors import norm_one, norm_two

USES_PRODUCT = True
USES_PRECONDITIONER = True


class InexactNewton(NamedTuple):
    """Settings of inexact Newton; those of pairs are used without a preconditioner of the problem's own only."""

    precondition: Annotated[bool, "by the problem's preconditioner, or else by limited-memory BFGS"] = False
    negative_curvature: Annotated[bool, "follow a direction of negative curvature, if there is one"] = True
    uphill: Annotated[
        bool,
        "where curvature is negative, as minFunc does: with the preconditioner of limited-memory BFGS the direction is"
        " followed uphill; if it is not followed, the first step of the conjugate gradients leads uphill",
    ] = False
    memory: Annotated[int, Between(1), "pairs kept"] = 100
    curvature: Annotated[float, Between(0.0, 1.0), "a pair is stored only if s'y exceeds this part of |s| |y|"] = 1e-10
    curvature_floor: Annotated[float, Between(0.0), "and only if s'y exceeds this"] = 0.0
    preconditioner: Preconditioner = GIVEN


class Memory(NamedTuple):
    """The pairs of the preconditioner, and whether they are in use."""

    pairs: limited_memory_bfgs.Memory
    in_use: np.ndarray


class Context(NamedTuple):
    """What the conjugate gradients' operator and preconditioner know.

    With `reverse` the preconditioner of the pairs is negative definite. The conjugate gradients then walk along the
    negative of each direction, to the same iterates, but for what a difference of gradients makes of the other side.
    """

    problem: Problem
    x: np.ndarray
    g: np.ndarray
    nfev: np.ndarray
    pairs: limited_memory_bfgs.Memory
    precondition: bool
    reverse: bool


@part
def new_memory(n, settings):
    """Return a memory for `n` variables."""
    return Memory(limited_memory_bfgs.new_memory(n, settings), np.zeros(1, np.bool_))


@part
def _product(context, v):
    if is_over(context.nfev):  # not a number: that ends the conjugate gradients
        return np.full_like(v, np.nan)
    return hessian_product(context.problem, context.x, context.g, v, context.nfev)


@part
def _precondition(context, r):
    if context.precondition:
        return _preconditioned(context.problem.preconditioner, context, r)
    return r


@part
def _preconditioned(given, context, r):
    if given is None:
        product = limited_memory_bfgs.apply_inverse(context.pairs, r)
        return -product if context.reverse else product
    return preconditioned(context.problem, context.x, r)


@part
def _is_none(given):
    return given is None


_solve = compose(_product, _precondition)


@part
def is_scaled(problem):
    """Return that the first direction has Newton's length."""
    return True


@part
def propose(memory, settings, here):
    """Return the inexact Newton direction, or one of negative curvature of length ``1 / |g|_1``."""
    g, nfev = here.g, here.nfev
    memory.in_use[0] = settings.precondition and _is_none(here.problem.preconditioner)
    reverse = settings.uphill and here.nit > 0
    context = Context(here.problem, here.x, g, nfev, memory.pairs, settings.precondition, reverse)
    max_iter = min(g.size, here.max_evals - nfev[COUNTED])
    found = _solve(context, -g, forcing_tolerance(g), max_iter, settings.negative_curvature, settings.uphill)
    nfev[COUNTED] += found.nit
    remark("newtonCG stopped on iteration %d w/ residual %.5e", found.nit, found.residual)
    if not found.curved:
        return found.x
    remark("Using negative curvature direction")
    return found.negative / norm_two(found.negative) / norm_one(g)


@part
def learn(memory, settings, step):
    """Take in the pair of an accepted step, if pairs are in use."""
    if memory.in_use[0]:
        limited_memory_bfgs.take_pair(memory.pairs, settings, step.s, step.y)


@part
def forget(memory):
    """Drop all pairs."""
    return limited_memory_bfgs.forget(memory.pairs)
