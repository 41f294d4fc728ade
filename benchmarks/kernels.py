"""Softmax kernels beside NumPy, scikit-learn and the limit of the machine: ``python benchmarks/kernels.py``.

f and g, and Hessian-vector products, of softmax regression in the symmetric form with intercepts. Each contestant has a
process of its own with as many threads and the same data, because thread pools in one process disturb each other (see
`turns`); they are timed in turns, and medians of all calls are shown. All of them must agree on f and the norms of
the gradient and the product before the clock runs; everything is compiled before.

NumPy's speed is that of its BLAS, which chooses its kernels by the machine. Where OpenBLAS has wider vectors than those
it chose by itself, as on machines that it does not know, NumPy and scikit-learn run with these too.

The limit is the larger of two measured times: reading X once, by a compiled sum that finds X in the caches as the
others do, and the floating-point operations of the products alone at the machine's peak: 4 m n K for f and g (two
products of m × n × K multiply-adds), 6 m n K for a product (three); for sparse rows the stored numbers instead of m n.
"""

import contextlib
import itertools
import statistics
from pathlib import Path
from typing import Any

import click
import numpy as np
import pandas as pd
from limits import widest_blas
from options import COUNT, THREADS
from softmax_rivals import Case, machine, ours, plain_numpy, scikit_learn, the_most
from turns import Contestant

from workbench.threads import granted

MNIST = "60000x784x10"
SHAPES = (
    f"{MNIST} {MNIST}:uint8 {MNIST}:0.19 11314x62000x20:0.0013 100x2x2 100x4x3 100x784x10 100x4096x2 100x4096x100 "
    "1000x16x3 1000x64x1000 1000x4096x1000 2000x784x1000 2000x4096x10 5000x784x100 10000x64x10 10000x784x2 "
    "10000x4096x10 10000x4096x100 20000x16x26 20000x784x26 50000x2x1000 100000x4x3 100000x9x7 100000x64x100 "
    "1000000x2x2 1000000x16x10 1000000x64x3"
)
GRID = ((100, 10_000, 1_000_000), (2, 16, 64, 784, 4096), (2, 10, 100, 1000))
MOST = 2**26
"""Numbers that X, or the scores, of a shape of the grid may have."""
TOLERANCE = {"float64": 1e-8, "float32": 1e-3}
WHAT = ("f, g", "H v")
SLEEPING = {"GOMP_SPINCOUNT": "0"}
"""For those whose loops have other threads than their BLAS: each would take the cores for a while after its turn."""


def parsed(text: str, dtype: str) -> Case:
    """Return the case that ``m x n x K``, perhaps with ``:uint8`` or a density, means."""
    shape, _, kind = text.partition(":")
    try:
        m, n, K = map(int, shape.split("x"))
        density = float(kind) if kind not in ("", "uint8") else 1.0
    except ValueError:
        m = n = K = 0
        density = 1.0
    if not (K >= 2 and n >= 1 and m >= K and 0.0 < density <= 1.0):
        raise click.BadParameter(
            f"{text!r}: expected rows x features x classes, such as {MNIST}, {MNIST}:uint8 or (a density, as CSR) "
            f"{MNIST}:0.19, with at least 2 classes and a row for each"
        )
    return Case(m, n, K, "uint8" if kind == "uint8" else dtype, density)


def cases(shapes: tuple[str, ...], every: bool, dtypes: tuple[str, ...]) -> list[Case]:
    """Return the cases of a run; uint8 rows once, since they have no other dtype."""
    texts = " ".join(shapes).replace(",", " ").split()
    if every:
        grid = itertools.product(*GRID)
        texts += [f"{m}x{n}x{K}" for m, n, K in grid if m >= K and m * n <= MOST and m * K <= MOST]
    if not texts:
        raise click.BadParameter(f"no shape is given: expected some such as {MNIST}", param_hint="--shapes")
    return list(dict.fromkeys(parsed(text, dtype) for dtype in dtypes for text in texts))


def disagreement(case: Case, found: dict[str, dict[str, Any]]) -> str:
    """Return what is wrong where the contestants did not compute the same; else nothing."""
    for what, name in itertools.product(WHAT, found):
        if what in found[name]:
            mine, theirs = (norms(found[each][what]) for each in ("ours", name))
            if any(abs(a - b) > TOLERANCE[case.computed] * abs(a) for a, b in zip(mine, theirs, strict=True)):
                return f"{case}: {what} of {name} is {theirs}, ours {mine}"
    return ""


def norms(value: Any) -> list[float]:
    """Return f and the norm of g, or the norm of a product."""
    return [float(np.linalg.norm(part)) for part in (value if isinstance(value, tuple) else (value,))]


