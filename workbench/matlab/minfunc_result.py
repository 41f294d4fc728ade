"""What `workbench.minfunc` returns: SciPy's result, which unpacks as MATLAB's does."""

from collections.abc import Iterator
from typing import Any

from scipy.optimize import OptimizeResult


class MinfuncResult(OptimizeResult):  # type: ignore[misc]
    """SciPy's result, which unpacks as ``x, f, exitflag, output``.

    Attributes
    ----------
    x : ndarray, shape (n,)
        The last iterate.
    f : float
        The objective there; also as ``fun``.
    exitflag : int
        1 optimal, 2 no progress, 0 a limit was reached, -1 stopped by the output function, -2 the line search failed,
        -3 the direction is not finite, -4 interrupted, -5 optimal, but not when f and g are evaluated once more.
    output : Output
        ``iterations, funcCount, algorithm, firstorderopt, message, trace, calls``.
    jac, nit, nfev, njev, success, status, message
        As in SciPy.
    """

    def __iter__(self) -> Iterator[Any]:
        return iter((self.x, self.fun, self.exitflag, self.output))

    @property
    def f(self) -> float:
        """The objective at `x`."""
        return float(self.fun)


class Output(OptimizeResult):  # type: ignore[misc]
    """minFunc's struct ``output``.

    Attributes
    ----------
    iterations : int
        Iterations begun.
    funcCount : int
        Evaluations, times the calls that numerical derivatives take for each.
    algorithm : int
        The number of the method's family (0 sd, 1 csd, 2 bb, 3 cg and scg, 4 pcg, 5 lbfgs, 6 qnewton, 7 newton0 and
        pnewton0, 8 newton and mnewton, 9 tensor).
    firstorderopt : float
        The largest magnitude in the gradient.
    message : str
        Why the run ended.
    trace : pandas.DataFrame
        Columns ``fval``, ``funcCount`` (without the factor of numerical derivatives) and ``optCond``; the first row is
        the start, then one row for each completed iteration.
    calls : dict
        True calls of the objective by the number of outputs wanted: ``f``, ``fg``, ``fgH``, ``fgHT``.
    """
