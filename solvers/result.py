"""What a run returns: SciPy's result, with the history of the run as a table."""

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.optimize import OptimizeResult

from solvers.status import Status
from solvers.trace import COLUMNS, LastStep

if TYPE_CHECKING:
    import pandas as pd


class Result(OptimizeResult):  # type: ignore[misc]
    """The outcome of a run.

    Attributes
    ----------
    x : ndarray, shape (n,)
        The last point accepted; the best of all, where the objective ended the run (``NOT_FINITE``, ``RAISED``).
    fun : float
        f at `x`.
    jac : ndarray, shape (n,)
        The gradient at `x`.
    nit, nfev, njev : int
        Iterations, and evaluations of f and g together (``sgd``: epochs, and passes over the rows).
    status : Status
        Why the run ended; an ``IntEnum``.
    success : bool
        Whether it ended with a gradient below ``gtol`` or a value at the target, and that is so when f and g are
        evaluated once more.
    message : str
        The status as a sentence, with the numbers on both sides.
    seconds : float
        Time spent in the solver and the objective; compilation, callbacks and monitoring are not counted.
    oracle_seconds : float
        The part of `seconds` spent in the objective: f, its derivatives, and products with the Hessian.
    method : str
        The solver.
    history : pandas.DataFrame
        One row per iteration, from the start: ``nit, nfev, seconds, f, grad_inf, step, rho``. `rho` is the
        change of f in units of what g promised, ``(f1 - f0) / (1/2 (g0 + g1).s)``: near 1 on short steps if g is the
        gradient of f; NaN where rounding of f hides it, at the start, and for ``sgd``.
    """

    @property
    def trace(self) -> np.ndarray:
        """The history as an array, one row per iteration, with the columns of `history`."""
        blocks: list[np.ndarray] = self.__dict__["trace_blocks"]
        return np.concatenate(blocks)

    @property
    def last_step(self) -> LastStep:
        """The slope and the direction of the last iteration, and the true calls of each function."""
        found: LastStep = self.__dict__["last_step"]
        return found

    @property
    def history(self) -> "pd.DataFrame":
        """One row per iteration."""
        import pandas as pd

        frame = pd.DataFrame(self.trace, columns=list(COLUMNS))
        return frame.astype({"nit": np.int64, "nfev": np.int64})


def build(**fields: Any) -> Result:
    """Return a result; trace and last step are kept beside the fields, so that printing it stays short."""
    hidden = {name: fields.pop(name) for name in ("trace_blocks", "last_step")}
    result = Result(**fields)
    result.__dict__.update(hidden)
    return result


def message(
    status: Status,
    stopping: Any,
    gtol: float,
    f: float,
    grad_inf: float,
    nit: int,
    nfev: int,
    rho: float,
    again: Any = None,
) -> str:
    """Return the sentence of a status, with both sides of the inequality that it states.

    `again` is the `solvers.verification.Again` of a claim that was put to the test.
    """
    short = f"gradient norm {grad_inf:.3g} > {gtol:.3g}"
    match status:
        case Status.GRADIENT:
            detail = f"{grad_inf:.3g} <= {gtol:.3g}"
        case Status.TARGET:
            detail = f"{f:.10g} <= {stopping.target:.10g}"
        case Status.STEP:
            detail = f"x moved by at most {max(stopping.xtol, stopping.progress):.3g}, {short}"
        case Status.DECREASE if stopping.progress >= 0.0:
            detail = f"less than {stopping.progress:.3g}, or {stopping.ftol:.3g} relative, {short}"
        case Status.DECREASE:
            detail = f"relative, <= {stopping.ftol:.3g}, {short}"
        case Status.FLAT_DIRECTION:
            detail = f"above {-stopping.progress:.3g}, {short}"
        case Status.ITERATIONS:
            detail = f"{nit} of {stopping.max_iter}, {short}"
        case Status.EVALUATIONS:
            detail = f"{nfev} of {stopping.max_evals}, {short}"
        case Status.TIME:
            detail = f"{stopping.max_time:g} s, {short}"
        case Status.ROUNDING:
            detail = f"f = {f:.17g}, {short}"
        case Status.NOT_FINITE if math.isfinite(f) and math.isfinite(grad_inf):
            detail = f"wherever steps led from f = {f:.10g}, gradient norm {grad_inf:.3g}"
        case Status.LINE_SEARCH | Status.NOT_FINITE:
            detail = f"f = {f:.10g}, gradient norm {grad_inf:.3g}"
        case Status.UNREPEATABLE:
            detail = f"f = {f:.10g}, then {again.f:.10g}; gradient norm {grad_inf:.3g}, then {again.grad_inf:.3g}"
        case Status.WRONG_GRADIENT:
            detail = f"along a line f changes by {rho:.4g} times what g promises; workbench.check_gradient says where"
        case _:
            return status.sentence
    return f"{status.sentence}: {detail}"
