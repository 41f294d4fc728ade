"""Peak memory of a fit beyond its rows: ``python benchmarks/memory.py --data mnist --data-dir DATA``.

Softmax regression by ``method="auto"``, symmetric form, free intercepts, float32 rows; then its certificate. A fit of a
few of the rows comes first, so that compiled code is loaded before the count begins.
"""

from pathlib import Path
from typing import Any

import click
import numpy as np
from gap_judge import Memory
from options import FOLDER, POSITIVE, data_set

import workbench as wb

FEW = 300


@click.command()
@click.option("--data", default="digits", show_default=True)
@click.option("--data-dir", type=FOLDER)
@click.option("--l2", type=POSITIVE, default=1e-4, show_default=True)
def main(data: str, data_dir: Path | None, l2: float) -> None:
    """Print the two peaks."""
    found = data_set(data, data_dir)
    X, y = np.asarray(found.X, np.float32), found.y

    def fitted(rows: slice) -> Any:
        fun = wb.SoftmaxObjective(X[rows], y[rows], l2=l2, reference=None)
        return wb.minimize(fun, fun.x0, method="auto", gtol=1e-6)

    _ = fitted(slice(FEW)).certificate
    memory = Memory()
    memory.watch()
    result = fitted(slice(None))
    memory.rest()
    print(f"{found}, float32: {memory.peak:.0f} MB beyond the rows", end="")
    _ = result.certificate
    memory.rest()
    print(f", {memory.peak:.0f} MB with the certificate")


if __name__ == "__main__":
    main()
