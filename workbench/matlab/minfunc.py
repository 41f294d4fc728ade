"""``x, f, exitflag, output = minfunc(fun, x0, options, *args)``: minFunc's face on the methods of `solvers`.

The options are read by `workbench.matlab.minfunc_options`; `workbench.matlab.minfunc_method` says which parts a method
is made of. Here is what minFunc does around the iterations: derivatives by differences, the derivative check, the
display, and the output function.
"""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from solvers.driver import run
from solvers.jit import is_compiled
from solvers.objective import Objective, asking, own_product, resolve
from solvers.problem import GRADIENTS, HESSIANS, TENSORS
from solvers.remarks import listening
from solvers.status import Status
from workbench.matlab.derivative_check import check_at_start
from workbench.matlab.display import Display
from workbench.matlab.minfunc_method import settings_of, uses
from workbench.matlab.minfunc_options import Options, read
from workbench.matlab.minfunc_result import MinfuncResult, Output
from workbench.matlab.numerical_derivatives import announcement, calls, differenced, kind_of, multiplier

if TYPE_CHECKING:
    from collections.abc import Callable

    from solvers.result import Result

OUTCOMES = {
    Status.GRADIENT: (1, "Optimality Condition below optTol"),
    Status.FLAT_DIRECTION: (2, "Directional Derivative below progTol"),
    Status.STEP: (2, "Step Size below progTol"),
    Status.DECREASE: (2, "Function Value changing by less than progTol"),
    Status.ROUNDING: (2, "Step too small to change x"),
    Status.EVALUATIONS: (0, "Reached Maximum Number of Function Evaluations"),
    Status.ITERATIONS: (0, "Reached Maximum Number of Iterations"),
    Status.CALLBACK: (-1, "Stopped by output function"),
    Status.LINE_SEARCH: (-2, "Line search failed"),
    Status.DIRECTION: (-3, "Step direction is illegal!"),
    Status.INTERRUPTED: (-4, "Interrupted"),
    Status.UNREPEATABLE: (-5, "f and g are others when evaluated once more"),
}
"""Exit flag and message by how a run ended. The original has no flags -3 to -5: it waits for a key, is killed, or takes
the first word for the last."""


