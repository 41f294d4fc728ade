"""What the options of ``workbench compare`` say without a study file: a study of one problem."""

from dataclasses import dataclass

from workbench.comparison.contestant import contestants
from workbench.comparison.own_function import names_own_function
from workbench.comparison.problem import objective_class
from workbench.study.study import GAPS, ProblemSpec, Protocol, SolverSpec, Study, Targets


@dataclass(frozen=True)
class Flags:
    """What the options of ``workbench compare`` ask for without a study file."""

    data: str | None
    data_dir: str | None
    target: str | None
    objective: str
    at: str | None
    size: int | None
    unchecked: bool
    l2: float | None
    solvers: tuple[str, ...]
    gaps: tuple[float, ...]
    gtol: float | None
    max_time: float
    max_evals: int
    repeats: int
    threads: int | None
    dtype: str | None
    seed: int

    def study(self) -> Study:
        """Return the study that they say, of one problem.

        Raises
        ------
        ValueError
            For options that do not go together, and solvers that are none.
        """
        solvers = tuple(SolverSpec(one.method.name, one.label, one.options) for one in contestants(self.solvers))
        run = Protocol(self.repeats, self.seed, self.threads, self.max_time, self.max_evals)
        targets = Targets(tuple(sorted(set(self.gaps or GAPS), reverse=True)), self.gtol)
        return Study(run, targets, (self._problem(),), solvers)

    def _problem(self) -> ProblemSpec:
        where = {key: value for key, value in (("data_dir", self.data_dir), ("target", self.target)) if value}
        start = {"at": self.at, "size": self.size, "unchecked": self.unchecked or None}
        start = {key: value for key, value in start.items() if value is not None}
        if names_own_function(self.objective):
            if self.dtype is not None:
                raise ValueError(f"--dtype is for built-in objectives: {self.objective} gets float64")
            options = {} if self.l2 is None else {"l2": self.l2}
            return ProblemSpec(self.objective, self.data, where, start, None, options)
        objective_class(self.objective)
        for name in start:
            raise ValueError(f"--{name} is for functions of yours, not for the built-in {self.objective}")
        l2 = 1e-4 if self.l2 is None else self.l2
        return ProblemSpec(self.objective, self.data or "digits", where, {}, self.dtype or "float64", {"l2": l2})
