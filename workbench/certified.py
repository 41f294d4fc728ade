"""Minimise, and prove the answer: the solvers' result with a certificate."""

import functools
import math
from collections.abc import Callable
from numbers import Real
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


FIRST_PROOF = 1e-4
"""The ``gtol`` at which a gap is first tried to be proven, where none is given."""
CAUTION = 0.5
"""A proven gap falls with the square of the gradient; it is aimed at with so much less."""


class _Proof:
    """What a run is asked at its end: whether the gap is proven, and if not, which ``gtol`` may prove it."""

    def __init__(self, fun: Any, gap: float) -> None:
        if isinstance(gap, bool) or not (isinstance(gap, Real) and 0.0 < gap < math.inf):
            raise ValueError(f"gap={gap!r}: expected a positive number, relative to the optimum")
        if not hasattr(fun, "certificate"):
            name = getattr(fun, "__name__", type(fun).__name__)
            raise ValueError(f"gap= needs an objective that proves it, such as SoftmaxObjective, and {name} does not")
        self.fun: Any = fun
        self.gap: float = float(gap)

    def __call__(self, found: Result) -> float | None:
        certificate: Certificate = self.fun.certificate(found.x)
        found.__dict__["certificate"] = certificate
        if math.isinf(certificate.gap):
            raise ValueError(
                "gap= needs a bound on f - f*, and this objective has none: softmax regression has one with l2 > 0"
            )
        if certificate.relative_gap <= self.gap:
            return None
        closer = math.sqrt(self.gap / certificate.relative_gap) if math.isfinite(certificate.relative_gap) else 0.0
        return CAUTION * certificate.grad_inf * max(closer, 0.01)

    def seal(self, result: CertifiedResult) -> None:
        """Say in the result whether the gap is proven; that is its success."""
        proven, bound = result.certificate.relative_gap, result.certificate.gap
        result["success"] = proven <= self.gap
        known = f"{proven:.3g} of f*" if math.isfinite(proven) else f"{bound:.3g}, which f* may be less than"
        result["message"] = f"f - f* proven <= {known}, asked for {self.gap:g} of f*; {result.message}"


class WrongGradientError(ValueError):
    """A gradient that is not that of its function; `report` is the `GradientReport`."""

    def __init__(self, report: "GradientReport") -> None:
        why = f": {report.causes[0].sentence}" if report.causes else ""
        super().__init__(f"the gradient is wrong, so nothing was minimised{why}\n{report}")
        self.report = report


def minimize(
    fun: Any,
    x0: Any,
    args: tuple[Any, ...] = (),
    method: str = "lbfgs",
    *,
    check: str | None = None,
    gap: float | None = None,
    **options: Any,
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
    gap : float, optional
        Go on until f is proven to lie within `gap` of the optimum, relative to it: until
        ``result.certificate.relative_gap <= gap``, which is then what `success` means. ``gtol`` says where that is
        first tried, 1e-4 by default. For objectives that prove it, such as `SoftmaxObjective` with a penalty. The
        proofs are outside the clock of the solver.
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
    proof = None
    if gap is not None:
        proof = options["tighten"] = _Proof(objective, gap)
        options.setdefault("gtol", FIRST_PROOF)
    found = solvers.minimize(fun, x0, args, method=method, **options)
    result = CertifiedResult(found)
    result.__dict__.update(found.__dict__, objective=(objective, args))
    if proof is not None:
        proof.seal(result)
    return result


def _both(fun: Callable[..., Any], jac: Callable[..., Any], x: Any, *args: Any) -> tuple[Any, Any]:
    return fun(x, *args), jac(x, *args)
