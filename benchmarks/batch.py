"""A bootstrap of iris-sized softmax regression, beside loops over single fits: ``python benchmarks/batch.py``.

Each problem is a sample of the 150 rows of iris (4 features, 3 classes) with replacement. All sides minimise the same
f from zeros until no component of the gradient is larger than 1e-5: softmax regression in the symmetric form,
l2 = 1e-2 on the weights, free intercepts. `minimize_batch` solves all problems, in slices; the others solve one after
each slice, and their time is extrapolated. Everything is compiled before.
"""

import time
import warnings
from collections.abc import Callable

import click
import numpy as np
from options import COUNT, THREADS
from scipy.optimize import minimize as scipy_minimize
from sklearn.datasets import load_iris
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

import workbench as wb
from workbench.threads import let_waiting_threads_sleep, limited_to

let_waiting_threads_sleep()  # ours would spin while the others are timed

GTOL, L2 = 1e-5, 1e-2

Fit = Callable[[np.ndarray], float]


def fits(X: np.ndarray, y: np.ndarray) -> dict[str, Fit]:
    """Return the fits of single problems that ours is compared with: rows to the value of f that was reached."""

    def objective(rows: np.ndarray) -> wb.SoftmaxObjective:
        return wb.SoftmaxObjective(X[rows], y[rows], l2=L2, reference=None)

    def ours(rows: np.ndarray) -> float:
        fun = objective(rows)
        return float(wb.minimize(fun, fun.x0, gtol=GTOL).fun)

    def scipy(rows: np.ndarray) -> float:
        fun = objective(rows)
        options = {"gtol": GTOL, "ftol": 0.0, "maxiter": 10_000}
        return float(scipy_minimize(fun, fun.x0, jac=True, method="L-BFGS-B", options=options).fun)

    def sklearn(rows: np.ndarray) -> float:
        model = LogisticRegression(C=1.0 / (L2 * rows.size), tol=GTOL, max_iter=10_000).fit(X[rows], y[rows])
        theta = np.column_stack([model.coef_, model.intercept_]).ravel()
        return objective(rows)(theta)[0]

    return {"loop over minimize": ours, "SciPy L-BFGS-B, our f": scipy, "scikit-learn lbfgs": sklearn}


@click.command(help=__doc__)
@click.option("--problems", type=COUNT, default=10_000, show_default=True, help="Bootstrap samples.")
@click.option("--sample", type=COUNT, default=60, show_default=True, help="Problems that each of the others solves.")
@click.option("--threads", type=THREADS, help="At most; all by default. The others use one.")
def main(problems: int, sample: int, threads: int | None) -> None:
    X, y = load_iris(return_X_y=True)
    fun = wb.SoftmaxObjective(X, y, l2=L2, reference=None)
    rows = np.random.default_rng(0).integers(0, y.size, (problems, y.size))
    others = fits(X, y)
    warnings.simplefilter("error", ConvergenceWarning)
    wb.minimize_batch(fun, fun.x0, rows=rows[:1], gtol=GTOL)
    for fit in others.values():
        fit(rows[0])

    sample = min(sample, problems)
    seconds, batch_seconds = dict.fromkeys(others, 0.0), 0.0
    excess = dict.fromkeys(others, 0.0)
    f, success, status = np.empty(problems), 0, ""
    cuts = np.linspace(0, problems, sample + 1).astype(int)
    for k in range(sample):  # a slice of ours, then one problem of each of the others
        piece = slice(cuts[k], cuts[k + 1])
        began = time.perf_counter()
        found = wb.minimize_batch(fun, fun.x0, rows=rows[piece], gtol=GTOL, threads=threads)
        batch_seconds += time.perf_counter() - began
        f[piece], success, status = found.fun, success + int(found.success.sum()), f"{found.threads} threads at most"
        for name, fit in others.items():
            with limited_to(1):
                began = time.perf_counter()
                reached = fit(rows[cuts[k]])
                seconds[name] += time.perf_counter() - began
            excess[name] = max(excess[name], reached - f[cuts[k]])

    click.echo(f"{problems:,} problems of {y.size} × {X.shape[1]}, 3 classes, {fun.x0.size} variables; {status}")
    click.echo(f"{'':24} {'solved':>7} {'seconds for all':>16} {'µs each':>9} {'times ours':>11}  largest f - ours")
    click.echo(
        f"{'minimize_batch':24} {success:7,} {batch_seconds:16.2f} {1e6 * batch_seconds / problems:9.0f} {1:11.1f}"
    )
    for name, spent in seconds.items():
        total = spent * problems / sample
        ratio = total / batch_seconds
        click.echo(f"{name:24} {sample:7,} {total:16.1f} {1e6 * spent / sample:9.0f} {ratio:11.1f}  {excess[name]:.1e}")
    click.echo(f"Those that solved {sample:,} problems are extrapolated to all.")


if __name__ == "__main__":
    main()
