"""Seconds per solve on small problems, beside SciPy's L-BFGS-B and CG: ``python benchmarks/small.py``.

Both sides get the same function, start and stopping rule (largest gradient component at most 1e-5), and L-BFGS the same
memory. Solves are timed in blocks of 20 ms, ours and SciPy's in turn; the table shows medians. Everything is compiled
before.
"""

import statistics
import time
from collections.abc import Callable

import click
import numpy as np
from options import POSITIVE
from rosenbrock import rosenbrock
from scipy.optimize import OptimizeResult, minimize

import solvers

GTOL = 1e-5
BLOCK = 0.02
PAIRS = (
    ("lbfgs memory=10", "lbfgs", {"memory": 10}, "L-BFGS-B", {"maxcor": 10, "ftol": 0.0}),
    ("lbfgs memory=100", "lbfgs", {"memory": 100}, "L-BFGS-B", {"maxcor": 100, "ftol": 0.0}),
    ("cg", "cg", {}, "CG", {}),
)

Solve = Callable[[], OptimizeResult]


def timed(solve: Solve) -> float:
    """Return the seconds of one solve, from a block of them."""
    count, began = 0, time.perf_counter()
    while (elapsed := time.perf_counter() - began) < BLOCK:
        solve()
        count += 1
    return elapsed / count


def side_by_side(ours: Solve, theirs: Solve, budget: float) -> tuple[list[float], list[float]]:
    """Time both in turn until `budget` seconds are spent, five times at least."""
    began, pairs = time.perf_counter(), [(timed(ours), timed(theirs))]
    while len(pairs) < 5 or time.perf_counter() - began < budget:
        pairs.append((timed(ours), timed(theirs)))
    return [a for a, _ in pairs], [b for _, b in pairs]


@click.command(help=__doc__)
@click.option("--seconds", type=POSITIVE, default=2.0, show_default=True, help="To spend on each row.")
def main(seconds: float) -> None:
    ours_columns, peer_columns = f"{'ours':17} {'f+g':>5} {'µs':>9}", f"{'SciPy':10} {'f+g':>5} {'µs':>9}"
    click.echo(f"{'objective':10} {'n':>4} {ours_columns}   {peer_columns}  {'SciPy / ours':>12}")
    for kind, fun in (("compiled", rosenbrock), ("python", rosenbrock.py_func)):
        for n in (2, 10, 100):
            x0 = np.tile([-1.2, 1.0], n // 2)
            for label, method, options, peer, peer_options in PAIRS:

                def ours(fun=fun, x0=x0, method=method, options=options):
                    return solvers.minimize(fun, x0, method=method, gtol=GTOL, **options)

                def theirs(fun=fun, x0=x0, peer=peer, options=peer_options):
                    return minimize(fun, x0, jac=True, method=peer, options={"gtol": GTOL, "maxiter": 10**5, **options})

                found, peer_found = ours(), theirs()
                a, b = (statistics.median(times) for times in side_by_side(ours, theirs, seconds))
                click.echo(
                    f"{kind:10} {n:4} {label:17} {found.nfev:5} {1e6 * a:9.1f}   {peer:10} {peer_found.nfev:5}"
                    f" {1e6 * b:9.1f}  {b / a:12.1f}{_remark(found, peer_found)}"
                )


def _remark(found: OptimizeResult, peer_found: OptimizeResult) -> str:
    """Say where one side did not reach the tolerance."""
    sides = (("ours", found), ("SciPy", peer_found))
    missed = [name for name, result in sides if np.abs(result.jac).max() > GTOL]
    return f"  ({' and '.join(missed)} did not reach the tolerance)" if missed else ""


if __name__ == "__main__":
    main()
