"""The diagnosis of a wrong gradient: known mistakes, each tried as a correction of g and kept if the correction fits.

A mistake that is undone leaves a gradient that agrees with the numeric one at every point and coordinate. So each known
mistake is a correction of g, fitted where it has a number in it (a factor, a penalty), and it is named as a cause only
if the corrected g lies within the tolerance everywhere. Support alone (which coordinates are wrong) is named when no
correction fits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from workbench.gradient_check.contract import FloatArray
    from workbench.gradient_check.layout import Indices, Layout, Line

# The corrected g carries the errors of both derivatives and of the fit.
SLACK = 2.0
# A correction must take away at least nine tenths of the largest error, or the error was too small to explain.
GAIN = 0.1
# With fewer wrong derivatives than this, a fitted number fits anything.
ENOUGH = 3
LISTED = 6


class Cause(NamedTuple):
    """A cause of a wrong gradient: a short name, the evidence in numbers, and one line that mends it ("" for none)."""

    name: str
    sentence: str
    fix: str = ""


@dataclass(frozen=True, eq=False)
class Evidence:
    """Both derivatives at one point.

    Attributes
    ----------
    point : str
        What the text calls the point.
    theta, g : ndarray, shape (n,)
        The point, and all of the gradient to be judged there.
    coordinates : ndarray of int, shape (k,)
        Where the numeric derivative is known well enough to judge by.
    numeric, tolerance : ndarray, shape (k,)
        The numeric derivative at these coordinates and how far g may lie from it.
    """

    point: str
    theta: FloatArray
    g: FloatArray
    coordinates: Indices
    numeric: FloatArray
    tolerance: FloatArray


class _Pairs:
    """The derivatives of all points, one after the other."""

    def __init__(self, evidence: Sequence[Evidence], n: int, rest_agrees: bool) -> None:
        self.evidence, self.rest_agrees = evidence, rest_agrees
        self.j = np.concatenate([e.coordinates for e in evidence])
        self.theta = np.concatenate([e.theta[e.coordinates] for e in evidence])
        self.g = self.over(lambda e: e.g)
        self.d = np.concatenate([e.numeric for e in evidence])
        floor = 4 * np.finfo(np.float64).eps * np.abs(self.d) + np.finfo(np.float64).tiny
        self.tolerance = np.maximum(np.concatenate([e.tolerance for e in evidence]), floor)
        self.wrong = np.abs(self.g - self.d) > self.tolerance
        self.support = np.unique(self.j[self.wrong])
        self.checked = np.arange(n) if rest_agrees else np.unique(self.j)

    def over(self, full: Callable[[Evidence], FloatArray]) -> FloatArray:
        """Return the entries, at the coordinates known, of a vector over all coordinates at each point."""
        return np.concatenate([full(e)[e.coordinates] for e in self.evidence])

    def fitted(self, terms: FloatArray, target: FloatArray, where: Any = slice(None)) -> FloatArray:
        """Return the least-squares coefficients of `terms` (one a row), errors counted in tolerances."""
        scaled = terms[:, where] / self.tolerance[where]
        size = np.abs(scaled).max(axis=1, initial=0.0)
        if not (np.isfinite(size).all() and (size > 0).all()):
            return np.zeros(len(terms))
        solution = np.linalg.lstsq((scaled / size[:, None]).T, target[where] / self.tolerance[where], rcond=None)[0]
        return np.asarray(solution / size, dtype=np.float64)

    def explained(self, corrected: FloatArray, scale: FloatArray | float = 1.0) -> bool:
        """Whether the corrected g agrees; `scale`, its factor on g, scales the errors of g too."""
        allowed = SLACK * np.maximum(np.abs(scale), 1.0)
        after, before = np.abs(corrected - self.d) / self.tolerance, np.abs(self.g - self.d) / self.tolerance
        # Written so that NaN is no explanation.
        return bool(np.all(after <= allowed) and after.max() <= GAIN * before.max())


def diagnose(
    evidence: Sequence[Evidence], known: Layout, l2: float | None = None, *, rest_agrees: bool = False
) -> list[Cause]:
    """Causes that explain a wrong gradient, the simplest first; empty when none does, or nothing is wrong.

    Parameters
    ----------
    evidence : sequence of Evidence
        One or more per point. Several points tell a term without theta from a penalty, and one mistake from another.
    known : Layout
        What the coordinates stand for, and the data.
    l2 : float, optional
        The penalty that f has, so that one forgotten is told from one with the wrong sign.
    rest_agrees : bool
        Whether all coordinates that the evidence leaves out are known to agree.
    """
    evidence = [e for e in evidence if e.coordinates.size]
    if not evidence:
        return []
    pairs = _Pairs(evidence, known.n, rest_agrees)
    if not pairs.wrong.any():
        return []
    # What is wrong everywhere is not wrong in a few coordinates alone.
    mistakes = (_penalty,) if rest_agrees else (_zero, _factor, _order, _penalty, _labels)
    causes = [cause for mistake in mistakes for cause in mistake(pairs, known, l2)]
    # Two numbers fit whatever one of them fits: only where none does.
    causes = causes or ([] if rest_agrees else list(_scaled_data_term(pairs, known)))
    if not causes:
        causes = [*_line_or_coordinates(pairs, known), *_float32(pairs)]
    if not causes:
        causes = [*_constant_residual(pairs), *_shuffled(pairs)]
    return causes


# ---- everywhere


def _zero(pairs: _Pairs, known: Layout, l2: float | None) -> Iterator[Cause]:
    if pairs.j.size >= ENOUGH and not any(e.g.any() for e in pairs.evidence):
        yield Cause("frozen at zero", f"g is 0 in every coordinate, where f rises by up to {np.abs(pairs.d).max():.3g}")


def _factor(pairs: _Pairs, known: Layout, l2: float | None) -> Iterator[Cause]:
    (scale,) = pairs.fitted(pairs.g[None], pairs.d)
    # One coordinate that is wrong by a factor is a matter of that coordinate.
    if pairs.support.size < max(2, 0.5 * pairs.checked.size) and known.n > 1:
        return
    if scale and pairs.wrong.sum() >= ENOUGH and pairs.explained(scale * pairs.g, scale):
        yield _factor_cause(1 / scale, known.n_samples, "g", "")


def _factor_cause(factor: float, n_samples: int | None, whose: str, rest: str) -> Cause:
    """Name the factor by which g is larger than the derivative of f."""
    if _near(factor, -1):
        return Cause("sign", f"{whose} is -1 times the derivative of f{rest}", "g = -g")
    sign = " and its sign is wrong" if factor < 0 else ""
    size = abs(factor)
    if n_samples and n_samples > 2 and (_near(size, n_samples) or _near(size, 1 / n_samples)):
        larger = size > 1
        which = "a sum over the samples, f their mean" if larger else "a mean over the samples, f their sum"
        times = f"{n_samples:,} times" if larger else f"1/{n_samples:,} of"
        said = f"{whose} is {times} the derivative of f{rest}{sign}, and there are {n_samples:,} samples: g is {which}"
        return Cause("mean against sum", said, _mend(f"/ {n_samples}" if larger else f"* {n_samples}", rest, factor))
    whole = round(size) if size > 1 else round(1 / size)
    if whole > 1 and _near(size, whole if size > 1 else 1 / whole):
        times, by = (f"{whole:,} times", f"/ {whole}") if size > 1 else (f"1/{whole:,} of", f"* {whole}")
        guess = ": the number of samples, a mean against a sum?" if n_samples is None and whole > 9 else ""
        return Cause(
            "constant factor", f"{whose} is {times} the derivative of f{rest}{sign}{guess}", _mend(by, rest, factor)
        )
    said = f"{whose} is {size:.6g} times the derivative of f{rest}{sign}"
    return Cause("constant factor", said, _mend(f"/ {size:.6g}", rest, factor))


def _mend(by: str, rest: str, factor: float) -> str:
    return "" if rest else f"g = {'-' if factor < 0 else ''}g {by}"


def _order(pairs: _Pairs, known: Layout, l2: float | None) -> Iterator[Cause]:
    for a in sorted((a for a in range(2, known.n // 2 + 1) if known.n % a == 0), key=lambda a: a != known.n_features):
        b = known.n // a
        corrected = pairs.over(lambda e, a=a, b=b: e.g.reshape(a, b).ravel(order="F"))  # type: ignore[misc]
        if pairs.explained(corrected):
            yield _order_cause(a, b, known.n_features)
            return


def _order_cause(a: int, b: int, n_features: int | None) -> Cause:
    # Features stand in the rows of the matrix that people have in mind; there are more of them than classes.
    rows_are_features = a == n_features if n_features in (a, b) else a >= b
    if rows_are_features:
        said, fix, p, c = "row by row, theta column by column", 'g = G.ravel(order="F")', a, b
        other = f"for a G of shape ({c}, {p}), g = G.ravel()"
    else:
        said, fix, p, c = "column by column, theta row by row", "g = G.ravel()", b, a
        other = f'for a G of shape ({c}, {p}), g = G.ravel(order="F")'
    sentence = f"g has the right values in the wrong order: the {p} × {c} matrix is unrolled {said}"
    return Cause("order", sentence, f"{fix}  # for G of shape ({p}, {c}); {other}")


# ---- the penalty


def _penalty(pairs: _Pairs, known: Layout, l2: float | None) -> Iterator[Cause]:
    if pairs.wrong.sum() < ENOUGH:
        return
    everything = np.arange(known.n)
    free = [np.setdiff1d(everything, line.coordinates) for line in known.lines if line.intercept]
    alone = [line.coordinates for line in known.lines if line.intercept]
    for where in [*alone, pairs.support] if pairs.rest_agrees else [everything, *free, *alone, pairs.support]:
        term = np.where(np.isin(pairs.j, where), pairs.theta, 0.0)
        if not term.any():
            continue
        (too_little,) = pairs.fitted(term[None], pairs.d - pairs.g)
        if too_little and pairs.explained(pairs.g + too_little * term):
            yield _penalty_cause(-too_little, where, known, l2)
            return


def _penalty_cause(surplus: float, where: Indices, known: Layout, l2: float | None) -> Cause:
    line = _line(where, where, known)
    if line is not None and line.intercept:
        residual = f"g - f' = {surplus:+.6g} · theta in the intercept ({_listed(line.coordinates)}), and 0 elsewhere"
        if surplus > 0:
            said = f"{residual}: the intercept is penalised in g and not in f"
            return Cause("intercept penalised in g only", said, "leave the intercept out of the penalty in g")
        said = f"{residual}: the intercept is penalised in f and not in g"
        return Cause("intercept penalised in f only", said, "leave the intercept out of the penalty in f")
    everywhere = where.size == known.n
    exempt = np.setdiff1d(np.arange(known.n), where)
    if everywhere:
        on = "in every coordinate"
    elif line is not None:
        on = f"in the {line.kind} {line.name}"
    elif exempt.size < where.size:
        on = f"in all but {_listed(exempt)}"
    else:
        on = f"in {_listed(where)}"
    residual = f"g - f' = {surplus:+.6g} · theta {on}"
    mask = "theta" if everywhere else "theta, there"
    fix = f"g {'-' if surplus > 0 else '+'}= {abs(surplus):.6g} * {mask}"
    if l2 is not None and _near(surplus, -2 * l2, 1e-2):
        return Cause("penalty with the wrong sign", f"{residual}, and the penalty of f is {l2:.4g}", fix)
    if l2 is not None and _near(surplus, -l2 / 2, 1e-2):
        said = f"{residual}, and the penalty of f is {l2:.4g}/2 · ||theta||²: half of its derivative is in g"
        return Cause("penalty halved", said, fix)
    if surplus < 0:
        return Cause("penalty missing", f"{residual}: the derivative of the penalty is missing", fix)
    if l2 is not None and l2 < 0.01 * surplus:
        return Cause("penalty in g only", f"{residual}, and f has no penalty", fix)
    return Cause("penalty doubled", f"{residual}: the derivative of the penalty is in g once too often", fix)


def _scaled_data_term(pairs: _Pairs, known: Layout) -> Iterator[Cause]:
    """Yield the factor of all but the penalty: ``g = k f_data' + l2 theta`` where ``f' = f_data' + l2 theta``."""
    if pairs.wrong.sum() < 2 * ENOUGH:
        return
    scale, penalty = pairs.fitted(np.stack([pairs.g, pairs.theta]), pairs.d)
    if not scale or _near(scale, 1):
        return
    if pairs.explained(scale * pairs.g + penalty * pairs.theta, scale):
        own = penalty / (1 - scale)
        rest = f" without its penalty of {own:.4g}" if own > 0 else f", and {penalty:+.4g} · theta is missing"
        yield _factor_cause(1 / scale, known.n_samples, "g, without its penalty," if own > 0 else "g", rest)


