"""Parity: whether a peer minimises our f, found out on a small problem before it is timed.

Two things are asked. Where the peer comes to rest, converged tightly, our gradient must vanish, for two weights of the
penalty; and what it says it minimises, evaluated at random points, must be an affine function of our f. Where a library
evaluates no loss that can be asked for, the first is asked alone.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from workbench.peers import penalty

UNPROVEN = 0.02
"""Largest gradient component of our f at a peer's point, as a share of the penalty's, that still counts as none.

With a penalty of another weight it is ``|1 - ratio|``: 1/2 for half of it. It leaves room for float32, and for those
that draw rows at random.
"""
AFFINE = {"float64": 1e-7, "float32": 1e-4}
"""Largest error of the peer's loss as an affine function of ours, as a share of our range, by the dtype of rows.

Most are right to 1e-15; the logarithms of oneDAL to 2e-9.
"""
GTOL = {"float64": 1e-8, "float32": 1e-4}
"""How tightly it is asked to converge: in float32 not to the rounding floor, where some searches leave again."""
WEIGHTS = (0.05, 0.2)
"""The weights of the penalty in the small problem."""
LIMITS = {"max_iter": 500, "max_time": 120.0}
ROWS, FEATURES, POINTS = 300, 5, 8


@dataclass(frozen=True)
class Form:
    """What a small problem has in common with a large one: all that the conversions depend on."""

    n_classes: int = 4
    symmetric: bool = True
    penalised: bool = True
    intercept: bool = True
    penalised_intercept: bool = False
    weighted: bool = False
    reduction: str = "mean"
    dtype: str = "float64"
    sparse: bool = False

    def problem(self, l2: float) -> Any:
        """Return the small problem; its labels are text, in an order in which they do not appear."""
        from scipy import sparse

        from workbench.objectives.softmax import SoftmaxObjective

        rng = np.random.default_rng(0)
        X = rng.standard_normal((ROWS, FEATURES))
        scores = X @ rng.standard_normal((FEATURES, self.n_classes)) + rng.gumbel(size=(ROWS, self.n_classes))
        y = np.array(["d", "a", "c", "b"])[: self.n_classes][np.argmax(scores + np.arange(self.n_classes) / 2, axis=1)]
        rows: Any = np.where(rng.random(X.shape) < 0.5, X, 0.0) if self.sparse else X
        total = ROWS if self.reduction == "sum" else 1
        return SoftmaxObjective(
            (sparse.csr_array(rows) if self.sparse else rows).astype(self.dtype),
            y,
            l2=l2 * total if self.penalised else 0.0,
            reference=None if self.symmetric else "a",
            fit_intercept=self.intercept,
            penalize_intercept=self.penalised_intercept,
            sample_weight=rng.integers(1, 4, ROWS) if self.weighted else None,
            reduction=self.reduction,
        )


FORMS = (Form(), Form(n_classes=2), Form(symmetric=False, penalised=False), Form(symmetric=False))
"""Those of which the first that a peer can take is asked of it where no objective is named."""


def form_of(objective: Any) -> Form:
    """Return the form of a `SoftmaxObjective`."""
    from scipy import sparse

    return Form(
        n_classes=2 if objective.n_classes == 2 else 4,
        symmetric=objective.reference is None,
        penalised=objective.l2 > 0.0,
        intercept=objective.fit_intercept,
        penalised_intercept=objective.penalize_intercept,
        weighted=bool(objective.sample_weight.size),
        reduction=objective.reduction,
        dtype="float64" if objective.X.dtype == np.float64 else "float32",
        sparse=sparse.issparse(objective.X),
    )


@dataclass(frozen=True)
class Parity:
    """Whether a peer minimises our f.

    Attributes
    ----------
    peer : str
        Its name.
    ok : bool
        Whether it does.
    sentence : str
        Why, with the numbers.
    share : float
        The largest gradient component of our f where it came to rest, as a share of the penalty's (without a penalty:
        of the gradient at the start); the worst of the weights.
    ratio : float
        The weight of its penalty in units of ours, from the point where it came to rest; NaN where there is none.
    error : float
        Of its own loss as an affine function of ours; NaN where the library evaluates none.
    """

    peer: str
    ok: bool
    sentence: str
    share: float = math.nan
    ratio: float = math.nan
    error: float = math.nan


def parity(peer: Any, objective: Any = None) -> Parity:
    """Return whether `peer` minimises our f.

    Parameters
    ----------
    peer : Peer
        The peer.
    objective : SoftmaxObjective, optional
        Its form is that of the small problem: reference class, penalty, intercepts, weights, reduction, dtype, sparse
        rows. Of any other kind, or without, the first form that the peer can take is asked.

    Notes
    -----
    Whatever a peer raises is a reason against it.
    """
    forms = (form_of(objective),) if hasattr(objective, "free") else FORMS
    reasons = [peer.unfit(form.problem(WEIGHTS[0])) for form in forms]
    if all(reasons):
        return Parity(peer.name, False, reasons[0])
    form = forms[reasons.index("")]
    try:
        rests = [_rest(peer, form, l2) for l2 in (WEIGHTS if form.penalised else WEIGHTS[:1])]
        error = _affine(peer, form.problem(WEIGHTS[0]))
    except Exception as error_raised:  # a library may raise anything
        return Parity(peer.name, False, f"{type(error_raised).__name__}: {error_raised}")
    worst = max(rests, key=lambda rest: rest[0] if math.isfinite(rest[0]) else math.inf)
    share, ratio, cosine = worst
    stationary = share <= UNPROVEN
    affine = not error > AFFINE[form.dtype]
    told = _told(share, error, form)
    if stationary and affine:
        return Parity(peer.name, True, f"minimises our f: {told}", share, ratio, error)
    why = _named(ratio, cosine, form)
    return Parity(peer.name, False, f"minimises another f: {told}; {why}", share, ratio, error)


def _rest(peer: Any, form: Form, l2: float) -> tuple[float, float, float]:
    """Return the share of the gradient where the peer comes to rest, its penalty in units of ours, and how surely."""
    objective = form.problem(l2)
    x = peer(objective, objective.x0, **{"gtol": GTOL[form.dtype], **LIMITS, **peer.tight}).x
    _, g = objective(x)
    W = x.reshape(objective.shape)[:, : objective.n_features]
    G = g.reshape(objective.shape)[:, : objective.n_features]
    if objective.l2 == 0.0:
        return float(np.abs(g).max() / np.abs(objective(objective.x0)[1]).max()), math.nan, math.nan
    size = objective.l2 * float(np.abs(W).max())
    share = float(np.abs(g).max()) / size if size else math.inf
    losses = objective.l2 * W - G  # the gradient of the losses, with its sign changed: what its penalty balances
    ratio = float((losses * W).sum() / (objective.l2 * (W * W).sum()))
    cosine = float((losses * W).sum() / (np.linalg.norm(losses) * np.linalg.norm(W)))
    return share, ratio, cosine


def _affine(peer: Any, objective: Any) -> float:
    """Return the error of the peer's loss as an affine function of ours, NaN where it tells none."""
    fitting = peer.fitting(objective, objective.x0)
    if not hasattr(fitting, "own_loss"):
        return math.nan
    rng = np.random.default_rng(1)
    thetas = rng.standard_normal((POINTS, objective.x0.size))
    if objective.reference is None and objective.n_classes == 2:
        first = thetas[:, : objective.shape[1]]
        thetas = np.hstack([first, -first])  # of two classes a library fits the difference
    ours = np.array([objective(theta)[0] for theta in thetas])
    theirs = np.array([fitting.own_loss(theta) for theta in thetas])
    A = np.column_stack([np.ones(POINTS), ours])
    (a, b), *_ = np.linalg.lstsq(A, theirs, rcond=None)
    return float(np.abs(A @ [a, b] - theirs).max() / (abs(b) * np.ptp(ours))) if b > 0.0 else math.inf


def _told(share: float, error: float, form: Form) -> str:
    of = "the penalty's" if form.penalised else "that at the start"
    rest = f"where it comes to rest our gradient is {share:.1e} of {of}"
    if math.isnan(error):
        return f"{rest}, at each of {len(WEIGHTS)} weights of the penalty (it evaluates no loss that can be asked for)"
    return f"{rest}, and its own loss is affine in ours to {error:.1e}"


def _named(ratio: float, cosine: float, form: Form) -> str:
    """Return what is wrong, where a factor of the penalty explains it."""
    if not form.penalised or not abs(cosine) > 0.99 or abs(ratio - 1.0) < UNPROVEN:
        return "no other weight of the penalty explains it: look at classes, intercepts and weights of rows"
    n = penalty.total(form.problem(WEIGHTS[0]))
    words = {0.5: "l2 / 2", 2.0: "2 l2", n: "n l2", 1 / n: "l2 / n", 0.5 / n: "l2 / (2 n)", 2 * n: "2 n l2"}
    for factor, word in words.items():
        if abs(ratio / factor - 1.0) < UNPROVEN:
            return f"the weight of its penalty is {word}"
    return f"the weight of its penalty is {ratio:.3g} l2"
