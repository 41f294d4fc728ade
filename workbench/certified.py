"""Minimise, and prove the answer: the solvers' result with a certificate."""

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import solvers
from solvers.result import Result
from workbench.certificate import Certificate, certify

if TYPE_CHECKING:
    from workbench.gradient_check.report import GradientReport


class CertifiedResult(Result):
    """A solver's result that can prove what it says.

    Attributes
    ----------
    certificate : Certificate
        f and the gradient's norm recomputed outside the solver, and a bound on ``f - f*`` where the objective has one.
        Computed at first use.
    """

    @functools.cached_property
    def certificate(self) -> Certificate:
        """What is proven of `x`."""
        fun, args = self.__dict__["objective"]
        return certify(fun, self.x, args)


class WrongGradientError(ValueError):
    """A gradient that is not that of its function; `report` is the `GradientReport`."""

    def __init__(self, report: "GradientReport") -> None:
        why = f": {report.causes[0].sentence}" if report.causes else ""
        super().__init__(f"the gradient is wrong, so nothing was minimised{why}\n{report}")
        self.report = report


def minimize(
    fun: Any, x0: Any, args: tuple[Any, ...] = (), method: str = "lbfgs", *, check: str | None = None, **options: Any
) -> CertifiedResult:
    """Minimise ``f, g = fun(x, *args)`` from `x0`.

    Parameters
    ----------
    fun : callable
        Returns f and its gradient: a plain Python function, one compiled by ``numba.njit``, or an objective such as
        ``SoftmaxObjective``.
    x0 : array_like, shape (n,)
        The start.
    args : tuple
        What else `fun` takes.
    method : str
        ``"lbfgs"``, ``"cg"``, ``"gd"``, ``"sgd"``, ``"qnewton"``, ``"newton"``, ...; ``workbench list solvers`` shows
        them all with their options.
    check : {None, "first"}
        ``"first"``: check the gradient before, by `check_gradient`, and minimise nothing if it is wrong.
    **options
        ``gtol, max_iter, max_evals, max_time, callback``, and the method's own.

    Returns
    -------
    CertifiedResult
        SciPy's fields ``x fun jac nit nfev njev status success message``, with `history`, a DataFrame of one row per
        iteration, and `certificate`.

    Raises
    ------
    TypeError, ValueError
        For a mistake in the call, such as an option that the method does not have.
    WrongGradientError
        With ``check="first"``, for a gradient that fails; a ValueError with the report.

    Examples
    --------
    >>> import workbench as wb
    >>> data = wb.load_dataset("iris")
    >>> fun = wb.SoftmaxObjective(data.X, data.y, l2=1e-2)
    >>> result = wb.minimize(fun, fun.x0, method="lbfgs", gtol=1e-8)
    >>> result.success
    True
    >>> result.certificate.gap < 1e-9
    True
    """
    jac = options.get("jac")
    objective = functools.partial(_both, fun, jac) if callable(jac) else fun
    if check not in (None, "first"):
        raise ValueError(f"check is {check!r}: expected None or 'first'")
    if check == "first":
        from workbench.gradient_check import check_gradient  # with pandas: only where it is wanted

        report = check_gradient(objective, x0, args)
        if report.verdict == "FAIL":
            raise WrongGradientError(report)
    found = solvers.minimize(fun, x0, args, method=method, **options)
    result = CertifiedResult(found)
    result.__dict__.update(found.__dict__, objective=(objective, args))
    return result


def _both(fun: Callable[..., Any], jac: Callable[..., Any], x: Any, *args: Any) -> tuple[Any, Any]:
    return fun(x, *args), jac(x, *args)