# ---- the labels


def _labels(pairs: _Pairs, known: Layout, l2: float | None) -> Iterator[Cause]:
    """Yield labels off by one, where X and y are at hand: the residual is X'(Y - Y_shifted), theta is not in it."""
    if known.X is None or known.y is None or pairs.wrong.sum() < ENOUGH:
        return
    for by, moments in _shifted_moments(known):
        term = moments[pairs.j]
        (scale,) = pairs.fitted(term[None], pairs.g - pairs.d)
        if scale and pairs.explained(pairs.g - scale * term):
            said = (
                f"g - f' is the same at every point, {scale:.4g} · X'(Y - Y shifted): g takes each label for the "
                f"{'next' if by > 0 else 'previous'} class"
            )
            yield Cause("labels off by one", said, "count the labels from 0 where you index with them (or from 1)")
            return


def _shifted_moments(known: Layout) -> Iterator[tuple[int, FloatArray]]:
    classes, codes = np.unique(np.asarray(known.y), return_inverse=True)
    K, width = len(classes), known.X.shape[1]
    hot = np.eye(K)[codes]
    sums = np.vstack([np.asarray(known.X.T @ hot), hot.sum(axis=0)])
    # X as it is, X with a last column of ones, with a first one.
    for rows in (np.arange(width), np.arange(width + 1), np.r_[width, :width]):
        if known.n not in (len(rows) * (K - 1), len(rows) * K):
            continue
        for free in (slice(0, K - 1), slice(1, K)) if known.n == len(rows) * (K - 1) else (slice(0, K),):
            for by in (1, -1):
                around = np.roll(sums, by, axis=1)
                lost = around.copy()
                lost[:, 0 if by > 0 else -1] = 0.0
                for shifted in (around, lost):
                    matrix = (sums - shifted)[rows][:, free]
                    yield by, matrix.ravel(order="F")
                    yield by, matrix.ravel()


