"""The check: analytic against numeric derivatives, coordinate by coordinate and along random directions."""

from __future__ import annotations

import inspect
import operator
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.optimize import check_grad

from workbench.gradient_check.bisection import wrong_coordinates
from workbench.gradient_check.contract import Evaluations, start_point
from workbench.gradient_check.diagnosis import Evidence, diagnose
from workbench.gradient_check.layout import layout
from workbench.gradient_check.noise import Noise, noise_level
from workbench.gradient_check.report import GradientReport, PointCheck
from workbench.gradient_check.sweep import Shifted, Slope, slope
from workbench.gradient_check.verdict import SAFETY, judged

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike

    from workbench.gradient_check.contract import FloatArray
    from workbench.gradient_check.diagnosis import Cause
    from workbench.gradient_check.layout import Indices, Layout

ALL_UP_TO = 2_000
SAMPLE = 50
DIRECTIONS = 4
ELSEWHERE_UP_TO = 50
ELSEWHERE = 10
# Coordinates of a wrong group that the search does not take apart.
OF_A_GROUP = 5
# Most coordinates of one intercept that join the evidence when the draw has left them out.
INTERCEPTS = 10
# Distance of the random point from x0 and of the far one from 0, in max(|x0|, 1), coordinate by coordinate.
NEAR, FAR = 0.1, 10.0
# Far enough for every sample to be in or out of its class, in standard deviations of a coordinate.
FAR_OUT = 1e3


def check_gradient(
    fun: Callable[..., Any],
    x0: ArrayLike,
    args: Sequence[Any] = (),
    *,
    points: int = 3,
    coordinates: int | Sequence[int] | None = None,
    seed: int = 0,
    names: Sequence[tuple[Any, Any]] | None = None,
) -> GradientReport:
    """Whether g is the gradient of f, coordinate by coordinate, at `x0` and two points more; if not, why.

    Parameters
    ----------
    fun : callable
        ``fun(x, *args) -> (f, g)``: f a real scalar, g a float array of x's shape. Plain Python, njit, or an object.
    x0 : array_like, shape (n,)
        The point, finite. Where many coordinates are 0 a faulty penalty hides; the other points show it.
    args : sequence
        Further arguments of `fun`. A matrix and a vector of labels among them help the diagnosis.
    points : int
        1: x0 alone. 2: a random point close to it too, ``0.1 * max(|x0|, 1)`` away in every coordinate. 3: a random
        point a hundred times as far from 0 too. Points where f is not finite are named and left out.
    coordinates : int, sequence of int, or None
        Which coordinates to check: so many, drawn at random; exactly these (0-based); or all of them, which from
        2,001 on becomes 50 drawn at random. Drawn coordinates are joined by 4 random directions, in which every
        coordinate takes part; where these disagree and no drawn coordinate is wrong, up to 120 evaluations more look
        for the wrong ones (`workbench.gradient_check.bisection`). Of more than 50, the other points draw 10.
    seed : int
        Seeds the points, the draw, the directions and the probe of the noise.
    names : sequence of (class, feature), optional
        One pair per coordinate for the table; by default what ``fun.coordinate_names()`` says, if `fun` has it.

    Returns
    -------
    GradientReport
        ``.ok``, ``.verdict``, ``.cause``, ``.causes``, ``.table``, ``.points``, ``.scipy_check_grad``; ``str()`` is
        the text of the command line.

    Raises
    ------
    TypeError, ValueError
        When `x0` or what `fun` returns breaks the contract. Exceptions of `fun` around x0 pass with a note naming the
        evaluation; around the other points they make the point unusable.

    Notes
    -----
    The numeric derivative is a central difference whose step is chosen per coordinate from a sweep
    (`workbench.gradient_check.sweep`); the tolerance is ten times the error that the sweep and the noise of f and g
    reveal, so that no threshold is fixed in advance. About 6 to 10 evaluations a coordinate, and 20 to 50 a point.
    The causes are known mistakes that, undone, leave a gradient that agrees (`workbench.gradient_check.diagnosis`).
    """
    x = start_point(x0)
    n = x.size
    evaluate = Evaluations(fun, args, n)
    labels = _labels(fun, names, n)
    count = _point_count(points)
    chosen, drawn = _coordinates(coordinates, n, np.random.default_rng([seed, 0]))
    f, g = evaluate.at_start(x)
    noise = _noise(evaluate, x, f, g, seed, 0)
    start = _at_point(evaluate, "x0", x, f, g, noise, chosen, drawn, labels, seed, 0)
    known = layout(fun, args, labels, n)
    if drawn and start.verdict == "FAIL" and "fail" not in set(start.table["verdict"]):
        chosen = np.union1d(chosen, _sought(evaluate, x, f, g, noise, known, seed))
        start = _at_point(evaluate, "x0", x, f, g, noise, chosen, drawn, labels, seed, 0)

    full = n <= ALL_UP_TO
    scipy_number = _scipy_check_grad(evaluate, x, g, full, seed)
    checks, gradients = [start], [g]
    for k, (name, other) in enumerate(_other_points(x, seed)[: count - 1], start=1):
        check, g = _elsewhere(evaluate, name, other, chosen, drawn, coordinates, labels, seed, k)
        checks.append(check)
        gradients.append(g)

    causes: list[Cause] = []
    if any(check.verdict == "FAIL" for check in checks):
        evidence = _evidence(checks, gradients)
        if drawn:
            evidence += _at_intercepts(evaluate, checks, gradients, known, labels, seed)
        causes = diagnose(evidence, known, _l2_of_f(evaluate, known, f, seed))
    return GradientReport(
        points=tuple(checks),
        causes=tuple(causes),
        scipy_check_grad=scipy_number,
        scipy_direction="all" if full else "random",
        n_coordinates=n,
        seed=seed,
        evaluations=evaluate.count,
    )


