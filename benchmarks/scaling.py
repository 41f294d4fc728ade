"""How the time of softmax's f and g grows: ``python benchmarks/scaling.py``.

One of rows, features, classes and threads is doubled while the others stay. The exponent is the slope of log seconds
over log size, fitted by least squares to the upper half of the sizes, where no constant costs hide it: 1 for work that
is proportional, -1 for threads that share it evenly. Medians; the sizes of a table are timed in turns; everything is
compiled before.
"""

import statistics

import click
import numpy as np
from options import COUNT, THREADS
from softmax_rivals import Case, ours
from turns import turn

from workbench.threads import granted, limited_to

AXES = {"rows": "m", "features": "n", "classes": "K"}


def doubled(largest: int, least: int) -> list[int]:
    """Return the largest size and its halves down to the least, in order."""
    sizes = [largest]
    while sizes[0] // 2 >= least:
        sizes.insert(0, sizes[0] // 2)
    return sizes


def exponent(sizes: list[int], seconds: list[float]) -> float:
    """Return the slope of log seconds over log size in the upper half of the sizes, of two at least."""
    upper = slice(-max(2, (len(sizes) + 1) // 2), None)
    return float(np.polyfit(np.log(sizes[upper]), np.log(seconds[upper]), 1)[0])


def table(axis: str, runs: dict[int, tuple[Case, int]], repeats: int) -> str:
    """Return the table of an axis: sizes to the case and the threads that it is run with."""
    calls = {size: ours(case)["f, g"] for size, (case, _) in runs.items()}
    seconds: dict[int, list[float]] = {size: [] for size in runs}
    for _ in range(repeats):
        for size, (_, threads) in runs.items():
            with limited_to(threads):
                seconds[size] += turn(calls[size])
    medians = [statistics.median(found) for found in seconds.values()]
    case, threads = next(reversed(runs.values()))
    fixed = [f"{getattr(case, field)} {name}" for name, field in AXES.items() if name != axis]
    fixed += [f"{threads} threads"] * (axis != "threads")
    lines = [f"{axis:>10} {'ms':>10} {'times the last':>15}   {', '.join(fixed)}, {case.dtype}"]
    for k, (size, median) in enumerate(zip(runs, medians, strict=True)):
        lines.append(
            f"{size:10} {1e3 * median:10.3f} {median / medians[k - 1]:15.2f}"
            if k
            else f"{size:10} {1e3 * median:10.3f}"
        )
    if len(runs) > 1:
        lines.append(f"{'exponent':>10} {exponent(list(runs), medians):10.2f}")
    return "\n".join(lines)


@click.command(help=__doc__)
@click.option(
    "--rows", type=click.IntRange(2), default=64_000, show_default=True, help="Most; other axes have an eighth."
)
@click.option(
    "--features", type=click.IntRange(1), default=4096, show_default=True, help="Most; other axes have an eighth."
)
@click.option("--classes", type=click.IntRange(2), default=512, show_default=True, help="Most; other axes have 10.")
@click.option("--dtype", type=click.Choice(("float32", "float64")), default="float32", show_default=True)
@click.option("--threads", type=THREADS, help="At most; all by default.")
@click.option("--repeats", type=COUNT, default=3, show_default=True, help="Turns of each size.")
def main(rows: int, features: int, classes: int, dtype: str, threads: int | None, repeats: int) -> None:
    threads = granted(threads)
    m, n, K = max(2, rows // 8), max(1, features // 8), min(classes, 10)
    runs = {
        "rows": {size: (Case(size, n, K, dtype), threads) for size in doubled(rows, 2 * K)},
        "features": {size: (Case(max(m, K), size, K, dtype), threads) for size in doubled(features, 2)},
        "classes": {size: (Case(max(m, size), n, size, dtype), threads) for size in doubled(classes, 2)},
    }
    everyone = Case(max(rows, K), n, K, dtype)
    runs["threads"] = {size: (everyone, size) for size in doubled(threads, 1)}
    click.echo("\n\n".join(table(axis, sizes, repeats) for axis, sizes in runs.items()))


if __name__ == "__main__":
    main()
