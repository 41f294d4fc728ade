"""What the ingredients of ``method="auto"`` bring, in passes over the rows: ``python benchmarks/passes.py``.

Softmax regression in the symmetric form, free intercepts; each row of the table is L-BFGS with other options. A pass is
an evaluation of f and g on all rows; stages count for their share. The gaps are relative to the lowest f of all runs,
each of which goes on to a gradient of 1e-10 or the limit of passes. Without options on the digits of scikit-learn;
``--data`` names another set that ``workbench.load_dataset`` knows, or a file.
"""

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import numpy as np
from options import COUNT, FOLDER, POSITIVE, data_set

import workbench as wb

CONTESTANTS: dict[str, tuple[str, dict[str, Any]]] = {
    "lbfgs:memory=10": ("lbfgs", {"memory": 10}),
    "lbfgs:memory=100": ("lbfgs", {}),
    "lbfgs:stages=3": ("lbfgs", {"stages": 3}),
    "lbfgs:preconditioner=own": ("lbfgs", {"preconditioner": "own"}),
    "auto": ("auto", {}),
}
GAPS = (1e-2, 1e-4, 1e-6, 1e-8)


def passes(solve: Callable[..., Any], most: int) -> tuple[np.ndarray, np.ndarray]:
    """Return f after each iteration and the passes that it took to get there."""
    history = solve(max_evals=most, max_iter=most, gtol=1e-10).history
    return history["f"].to_numpy(), history["nfev"].to_numpy()


def reached(f: np.ndarray, nfev: np.ndarray, f_star: float, gap: float) -> str:
    """Return the passes to a gap, "-" where it was not reached; in stages f is NaN, which reaches nothing."""
    there = np.flatnonzero(f - f_star <= gap * abs(f_star))
    return f"{int(nfev[there[0]])}" if there.size else "-"


@click.command()
@click.option("--data", default="digits", show_default=True)
@click.option("--data-dir", type=FOLDER)
@click.option("--l2", type=POSITIVE, default=1e-3, show_default=True)
@click.option("--dtype", type=click.Choice(("float64", "float32")), default="float64", show_default=True)
@click.option("--most", type=COUNT, default=600, show_default=True, help="Passes that a run may take.")
def main(data: str, data_dir: Path | None, l2: float, dtype: str, most: int) -> None:
    """Print the table."""
    found = data_set(data, data_dir)
    fun = wb.SoftmaxObjective(found.X.astype(dtype), found.y, l2=l2, reference=None)
    runs = {}
    for label, (method, options) in CONTESTANTS.items():
        runs[label] = passes(functools.partial(wb.minimize, fun, fun.x0, method=method, **options), most)
    f_star = min(float(np.nanmin(f)) for f, _ in runs.values())
    print(f"{found}, l2 {l2:g}, {dtype}, symmetric form, f* = {f_star:.12g}, at most {most} passes")
    print(f"{'':26}" + "".join(f"{gap:>8.0e}" for gap in GAPS))
    for label, run in runs.items():
        print(f"{label:26}" + "".join(f"{reached(*run, f_star, gap):>8}" for gap in GAPS))


if __name__ == "__main__":
    main()