def _noise(evaluate: Evaluations, x: FloatArray, f: float, g: FloatArray, seed: int, k: int) -> Noise:
    # The stream of x0 has two numbers, that of point k three.
    random = np.random.default_rng([seed, 1, k] if k else [seed, 1])
    return noise_level(evaluate, x, f, g, np.maximum(np.abs(x), 1.0), random)


def _sought(
    evaluate: Evaluations, x: FloatArray, f: float, g: FloatArray, noise: Noise, known: Layout, seed: int
) -> Indices:
    """Return coordinates that are wrong though the draw has missed them; of a wrong group, a few."""
    random = np.random.default_rng([seed, 7])
    found = wrong_coordinates(evaluate, x, f, g, noise, random, block=known.n_features or 1)
    return np.concatenate([found.wrong[:SAMPLE], *(group[:OF_A_GROUP] for group in found.groups)]).astype(np.intp)


def _at_point(
    evaluate: Evaluations,
    name: str,
    x: FloatArray,
    f: float,
    g: FloatArray,
    noise: Noise,
    chosen: Indices,
    drawn: bool,
    labels: Sequence[tuple[Any, Any]],
    seed: int,
    k: int,
) -> PointCheck:
    n = x.size
    scale = np.maximum(np.abs(x), 1.0)
    own = [k] if k else []
    slopes = [_along_coordinate(evaluate, name, x, int(j), scale[j], f, noise) for j in chosen]
    g_error = SAFETY * noise.g + 4 * evaluate.g_eps * np.abs(g)

    random = np.random.default_rng([seed, 2, *own])
    lines = random.standard_normal((DIRECTIONS if drawn else 0, n)) * scale / np.sqrt(n)
    sums = [_along_direction(evaluate, name, x, d, i, f, noise) for i, d in enumerate(lines)]
    sum_error = SAFETY * np.sqrt(lines**2 @ noise.g**2) + 4 * evaluate.g_eps * (np.abs(lines) @ np.abs(g))

    table = judged(g[chosen], slopes, g_error[chosen])
    table.insert(0, "coordinate", chosen)
    table.insert(1, "class", pd.Series([labels[j][0] for j in chosen], dtype=object))
    table.insert(2, "feature", pd.Series([labels[j][1] for j in chosen], dtype=object))
    directions = judged(lines @ g, sums, sum_error)
    directions.insert(0, "direction", np.arange(len(lines)))
    return PointCheck(name, x, table, directions, f, noise.f, drawn)


def _other_points(x: FloatArray, seed: int) -> list[tuple[str, FloatArray]]:
    scale = np.maximum(np.abs(x), 1.0)
    near, far = np.random.default_rng([seed, 4]).standard_normal((2, x.size))
    return [("a random point", x + NEAR * scale * near), ("a point of large norm", FAR * scale * far)]


