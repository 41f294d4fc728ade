"""What ``check-gradient`` checks: an objective, and a point to check it at."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from workbench.comparison.own_function import OwnFunction, names_own_function, own_function
from workbench.comparison.problem import objective_class
from workbench.data import Dataset, load_dataset

if TYPE_CHECKING:
    from workbench.gradient_check.value_checks import Finding

SPREAD = 0.1
"""Standard deviation of the coordinates of a random point: at zero a missing penalty does not show."""

MATLAB = "matlab"
"""Layout of the data that a file asks for with ``layout = "matlab"``, as in `workbench.matlab`."""


class Subject(NamedTuple):
    """A function ``f, g = fun(x0, *args)``, and a name for each coordinate where there are names."""

    fun: Any
    x0: np.ndarray
    args: tuple[Any, ...] = ()
    names: list[tuple[str, str]] | None = None


@dataclass(frozen=True)
class Request:
    """What the options of ``workbench check-gradient`` ask for."""

    objective: str
    data: str | None
    data_dir: str | None
    target: str | None
    l2: float | None
    at: str | None
    size: int | None
    seed: int

    def subject(self) -> Subject:
        """Return what is to be checked.

        Raises
        ------
        ValueError
            For an option that does not go with the objective, or what it names not being there.
        """
        if not names_own_function(self.objective):
            return self._built_in()
        return self.of(self.own(), None if self.data is None else self._dataset(self.data))

    def _built_in(self) -> Subject:
        kind = objective_class(self.objective)
        if self.size is not None:
            raise ValueError(f"--size is for functions of yours: the data say how long theta of {self.objective} is")
        data = self._dataset(self.data or "digits")
        fun = kind(data.X, data.y, l2=1e-4 if self.l2 is None else self.l2)
        x0 = self._random(fun.x0.size) if self.at is None else fun.as_theta(point(self.at))
        names = fun.coordinate_names()
        if data.feature_names is not None:
            names = [(label, data.feature_names[int(j)] if j.isdigit() else j) for label, j in names]
        return Subject(fun, x0, (), names)

    def own(self) -> OwnFunction:
        """Return the function of the user's that is named.

        Raises
        ------
        ValueError
            For options that do not go with one or with each other, or when there is no such function.
        """
        if self.at is not None and self.size is not None:
            raise ValueError("--size is the length of a random point: leave it out with --at")
        if self.l2 is not None:
            raise ValueError(f"--l2 is for built-in objectives: {self.objective} has its own penalty")
        if self.data is None and (self.data_dir, self.target) != (None, None):
            raise ValueError("--data-dir and --target say where --data is: give --data too")
        return own_function(self.objective)

    def of(self, fun: OwnFunction, data: Dataset | None) -> Subject:
        """Return what is to be checked of a function of the user's, its data in the layout that its file asks for.

        Raises
        ------
        ValueError
            For a layout that is none, or goes without data or with sparse ones; and where there is no point.
        """
        if fun.layout is not None and fun.layout != MATLAB:
            raise ValueError(
                f"{self.objective}: layout is {fun.layout!r} in the file, expected {MATLAB!r}, or no layout at all for"
                " samples in rows"
            )
        if data is None:
            if fun.layout == MATLAB:
                raise ValueError(
                    f"{self.objective} takes data (layout = {MATLAB!r}): give --data, such as --data digits"
                )
            return Subject(fun, self._start(fun, None))
        x0 = self._start(fun, (data.n_features + 1) * (data.n_classes - 1))
        if fun.layout is None:
            return Subject(fun, x0, (data.X, data.y))
        names = _matlab_names(data)
        return Subject(fun, x0, _in_columns(data), names if len(names) == x0.size else None)

    def _start(self, fun: OwnFunction, size: int | None) -> np.ndarray:
        """Return the point for a function of the user's; `size` is what the data suggest."""
        if self.at is not None:
            return point(self.at)
        if self.size is None and fun.x0 is not None:
            return np.asarray(fun.x0() if callable(fun.x0) else fun.x0)
        size = self.size or size
        if size is None:
            raise ValueError(
                f"{self.objective} needs a point: define x0 in the file, or give --at x0.npy, or --size,"
                " the length of theta"
            )
        return self._random(size)

    def _random(self, size: int) -> np.ndarray:
        return SPREAD * np.random.default_rng(self.seed).standard_normal(size)

    def _dataset(self, name: str) -> Dataset:
        return load_dataset(name, data_dir=self.data_dir, target=self.target)


def value_findings(subject: Subject, seed: int) -> "list[Finding]":
    """Return what the checks of f itself find, for a function of the data."""
    from workbench.gradient_check.value_checks import check_values

    fun, (X, y) = subject.fun, subject.args
    if fun.layout == MATLAB:  # check_values has samples in rows
        return check_values(lambda theta, X, y: fun(theta, X.T, y), subject.x0.size, X.T, y, seed=seed)
    return check_values(fun, subject.x0.size, X, y, seed=seed)


def _in_columns(data: Dataset) -> tuple[np.ndarray, np.ndarray]:
    """Return X and y in MATLAB's layout: samples in columns below a row of ones, labels from 1."""
    if not isinstance(data.X, np.ndarray):
        raise ValueError(f"layout = {MATLAB!r} goes with dense data: those of {data.name} are sparse")
    X = np.vstack([np.ones(data.n_samples), data.X.T])
    return X, np.searchsorted(data.classes, data.y) + 1


def _matlab_names(data: Dataset) -> list[tuple[str, str]]:
    """Return (class, feature) of each entry of ``theta(:)``: the free classes in turn, the intercept first in each."""
    features = data.feature_names or [f"x{j}" for j in range(1, data.n_features + 1)]
    return [(str(label), feature) for label in data.classes[:-1] for feature in ("intercept", *features)]


def point(path: str) -> np.ndarray:
    """Return the vector in a file that ``numpy.save`` wrote.

    Raises
    ------
    ValueError
        For any other file.
    """
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - numpy would leave an archive of several arrays open
            x0 = np.load(file, allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise ValueError(f"{path} is no array of numbers: expected what numpy.save writes") from error
    if not isinstance(x0, np.ndarray) or x0.dtype.kind not in "fiu":
        raise ValueError(f"{path} holds no array of real numbers: expected what numpy.save writes")
    return np.ascontiguousarray(x0, dtype=np.float64)