# ---- some of the coordinates


def _line_or_coordinates(pairs: _Pairs, known: Layout) -> Iterator[Cause]:
    """Yield the class column, feature row, or coordinates that the error is confined to."""
    line = _line(pairs.support, pairs.checked, known)
    if line is None and (known.n == 1 or pairs.support.size > 0.5 * pairs.checked.size):
        return
    where = pairs.support if line is None else line.coordinates
    inside = np.isin(pairs.j, where)
    what = f"the {line.kind} {line.name}" if line is not None else _listed(where) + _named(where, known)
    name = f"{line.kind} wrong" if line is not None else f"coordinate{'s' if where.size > 1 else ''} wrong"
    confined = f"the error is confined to {what}"
    if line is not None:
        confined += f" ({_listed(pairs.support)})"
    if not pairs.g[inside].any():
        gone = "frozen at zero" if line is None else f"{line.kind} missing"
        gone = "intercept row missing" if line is not None and line.intercept else gone
        yield Cause(gone, f"{confined}, where g is 0 and f rises by up to {np.abs(pairs.d[inside]).max():.3g}")
        return
    (scale,) = pairs.fitted(pairs.g[None], pairs.d, inside)
    factors = np.where(inside, scale, 1.0)
    if scale and pairs.wrong.sum() > 1 and pairs.explained(factors * pairs.g, factors):
        yield Cause(name, f"{confined}, where g is {_tidy(1 / scale)} times the derivative of f")
    else:
        yield Cause(name, f"{confined}; everywhere else g agrees")


