"""Minimise, and prove the answer: the solvers' result with a certificate."""

import functools
from collections.abc import Callable
from typing import Any

import solvers
from solvers.result import Result
from workbench.certificate import Certificate, certify


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


def minimize(fun: Any, x0: Any, args: tuple[Any, ...] = (), method: str = "lbfgs", **options: Any) -> CertifiedResult:
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
        ``"lbfgs"``, ``"cg"``, ``"gd"`` or ``"sgd"``; ``workbench list solvers`` shows them with their options.
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
    found = solvers.minimize(fun, x0, args, method=method, **options)
    result = CertifiedResult(found)
    jac = options.get("jac")
    result.__dict__.update(
        found.__dict__, objective=(functools.partial(_both, fun, jac) if callable(jac) else fun, args)
    )
    return result


def _both(fun: Callable[..., Any], jac: Callable[..., Any], x: Any, *args: Any) -> tuple[Any, Any]:
    return fun(x, *args), jac(x, *args)