def _elsewhere(
    evaluate: Evaluations,
    name: str,
    x: FloatArray,
    chosen: Indices,
    drawn: bool,
    asked: int | Sequence[int] | None,
    labels: Sequence[tuple[Any, Any]],
    seed: int,
    k: int,
) -> tuple[PointCheck, FloatArray]:
    """Return the check of another point than x0, with fewer coordinates where there are many, and g there."""
    if chosen.size > ELSEWHERE_UP_TO:
        # The same at every point, so that errors can be compared from point to point.
        chosen = np.sort(np.random.default_rng([seed, 5]).choice(chosen, ELSEWHERE, replace=False))
        # A list of coordinates is a wish to see no others.
        drawn = asked is None or isinstance(asked, (int, np.integer))
    f, g = float("nan"), np.full(x.size, np.nan)
    why = "f or g is not finite there (does exp overflow?)"
    try:
        f, g = evaluate(x, name)
        if np.isfinite(f) and np.isfinite(g).all():
            noise = _noise(evaluate, x, f, g, seed, k)
            return _at_point(evaluate, name, x, f, g, noise, chosen, drawn, labels, seed, k), g
    except Exception as error:
        # Evaluations leaves a note on what fun itself raised; a broken contract is an error at every point.
        if not hasattr(error, "__notes__"):
            raise
        why = f"fun raised {type(error).__name__}: {error}"
    none = np.empty(0, dtype=np.intp)
    empty = judged(np.empty(0), [], np.empty(0))
    table, directions = empty.copy(), empty.copy()
    for i, column in enumerate(("coordinate", "class", "feature")):
        table.insert(i, column, none if i == 0 else pd.Series([], dtype=object))
    directions.insert(0, "direction", none)
    return PointCheck(name, x, table, directions, f, float("nan"), drawn, why), g


def _evidence(checks: Sequence[PointCheck], gradients: Sequence[FloatArray]) -> list[Evidence]:
    found = []
    for check, g in zip(checks, gradients, strict=True):
        sound = check.table[check.table["verdict"] != "inconclusive"]
        where = sound["coordinate"].to_numpy(dtype=np.intp)
        numeric, tolerance = (sound[column].to_numpy(dtype=np.float64) for column in ("numeric", "tolerance"))
        found.append(Evidence(check.name, check.x, g, where, numeric, tolerance))
    return found


def _at_intercepts(
    evaluate: Evaluations,
    checks: Sequence[PointCheck],
    gradients: Sequence[FloatArray],
    known: Layout,
    labels: Sequence[tuple[Any, Any]],
    seed: int,
) -> list[Evidence]:
    """Return evidence on the intercepts that the draw has left out: there mistakes are made, and few would be drawn."""
    found = [line.coordinates[:INTERCEPTS] for line in known.lines if line.intercept]
    left_out = np.setdiff1d(np.concatenate(found), checks[0].table["coordinate"]) if found else np.empty(0, np.intp)
    if not left_out.size:
        return []
    usable = [(check, g) for check, g in zip(checks, gradients, strict=True) if not check.unusable][:2]
    more = [
        _at_point(evaluate, check.name, check.x, check.f, g, noise, left_out, False, labels, seed, k)
        for k, (check, g) in enumerate(usable)
        for noise in [_noise(evaluate, check.x, check.f, g, seed, k)]
    ]
    return _evidence(more, [g for _, g in usable])


def _l2_of_f(evaluate: Evaluations, known: Layout, f: float, seed: int) -> float | None:
    """Penalty of f from its values far out, where the loss of a linear model grows linearly; None if it does not."""
    line = np.random.default_rng([seed, 6]).standard_normal(known.n)
    line[known.intercept] = 0.0
    size = np.linalg.norm(line)
    if size == 0:
        return None
    t = FAR_OUT * np.sqrt(known.n)
    try:
        one, two, four = (evaluate(c * t * line / size, "a point far out")[0] for c in (1, 2, 4))
    except Exception:
        # The estimate is a refinement: whatever fun makes of a point so far out, do without it.
        return None
    # f = a + b t + l2 t²/2: doubling t and taking 2 f(t) away leaves l2 t².
    found, again = (two - 2 * one) / t**2, (four - 2 * two) / (2 * t) ** 2
    # The loss between two classes that tie is a constant a, at most of the size of f at x0.
    constant = (1e-14 * abs(four) + abs(f)) / t**2
    if abs(found) <= constant and abs(again) <= constant:
        return 0.0
    # Written so that NaN is no penalty known.
    return max(float(again), 0.0) if abs(found - again) <= 1e-3 * abs(again) + constant else None


