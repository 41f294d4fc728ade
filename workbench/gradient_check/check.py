"""The check: analytic against numeric derivatives, coordinate by coordinate and along random directions."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import pandas as pd
from scipy.optimize import check_grad

from workbench.gradient_check import noise
from workbench.gradient_check.bisection import wrong_coordinates
from workbench.gradient_check.central import SAFETY, OneStep, Swept, length_of
from workbench.gradient_check.choice import Choice, chosen, elsewhere, names_of
from workbench.gradient_check.complex_step import ComplexStep, refusal, worth_trying
from workbench.gradient_check.contract import Evaluations, start_point
from workbench.gradient_check.diagnosis import Evidence, diagnose
from workbench.gradient_check.layout import layout
from workbench.gradient_check.place import Place, other_points
from workbench.gradient_check.plan import INTERCEPTS, OF_A_GROUP, SAMPLE, planned
from workbench.gradient_check.report import GradientReport, PointCheck
from workbench.gradient_check.sweep import RATIO
from workbench.gradient_check.verdict import judged, rounding_along

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import ArrayLike

    from workbench.gradient_check.contract import FloatArray
    from workbench.gradient_check.diagnosis import Cause
    from workbench.gradient_check.layout import Indices, Layout
    from workbench.gradient_check.noise import Probe
    from workbench.gradient_check.sweep import Slope

METHODS = ("auto", "central", "complex")
# The slope along a line that was probed for noise serves as it is where its error is below this share of it.
PRECISE = 1e-3
# Far enough for every sample to be in or out of its class, in standard deviations of a coordinate.
FAR_OUT = 1e3


class Derivative(Protocol):
    """A way to numeric derivatives; `cost` is the fewest and the most evaluations that one takes."""

    name: str
    cost: tuple[int, int]

    def along(self, place: Place, d: FloatArray, where: str) -> Slope:
        """Return the derivative of ``t -> f(x + t d)`` at 0; `where` completes "f at x0 + 1e-3 ..."."""
        ...


def check_gradient(
    fun: Callable[..., Any],
    x0: ArrayLike,
    args: Sequence[Any] = (),
    *,
    points: int = 3,
    method: str = "auto",
    seed: int = 0,
    names: Sequence[tuple[Any, Any]] | None = None,
    near: ArrayLike | None = None,
    coordinates: int | Sequence[int] | None = None,
    say: Callable[[str], None] | None = None,
) -> GradientReport:
    """Whether g is the gradient of f at `x0` and other points, coordinate by coordinate; if not, why.

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
    method : {"auto", "central", "complex"}
        Where numeric derivatives come from. "central": central differences, each with a step of its own, from a sweep.
        "complex": complex steps, exact to rounding, for functions that compute with complex numbers. "auto": complex
        steps where they agree with differences along two random lines; differences for compiled functions, for more
        than 2,000 coordinates and for more than 64 MiB of `args`.
    seed : int
        Seeds the points, the draw, the directions and the probe of the noise.
    names : sequence of (class, feature), optional
        One pair per coordinate for the table; by default what ``fun.coordinate_names()`` says, if `fun` has it.
    near : array_like, shape (n,), optional
        One point more, such as an estimate of the optimum, where gradients that ought to cancel do not.
    coordinates : int, sequence of int, or None
        Which coordinates to check: so many, drawn at random; exactly these (0-based); or all of them. From 2,001 on,
        None checks a random direction at each point, in which every coordinate takes part: about 20 evaluations in
        all. Where a direction disagrees and no coordinate checked is wrong, up to 120 evaluations look for the wrong
        ones (`workbench.gradient_check.bisection`); where too many are wrong, 50 are drawn. A number of coordinates
        drawn is joined by 4 directions. Of more than 50, the other points check 10.
    say : callable, optional
        Told, once, how many evaluations the check will take and how long.

    Returns
    -------
    GradientReport
        ``.ok``, ``.verdict``, ``.cause``, ``.causes``, ``.table``, ``.points``, ``.scipy_check_grad``; ``str()`` is
        the text of the command line.

    Raises
    ------
    TypeError, ValueError
        When `x0` or what `fun` returns breaks the contract: other types and shapes, values that are not finite at x0 or
        not the same when asked again, an x that was modified, one array g handed out twice. For method="complex" with a
        function that complex steps do not suit. Exceptions of `fun` around x0 pass with a note naming the evaluation;
        around the other points they make the point unusable.

    Notes
    -----
    A numeric derivative comes with an estimate of its error: of truncation and noise as the sweep of steps reveals
    them (`workbench.gradient_check.sweep`), of rounding in f and g as measured (`workbench.gradient_check.noise`). The
    tolerance is ten times that error, so that no threshold is fixed in advance. The causes are known mistakes that,
    undone, leave a gradient that agrees (`workbench.gradient_check.diagnosis`).
    """
    x = start_point(x0)
    count = _point_count(points)
    if method not in METHODS:
        raise ValueError(f"method is {method!r}, expected one of {', '.join(METHODS)}")
    if near is not None:
        near = start_point(near, "near")
        if near.size != x.size:
            raise ValueError(f"near has {near.size} entries, expected {x.size}, as many as x0")
    choice = chosen(coordinates, x.size, seed)
    labels = names_of(fun, names, x.size)
    check = _Check(fun, args, choice, labels, seed)
    start = check.start(x, method)
    others = other_points(x, count - 1, near, seed)
    if say is not None:
        say(planned(x.size, choice, check.derivative, len(others), check.trials, seed).sentence(check.seconds))
    places: list[Place | PointCheck] = [
        start,
        *(check.place(name, other, k) for k, (name, other) in enumerate(others, 1)),
    ]
    checks, causes = check.verdicts(places)
    return GradientReport(
        points=tuple(checks),
        causes=tuple(causes),
        scipy_check_grad=check.scipy_number(start),
        scipy_direction="all" if check.full else "random",
        n_coordinates=x.size,
        method=check.derivative.name,
        seed=seed,
        evaluations=check.evaluate.count,
    )


class _Check:
    """Memory of one check: the objective, how derivatives are had, and all that were."""

    derivative: Derivative
    by_coordinate: Derivative
    at_x0: Place

    def __init__(
        self,
        fun: Callable[..., Any],
        args: Sequence[Any],
        choice: Choice,
        labels: Sequence[tuple[Any, Any]],
        seed: int,
    ) -> None:
        self.fun, self.args, self.choice, self.labels, self.seed = fun, args, choice, labels, seed
        self.n = len(labels)
        self.evaluate = Evaluations(fun, args, self.n)
        self.trials = 0
        self.probed: dict[str, Probe] = {}
        self.slopes: dict[tuple[str, str, int], Slope] = {}
        self.coordinates = choice.coordinates
        self.rest_agrees = False

    @property
    def full(self) -> bool:
        """Whether all coordinates are checked, one by one."""
        return self.choice.coordinates.size == self.n

    @property
    def seconds(self) -> float:
        """What one of the evaluations to come takes."""
        by_complex_steps = isinstance(self.derivative, ComplexStep)
        return self.evaluate.complex_seconds if by_complex_steps else self.evaluate.seconds

    # ---- the points

    def start(self, x: FloatArray, method: str) -> Place:
        """Return x0 as a place, and settle how derivatives are had."""
        f, g = self.evaluate.at_start(x)
        by_directions = self.choice.by_directions
        if not by_directions:  # there it is left to the end, unless g seems wrong
            self.evaluate.repeat()
        start = self.at_x0 = self._probed("x0", x, f, g, 0)
        self.step = self._step(start)
        self.derivative = OneStep(self.evaluate, self.step) if by_directions else Swept(self.evaluate)
        # Two steps, because a wrong g does not tell the truncation of one.
        self.by_coordinate = (
            Swept(self.evaluate, (self.step, self.step / RATIO), 0) if by_directions else self.derivative
        )
        if method == "complex" or (method == "auto" and not by_directions and worth_trying(self.fun, self.args)):
            before = self.evaluate.count
            why = refusal(self.evaluate, start, self.probed["x0"])
            self.trials = self.evaluate.count - before
            if not why:
                self.derivative = self.by_coordinate = ComplexStep(self.evaluate)
            elif method == "complex":
                raise ValueError(f"method is 'complex', and complex steps do not suit this function: {why}")
        return start

    def place(self, name: str, x: FloatArray, k: int) -> Place | PointCheck:
        """Return another point as a place, or as a check that says why it is none."""
        f, why = float("nan"), "f or g is not finite there (does exp overflow?)"
        try:
            f, g = self.evaluate(x, name)
            if np.isfinite(f) and np.isfinite(g).all():
                return self._probed(name, x, f, g, k)
        except Exception as error:
            why = _own_failure(error)
        return self._unusable(name, x, f, why)

    def _probed(self, name: str, x: FloatArray, f: float, g: FloatArray, k: int) -> Place:
        by_directions = self.choice.by_directions
        if by_directions and k:
            return Place(name, x, f, g, noise.elsewhere(self.at_x0, f, g))
        # The stream of x0 has two numbers, that of point k three.
        random = np.random.default_rng([self.seed, 1, k] if k else [self.seed, 1])
        self.probed[name] = noise.probe(self.evaluate, name, x, f, g, random, 1 if by_directions else 2)
        return Place(name, x, f, g, self.probed[name].noise)

    def _step(self, start: Place) -> float:
        """Return the length of a step in which f bends about as much as it jitters, if it is a wave of its own size."""
        size = max(abs(start.f), np.finfo(np.float64).tiny)
        jitter = max(start.noise.f, self.evaluate.g_eps * abs(start.f)) / size
        return float(np.clip(np.cbrt(jitter), 1e-6, 1e-2)) * length_of(self.probed["x0"].lines[0], start)

    # ---- the verdicts

    def verdicts(self, places: Sequence[Place | PointCheck]) -> tuple[list[PointCheck], list[Cause]]:
        """Return the check of every place, and the causes of what fails."""
        checks = self._examined(places)
        failing = [i for i, check in enumerate(checks) if check.verdict == "FAIL"]
        if not failing:
            return checks, []
        if self.choice.by_directions:
            self.evaluate.repeat()
        known = layout(self.fun, self.args, self.labels, self.n)
        if self.choice.drawn and not any("fail" in set(check.table["verdict"]) for check in checks):
            worst = places[failing[0]]
            assert isinstance(worst, Place)
            self._seek(worst, known)
            checks = self._examined(places)
        evidence = [_evidence(check, place.g) for check, place in _usable(checks, places)]
        if self.choice.drawn and not self.rest_agrees:
            evidence += self._at_intercepts(places, known)
        return checks, diagnose(evidence, known, self._l2_of_f(known, places[0]), rest_agrees=self.rest_agrees)

    def _examined(self, places: Sequence[Place | PointCheck]) -> list[PointCheck]:
        found: list[PointCheck] = []
        for k, place in enumerate(places):
            if isinstance(place, PointCheck):
                found.append(place)
                continue
            coordinates = elsewhere(self.coordinates, self.seed) if k else self.coordinates
            # A list of coordinates is a wish to see no others.
            drawn = self.choice.drawn or (self.full and coordinates.size < self.n)
            try:
                found.append(self._at(place, coordinates, self._lines(place, k), drawn))
            except Exception as error:
                if not k:
                    raise
                found.append(self._unusable(place.name, place.x, place.f, _own_failure(error)))
        return found

    def _lines(self, place: Place, k: int) -> FloatArray:
        if self.choice.by_directions and not k:
            return np.array(self.probed["x0"].lines)
        random = np.random.default_rng([self.seed, 2, k] if k else [self.seed, 2])
        n_lines = self.choice.n_lines_elsewhere if k else self.choice.n_lines
        lines: FloatArray = random.standard_normal((n_lines, self.n)) * place.scale / np.sqrt(self.n)
        return lines

    def _at(self, place: Place, coordinates: Indices, lines: FloatArray, drawn: bool) -> PointCheck:
        slopes = [self._along_coordinate(place, int(j)) for j in coordinates]
        g_error = SAFETY * place.noise.g[coordinates] + 4 * self.evaluate.g_eps * np.abs(place.g[coordinates])
        table = self._named(judged(place.g[coordinates], slopes, g_error), coordinates)
        sums = [self._along_line(place, d, i) for i, d in enumerate(lines)]
        sum_error = np.array([rounding_along(d, place, self.evaluate.g_eps) for d in lines])
        directions = judged(lines @ place.g, sums, sum_error)
        directions.insert(0, "direction", np.arange(len(lines)))
        return PointCheck(place.name, place.x, table, directions, place.f, place.noise.f, drawn, self.rest_agrees)

    def _along_coordinate(self, place: Place, j: int) -> Slope:
        key = place.name, "coordinate", j
        if key not in self.slopes:
            d = np.zeros(self.n)
            d[j] = 1.0
            self.slopes[key] = self.by_coordinate.along(place, d, f"in coordinate {j}")
        return self.slopes[key]

    def _along_line(self, place: Place, d: FloatArray, i: int) -> Slope:
        key = place.name, "line", i
        if key not in self.slopes:
            found = self.probed[place.name].slopes[i] if self.choice.by_directions and place.name == "x0" else None
            if found is None or found.error > PRECISE * max(abs(found.value), found.rise):
                found = self.derivative.along(place, d, f"along random direction {i}")
            self.slopes[key] = found
        return self.slopes[key]

    def _unusable(self, name: str, x: FloatArray, f: float, why: str) -> PointCheck:
        none = np.empty(0, dtype=np.intp)
        table, directions = (judged(np.empty(0), [], np.empty(0)) for _ in range(2))
        directions.insert(0, "direction", none)
        return PointCheck(
            name, x, self._named(table, none), directions, f, float("nan"), self.choice.drawn, unusable=why
        )

    def _named(self, table: pd.DataFrame, coordinates: Indices) -> pd.DataFrame:
        """Return the table with the coordinates, and their classes and features, before it."""
        table.insert(0, "coordinate", coordinates)
        for i, kind in enumerate(("class", "feature")):
            table.insert(1 + i, kind, pd.Series([self.labels[j][i] for j in coordinates], dtype=object))
        return table

    # ---- what is wrong

    def _seek(self, place: Place, known: Layout) -> None:
        """Add coordinates that are wrong though the draw has missed them; of a wrong group, a few."""
        random = np.random.default_rng([self.seed, 7])
        step = self.step if self.choice.by_directions else None
        found = wrong_coordinates(self.evaluate, place, random, step=step, block=known.n_features or 1)
        self.rest_agrees = bool(found.wrong.size) and not found.groups and not found.exhausted
        more = [self.coordinates, found.wrong[:SAMPLE], *(group[:OF_A_GROUP] for group in found.groups)]
        if self.choice.by_directions and not self.rest_agrees:
            draw = np.random.default_rng([self.seed, 0])
            more.append(np.sort(draw.choice(self.n, SAMPLE, replace=False)))
        self.coordinates = np.unique(np.concatenate(more)).astype(np.intp)

    def _at_intercepts(self, places: Sequence[Place | PointCheck], known: Layout) -> list[Evidence]:
        """Return evidence on the intercepts that were left out: there mistakes are made, and few would be drawn."""
        found = [line.coordinates[:INTERCEPTS] for line in known.lines if line.intercept]
        left_out = np.setdiff1d(np.concatenate(found), self.coordinates) if found else np.empty(0, np.intp)
        if not left_out.size:
            return []
        no_lines = np.empty((0, self.n))
        usable = [place for place in places if isinstance(place, Place)][:2]
        return [_evidence(self._at(place, left_out, no_lines, False), place.g) for place in usable]

    def _l2_of_f(self, known: Layout, start: Place | PointCheck) -> float | None:
        """Penalty of f from its values far out, where the loss of a linear model grows linearly; None if not."""
        line = np.random.default_rng([self.seed, 6]).standard_normal(known.n)
        line[known.intercept] = 0.0
        size = np.linalg.norm(line)
        if size == 0:
            return None
        t = FAR_OUT * np.sqrt(known.n)
        try:
            one, two, four = (self.evaluate(c * t * line / size, "a point far out")[0] for c in (1, 2, 4))
        except Exception:
            # The estimate is a refinement: whatever fun makes of a point so far out, do without it.
            return None
        # f = a + b t + l2 t²/2: doubling t and taking 2 f(t) away leaves l2 t².
        found, again = (two - 2 * one) / t**2, (four - 2 * two) / (2 * t) ** 2
        # The loss between two classes that tie is a constant a, at most of the size of f at x0.
        constant = (1e-14 * abs(four) + abs(start.f)) / t**2
        if abs(found) <= constant and abs(again) <= constant:
            return 0.0
        # Written so that NaN is no penalty known.
        return max(float(again), 0.0) if abs(found - again) <= 1e-3 * abs(again) + constant else None

    # ---- SciPy's number

    def scipy_number(self, start: Place) -> float:
        """Return what ``scipy.optimize.check_grad`` returns; at x0 it is the last look whether f is still the same."""

        def f_alone(point: FloatArray) -> float:
            point = np.asarray(point, dtype=np.float64)
            if np.array_equal(point, start.x):
                return self.evaluate.repeat()
            return self.evaluate(point, "a step of scipy.optimize.check_grad")[0]

        # SciPy 1.15 renamed the argument from seed to rng.
        random = "rng" if "rng" in inspect.signature(check_grad).parameters else "seed"
        how = {} if self.full else {"direction": "random", random: np.random.default_rng([self.seed, 3])}
        with np.errstate(all="ignore"):
            return float(check_grad(f_alone, lambda point: start.g, start.x, **how))


def _own_failure(error: Exception) -> str:
    """Return what `fun` raised, as a reason; a broken contract is an error at every point, and raised again."""
    if not hasattr(error, "__notes__"):  # Evaluations leaves a note on what fun itself raised
        raise error
    return f"fun raised {type(error).__name__}: {error}"


def _usable(checks: Sequence[PointCheck], places: Sequence[Place | PointCheck]) -> list[tuple[PointCheck, Place]]:
    return [(check, place) for check, place in zip(checks, places, strict=True) if isinstance(place, Place)]


def _evidence(check: PointCheck, g: FloatArray) -> Evidence:
    sound = check.table[check.table["verdict"] != "inconclusive"]
    where = sound["coordinate"].to_numpy(dtype=np.intp)
    numeric, tolerance = (sound[column].to_numpy(dtype=np.float64) for column in ("numeric", "tolerance"))
    return Evidence(check.name, check.x, g, where, numeric, tolerance)


def _point_count(points: int) -> int:
    expected = "expected 1 (x0), 2 (a random point too) or 3 (one of large norm too)"
    if isinstance(points, bool) or not isinstance(points, (int, np.integer)):
        raise TypeError(f"points is {points!r}, {expected}")
    if not 1 <= points <= 3:
        raise ValueError(f"points is {points}, {expected}")
    return int(points)
