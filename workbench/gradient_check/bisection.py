"""The search for wrong coordinates among many: random directions, then bisection of the one that disagrees.

A derivative along a direction in which every coordinate moves costs two evaluations, and a wrong coordinate shows in
it, whichever it is. The error ``d·g - f'(x; d)`` is a sum over the coordinates. So half of the coordinates is measured
along its part of the direction, and what the other half holds follows by subtraction; halves with an error are halved
again. Each coordinate moves by a random sign times a random length: errors of equal size would cancel under signs only.

Where one coordinate alone is wrong there is a shorter way: the error along ``d``, and the error along ``d`` with every
entry multiplied by its place, have that place as their ratio. It is tried first, and believed once measured.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from workbench.gradient_check.central import SAFETY, OneStep, Swept
from workbench.gradient_check.contract import Spent
from workbench.gradient_check.sweep import FIRST_STEPS, MORE_STEPS, Slope
from workbench.gradient_check.verdict import judged, rounding_along

if TYPE_CHECKING:
    import pandas as pd

    from workbench.gradient_check.contract import Evaluations, FloatArray
    from workbench.gradient_check.place import Place

BUDGET = 120
MANY = 8
DIRECTIONS = 2
ROUNDS = 4
SWEEP = 2 * (len(FIRST_STEPS) + MORE_STEPS)
# The shorter way is worth its evaluations where it leaves at most this share of the coordinates.
NARROW = 0.125
# What is found so is measured before it is believed: this part of a tolerance is caution enough.
CAUTION = 4


@dataclass(frozen=True, eq=False)
class WrongCoordinates:
    """What the search found.

    Attributes
    ----------
    wrong : ndarray of int
        Coordinates (0-based, rising) that were measured one by one and are wrong.
    errors : ndarray, shape of `wrong`
        Analytic minus numeric derivative of each.
    groups : tuple of ndarray of int
        Coordinates (rising) among which there is an error, and which were not taken apart: because too many groups
        hold one, because the budget is spent, or because the error sinks into the noise of its parts. Neighbours are
        joined.
    many : bool
        Whether more than 8 groups held an error at a time, where the search stops.
    exhausted : bool
        Whether the budget ended the search.
    directions : DataFrame
        The directions through all coordinates, in order, as `workbench.gradient_check.verdict.judged` has them. From
        the second round on without the wrong coordinates found so far.
    evaluations : int
        Used by the search.
    """

    wrong: np.ndarray
    errors: FloatArray
    groups: tuple[np.ndarray, ...]
    many: bool
    exhausted: bool
    directions: pd.DataFrame
    evaluations: int

    @property
    def verdict(self) -> str:
        """FAIL if a direction disagrees, INCONCLUSIVE if one cannot be judged, else PASS."""
        found = set(self.directions["verdict"])
        return "FAIL" if "fail" in found else "INCONCLUSIVE" if "inconclusive" in found else "PASS"


class _Group(NamedTuple):
    """Coordinates ``order[start:stop]``, the error they sum up to along the direction, and its tolerance."""

    start: int
    stop: int
    error: float
    tolerance: float
    measured: bool

    @property
    def wrong(self) -> bool:
        # Written so that NaN is no error.
        return abs(self.error) > self.tolerance


def planned(n: int, budget: int = BUDGET) -> int:
    """Evaluations that `wrong_coordinates` will use at most on `n` coordinates, to be announced beforehand.

    A correct gradient takes 8 to 18 of them.

    Raises
    ------
    ValueError
        For a budget that the first direction alone may exceed.
    """
    if budget < SWEEP:
        raise ValueError(f"budget is {budget}, expected at least {SWEEP}, the most that one direction may take")
    # Four for a measurement that is taken twice: along all, by place, of what that leaves; of both halves of every
    # range and of every coordinate, in two orders.
    return min(budget, SWEEP + 4 * (DIRECTIONS - 1) + 4 * ROUNDS * (3 + 2 * 3 * n))


def wrong_coordinates(
    evaluate: Evaluations,
    place: Place,
    rng: np.random.Generator,
    *,
    step: float | None = None,
    budget: int = BUDGET,
    block: int = 1,
) -> WrongCoordinates:
    """Coordinates in which g is not the gradient of f, found with few evaluations.

    Parameters
    ----------
    evaluate : Evaluations
        The objective, counted.
    place : Place
        The point, f and g there, both finite, and their noise.
    rng : numpy.random.Generator
        Draws the directions.
    step : float, optional
        Of the differences, relative to the scale of the place; by default from a sweep along the first direction.
    budget : int
        Most evaluations to use; `planned` says how many that can become.
    block : int
        Coordinates of one class, where theta is class after class: ranges longer than a block are cut between blocks,
        so that a wrong class comes out as a group. Where too many groups hold an error, the search starts again with
        the coordinates feature after feature, so that a wrong feature comes out as one.

    Returns
    -------
    WrongCoordinates
        Empty, after two directions that agree, for a correct gradient. One wrong coordinate of 7,065 takes about 14
        evaluations where its error is far above the noise, and about 40 by bisection.

    Raises
    ------
    ValueError
        For a budget that the first direction alone may exceed.

    Notes
    -----
    The differences are those of `workbench.gradient_check.central.OneStep`. Every tolerance is ten times the estimated
    error of the difference and what rounding may have done to g.

    Halving a group that disagrees is adaptive group testing: Hwang (1972), "A method for detecting all defective
    members in a population by group testing", J. Amer. Statist. Assoc. 67, 605-608.
    """
    planned(place.x.size, budget)
    return _Search(evaluate, place, rng, step, budget, max(1, block)).result()


class _Search:
    """Memory of one search: what was found, the step, the directions, what is still to be halved."""

    def __init__(
        self,
        evaluate: Evaluations,
        place: Place,
        rng: np.random.Generator,
        step: float | None,
        budget: int,
        block: int,
    ) -> None:
        self.evaluate, self.place, self.rng = evaluate, place, rng
        self.budget, self.before = budget, evaluate.count
        self.one_step = None if step is None else OneStep(self.evaluate, step)
        self.n = place.x.size
        self.order, self.block = np.arange(self.n), block
        self.found: dict[int, float] = {}
        self.seen: list[tuple[float, Slope, float]] = []
        self.pending: deque[_Group] = deque()
        self.unclear: list[_Group] = []
        self.many = self.exhausted = False
        self.d = np.zeros(self.n)

    def result(self) -> WrongCoordinates:
        try:
            with self.evaluate.at_most(self.budget):
                self._search()
        except Spent:
            self.exhausted = True
        wrong = np.array(sorted(self.found), dtype=np.intp)
        return WrongCoordinates(
            wrong=wrong,
            errors=np.array([self.found[int(j)] for j in wrong]),
            groups=self._groups(),
            many=self.many,
            exhausted=self.exhausted,
            directions=self._directions(),
            evaluations=self.evaluate.count - self.before,
        )

    def _groups(self) -> tuple[np.ndarray, ...]:
        """Coordinates of what was not taken apart, neighbouring ranges joined."""
        ranges: list[tuple[int, int]] = []
        for start, stop in sorted({(group.start, group.stop) for group in (*self.pending, *self.unclear)}):
            if ranges and start <= ranges[-1][1]:
                ranges[-1] = (ranges[-1][0], max(stop, ranges[-1][1]))
            else:
                ranges.append((start, stop))
        return tuple(np.sort(self.order[start:stop]) for start, stop in ranges)

    def _directions(self) -> pd.DataFrame:
        analytic, slopes, rounding = ([entry[i] for entry in self.seen] for i in range(3))
        table = judged(np.array(analytic), slopes, np.array(rounding))  # type: ignore[arg-type]
        table.insert(0, "direction", np.arange(len(table)))
        return table

    def _search(self) -> None:
        whole = self._across() if self.one_step else self._swept()
        for _ in range(DIRECTIONS - 1):
            if self._fails():
                break
            whole = self._across()
        for _ in range(ROUNDS):
            if not self._fails():
                return
            known = len(self.found)
            self._take_apart(whole)
            if self.many or len(self.found) in (known, self.n):
                return
            whole = self._across()
        if self._fails():
            self.unclear.append(whole)

    def _fails(self) -> bool:
        """Whether the last direction through all coordinates disagrees."""
        return bool(self._directions()["verdict"].iloc[-1] == "fail")

    def _take_apart(self, whole: _Group) -> None:
        self.pending.append(whole)
        self.pending[0] = self._pinned(whole)
        self._halve_all()
        n_classes = self.n // self.block
        if not self.many or self.block == 1 or n_classes < 2 or n_classes * self.block != self.n:
            return
        class_by_class = self.order, self.block, self.pending, self.unclear
        before = self._size()
        self.order, self.block = self.order.reshape(n_classes, self.block).ravel(order="F"), n_classes
        self.pending, self.unclear, self.many = deque([whole]), [], False
        try:
            self._halve_all()
        finally:
            if (self.many or self.pending) and self._size() >= before:
                self.order, self.block, self.pending, self.unclear = class_by_class
                self.many = True

    def _size(self) -> int:
        """How many coordinates are under suspicion."""
        return sum(group.stop - group.start for group in (*self.pending, *self.unclear))

    def _halve_all(self) -> None:
        # The longest range comes first, so that many wrong coordinates are noticed early.
        while self.pending:
            if len(self.pending) > MANY:
                self.many = True
                return
            self._halve(self.pending[0])

    def _halve(self, group: _Group) -> None:
        """Replace the first of the pending groups by its halves that hold an error.

        Halves that hold none between them, measured closely enough to show that of the group, clear it: that was an
        error of the difference it was left over from.
        """
        if group.stop - group.start == 1:
            single = group if group.measured else self._measured(group.start, group.stop)
            self.pending.popleft()
            if single.wrong:
                j = int(self.order[single.start])
                self.found[j] = single.error / float(self.d[j])
            elif abs(group.error) <= single.tolerance:
                self.unclear.append(single)
            return
        middle = self._middle(group.start, group.stop)
        first = self._measured(group.start, middle)
        second = _Group(
            middle, group.stop, group.error - first.error, group.tolerance + first.tolerance, measured=False
        )
        if not first.wrong and not second.wrong:
            second = self._measured(middle, group.stop)
        wrong = [half for half in (first, second) if half.wrong]
        self.pending.popleft()
        self.pending.extend(wrong)
        if not wrong and abs(group.error) <= first.tolerance + second.tolerance:
            self.unclear.append(group)

    def _middle(self, start: int, stop: int) -> int:
        middle = (start + stop) // 2
        edge = round(middle / self.block) * self.block
        return edge if start < edge < stop else middle

    def _pinned(self, group: _Group) -> _Group:
        """Return the few coordinates that hold all of the error, if it is that of one coordinate, else the group."""
        n = group.stop - group.start
        if n < 1 / NARROW:
            return group
        place = np.zeros(self.n)
        place[self.order[group.start : group.stop]] = (np.arange(n) + 0.5) / n
        by_place = self._along(self.d * place, group.start, group.stop)
        ratio = by_place.error / group.error
        margin = (by_place.tolerance + abs(ratio) * group.tolerance) / (CAUTION * abs(group.error))
        if not (-margin < ratio < 1.0 + margin and 2 * margin <= NARROW):
            return group
        start, stop = max(0, int((ratio - margin) * n)), min(n, int((ratio + margin) * n) + 1)
        few = self._measured(group.start + start, group.start + stop)
        rest = abs(group.error - few.error)
        return self._pinned(few) if few.wrong and rest <= group.tolerance + few.tolerance else group

    def _direction(self) -> FloatArray:
        drawn: FloatArray = self.place.scale * self.rng.uniform(0.5, 1.0, self.n) * self.rng.choice((-1.0, 1.0), self.n)
        drawn[list(self.found)] = 0.0
        return drawn

    def _swept(self) -> _Group:
        """Measure the first direction with a sweep of steps, and keep the step."""
        self.d = self._direction()
        swept = Swept(self.evaluate).along(self.place, self.d, "along a random direction")
        self.one_step = OneStep(self.evaluate, swept.step or FIRST_STEPS[-1])
        return self._judged(self.d, 0, self.n, swept, remember=True)

    def _across(self) -> _Group:
        """Measure a new direction through all coordinates."""
        self.d = self._direction()
        return self._along(self.d, 0, self.n, remember=True)

    def _measured(self, start: int, stop: int) -> _Group:
        part = np.zeros_like(self.d)
        chosen = self.order[start:stop]
        part[chosen] = self.d[chosen]
        return self._along(part, start, stop)

    def _along(self, d: FloatArray, start: int, stop: int, *, remember: bool = False) -> _Group:
        assert self.one_step is not None
        where = f"along a direction of {int(np.count_nonzero(d)):,} coordinates"
        return self._judged(d, start, stop, self.one_step.along(self.place, d, where), remember=remember)

    def _judged(self, d: FloatArray, start: int, stop: int, found: Slope, *, remember: bool = False) -> _Group:
        analytic, rounding = float(d @ self.place.g), rounding_along(d, self.place, self.evaluate.g_eps)
        if remember:
            self.seen.append((analytic, found, rounding))
        return _Group(start, stop, analytic - found.value, SAFETY * found.error + rounding, measured=True)
