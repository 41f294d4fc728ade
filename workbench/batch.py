"""Thousands of small problems of one kind, minimised in compiled code on all threads."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numba
import numpy as np
from threadpoolctl import threadpool_limits

from solvers import methods
from solvers.batch import Batch, items, run_batch
from solvers.engine import engine_of
from solvers.objective import RowObjective
from solvers.settings import uses_all_rows
from solvers.status import Status
from workbench.batch_data import as_tuple, by_problem, rows_by_problem, starts
from workbench.threads import granted

if TYPE_CHECKING:
    import pandas as pd

    from solvers.method import Method


@dataclass(frozen=True, eq=False)
class BatchResult:
    """The outcomes of B problems of n variables, by place.

    Attributes
    ----------
    x : ndarray, shape (B, n)
        The last points accepted; the start, where a problem was not begun.
    fun, grad_inf : ndarray, shape (B,)
        f there, and the largest component of its gradient; NaN where a problem was not begun.
    nit, nfev : ndarray of int, shape (B,)
        Iterations, and evaluations of f and g together; a problem with none was not begun.
    status : ndarray of int, shape (B,)
        Why each run ended, a ``Status`` as an integer.
    seconds : float
        Of all problems together; compilation and callbacks are not counted.
    method : str
        The solver.
    threads : int
        How many were allowed.
    """

    x: np.ndarray
    fun: np.ndarray
    grad_inf: np.ndarray
    nit: np.ndarray
    nfev: np.ndarray
    status: np.ndarray
    seconds: float
    method: str
    threads: int

    @property
    def success(self) -> np.ndarray:
        """Whether each run ended with a gradient below ``gtol`` or a value at the target, shape (B,)."""
        return np.isin(self.status, [status for status in Status if status.success])

    @property
    def frame(self) -> "pd.DataFrame":
        """One row for each problem: ``fun, grad_inf, nit, nfev, status`` (its name), ``success``."""
        import pandas as pd

        names = [Status(status).name for status in self.status]
        columns = {name: getattr(self, name) for name in ("fun", "grad_inf", "nit", "nfev")}
        return pd.DataFrame({**columns, "status": names, "success": self.success}).rename_axis("problem")

    def __len__(self) -> int:
        return int(self.status.size)

    def __str__(self) -> str:
        begun = int((self.nfev > 0).sum())
        threads = "1 thread" if self.threads == 1 else f"up to {self.threads} threads"
        lines = [
            f"{len(self):,} problems of {self.x.shape[1]:,} variables by {self.method}: {self.seconds:.2f} s"
            f" on {threads}, {begun / max(self.seconds, 1e-9):,.0f} a second"
        ]
        counts = Counter(
            Status(status).sentence + ("" if calls else ", not begun")
            for status, calls in zip(self.status, self.nfev, strict=True)
        )
        lines += [f"{count:10,}  {sentence}" for sentence, count in counts.most_common()]
        return "\n".join(lines)


def minimize_batch(
    fun: Any,
    X0: Any,
    data: tuple[Any, ...] = (),
    *,
    common: tuple[Any, ...] = (),
    rows: Any = None,
    method: str = "lbfgs",
    threads: int | None = None,
    callback: Callable[[int, int], object] | None = None,
    **options: Any,
) -> BatchResult:
    """Minimise ``f, g = fun(x, *data_i, *common)`` for many problems i.

    What differs between the problems is one of, or several of: the start, the data, and the rows of one data set.

    Parameters
    ----------
    fun : callable
        As for `minimize`. Compiled by ``numba.njit``, or an objective such as ``SoftmaxObjective``, all problems run
        compiled and on all threads; with plain Python the same runs are made one after the other.
    X0 : array_like, shape (B, n) or (n,)
        A start for each problem, or one for all.
    data : tuple
        What differs: for each argument an array whose first axis is the problem, or a list of B arrays that differ in
        the length of their first axis.
    common : tuple
        The arguments after those, the same for all problems.
    rows : array_like of int, shape (B, m), or list of B vectors, optional
        For an objective with rows (``SoftmaxObjective``, ``RowObjective``): the rows of each problem, in any order,
        repeated or not, as for a bootstrap or the folds of a cross-validation; the samples are not copied. f is then
        that of ``fun.subset``: of a mean without weights, the mean over those rows plus the penalty. An objective that
        has a finer form, such as one of float32 rows, is minimised in that: no problem ends in its rounding.
    method : str
        As for `minimize`.
    threads : int, optional
        How many to use at most; all by default. The result does not depend on it.
    callback : callable, optional
        ``callback(done, total)`` about ten times a second; a return value of True ends the run.
    **options
        ``gtol, max_iter, max_evals``, and the method's own; ``max_time`` is the time of all problems together.

    Returns
    -------
    BatchResult
        After Ctrl-C, or when the time is over, with what is done by then.

    Raises
    ------
    TypeError, ValueError
        For a mistake in the call. An error that `fun` raises ends the batch, and a note says in which problem.

    Examples
    --------
    >>> import numpy as np
    >>> import workbench as wb
    >>> data = wb.load_dataset("iris")
    >>> fun = wb.SoftmaxObjective(data.X, data.y, l2=1e-2)
    >>> sample = np.random.default_rng(0).integers(0, fun.n_rows, (100, fun.n_rows))
    >>> fits = wb.minimize_batch(fun, fun.x0, rows=sample)
    >>> bool(fits.success.all()), fits.x.shape
    (True, (100, 10))
    """
    if callback is not None and not callable(callback):
        raise TypeError(f"callback is {type(callback).__name__}: expected a function of (done, total)")
    solver: Method = methods.method(method)
    if hasattr(fun, "finer"):
        fun = fun.finer() or fun
    bound = isinstance(fun, RowObjective) or hasattr(fun, "compiled_form")
    if bound and (as_tuple(data, "data") or as_tuple(common, "common")):
        raise ValueError(f"{type(fun).__name__} brings its own data: problems may differ in X0 and rows= only")
    varying = {f"data[{k}]": by_problem(value, f"data[{k}]") for k, value in enumerate(as_tuple(data, "data"))}
    if rows is not None:
        varying = {"rows": rows_by_problem(rows, fun.n_rows if bound and hasattr(fun, "n_rows") else 0)}
    first, each = starts(X0, varying), tuple(varying.values())
    objective, settings = solver.ready(fun, first[0], (*items(each, 0), *as_tuple(common, "common")), **options)
    if uses_all_rows(settings):
        raise ValueError(
            f"{method} would draw stages from all rows, or make a preconditioner of them, and the problems of a batch"
            " have rows of their own: leave out stages and preconditioner, or take lbfgs"
        )
    if bound:
        objective.at_start(first[0], engine_of(settings).second_order)  # so that its own checks of x speak
        common = objective.problem.args[len(each) :]
    if rows is not None and settings != solver.settings(**options):
        raise ValueError(
            f"{method} would take its step from all rows, for problems that have some: choose another step"
        )
    used, before = granted(threads), numba.get_num_threads()
    numba.set_num_threads(used)
    try:
        with threadpool_limits(limits=1, user_api="blas"):  # each of our threads would start all of BLAS's
            batch = Batch(objective, settings, first, each, common)
            outcomes, seconds = run_batch(solver.name, batch, callback)
    finally:
        numba.set_num_threads(before)
    return BatchResult(*outcomes, seconds, solver.name, used)
