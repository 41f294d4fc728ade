"""The cells of a study: one solver on one problem in one repeat, each with a key that says all that it depends on."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from workbench.study.study import ProblemSpec, SolverSpec, Study


@dataclass(frozen=True)
class Cell:
    """One solver on one problem in one repeat.

    Attributes
    ----------
    key : str
        SHA-256 of the problem (its data by their fingerprint), the solver, the seed and the budget.
    problem : str
        The key of its problem.
    solver : SolverSpec
        The solver, with its options.
    repeat, seed : int
        Which repeat it is, and the seed of what it draws at random.
    budget : dict
        What it is held to, as plain values.
    """

    key: str
    problem: str
    solver: SolverSpec
    repeat: int
    seed: int
    budget: Mapping[str, Any]

    def entry(self) -> dict[str, Any]:
        """Return it as a store keeps it."""
        solver = {"label": self.solver.label, "name": self.solver.name, "options": self.solver.options}
        return {**vars(self), "solver": solver, "budget": dict(self.budget)}


def key_of(document: Any) -> str:
    """Return the SHA-256 of plain values, in one canonical writing."""
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def budget(study: Study, threads: int) -> dict[str, Any]:
    """Return what every cell of a study is held to."""
    run, targets = study.run, study.targets
    tolerance = {"gtol": targets.gtol} if targets.gtol is not None else {"smallest_gap": min(targets.gap)}
    memory = {} if run.max_memory is None else {"max_memory": run.max_memory}
    return {"max_time": run.max_time, "max_evals": run.max_evals, "threads": threads, **tolerance, **memory}


def cells_of(study: Study, problems: Sequence[str], threads: int) -> list[Cell]:
    """Return the cells of a study as listed: repeat after repeat, in each problem after problem, solver after solver.

    Parameters
    ----------
    problems : sequence of str
        The keys of its problems.
    threads : int
        That every cell has.
    """
    held_to = budget(study, threads)
    return [
        _cell(problem, solver, repeat, study.run.seed + repeat, held_to)
        for repeat in range(study.run.repeats)
        for problem in problems
        for solver in study.solvers
    ]


def in_turn(study: Study, cells: Sequence[Cell]) -> list[Cell]:
    """Return cells in the order in which they run: repeat after repeat, each in an order that the seed draws for it.

    So no solver always runs on a machine that another has just warmed.
    """
    if study.run.order == "listed":
        return list(cells)
    found: list[Cell] = []
    for repeat in range(study.run.repeats):
        block = [cell for cell in cells if cell.repeat == repeat]
        found += [block[i] for i in np.random.default_rng([study.run.seed, repeat]).permutation(len(block))]
    return found


def _cell(problem: str, solver: SolverSpec, repeat: int, seed: int, held_to: dict[str, Any]) -> Cell:
    key = key_of(
        {"problem": problem, "solver": [solver.name, solver.options], "seed": seed, "repeat": repeat, "budget": held_to}
    )
    return Cell(key, problem, solver, repeat, seed, held_to)


def labels(problems: Sequence[ProblemSpec], names: Sequence[str]) -> list[str]:
    """Return what the problems are called: their names, with the options in which those of one study differ."""
    tables = [problem.table() for problem in problems]
    differing = [
        key
        for key in dict.fromkeys(key for table in tables for key in table)
        if key not in ("objective", "data", "data_dir") and len({repr(table.get(key)) for table in tables}) > 1
    ]
    found = [
        " ".join([name, *(f"{key}={table[key]}" for key in differing if key in table)])
        for name, table in zip(names, tables, strict=True)
    ]
    # Two files of one name in different folders: told apart by a number.
    return [f"{name} ({found[:i].count(name) + 1})" if found.count(name) > 1 else name for i, name in enumerate(found)]
