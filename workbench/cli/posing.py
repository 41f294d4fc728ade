"""The problems of a study, posed: data loaded, gradients of the user's functions checked, all on disk for cells."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.cli import gradient
from workbench.cli.own_problem import own_problem
from workbench.comparison.contestant import defaults
from workbench.comparison.own_function import names_own_function
from workbench.comparison.own_objective import OwnProblem
from workbench.comparison.problem import Problem, problem
from workbench.data import Dataset, load_dataset
from workbench.study.cells import key_of, labels
from workbench.study.spool import spool
from workbench.study.study import ProblemSpec, Study


@dataclass(frozen=True)
class Posed:
    """A problem that is ready for its cells.

    Attributes
    ----------
    key, label : str
        What it is known by, and what it is called.
    headline : str
        What it is in a line.
    document : dict
        What a record says of it.
    folder : Path
        Where it lies for the processes of its cells.
    defaults : tuple of str
        The solvers that run where none is named.
    """

    key: str
    label: str
    headline: str
    document: dict[str, Any]
    folder: Path
    defaults: tuple[str, ...]


def posed(study: Study, threads: int, folder: Path) -> list[Posed]:
    """Return the problems of a study, each spooled into a folder of its own below `folder`.

    One problem at a time is in memory.

    Raises
    ------
    WrongGradientError
        When the check of a gradient fails; `request` is what was checked.
    ValueError
        For data that are not there, and the like.
    """
    found: list[tuple[Any, ...]] = []
    for index, spec in enumerate(study.problems):
        one = _resolved(spec, study.run.seed)
        home = folder / str(index)
        spool(one, home)
        facts = {"description": one.description(), "spec": spec.table()}
        found.append(
            (key_of(_identity(one, spec)), one.name, one.headline(threads), facts, home, defaults(one.objective))
        )
    names = labels(study.problems, [each[1] for each in found])
    return [
        Posed(key, label, headline, {**facts, "headline": headline, "label": label}, home, solvers)
        for (key, _, headline, facts, home, solvers), label in zip(found, names, strict=True)
    ]


def _identity(one: Problem | OwnProblem, spec: ProblemSpec) -> dict[str, Any]:
    """Return all that the answer depends on: the data by their fingerprint, not by where they lie."""
    described = one.description()
    data = described.get("data", {}).get("fingerprint")
    if isinstance(one, OwnProblem):
        start = one.objective.x0.tobytes().hex() if one.objective.x0.size <= 64 else key_of(one.objective.x0.tolist())
        return {"function": one.title, "file": described["file fingerprint"], "start": start, "data": data}
    return {"objective": spec.objective, "options": spec.options, "dtype": spec.dtype, "data": data}


def asked_of(spec: ProblemSpec, seed: int) -> gradient.Request:
    """Return what is said of a function of the user's, as ``workbench check-gradient`` reads it."""
    where, start = spec.where, spec.start
    return gradient.Request(
        spec.objective,
        spec.data,
        where.get("data_dir"),
        where.get("target"),
        spec.options.get("l2"),
        start.get("at"),
        start.get("size"),
        seed,
    )


def _resolved(spec: ProblemSpec, seed: int) -> Problem | OwnProblem:
    data = None if spec.data is None else _dataset(spec, seed)
    if not names_own_function(spec.objective):
        assert data is not None
        return problem(spec.objective, data, dtype=spec.dtype or "float64", **spec.options)
    asked = asked_of(spec, seed)
    fun = asked.own()
    return own_problem(asked, fun, data, unchecked=spec.start.get("unchecked", False))


def _dataset(spec: ProblemSpec, seed: int) -> Dataset:
    assert spec.data is not None
    return load_dataset(spec.data, seed=seed, **spec.where)