def measured(case: Case, contestants: dict[str, Contestant], repeats: int, flops: float) -> dict[str, float]:
    """Return the median seconds of each call of each contestant, and of the limit."""
    found = {name: contestant.prepare(case) for name, contestant in contestants.items()}
    if wrong := disagreement(case, found):
        raise click.ClickException(wrong)
    plan = {name: [what for what in (*WHAT, "read") if what in found[name]] for name in contestants}
    seconds: dict[str, list[float]] = {f"{what}: {name}": [] for name, whats in plan.items() for what in whats}
    for _ in range(repeats):
        for name, whats in plan.items():
            for what, found_now in contestants[name].seconds(whats).items():
                seconds[f"{what}: {name}"] += found_now
    row = {name: statistics.median(every) for name, every in seconds.items()}
    for what, products in zip(WHAT, (2, 3), strict=True):
        row[f"{what}: limit"] = max(row["read: machine"], 2.0 * products * case.stored * case.K / flops)
    return row


def ratios(rows: dict[Case, dict[str, float]], what: str, name: str) -> dict[Case, float]:
    """Return how many times as long as ours a contestant takes."""
    key = f"{what}: {name}"
    return {case: row[key] / row[f"{what}: ours"] for case, row in rows.items() if key in row}


def line(case: Case, row: dict[str, float], names: dict[str, list[str]]) -> str:
    """Return a line of the table: milliseconds, how many times the limit, and the others in times ours."""
    text = f"{case!s:37}"
    for what in WHAT:
        mine = row[f"{what}: ours"]
        text += f" |{1e3 * mine:9.3f}{mine / row[f'{what}: limit']:8.1f}"
        for name in names[what]:
            text += f"{ratios({case: row}, what, name)[case]:14.2f}"
    return text


def verdict(rows: dict[Case, dict[str, float]], what: str, name: str) -> str:
    """Return what is to be said of one of the others over all shapes."""
    found = ratios(rows, what, name)
    slower = [f"{case} ({ratio:.2f})" for case, ratio in found.items() if ratio < 1.0]
    said = f"{what}: {name} takes {statistics.median(found.values()):.2f} times as long as ours in the median"
    return f"{said}, and less than ours in {len(slower)} of {len(found)}" + "".join(f"\n    {each}" for each in slower)


@click.command(help=__doc__)
@click.option(
    "--shapes",
    multiple=True,
    default=(SHAPES,),
    help="Rows x features x classes, perhaps with :uint8 or a density as CSR. Several in one, or repeatable.",
)
@click.option("--all", "every", is_flag=True, help="A grid of shapes besides.")
@click.option(
    "--dtype", "dtypes", type=click.Choice(tuple(TOLERANCE)), multiple=True, default=("float32",), show_default=True
)
@click.option("--threads", type=THREADS, help="Of each contestant; all by default.")
@click.option("--repeats", type=COUNT, default=3, show_default=True, help="Turns of each contestant.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="A CSV file for the seconds of all.")
def main(
    shapes: tuple[str, ...], every: bool, dtypes: tuple[str, ...], threads: int | None, repeats: int, out: Path | None
) -> None:
    threads, todo, wide = granted(threads), cases(shapes, every, dtypes), widest_blas()
    with Contestant("the limits", the_most, threads, wide) as asked:
        most = asked.prepare(tuple({case.computed: None for case in todo}))
    click.echo(f"{threads} threads, reading from memory {most['bandwidth'] / 1e9:.1f} GB/s")
    for dtype in dict.fromkeys(case.computed for case in todo):
        click.echo(f"{dtype}: at most {most[dtype].flops / 1e9:.0f} GFLOP/s ({most[dtype].code})")

    makers = {
        "ours": (ours, {}),
        "NumPy": (plain_numpy, {}),
        "NumPy wide": (plain_numpy, wide),
        "scikit-learn": (scikit_learn, {**wide, **SLEEPING}),
        "machine": (machine, {}),
    }
    rows: dict[Case, dict[str, float]] = {}
    with contextlib.ExitStack() as stack:
        contestants = {
            name: stack.enter_context(Contestant(name, make, threads, environment))
            for name, (make, environment) in makers.items()
        }
        blas = {name: contestants[name].prepare(todo[0])["blas"] for name in ("NumPy", "NumPy wide")}
        click.echo(f"NumPy's BLAS has kernels for {blas['NumPy']}")
        if blas["NumPy"] == blas["NumPy wide"]:
            del contestants["NumPy wide"]
        else:
            click.echo(f"NumPy wide and scikit-learn use those for {blas['NumPy wide']}: {wide}")
        others = [name for name in contestants if name not in ("ours", "machine")]
        names = {"f, g": others, "H v": [name for name in others if name != "scikit-learn"]}
        columns = [f" |{what + ', ms':>9}{'x limit':>8}" + "".join(f"{n:>14}" for n in names[what]) for what in WHAT]
        click.echo(f"\n{'rows × features, classes':37}" + "".join(columns))
        for case in todo:
            rows[case] = measured(case, contestants, repeats, most[case.computed].flops)
            click.echo(line(case, rows[case], names))
    click.echo()
    for what in WHAT:
        for name in names[what]:
            click.echo(verdict(rows, what, name))
    if out:
        pd.DataFrame([{**case._asdict(), **row} for case, row in rows.items()]).to_csv(out, index=False)


if __name__ == "__main__":
    main()
