"""What ``check-gradient`` checks: the objective that a word on the command line names, and a point to check it at."""

import importlib.util
import inspect
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from workbench.comparison.problem import objective_class
from workbench.data import load_dataset

Subject = tuple[Any, np.ndarray, tuple[Any, ...], list[tuple[str, str]] | None]


def subject(
    name: str,
    data: str | None,
    data_dir: str | None,
    target: str | None,
    l2: float,
    at: str | None,
    size: int | None,
    seed: int,
) -> Subject:
    """Return ``(fun, x0, args, names)``.

    Without a point of the user's the check runs at a random one: at zero a missing penalty does not show.
    """
    rng = np.random.default_rng(seed)
    if ".py:" not in name:
        chosen = load_dataset(data or "digits", data_dir=data_dir, target=target)
        objective = objective_class(name)(chosen.X, chosen.y, l2=l2)
        names = None
        if chosen.feature_names is not None and hasattr(objective, "coordinate_names"):
            names = _with_feature_names(objective.coordinate_names(), chosen.feature_names)
        x0 = _point(at) if at else 0.1 * rng.standard_normal(objective.x0.size)
        return objective, objective.as_theta(x0), (), names
    fun = _function(name)
    args: tuple[Any, ...] = ()
    if data is not None:
        chosen = load_dataset(data, data_dir=data_dir, target=target)
        args = (chosen.X, chosen.y)
        if size is None:
            size = (chosen.n_features + 1) * (chosen.n_classes - 1)
    if at is not None:
        return fun, _point(at), args, None
    if size is None:
        raise ValueError(f"{name} needs a point: give --at x0.npy, or --size, the length of theta")
    return fun, 0.1 * rng.standard_normal(size), args, None


def _with_feature_names(names: list[tuple[str, str]], features: tuple[str, ...]) -> list[tuple[str, str]]:
    return [(label, features[int(feature)] if feature.isdigit() else feature) for label, feature in names]


def _point(path: str) -> np.ndarray:
    try:
        x0 = np.load(path, allow_pickle=False)
    except (ValueError, OSError, EOFError) as error:
        raise ValueError(f"{path} is no array of numbers: expected what numpy.save writes") from error
    if not isinstance(x0, np.ndarray) or x0.dtype.kind not in "fiu":
        raise ValueError(f"{path} holds no array of real numbers: expected what numpy.save writes")
    return np.ascontiguousarray(x0, dtype=np.float64)


def _function(name: str) -> Any:
    """Return the function that ``path/to/file.py:function`` names."""
    path_text, _, function = name.rpartition(":")
    path = Path(path_text)
    if not path.is_file():
        raise FileNotFoundError(f"there is no file {path}")
    module = _module(path)
    found = getattr(module, function, None)
    if not callable(found):
        from solvers.options import nearest

        public = [key for key, value in vars(module).items() if callable(value) and not key.startswith("_")]
        raise ValueError(f"{path} defines no function {function!r}{nearest(function, public)}")
    return found


def _module(path: Path) -> ModuleType:
    """Import a file of the user's under its own name, so that what it compiles can be found on disk again."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise ValueError(f"{path} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules.setdefault(path.stem, module)
    sys.path.insert(0, str(path.parent.resolve()))
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        line = next((f.lineno for f in inspect.trace() if Path(f.filename) == path), None)
        where = f", line {line}" if line else ""
        raise ValueError(f"{path}{where} does not run: {type(error).__name__}: {error}") from error
    finally:
        sys.path.pop(0)
    return module