def _point_count(points: int) -> int:
    if isinstance(points, bool) or not isinstance(points, (int, np.integer)):
        raise TypeError(f"points is {points!r}, expected 1 (x0), 2 (a random point too) or 3 (one of large norm too)")
    if not 1 <= points <= 3:
        raise ValueError(f"points is {points}, expected 1 (x0), 2 (a random point too) or 3 (one of large norm too)")
    return int(points)


def _coordinates(
    coordinates: int | Sequence[int] | None, n: int, rng: np.random.Generator
) -> tuple[np.ndarray[Any, np.dtype[np.intp]], bool]:
    """Coordinates to check in rising order, and whether they were drawn at random."""
    if coordinates is None:
        coordinates = n if n <= ALL_UP_TO else SAMPLE
    if isinstance(coordinates, (bool, str)):
        raise TypeError(f"coordinates is {coordinates!r}, expected None, a number of coordinates, or their indices")
    if not isinstance(coordinates, (Sequence, np.ndarray, range)):
        count = operator.index(coordinates)
        if count < 1:
            raise ValueError(f"coordinates is {count}, expected at least 1")
        return (np.arange(n), False) if count >= n else (np.sort(rng.choice(n, count, replace=False)), True)
    indices = np.array([operator.index(j) for j in coordinates], dtype=np.intp)
    if indices.size == 0:
        raise ValueError("coordinates is empty, expected at least one index")
    outside = indices[(indices < 0) | (indices >= n)]
    if outside.size:
        raise ValueError(f"coordinate {outside[0]} is outside 0 … {n - 1}: x0 has {n} entries, counted from 0")
    return np.unique(indices), False


def _labels(fun: Any, names: Sequence[tuple[Any, Any]] | None, n: int) -> Sequence[tuple[Any, Any]]:
    if names is None and callable(getattr(fun, "coordinate_names", None)):
        names = fun.coordinate_names()
    if names is None:
        return [(None, None)] * n
    names = list(names)
    if len(names) != n:
        raise ValueError(
            f"names has {len(names)} entries, expected {n}: one pair (class, feature) per coordinate of x0"
        )
    for j, pair in enumerate(names):
        if isinstance(pair, str) or not isinstance(pair, (Sequence, np.ndarray)) or len(pair) != 2:
            raise ValueError(f"names[{j}] is {pair!r}, expected a pair (class, feature)")
    return names


def _along_coordinate(
    evaluate: Evaluations, name: str, x: FloatArray, j: int, scale: float, f: float, noise: Noise
) -> Slope:
    def shifted(h: float) -> Shifted:
        above, below = x.copy(), x.copy()
        above[j] += h * scale
        below[j] -= h * scale
        plus, _ = evaluate(above, f"{name} + {h * scale:.1e} in coordinate {j}")
        minus, _ = evaluate(below, f"{name} - {h * scale:.1e} in coordinate {j}")
        return Shifted(plus, minus, float(above[j] - below[j]))

    return slope(shifted, f, noise.f)


def _along_direction(
    evaluate: Evaluations, name: str, x: FloatArray, d: FloatArray, k: int, f: float, noise: Noise
) -> Slope:
    def shifted(h: float) -> Shifted:
        plus, _ = evaluate(x + h * d, f"{name} + {h:.1e} along random direction {k}")
        minus, _ = evaluate(x - h * d, f"{name} - {h:.1e} along random direction {k}")
        return Shifted(plus, minus, 2 * h)

    return slope(shifted, f, noise.f)


def _scipy_check_grad(evaluate: Evaluations, x: FloatArray, g: FloatArray, full: bool, seed: int) -> float:
    def f_alone(point: FloatArray) -> float:
        return evaluate(np.asarray(point, dtype=np.float64), "a step of scipy.optimize.check_grad")[0]

    # SciPy 1.15 renamed the argument from seed to rng.
    random = "rng" if "rng" in inspect.signature(check_grad).parameters else "seed"
    how = {} if full else {"direction": "random", random: np.random.default_rng([seed, 3])}
    with np.errstate(all="ignore"):
        return float(check_grad(f_alone, lambda point: g, x, **how))
