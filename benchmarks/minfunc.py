"""L-BFGS with 100 pairs on a trivial objective, beside its floating-point work: ``python benchmarks/minfunc.py``.

Seconds of 1,000 iterations on 7,065 variables, with ``workbench.minfunc``, ``solvers.lbfgs`` and SciPy's L-BFGS-B
(maxcor=100), beside the two-loop product alone, in plain compiled loops over as many pairs. Everything is compiled
before; the four take turns, and the table shows medians. A second table shows the memory that a run takes beyond its
data, in vectors, from the growth of a process of its own (on Linux).
"""

import re
import statistics
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import numpy as np
from options import COUNT
from quadratic import quadratic, two_loops
from scipy.optimize import minimize
from small import timed

import solvers
import workbench

ITERATIONS, PAIRS, VARIABLES = 1000, 100, 7065
STATUS = Path("/proc/self/status")
FOREVER = 10**9


def spectrum(n: int) -> np.ndarray:
    """Return n curvatures from 1e-4 to 1e4: after 1,000 iterations there is still something to do."""
    return np.logspace(-4.0, 4.0, n)


def with_minfunc(n: int, pairs: int, iterations: int) -> tuple[int, int, float]:
    options = {
        "Method": "lbfgs",
        "Corr": pairs,
        "MaxIter": iterations,
        "MaxFunEvals": FOREVER,
        "optTol": 0.0,
        "progTol": 0.0,
        "Display": "off",
    }
    _, f, _, output = workbench.minfunc(quadratic, np.zeros(n), options, spectrum(n))
    return output.iterations, output.funcCount, f


def with_solvers(n: int, pairs: int, iterations: int) -> tuple[int, int, float]:
    result = solvers.lbfgs(
        quadratic, np.zeros(n), (spectrum(n),), memory=pairs, gtol=0.0, max_iter=iterations, max_evals=FOREVER
    )
    return result.nit, result.nfev, result.fun


def with_scipy(n: int, pairs: int, iterations: int) -> tuple[int, int, float]:
    limits = {"maxcor": pairs, "maxiter": iterations, "maxfun": FOREVER, "gtol": 0.0, "ftol": 0.0}
    result = minimize(quadratic, np.zeros(n), (spectrum(n),), jac=True, method="L-BFGS-B", options=limits)
    return result.nit, result.nfev, result.fun


def floating_point_work(n: int, pairs: int, iterations: int) -> Callable[[], float]:
    """Return the product alone, over pairs of a quadratic: s'y is positive, and nothing overflows."""
    S = np.random.default_rng(0).normal(size=(pairs, n))
    Y = S * np.linspace(1.0, 2.0, n)
    sy, g = np.einsum("ij,ij->i", S, Y), np.ones(n)
    return lambda: two_loops(S, Y, sy, g, iterations)


CONTESTANTS = {"workbench.minfunc": with_minfunc, "solvers.lbfgs": with_solvers, "SciPy L-BFGS-B": with_scipy}


def kilobytes(field: str) -> int:
    """Return a figure of this process, as the kernel keeps it."""
    found = re.search(rf"^{field}:\s+(\d+) kB", STATUS.read_text(), re.MULTILINE)
    assert found is not None
    return int(found[1])


def vectors_of_a_run(contestant: str, n: int, pairs: int) -> float:
    """Return the memory that a run takes at most, beyond x0 and the data, in vectors of n; for a process of its own."""
    run = CONTESTANTS[contestant]
    run(100, pairs, pairs + 20)  # compiled, and what a first run leaves behind is there
    (STATUS.parent / "clear_refs").write_text("5")  # the peak of compiling is forgotten
    before = kilobytes("VmRSS")
    run(n, pairs, pairs + 20)
    return (kilobytes("VmHWM") - before) * 1024 / (8 * n) - 2


@click.command(help=__doc__)
@click.option("--rounds", type=COUNT, default=5, show_default=True, help="Turns of each.")
@click.option("--vectors", type=(str, int, int), hidden=True)
def main(rounds: int, vectors: tuple[str, int, int] | None) -> None:
    if vectors is not None:
        click.echo(vectors_of_a_run(*vectors))
        return
    work = floating_point_work(VARIABLES, PAIRS, ITERATIONS)
    runs: dict[str, Callable[[], object]] = {"two-loop product alone": work}
    for name, run in CONTESTANTS.items():
        runs[name] = lambda run=run: run(VARIABLES, PAIRS, ITERATIONS)
    counts = {name: run() for name, run in runs.items()}
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            seconds[name].append(timed(run))
    unit = statistics.median(seconds["two-loop product alone"])
    click.echo(f"{VARIABLES} variables, {PAIRS} pairs, {ITERATIONS} iterations, medians of {rounds}")
    click.echo(f"{'':22} {'seconds':>8} {'/ product':>9} {'iterations':>10} {'f+g':>6} {'f':>10}")
    for name, times in seconds.items():
        median = statistics.median(times)
        shown = "" if name not in CONTESTANTS else "{:10} {:6} {:10.4g}".format(*counts[name])
        click.echo(f"{name:22} {median:8.3f} {median / unit:9.2f} {shown}")
    if not STATUS.exists():
        return
    n = 200_000
    click.echo(f"\nmemory of a run beyond x0 and the data, in vectors ({n} variables)")
    click.echo(f"{'pairs':>5} {'2 pairs + 12':>12} " + " ".join(f"{name:>18}" for name in CONTESTANTS))
    for pairs in (5, 20, 100):
        figures = []
        for name in CONTESTANTS:
            command = [sys.executable, __file__, "--vectors", name, str(n), str(pairs)]
            figures.append(float(subprocess.run(command, check=True, capture_output=True, text=True).stdout))
        click.echo(f"{pairs:5} {2 * pairs + 12:12} " + " ".join(f"{figure:18.1f}" for figure in figures))


if __name__ == "__main__":
    main()
