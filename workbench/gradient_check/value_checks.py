"""Checks of f itself, for objectives of classification: what every sum of losses over samples has to fulfil.

They need no derivative: f at zero, samples added and put in another order, large scores, and softmax regression at
random points in every layout of theta that its length allows.
"""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from workbench.gradient_check.softmax_layouts import CLOSE, Layout, agreement, layouts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import ArrayLike

    from workbench.gradient_check.contract import FloatArray

ROWS = 400
POINTS = 8
SPREAD = 0.1
SCORE = 1e4


class Finding(NamedTuple):
    """The outcome of one check: its name, whether f passed, and a sentence with the numbers."""

    name: str
    ok: bool
    sentence: str


def check_values(
    fun: Callable[[FloatArray, Any, Any], Any], theta_size: int, X: Any, y: ArrayLike, *, seed: int = 0
) -> list[Finding]:
    """Checks of the values of a classification objective ``fun(theta, X, y)``.

    Parameters
    ----------
    fun : callable
        ``fun(theta, X, y)`` returns f, or f and g.
    theta_size : int
        Length of theta.
    X : ndarray or sparse array, shape (n_samples, n_features)
        Samples in rows, handed on to `fun` as they are; all of them once, up to 400 drawn ones for the other checks.
    y : array_like, shape (n_samples,)
        Labels, anything that sorts.
    seed : int
        Seeds the points, the drawn samples and their order.

    Returns
    -------
    list of Finding
        "value at zero" (n log K, or log K for the mean), "additive over samples", "order of samples", "large scores"
        (finite at scores of ±1e4), "softmax regression" (agreement in f, up to the sum, the mean and a penalty). What
        `fun` raises makes a finding, not an exception.

    Raises
    ------
    ValueError
        When X and y differ in length, or y has one class only.

    Notes
    -----
    Additivity holds for the sum and for the mean, and with any penalty of theta::

        f(X + A) + f(X + B) = f(X) + f(X + X),      A and B the two halves of X, + puts samples below each other,

    for the mean with each f times its number of samples. X stands in every term, so that each has samples of all
    classes: many objectives count the classes in the labels they are given.
    """
    labels = np.asarray(y)
    if X.ndim != 2 or labels.shape != (X.shape[0],):
        raise ValueError(f"X has shape {X.shape} and y {labels.shape}: expected one label for each row of X")
    classes, codes = np.unique(labels, return_inverse=True)
    if classes.size < 2:
        raise ValueError(f"y has one class only, {classes[0]}: expected at least two")
    return _Checks(fun, theta_size, X, labels, classes, codes, seed).findings()