def _line(support: Indices, checked: Indices, known: Layout) -> Line | None:
    """Return the line that holds the whole support and is more than half filled by it."""
    if support.size < 2:
        return None
    for line in known.lines:
        possible = np.intersect1d(line.coordinates, checked)
        if possible.size < known.n and np.isin(support, possible).all() and 2 * support.size > possible.size:
            return line
    return None


# ---- without a correction


def _float32(pairs: _Pairs) -> Iterator[Cause]:
    largest = np.abs(pairs.d).max()
    error = np.abs(pairs.g - pairs.d).max()
    # Out of range for float32 is as good as not representable in it.
    with np.errstate(over="ignore"):
        single = all((e.g == e.g.astype(np.float32)).all() for e in pairs.evidence)
    if single and error <= 1e-5 * largest and pairs.wrong.sum() >= ENOUGH:
        said = f"every entry of g is a float32, and off by at most {error / largest:.1e} of the largest"
        yield Cause("float32", said, "compute g in float64 throughout")


def _constant_residual(pairs: _Pairs) -> Iterator[Cause]:
    """Yield a residual that is the same at every point."""
    # The first evidence at a point; what more there is has other coordinates.
    first = list({e.point: e for e in reversed(pairs.evidence)}.values())[::-1]
    where = [e.coordinates for e in first]
    common = where[0]
    for coordinates in where[1:]:
        common = np.intersect1d(common, coordinates)
    if len(where) < 2 or common.size < ENOUGH:
        return
    residuals, tolerances = [], []
    for e in first:
        at = np.searchsorted(e.coordinates, common)
        residuals.append(e.g[common] - e.numeric[at])
        tolerances.append(e.tolerance[at])
    spread = np.abs(np.array(residuals) - residuals[0])
    if np.all(spread <= SLACK * (np.array(tolerances) + tolerances[0])):
        said = (
            f"g - f' is the same at all {len(where)} points, up to {np.abs(residuals[0]).max():.3g}: a term without "
            "theta is wrong; for a classifier that is the labels (off by one?)"
        )
        yield Cause("a term without theta", said)