def minfunc(fun: Callable[..., Any], x0: Any, options: Any = None, *args: Any, **more: Any) -> MinfuncResult:
    """Minimise as Mark Schmidt's minFunc (2012) does.

    Parameters
    ----------
    fun : callable
        ``fun(x, *args)`` returns ``f, g``; ``f, g, H`` for `newton` and `mnewton`; ``f, g, H, T`` for `tensor`; one
        less with ``numDiff``. A parameter named ``nargout`` is told how many of them are wanted. Compiled by
        ``numba.njit`` (with `HvFunc` and `precFunc`, where they are used) the whole run is compiled.
    x0 : array_like
        The start: n numbers, as a vector, a row or a column. It is not modified.
    options : dict or object with attributes, optional
        minFunc's options, names in any case; `workbench.matlab.minfunc_options.Options` lists them all. ``strict=True``
        repeats what the original does where this differs on purpose.
    *args
        What else `fun`, `HvFunc`, `precFunc` and `outputFcn` take.
    **more
        Options as keywords, instead of `options` or beside them.

    Returns
    -------
    MinfuncResult
        Unpacks as ``x, f, exitflag, output``.

    Raises
    ------
    TypeError, ValueError
        For a mistake in the call, and for a start where f or g is not finite; the message says what was found, what was
        expected and what to do.

    References
    ----------
    M. Schmidt, minFunc: unconstrained differentiable multivariate optimization in Matlab, 2012 release.
    """
    if not callable(fun):
        raise TypeError(
            f"minfunc: fun is {type(fun).__name__} {fun!r}: expected a function that returns (f, g), then x0"
        )
    chosen = read(options, **more)
    x = _start(x0)
    objective = _objective(fun, x, chosen, args)
    display = Display(chosen.Display, chosen.strict)
    if display.full:
        objective = objective._replace(compiled=None)
    factor = _factor(chosen, x.size)
    if chosen.numDiff:
        display.remark(announcement(chosen.order, kind_of(chosen.numDiff, chosen.useComplex)))
    if chosen.DerivativeCheck:
        _check_derivatives(fun, x, chosen, args)

    output_args = args
    if chosen.strict and chosen.numDiff:
        output_args = (kind_of(chosen.numDiff, chosen.useComplex), fun, *args)
    listener = _OutputFunction(chosen.outputFcn, output_args)

    def opening(result: Result) -> bool:
        _refuse_illegal_start(result)
        display.header()
        return result.status == Status.RUNNING and listener("init", result)

    def rows(block: np.ndarray) -> None:
        for nit, nfev, _, f, grad_inf, step, _ in block:
            display.row(int(nit), int(nfev) * factor, step, f, grad_inf)

    with listening(display.remark):
        result = run(
            "minfunc",
            objective,
            settings_of(chosen, factor),
            x,
            # With the full display too control comes back after every iteration: remarks and rows keep their order.
            callback=(lambda result: listener("iter", result)) if chosen.outputFcn or display.full else None,
            reader=rows if display.table else None,
            opening=opening,
        )
    status = Status.CALLBACK if listener.stopped else result.status
    exitflag, message = OUTCOMES[status]
    display.message(message)
    started = result.nit + (status in (Status.FLAT_DIRECTION, Status.DIRECTION))
    optimal_start = status == Status.GRADIENT and result.nit == 0
    grad_inf = float(np.abs(result.jac).max())
    found = MinfuncResult(
        x=result.x,
        fun=result.fun,
        exitflag=exitflag,
        output=Output(
            iterations=started,
            funcCount=result.nfev * (1 if optimal_start else factor),
            algorithm=chosen.family,
            firstorderopt=grad_inf,
            message=message,
            trace=_trace(result),
            calls=_calls(result, chosen, x.size),
        ),
        jac=result.jac,
        nit=started,
        nfev=result.nfev,
        njev=result.nfev,
        success=exitflag == 1,
        status=status,
        message=message,
    )
    if not optimal_start and not (listener.stopped and result.nit == 0):
        listener("done", result, started)
    return found


def _start(x0: Any) -> np.ndarray:
    """Return the start as a vector of its own."""
    array = np.asarray(x0)
    if array.dtype.kind not in "fiub" or array.size == 0:
        raise TypeError(f"minfunc: x0 is {_described(array)}: expected at least one real number")
    if array.ndim != 1 and array.size != max(array.shape, default=1):
        raise ValueError(
            f"minfunc: x0 has shape {array.shape}: expected a vector; x0.ravel(order='F') is MATLAB's x0(:)"
        )
    x = np.array(array.ravel(), dtype=np.float64)
    if not np.isfinite(x).all():
        index = int(np.flatnonzero(~np.isfinite(x))[0])
        raise ValueError(f"minfunc: x0[{index}] is {x[index]}: expected finite numbers")
    return x


def _described(array: np.ndarray) -> str:
    return "empty" if array.size == 0 else f"of dtype {array.dtype}"


def _refuse_illegal_start(result: Result) -> None:
    bad = np.flatnonzero(~np.isfinite(result.jac))
    if not math.isfinite(result.fun):
        what = f"f is {result.fun} at x0"
    elif bad.size:
        what = f"g[{bad[0]}] is {result.jac[bad[0]]} at x0"
    else:
        return
    raise ValueError(f"minfunc: {what}: expected a finite number; start where the objective is defined")


def _objective(fun: Any, x: np.ndarray, chosen: Options, args: tuple[Any, ...]) -> Objective:
    """Return the objective with the functions that the method uses, numerical derivatives included."""
    needs = uses(chosen)
    others: dict[str, Any] = {
        "product": (chosen.HvFunc or own_product(fun)) if needs.product else None,
        "preconditioner": chosen.precFunc if needs.preconditioner else None,
        "at_complex": needs.complex_product,
    }
    kind = kind_of(chosen.numDiff, chosen.useComplex)
    real = _with_legal_values(fun)
    if not chosen.numDiff:
        objective = resolve(real, x, args, order=chosen.order, **others)
    elif chosen.order < 3:
        asked = asking(fun, chosen.order, len(args))
        numerical = differenced(asked, chosen.order, kind, len(args), chosen.strict)
        objective = resolve(numerical, x, args, order=chosen.order, **others)
    else:  # only T is numerical
        objective = resolve(real, x, args, order=2, **others)
        asked = asking(fun, 3, len(args))
        tensor = resolve(differenced(asked, 3, kind, len(args), chosen.strict), x, args, order=3)
        objective = objective._replace(
            problem=objective.problem._replace(with_tensor=tensor.problem.with_tensor),
            compiled=objective.compiled
            and tensor.compiled
            and objective.compiled._replace(with_tensor=tensor.compiled.with_tensor),
        )
    return objective._replace(gradient_scale=1.0)


