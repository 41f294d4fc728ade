"""Softmax regression, also called multinomial logistic regression.

::

    f(theta) = sum_i w_i [ log sum_k exp(z_ik) - z_{i, y_i} ] / sum_i w_i + l2 / 2 |theta|^2,      z_ik = x_i . W[k]

W is ``theta.reshape(classes, features)`` in C order: class after class, the intercept last in each. In MATLAB's terms
it is the same vector as ``theta(:)`` of the features x classes matrix. By default the last class has no row, because
its scores are fixed to zero; so theta has ``(n_features + 1) * (n_classes - 1)`` entries.
"""

import copy
import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import sparse

from solvers.allocation import keep_freed_memory
from solvers.pointer import entry
from workbench.certificate import Certificate
from workbench.objectives import softmax_judge, softmax_kernels, softmax_preconditioner, softmax_wide
from workbench.objectives.gram import largest_eigenvalue
from workbench.objectives.samples import as_float64, as_indices, as_labels, as_rows, as_weights

ROUNDINGS = 8
"""Relative error of f in float32, in machine epsilons over the root of the number of rows: 2 to 8 were measured."""


class SoftmaxObjective:
    """Penalised negative log-likelihood of softmax regression: ``f, g = objective(theta)``.

    Parameters
    ----------
    X : array_like or sparse array, shape (n_samples, n_features)
        Samples in rows. float64 and float32, dense in C order or CSR, and dense uint8 (images) are used as they are;
        others are converted.
    y : array_like, shape (n_samples,)
        Labels, anything that sorts.
    l2 : float
        Weight of the penalty ``l2 / 2 |W|^2``.
    reference : label, "last" or None
        The class whose scores are fixed to zero; None keeps a row for every class (the symmetric form, which is what
        scikit-learn and most others penalise: with ``l2 > 0`` the two forms are different models).
    fit_intercept : bool
        Whether each class has an intercept, as the last entry of its row.
    penalize_intercept : bool
        Whether the penalty includes the intercepts.
    sample_weight : array_like, shape (n_samples,), optional
        Weights of the rows; a weight of 2 is a row that stands twice.
    reduction : "mean" or "sum"
        Of the losses. The penalty is the same in both; with "sum" and ``l2=0`` this is the exercise of UFLDL.
    precision : "data" or "double"
        What rows of float32 or uint8 are multiplied in: float32, f and g being summed over blocks of rows in
        float64, or float64. The first has seven digits of each row and takes half the time; a solver whose last steps
        drown in its rounding goes on in the second by itself.

    Attributes
    ----------
    x0 : ndarray
        Zeros, the usual start; there ``f = log(n_classes)`` for the mean.
    n_classes, n_features : int
        Of the data; `n_features` does not count the intercept.
    classes : ndarray
        The labels in order.
    shape : tuple of int
        ``(rows, columns)`` of W: classes that have weights, and weights of each.

    Raises
    ------
    TypeError, ValueError
        For data that are not finite numbers, one class only, lengths that do not agree, a negative `l2`, an unknown
        reference class.

    References
    ----------
    Bohning, D. (1992). Multinomial logistic regression algorithm. Ann. Inst. Statist. Math. 44, 197-200.
    """

    name = "softmax"
    title = "softmax regression"

    def __init__(
        self,
        X: Any,
        y: Any,
        *,
        l2: float = 0.0,
        reference: Any = "last",
        fit_intercept: bool = True,
        penalize_intercept: bool = False,
        sample_weight: Any = None,
        reduction: str = "mean",
        precision: str = "data",
    ) -> None:
        self.X = as_rows(X)
        self.n_rows, self.n_features = self.X.shape
        self.classes, codes = as_labels(y, self.n_rows)
        self.sample_weight = as_weights(sample_weight, self.n_rows)
        if not (isinstance(l2, (int, float, np.number)) and 0.0 <= l2 < np.inf):
            raise ValueError(f"l2={l2!r}: expected a finite number of at least 0")
        if reduction not in ("mean", "sum"):
            raise ValueError(f"reduction={reduction!r}: expected 'mean' or 'sum'")
        if precision not in ("data", "double"):
            raise ValueError(f"precision={precision!r}: expected 'data' or 'double'")
        self.l2, self.reduction, self.precision = float(l2), reduction, precision
        self.fit_intercept, self.penalize_intercept = bool(fit_intercept), bool(penalize_intercept)
        self.n_classes = self.classes.size
        self.reference = self._reference(reference)
        # Class numbers of the kernels: classes with weights first, in order, the reference class after them.
        number = np.arange(self.n_classes)
        if self.reference is not None:
            number[self.reference + 1 :] -= 1
            number[self.reference] = self.n_classes - 1
        self.codes = number[codes]
        self.free = np.delete(np.arange(self.n_classes), [] if self.reference is None else self.reference)
        self.shape = (self.free.size, self.n_features + self.fit_intercept)
        self.x0 = np.zeros(self.shape[0] * self.shape[1])
        total = self.sample_weight.sum() if self.sample_weight.size else float(self.n_rows)
        self.gradient_scale = 1.0 if reduction == "mean" else total
        self._model = softmax_kernels.Model(
            free=self.free.size,
            reference=self.reference is not None,
            intercept=self.fit_intercept,
            l2=self.l2,
            l2_intercept=self.l2 if self.penalize_intercept else 0.0,
            scale=1.0 / total if reduction == "mean" else 1.0,
            n_rows=self.n_rows,
            working=np.empty(0, np.float32 if self._short and precision == "data" else np.float64),
            pointers=None,
        )

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what is made at first use: addresses of this process."""
        return {name: value for name, value in self.__dict__.items() if name not in ("_args", "_entry", "_product")}

    @functools.cached_property
    def _args(self) -> tuple[Any, ...]:
        """What the kernels take after theta. Made at first use: this is where they are compiled."""
        keep_freed_memory()
        X, model = self.X, self._model
        if sparse.issparse(X):
            X = softmax_kernels.SparseRows(X.data, X.indices, X.indptr, self.n_features)
        pointers = self._kernels.pointers(X, self.codes, self.sample_weight, model.working)
        return np.arange(self.n_rows), X, self.codes, self.sample_weight, model._replace(pointers=pointers)

    @property
    def _kernels(self) -> Any:
        """The module whose kernels are the faster ones for this shape."""
        wide = softmax_wide.worth_it(self.n_features, self.free.size) and not sparse.issparse(self.X)
        return softmax_wide if wide else softmax_kernels

    @property
    def _short(self) -> bool:
        """Whether the rows are such as are computed with in float32, unless float64 is asked for."""
        return self.X.dtype.itemsize < np.dtype(np.float64).itemsize

    def _reference(self, label: Any) -> int | None:
        """Return the position of the reference class in `classes`."""
        if label is None:
            return None
        match = np.flatnonzero(self.classes == label) if np.ndim(label) == 0 else np.empty(0)
        if match.size:
            return int(match[0])
        if isinstance(label, str) and label == "last":
            return self.n_classes - 1
        raise ValueError(
            f"reference={label!r} is no class: expected 'last', None or one of {', '.join(map(str, self.classes[:10]))}"
        )

    def __call__(self, theta: Any) -> tuple[float, np.ndarray]:
        """Return f (a float) and its gradient, shape of theta."""
        f, g = self._entry(self.as_theta(theta), *self._args)
        return f, g

    def subset(self, theta: Any, rows: Any) -> tuple[float, np.ndarray]:
        """Return f and g on some rows, scaled so that their mean over random subsets is f and g on all rows."""
        f, g = self._entry(self.as_theta(theta), as_indices(rows, self.n_rows), *self._args[1:])
        return f, g

    def hessp(self, theta: Any, v: Any) -> np.ndarray:
        """Return the Hessian at theta times v."""
        return self._product(self.as_theta(v), self.as_theta(theta), *self._args)

    @property
    def _kernel(self) -> Callable[..., Any]:
        return self._kernels.softmax

    @functools.cached_property
    def _entry(self) -> Callable[..., Any]:
        """The kernel for these args."""
        return entry(self._kernel, (self.x0, *self._args))

    @functools.cached_property
    def _product(self) -> Callable[..., Any]:
        """The kernel of Hessian-vector products for these args."""
        return entry(self._kernels.softmax_product, (self.x0, self.x0, *self._args))

    def compiled_form(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        """Return ``(function, args)`` with ``f, g = function(theta, *args)``; ``args[0]`` are the rows to use."""
        return self._kernel, self._args

    def finer(self) -> "SoftmaxObjective | None":
        """Return the same objective on the same rows computed in float64, None where it already is."""
        if not self._short or self.precision == "double":
            return None
        found = copy.copy(self)
        found.precision, found._model = "double", self._model._replace(working=np.empty(0))
        return found

    @property
    def resolution(self) -> float:
        """The relative error of f, about, while there is a `finer` form; else 0."""
        short = self._short and self.precision == "data"
        return ROUNDINGS * float(np.finfo(np.float32).eps) / math.sqrt(self.n_rows) if short else 0.0

    @property
    def work(self) -> int:
        """Multiply-adds of an evaluation of f and g: two for each stored number and class."""
        return 2 * self.free.size * int(self.X.nnz if sparse.issparse(self.X) else self.X.size)

    def product_form(self) -> Callable[..., Any]:
        """Return the function ``(v, theta, *args)`` that gives the Hessian times v, with args of `compiled_form`."""
        return self._kernels.softmax_product

    def preconditioner_form(self, theta: Any) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        """Return ``(function, args)`` with ``function(v, x, *args)``, about the inverse Hessian at theta times v.

        See `softmax_preconditioner.preconditioner`.
        """
        return softmax_preconditioner.preconditioner(self, self.as_theta(theta))

    def as_theta(self, theta: Any) -> np.ndarray:
        """Return `theta` as a contiguous vector of float64.

        Raises
        ------
        TypeError, ValueError
            For what is not real numbers, or another length; the message says which length it looks like.
        """
        theta = as_float64(theta, "theta")
        if theta.shape == self.x0.shape:
            return theta
        columns, rows = self.shape
        said = f"theta has shape {theta.shape}: expected {self.x0.size} = {rows} × {columns}"
        if theta.ndim == 1 and self.reference is not None and theta.size == rows * self.n_classes:
            said += f", got {theta.size} = {rows} × {self.n_classes}: the fixed class has no entries"
        elif theta.ndim == 1 and theta.size == self.n_features * columns and self.fit_intercept:
            said += f", got {theta.size} = {self.n_features} × {columns}: each class has an intercept too"
        raise ValueError(said)

    @functools.cached_property
    def lipschitz(self) -> float:
        """A Lipschitz constant of the gradient: half the largest eigenvalue of X'X (mean or sum), plus l2."""
        weight = self.sample_weight if self.sample_weight.size else np.ones(self.n_rows)
        return 0.5 * largest_eigenvalue(self.X, weight * self._model.scale, self.fit_intercept) + self.l2

    def coordinate_names(self) -> list[tuple[str, str]]:
        """Return (class, feature) for each entry of theta."""
        features = [str(j) for j in range(self.n_features)] + ["intercept"] * self.fit_intercept
        return [(str(self.classes[k]), feature) for k in self.free for feature in features]

    def weights(self, theta: Any) -> tuple[np.ndarray, np.ndarray]:
        """Return the weights of all classes, shape (n_classes, n_features), and their intercepts, shape (n_classes,).

        The reference class has zeros.
        """
        W = np.zeros((self.n_classes, self.shape[1]))
        W[self.free] = self.as_theta(theta).reshape(self.shape)
        if self.fit_intercept:
            return W[:, :-1].copy(), W[:, -1].copy()
        return W, np.zeros(self.n_classes)

    def scores(self, theta: Any, X: Any) -> np.ndarray:
        """Return the scores of samples, shape (n_samples, n_classes), in the order of `classes`."""
        W, b = self.weights(theta)
        return np.asarray(self._as_fitted(X) @ W.T) + b

    def _as_fitted(self, X: Any) -> Any:
        """Return samples with the columns of the fit."""
        rows = as_rows(X)
        if rows.shape[1] != self.n_features:
            raise ValueError(f"X has {rows.shape[1]} columns: expected {self.n_features}, as in the samples of the fit")
        return rows

    def _labelled(self, X: Any, y: Any) -> tuple[Any, np.ndarray]:
        """Return samples and a label for each, which may be of a class that the fit has not seen."""
        rows, y = self._as_fitted(X), np.asarray(y)
        if y.shape != rows.shape[:1]:
            raise ValueError(f"X has {rows.shape[0]} rows and y has shape {y.shape}: expected a label for each row")
        return rows, y

    def predict(self, theta: Any, X: Any) -> np.ndarray:
        """Return the label with the largest score for each sample, the first of equals."""
        return self.classes[self.scores(theta, X).argmax(axis=1)]

    def certificate(self, theta: Any) -> Certificate:
        """Return what is proven of `theta`; see `softmax_judge.certificate`."""
        return softmax_judge.certificate(self, self.as_theta(theta))

    def accuracy(self, theta: Any, X: Any, y: Any) -> float:
        """Return the share of samples whose label is predicted."""
        return softmax_judge.accuracy(self, self.as_theta(theta), *self._labelled(X, y))

    def confusion(self, theta: Any, X: Any, y: Any) -> np.ndarray:
        """Return counts of true (rows) against predicted labels (columns), shape (n_classes, n_classes).

        Samples of a class that the fit has not seen have no row, and are not counted.
        """
        return softmax_judge.confusion(self, self.as_theta(theta), *self._labelled(X, y))

    @property
    def formula(self) -> str:
        """The objective in a line, with its constants."""
        mean = "mean" if self.reduction == "mean" else "sum"
        form = "symmetric" if self.reference is None else f"class {self.classes[self.reference]} fixed to 0"
        penalised = "theta" if self.penalize_intercept or not self.fit_intercept else "theta without intercepts"
        return f"{mean} of log sum_k exp(x.W_k) - x.W_y  +  {self.l2:g} / 2 |{penalised}|^2   ({form})"


OBJECTIVE = SoftmaxObjective