class _Checks:
    """The objective, all of its data, and the few samples that most checks look at."""

    def __init__(
        self,
        fun: Callable[[FloatArray, Any, Any], Any],
        theta_size: int,
        X: Any,
        y: np.ndarray,
        classes: np.ndarray,
        codes: np.ndarray,
        seed: int,
    ) -> None:
        self.fun, self.size, self.X, self.y, self.classes = fun, theta_size, X, y, classes
        self.rng = np.random.default_rng([seed, 5])
        rows = _some_rows(codes, self.rng)
        self.few, self.few_y, self.few_codes = X[rows], y[rows], codes[rows]
        self.theta = SPREAD * self.rng.standard_normal(theta_size)

    def findings(self) -> list[Finding]:
        checks = {
            "value at zero": self._at_zero,
            "additive over samples": self._additive,
            "order of samples": self._order,
            "large scores": self._large_scores,
            "softmax regression": self._softmax,
        }
        return [self._guarded(name, check) for name, check in checks.items()]

    def _guarded(self, name: str, check: Callable[[], tuple[bool, str]]) -> Finding:
        try:
            return Finding(name, *check())
        except Exception as error:
            said = str(error).partition("\n")[0]
            return Finding(name, False, f"fun raised {type(error).__name__}: {said}")

    def _value(self, theta: FloatArray, X: Any, y: np.ndarray) -> float:
        with np.errstate(all="ignore"):
            returned = self.fun(theta.copy(), X, y)
        return float(returned[0] if isinstance(returned, (tuple, list)) else returned)

    def _value_of(self, rows: np.ndarray) -> float:
        return self._value(self.theta, self.few[rows], self.few_y[rows])

    def _at_zero(self) -> tuple[bool, str]:
        n, K = self.X.shape[0], self.classes.size
        f = self._value(np.zeros(self.size), self.X, self.y)
        for ok, value, words in _values_at_zero(n, K):
            if _close(f, value):
                return ok, f"f(0) = {f:.8g} = {words}" if ok else f"f(0) = {f:.8g}, {words}"
        total, mean = n * math.log(K), math.log(K)
        return False, (
            f"f(0) = {f:.8g}, expected {total:.8g} = n·log K for the sum over n = {n:,} samples of K = {K} classes,"
            f" or {mean:.8g} = log K for their mean"
        )

    def _additive(self) -> tuple[bool, str]:
        n = len(self.few_y)
        every = np.arange(n)
        shuffled = self.rng.permutation(n)
        # Halves of unequal size: with equal ones a wrong number of samples could cancel.
        first, second = np.split(shuffled, [max(1, n // 3)])
        parts = [every, *(np.concatenate((every, more)) for more in (first, second, every))]
        f, plus_a, plus_b, doubled = (self._value_of(part) for part in parts)
        a, b = first.size, second.size
        size = max(abs(value) for value in (f, plus_a, plus_b, doubled)) or 1.0
        sum_defect = plus_a + plus_b - f - doubled
        mean_defect = ((n + a) * plus_a + (n + b) * plus_b - n * f - 2 * n * doubled) / n
        for defect, words in ((sum_defect, "the sum"), (mean_defect, "the mean")):
            # Written so that NaN fails.
            if abs(defect) <= CLOSE * size:
                share = abs(defect) / size
                return True, f"f over {n} samples and their parts adds up as {words} does, to {share:.0e} of f"
        return False, (
            f"f over {n} samples, {f:.6g}, does not add up from their parts: {sum_defect:.3g} is left over for a sum,"
            f" {mean_defect:.3g} for a mean: is a sample left out, or does its loss depend on the other samples?"
        )

    def _order(self) -> tuple[bool, str]:
        n = len(self.few_y)
        f, permuted = self._value_of(np.arange(n)), self._value_of(self.rng.permutation(n))
        if _close(f, permuted):
            return True, f"f = {f:.8g} whatever the order of the samples"
        return False, (
            f"f = {f:.8g}, and {permuted:.8g} with the same samples in another order: are labels and samples paired?"
        )

    def _large_scores(self) -> tuple[bool, str]:
        signs = self.rng.choice((-1.0, 1.0), self.size)
        scores = _scores(signs, self.few)
        theta = signs * (SCORE / (float(np.abs(scores).max()) or 1.0))
        for name, point in (("", theta), ("-", -theta)):
            f = self._value(point, self.few, self.few_y)
            if not math.isfinite(f):
                return False, (
                    f"f({name}theta) = {f} where scores reach ±{SCORE:.0e}: subtract the largest score of each sample"
                    " before exp, and take the logarithm of the sum, not of each probability"
                )
        return True, f"f is finite where scores reach ±{SCORE:.0e}"

    def _softmax(self) -> tuple[bool, str]:
        points = SPREAD * self.rng.standard_normal((POINTS, self.size))
        points *= np.linspace(0.5, 4.0, POINTS)[:, None]
        f = np.array([self._value(point, self.few, self.few_y) for point in points])
        possible = list(layouts(self.size, self.few, self.classes.size))
        if not possible:
            d, K = self.X.shape[1], self.classes.size
            return False, (
                f"theta has {self.size:,} entries: no softmax regression of {d:,} features and {K} classes has so"
                f" many, expected {d * (K - 1):,} (the last class fixed at zero), {d * K:,}, or with intercepts"
                f" {(d + 1) * (K - 1):,} or {(d + 1) * K:,}"
            )
        for shift, layout in itertools.product((0, 1, -1), possible):
            codes = (self.few_codes + shift) % self.classes.size
            found = agreement(f, points, layout, self.few, codes)
            if found is not None:
                return self._agreement(layout, shift, *found)
        mean = possible[0].mean_loss(points[0], self.few, self.few_codes)
        n = len(self.few_y)
        return False, (
            f"f agrees with softmax regression in no layout of theta: at a random point f = {f[0]:.8g}, where the mean"
            f" of {n} samples is {mean:.8g} and their sum {n * mean:.8g} ({possible[0].words(self.classes)})"
        )

    def _agreement(self, layout: Layout, shift: int, factor: float, l2: float, free: bool) -> tuple[bool, str]:
        n = len(self.few_y)
        words = layout.words(self.classes)
        penalty = ""
        if l2:
            penalty = f" plus {l2 / 2:.4g}·|theta|²" + (" without the intercepts" if free else "")
        if shift:
            taken = self.classes[shift % self.classes.size]
            return False, f"f has the labels off by one: samples of class {self.classes[0]} count as {taken} ({words})"
        if l2 < 0:
            return False, f"f has a penalty of the wrong sign, {l2 / 2:.4g}·|theta|² ({words})"
        for number, name in ((1.0, "mean"), (float(n), "sum")):
            if _close(factor, number):
                times = f", {n} times their mean" if name == "sum" else ""
                return True, f"f is the {name} over the {n} samples looked at{times}{penalty} ({words})"
        hint = ""
        for number, guess in (
            (float(self.X.shape[0]), "is the number of all samples fixed in it?"),
            (1.0 / n, "is it divided by the number of samples twice?"),
            (n / self.X.shape[0], "is the number of all samples fixed in it?"),
        ):
            if _close(factor, number):
                hint = f": {guess}"
        return False, f"f is {factor:.6g} times the mean of {n} samples{penalty} ({words}){hint}"


def _values_at_zero(n: int, K: int) -> Iterator[tuple[bool, float, str]]:
    """Yield values of f(0): whether it is right, the value, and words for it."""
    log = math.log(K)
    yield True, n * log, f"n·log K ({n}·log {K}): the sum over the samples"
    yield True, log, f"log K (log {K}): the mean over the samples"
    for size, what in ((n, "n·"), (1, "")):
        yield False, -size * log, f"which is -{what}log {K}: f is to be minimised, is a minus sign missing?"
        yield False, 0.0, "expected log K for each sample: is the loss added up?"
        yield False, size * math.log2(K), f"which is {what}log2 {K}: the logarithm to base 2 in place of base e"
        yield False, size * log / 2, f"which is half of {what}log {K}"
        yield False, size * log * 2, f"which is twice {what}log {K}"
        yield False, size * math.log(K + 1), f"which is {what}log {K + 1}: one class more than the {K} of y"
        if K > 2:
            yield False, size * math.log(K - 1), f"which is {what}log {K - 1}: one class less than the {K} of y"
            yield False, size * K * math.log(2), f"which is {what}{K}·log 2: one sigmoid for each class, not a softmax"
    yield False, log / n, f"which is log {K} / n: divided by the number of samples twice"


def _some_rows(codes: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Up to 400 rows, at least one of each class, in rising order."""
    if codes.size <= ROWS:
        return np.arange(codes.size)
    _, one_each = np.unique(codes, return_index=True)
    others = np.setdiff1d(np.arange(codes.size), one_each)
    return np.union1d(one_each, rng.choice(others, max(0, ROWS - one_each.size), replace=False))


def _scores(theta: FloatArray, X: Any) -> FloatArray:
    """Scores of theta's rows, class after class; where theta has no such rows, the size that X would give one."""
    d = X.shape[1]
    for columns in (d, d + 1):
        if theta.size % columns == 0:
            W = theta.reshape(-1, columns)
            scores: FloatArray = X @ W[:, :d].T
            return scores + W[:, d:].sum(axis=1) if columns > d else scores
    rows: FloatArray = np.asarray(abs(X).sum(axis=1), dtype=np.float64)
    return rows


def _close(a: float, b: float) -> bool:
    # Written so that NaN is close to nothing.
    return abs(a - b) <= CLOSE * max(abs(a), abs(b))
