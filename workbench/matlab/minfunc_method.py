"""What a method of minFunc is made of: its options, translated to the settings of parts of `solvers`."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from solvers.curvature_step import CurvatureStep
from solvers.directions.barzilai_borwein import CONIC, LONG, RETARDS, SHORT, BarzilaiBorwein
from solvers.directions.conjugate_gradient import ABS_PR, FR, GN, HS, PR, ConjugateGradient
from solvers.directions.cyclic_steepest_descent import CyclicSteepestDescent
from solvers.directions.damped_limited_memory_bfgs import DampedLimitedMemoryBFGS
from solvers.directions.inexact_newton import InexactNewton
from solvers.directions.limited_memory_bfgs import LimitedMemoryBFGS
from solvers.directions.newton import DIAGONAL, DIRECT, INCOMPLETE, PAIRS, PLAIN, SSOR, Newton
from solvers.directions.newton import EIGENVALUE_SHIFT as SHIFT
from solvers.directions.preconditioned_conjugate_gradient import FR as PCG_FR
from solvers.directions.preconditioned_conjugate_gradient import GN as PCG_GN
from solvers.directions.preconditioned_conjugate_gradient import PR as PCG_PR
from solvers.directions.preconditioned_conjugate_gradient import PreconditionedConjugateGradient
from solvers.directions.quasi_newton import QuasiNewton
from solvers.directions.steepest_descent import SteepestDescent
from solvers.directions.tensor import Tensor
from solvers.first_step import DECREASE, DOUBLING, SLOPE, UNIT, FirstStep
from solvers.searches import armijo, wolfe
from solvers.searches.armijo import Armijo
from solvers.searches.cyclic import Cyclic
from solvers.searches.more_thuente import MoreThuente
from solvers.searches.wolfe import Wolfe
from solvers.settings import DescentSettings
from solvers.stopping import Stopping

if TYPE_CHECKING:
    from workbench.matlab.minfunc_options import Options

LEAST_CURVATURE = 1e-10
"""A pair is kept only if s'y exceeds this."""

GROWTH = 2.0
"""The most that LS_init = 1 lengthens a step by."""

MOST_TRIALS = 26
"""Evaluations of a Wolfe search: the first, and 25 more."""

UNLIMITED = np.iinfo(np.int64).max // 2
BACKTRACKING = (armijo.HALVING, armijo.QUADRATIC, armijo.CUBIC, armijo.CUBIC)
PLACEMENT = (wolfe.BISECTION, wolfe.BISECTION, wolfe.CUBIC, wolfe.MIXED)
FIRST_STEPS = (UNIT, SLOPE, DECREASE, DOUBLING)


class Uses(NamedTuple):
    """Which functions beside the objective a method calls."""

    product: bool
    preconditioner: bool
    complex_product: bool


def uses(chosen: Options) -> Uses:
    """Return which functions beside the objective these options make use of."""
    inexact = chosen.family == 7
    preconditioned = chosen.Method == "pcg" or (inexact and chosen.cgSolve == 1.0)
    product = inexact or (chosen.LS_init == 4 and chosen.family != 1) or (chosen.family == 8 and chosen.cgSolve != 0.0)
    complex_product = inexact and chosen.useComplex and not chosen.numDiff and chosen.HvFunc is None
    return Uses(product, preconditioned, complex_product)


def settings_of(chosen: Options, factor: int) -> DescentSettings:
    """Return the composition that these options ask for; an evaluation counts `factor` times."""
    stopping = Stopping(
        gtol=chosen.optTol,
        progress=chosen.progTol,
        max_iter=chosen.MaxIter,
        max_evals=chosen.MaxFunEvals,
        cost=factor,
        finish_search=True,
    )
    return DescentSettings(stopping, _first_step(chosen), _search(chosen), _direction(chosen))


def _first_step(chosen: Options) -> Any:
    if chosen.Method == "csd":
        return FirstStep(DECREASE)
    return CurvatureStep() if chosen.LS_init == 4 else FirstStep(FIRST_STEPS[chosen.LS_init], GROWTH)


def _search(chosen: Options) -> Any:
    ends: dict[str, Any] = {"progress": chosen.progTol, "unbounded": False}
    backtracking = Armijo(
        chosen.c1, BACKTRACKING[chosen.LS_interp], 1, UNLIMITED, floor=0.0, multi=chosen.LS_multi, **ends
    )
    bracketing = Wolfe(
        chosen.c1,
        chosen.c2,
        PLACEMENT[chosen.LS_interp],
        MOST_TRIALS,
        floor=0.0,
        lowest=True,
        outside=backtracking,
        **ends,
    )
    if chosen.Method == "csd":
        return Cyclic(chosen.cycle, chosen.Fref, bracketing, backtracking)
    if chosen.LS_type == 0:
        return backtracking._replace(window=chosen.Fref)
    if chosen.LS_type == 1:
        return bracketing
    return MoreThuente(chosen.c1, chosen.c2, MOST_TRIALS, **ends)


def _direction(chosen: Options) -> Any:
    pairs: dict[str, Any] = {"memory": chosen.Corr, "curvature": 0.0, "curvature_floor": LEAST_CURVATURE}
    match chosen.Method:
        case "sd":
            return SteepestDescent()
        case "csd":
            return CyclicSteepestDescent(chosen.cycle)
        case "bb":
            return BarzilaiBorwein((SHORT, LONG, CONIC, RETARDS)[chosen.bbType])
        case "cg" | "scg":
            update = (FR, PR, HS, ABS_PR if chosen.strict else GN)[chosen.cgUpdate]
            return ConjugateGradient(update, orthogonality=math.inf)
        case "pcg":
            return PreconditionedConjugateGradient((PCG_FR, PCG_PR, PCG_PR, PCG_GN)[chosen.cgUpdate], **pairs)
        case "lbfgs" if chosen.Damped:
            return DampedLimitedMemoryBFGS(chosen.Corr)
        case "lbfgs":
            return LimitedMemoryBFGS(**pairs)
        case "qnewton":
            return QuasiNewton(chosen.qnUpdate, chosen.initialHessType, chosen.Damped)
        case "newton0" | "pnewton0":
            return InexactNewton(chosen.cgSolve == 1.0, chosen.useNegCurv, uphill=chosen.strict, **pairs)
        case "newton" | "mnewton":
            return _newton(chosen, pairs)
        case _:
            return Tensor(chosen.optTol, SHIFT, chosen.HessianIter, not chosen.LS_saveHessiancomp)


def _newton(chosen: Options, pairs: dict[str, Any]) -> Newton:
    solve = chosen.cgSolve
    if solve <= 0.0:
        solver = INCOMPLETE if solve < 0.0 else DIRECT
    else:
        solver = {1.0: PLAIN, 2.0: DIAGONAL, 3.0: PAIRS}.get(solve, SSOR)
    return Newton(
        chosen.HessianModify,
        solver,
        omega=solve if solver == SSOR else 1.0,
        drop_tolerance=-solve if solver == INCOMPLETE else 0.0,
        recompute=chosen.HessianIter,
        every_trial=not chosen.LS_saveHessiancomp,
        uphill=chosen.strict,
        **pairs,
    )