def _shuffled(pairs: _Pairs) -> Iterator[Cause]:
    """Yield the right values in an order that is neither row by row nor column by column."""
    for e in pairs.evidence:
        if e.coordinates.size != e.theta.size or e.theta.size < ENOUGH:
            return
        if not np.all(np.abs(np.sort(e.g) - np.sort(e.numeric)) <= SLACK * e.tolerance.max()):
            return
        if not e.numeric.std() > 100 * e.tolerance.max():
            return
    said = "g has the right values in the wrong order: sorted, they agree; no unrolling of a matrix explains the order"
    yield Cause("order", said)


def _near(a: float, b: float, tolerance: float = 5e-6) -> bool:
    return bool(abs(a - b) <= tolerance * abs(b))


def _tidy(factor: float) -> str:
    return f"{round(factor)}" if _near(factor, round(factor)) else f"{factor:.6g}"


def _named(coordinates: Indices, known: Layout) -> str:
    """Return which class and feature a single coordinate stands for, where that is known."""
    lines = [line for line in known.lines if coordinates.size == 1 and coordinates[0] in line.coordinates]
    return f" ({', '.join(f'{line.kind} {line.name}' for line in lines)})" if lines else ""


def _listed(coordinates: Indices) -> str:
    shown = ", ".join(str(j) for j in coordinates[:LISTED])
    more = f", … ({coordinates.size:,} in all)" if coordinates.size > LISTED else ""
    return f"coordinate{'s' if coordinates.size > 1 else ''} {shown}{more}"