def _with_legal_values(fun: Any) -> Any:
    """Return `fun` so that a complex number it returns is a real one, or NaN if it has an imaginary part."""
    if is_compiled(fun) or hasattr(fun, "compiled_form"):
        return fun

    @functools.wraps(fun)
    def legal(*args: Any, **options: Any) -> Any:
        found = fun(*args, **options)
        if isinstance(found, (tuple, list)) and not np.iscomplexobj(args[0]):
            return tuple(_legal(each) if np.iscomplexobj(each) else each for each in found)
        return found

    return legal


def _legal(value: Any) -> Any:
    real = np.where(np.imag(value) == 0.0, np.real(value), np.nan)
    return real if real.ndim else float(real)


def _factor(chosen: Options, n: int) -> int:
    """Return how many calls one evaluation takes."""
    hidden = chosen.strict and chosen.family == 7
    return multiplier(chosen.order, chosen.numDiff, chosen.useComplex and not hidden, n, chosen.strict)


def _check_derivatives(fun: Any, x: np.ndarray, chosen: Options, args: tuple[Any, ...]) -> None:
    if chosen.numDiff:
        raise ValueError(
            "minfunc: DerivativeCheck with numDiff: there are no derivatives of the user's to check; leave one out"
        )
    check_at_start(asking(fun, chosen.order + 1, len(args)), x, args, chosen.order, chosen.useComplex)


class _OutputFunction:
    """The user's output function: called as minFunc calls it; `stopped` is whether it ended the run."""

    def __init__(self, function: Callable[..., Any] | None, args: tuple[Any, ...]) -> None:
        self.function, self.args, self.stopped = function, args, False

    def __call__(self, kind: str, result: Result, iteration: int | None = None) -> bool:
        if self.function is None:
            return False
        nit, last = result.nit, result.last_step
        t, gtd, d = (None, None, None) if kind == "init" else (float(result.trace[-1, 5]), last.slope, last.direction)
        grad_inf = float(np.abs(result.jac).max())
        try:
            answer = self.function(
                result.x.copy(),
                kind,
                nit if iteration is None else iteration,
                result.nfev,
                result.fun,
                t,
                gtd,
                result.jac.copy(),
                d,
                grad_inf,
                *self.args,
            )
        except Exception as error:
            error.add_note(
                "raised by outputFcn, called as outputFcn(x, kind, i, funEvals, f, t, gtd, g, d, optCond, *args)"
            )
            raise
        stop = kind != "done" and bool(answer)
        self.stopped |= stop
        return stop


def _trace(result: Result) -> pd.DataFrame:
    trace = result.trace
    return pd.DataFrame({"fval": trace[:, 3], "funcCount": trace[:, 1].astype(np.int64), "optCond": trace[:, 4]})


def _calls(result: Result, chosen: Options, n: int) -> dict[str, int]:
    """Return the true calls of the user's objective by the outputs that were wanted."""
    counts = result.last_step.calls
    made = [0, int(counts[GRADIENTS]), int(counts[HESSIANS]), int(counts[TENSORS])]
    if chosen.numDiff:
        per_call = calls(chosen.order, kind_of(chosen.numDiff, chosen.useComplex), n, chosen.strict)
        if chosen.order < 3:
            every = sum(made) * per_call
            made = [0, 0, 0, 0]
            made[chosen.order - 1] = every
        else:
            made[2] += made[3] * per_call
            made[3] = 0
    return dict(zip(("f", "fg", "fgH", "fgHT"), made, strict=True))
