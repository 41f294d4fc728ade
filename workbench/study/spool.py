"""A problem on disk, for the processes of its cells: the arrays as they are in memory, and a few words."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse

from workbench.comparison.own_function import own_function
from workbench.comparison.own_objective import OwnObjective, OwnProblem
from workbench.comparison.problem import Problem, objective_class
from workbench.data.dataset import Dataset

WORDS = "problem.json"
SPARSE = ("data", "indices", "indptr")


def spool(problem: Problem | OwnProblem, folder: Path) -> None:
    """Write a problem into an empty folder, which is made."""
    folder.mkdir(parents=True)
    if isinstance(problem, OwnProblem):
        fun = problem.objective.fun
        words: dict[str, Any] = {"own": f"{fun.path}:{fun.__name__}", "title": problem.title}
        words |= {"gradient": problem.gradient, "n_args": len(problem.objective.args)}
        _write(folder, "x0", problem.objective.x0)
        for index, array in enumerate(problem.objective.args):
            _write(folder, f"arg{index}", array)
    else:
        data = problem.data
        words = {"objective": problem.objective.name, "options": problem.options, "dtype": problem.dtype}
        words |= {"data": data.name, "title": data.title}
        _write(folder, "X", problem.objective.X)
        _write(folder, "y", data.y)
        if data.X_test is not None:
            _write(folder, "X_test", data.X_test)
            _write(folder, "y_test", data.y_test)
    (folder / WORDS).write_text(json.dumps(words), encoding="utf-8")


def spooled(folder: Path) -> Problem | OwnProblem:
    """Return the problem that `spool` wrote."""
    words = json.loads((folder / WORDS).read_text(encoding="utf-8"))
    if "own" in words:
        fun = own_function(words["own"])
        args = tuple(_read(folder, f"arg{index}") for index in range(words["n_args"]))
        objective = OwnObjective(fun, _read(folder, "x0"), args)
        return OwnProblem(objective, words["title"], words["title"], words["gradient"], {})
    test = {name: _read(folder, name) for name in ("X_test", "y_test") if (folder / name).is_dir()}
    data = Dataset(words["data"], words["title"], _read(folder, "X"), _read(folder, "y"), **test)
    objective = objective_class(words["objective"])(data.X, data.y, **words["options"])
    return Problem(objective, data, words["dtype"], words["options"])


def _write(folder: Path, name: str, array: Any) -> None:
    """Write a dense or CSR array as a folder of plain .npy files."""
    home = folder / name
    home.mkdir()
    if sparse.issparse(array):
        np.save(home / "shape.npy", np.array(array.shape))
        for part in SPARSE:
            np.save(home / f"{part}.npy", getattr(array, part))
    else:
        np.save(home / "dense.npy", np.asarray(array), allow_pickle=False)


def _read(folder: Path, name: str) -> Any:
    home = folder / name
    if (home / "dense.npy").is_file():
        return np.load(home / "dense.npy", allow_pickle=False)
    parts = [np.load(home / f"{part}.npy", allow_pickle=False) for part in SPARSE]
    array = sparse.csr_array(tuple(parts), shape=tuple(np.load(home / "shape.npy")))
    array.has_canonical_format = True  # written from one that was
    return array
