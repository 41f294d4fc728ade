"""A study: what is compared, on what, and how; as a frozen value that a TOML file says and a record keeps."""

from dataclasses import dataclass, field, fields
from typing import Annotated, Any

from solvers.options import Between, Choice

GAPS = (1e-2, 1e-4, 1e-6)
ORDERS = Choice(("random", "listed"))


@dataclass(frozen=True)
class Protocol:
    """The table ``[run]``: what every cell is held to, and the order in which they run."""

    repeats: Annotated[int, Between(1), "runs of each solver on each problem"] = 1
    seed: Annotated[
        int, Between(0, 2**31 - 1000), "of the rows held out, of random starts, of sgd and of the order"
    ] = 0
    threads: Annotated[int | None, Between(1), "of BLAS and compiled code; all where it is not given"] = None
    max_time: Annotated[float, Between(0.0, open_low=True), "seconds that a solver may take"] = 60.0
    max_evals: Annotated[int, Between(1), "evaluations of f and g; passes over the rows for sgd"] = 2000
    order: Annotated[str, ORDERS, "of the cells within a repeat"] = "random"
    hard_time: Annotated[
        float | None,
        Between(0.0, open_low=True),
        "seconds after which a cell's process is killed, all included; 1.5 max_time + 120 where it is not given",
    ] = None
    max_memory: Annotated[
        float | None, Between(0.0, open_low=True), "MB that a cell's process may take beyond its problem; no limit"
    ] = None
    reruns: Annotated[int, Between(0), "of a cell during which the machine was slower or faster"] = 1

    @property
    def patience(self) -> float:
        """Seconds until a cell's process is killed."""
        return self.hard_time if self.hard_time is not None else 1.5 * self.max_time + 120.0


@dataclass(frozen=True)
class Targets:
    """The table ``[targets]``: the gaps that time is counted to, and the gradient at which a run is to end."""

    gap: Annotated[tuple[float, ...], Between(0.0, open_low=True), "(f - f*) / f*, to which seconds are counted"] = GAPS
    gtol: Annotated[
        float | None, Between(0.0), "largest gradient component to stop at; what proves the smallest gap, or 1e-6"
    ] = None


@dataclass(frozen=True)
class ProblemSpec:
    """A table ``[[problem]]`` with its lists taken apart: an objective over data.

    Attributes
    ----------
    objective : str
        A built-in objective's name, or ``path/to/file.py:function``.
    data : str or None
        A data set's name, or a file.
    where : dict
        How the data are found and read: ``data_dir``, ``target``.
    start : dict
        Of a function of the user's: ``at``, ``size``, ``unchecked``.
    dtype : str or None
        Of the features of a built-in objective.
    options : dict
        Of the built-in objective: ``l2``, ``reference``, ...
    """

    objective: str = "softmax"
    data: str | None = None
    where: dict[str, Any] = field(default_factory=dict)
    start: dict[str, Any] = field(default_factory=dict)
    dtype: str | None = None
    options: dict[str, Any] = field(default_factory=dict)

    def table(self) -> dict[str, Any]:
        """Return it as a table of the file."""
        plain = {"objective": self.objective, "data": self.data, **self.where, **self.start, "dtype": self.dtype}
        options = {key: "none" if value is None else value for key, value in self.options.items()}  # TOML has no None
        return {**{key: value for key, value in plain.items() if value is not None}, **options}


@dataclass(frozen=True)
class SolverSpec:
    """A table ``[[solver]]`` with its lists taken apart: a solver and the options it runs with."""

    name: str
    label: str
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """What ``--solver`` calls it."""
        return text_of(self.name, self.options)

    def table(self) -> dict[str, Any]:
        """Return it as a table of the file."""
        label = {} if self.label == self.text else {"label": self.label}
        return {"name": self.name, **label, **self.options}


def text_of(name: str, options: dict[str, Any]) -> str:
    """Return a solver with its options as ``--solver`` takes it."""
    said = ",".join(
        f"{key}={str(value).lower() if isinstance(value, bool) else value}" for key, value in options.items()
    )
    return f"{name}:{said}" if said else name


@dataclass(frozen=True)
class Study:
    """What a study file says, its grids taken apart."""

    run: Protocol
    targets: Targets
    problems: tuple[ProblemSpec, ...]
    solvers: tuple[SolverSpec, ...]

    def document(self) -> dict[str, Any]:
        """Return the study as plain values, complete but for what is left open: what a file would say."""
        return {
            "run": _given(self.run),
            "targets": {**_given(self.targets), "gap": list(self.targets.gap)},
            "problem": [problem.table() for problem in self.problems],
            "solver": [solver.table() for solver in self.solvers],
        }


def _given(table: Protocol | Targets) -> dict[str, Any]:
    values = {each.name: getattr(table, each.name) for each in fields(table)}
    return {name: value for name, value in values.items() if value is not None}
