"""The study file: strict TOML, where an unknown key is an error with the nearest name, and a list is a grid."""

import dataclasses
import inspect
import itertools
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

import tomli_w

from solvers.options import Choice, nearest
from workbench.comparison.contestant import contestant
from workbench.comparison.problem import objective_class
from workbench.study.study import ORDERS, ProblemSpec, Protocol, SolverSpec, Study, Targets, text_of

TABLES = ("run", "targets", "problem", "solver")
WHERE, START = ("data_dir", "target"), ("at", "size", "unchecked")
DTYPES = Choice(("float64", "float32"))
NOT_FROM_A_FILE = ("X", "y", "sample_weight")
"""Parameters of an objective that are data."""


def read_study(path: str | Path, overrides: Sequence[str] = ()) -> Study:
    """Return the study that a file says.

    Parameters
    ----------
    path : path
        The file. What it names by a relative path is looked for beside it.
    overrides : sequence of str
        ``run.repeats=5``, ``targets.gap=[1e-3]``, ``problem.l2=1e-3`` or ``problem.mnist.l2=1e-3``,
        ``solver.lbfgs.memory=10``: take the place of what the file says.

    Raises
    ------
    ValueError
        It is no TOML, or has keys or values that nobody knows; the nearest is named.
    """
    path = Path(path)
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} is no TOML: {error}") from error
    for text in overrides:
        _override(tables, text)
    return study_of(tables, str(path), path.parent)


def written(study: Study) -> str:
    """Return the study as a file that says the same."""
    document = study.document()
    heads = [(f"[{name}]", document[name]) for name in ("run", "targets")]
    heads += [(f"[[{name}]]", table) for name in ("problem", "solver") for table in document[name]]
    return "\n".join(f"{head}\n{tomli_w.dumps(table)}" for head, table in heads)


def study_of(tables: Mapping[str, Any], source: str = "the study", folder: Path | None = None) -> Study:
    """Return the study that the tables of a file say; `folder` is what relative paths start from.

    Raises
    ------
    ValueError
        As `read_study`.
    """
    _known(tables, TABLES, source)
    run = _settings(Protocol, tables.get("run", {}), f"{source}: [run]")
    targets = _settings(Targets, tables.get("targets", {}), f"{source}: [targets]")
    problems: list[ProblemSpec] = []
    for table in _tables(tables, "problem", source) or [{}]:
        problems += [_problem(one, f"{source}: [[problem]]", folder) for one in _grid(table, f"{source}: [[problem]]")]
    solvers: list[SolverSpec] = []
    for table in _tables(tables, "solver", source):
        solvers += [_solver(one, f"{source}: [[solver]]") for one in _grid(table, f"{source}: [[solver]]")]
    _once([solver.label for solver in solvers], f"{source}: solver", "give one of them another label")
    _once([solver.text for solver in solvers], f"{source}: solver", "use repeats to run it more often")
    _once([repr(problem) for problem in problems], f"{source}: problem", "name it once")
    return Study(run, targets, tuple(problems), tuple(solvers))


def _problem(table: dict[str, Any], said: str, folder: Path | None) -> ProblemSpec:
    objective = _text(table, "objective", said) or "softmax"
    own = ".py:" in objective
    options: dict[str, Any] = {}
    if not own:
        try:
            parameters = inspect.signature(objective_class(objective)).parameters
        except ValueError as error:
            raise ValueError(f"{said}: {error}") from error
        options = {name: each.default for name, each in parameters.items() if name not in NOT_FROM_A_FILE}
    names = ["objective", "data", *WHERE, *(START if own else ("dtype", *options))]
    _known(table, names, said)
    for key, kinds in (("at", str), ("size", int), ("unchecked", bool), ("data_dir", str), ("target", str)):
        if key in table and not isinstance(table[key], kinds):
            raise ValueError(f"{said}: {key} = {table[key]!r}: expected a {kinds.__name__}")
    dtype = _text(table, "dtype", said)
    if dtype is not None and dtype not in DTYPES.words:
        raise ValueError(f"{said}: dtype = {dtype!r}: expected {DTYPES}{nearest(dtype, DTYPES.words)}")
    where = {key: table[key] for key in WHERE if key in table}
    start = {key: table[key] for key in START if key in table}
    data = _text(table, "data", said) or (None if own else "digits")
    if folder is not None:
        objective = _beside(folder, objective) if own else objective
        data = _beside(folder, data) if data is not None else None
        where |= {"data_dir": _beside(folder, where["data_dir"])} if "data_dir" in where else {}
        start |= {"at": _beside(folder, start["at"])} if "at" in start else {}
    given = {key: _plain(table[key], key, said) for key in options if key in table}
    if "l2" in options:
        given.setdefault("l2", 1e-4)
    return ProblemSpec(objective, data, where, start, dtype if own or dtype else "float64", given)


def _plain(value: Any, key: str, said: str) -> Any:
    """Return an option of an objective; TOML has no None, so ``"none"`` is it."""
    if not isinstance(value, (bool, int, float, str)):
        raise ValueError(f"{said}: {key} = {value!r}: expected a number, a text, true or false")
    return None if value == "none" else value


def _beside(folder: Path, name: str) -> str:
    """Return a path as seen from here, if it names something beside the study file."""
    file = name.rpartition(":")[0] if ".py:" in name else name.partition(":")[0]
    return str(folder / name) if not Path(name).is_absolute() and (folder / file).exists() else name


def _solver(table: dict[str, Any], said: str) -> SolverSpec:
    name, label = _text(table, "name", said), _text(table, "label", said)
    if name is None:
        raise ValueError(f"{said} has no name: name = 'lbfgs', for example")
    options = {key: _plain(value, key, said) for key, value in table.items() if key not in ("name", "label")}
    try:
        entered = contestant(text_of(name, options))
    except (ValueError, TypeError) as error:
        raise ValueError(f"{said}: {error}") from error
    return SolverSpec(entered.method.name, label or entered.label, entered.options)


def _grid(table: Mapping[str, Any], said: str) -> list[dict[str, Any]]:
    """Return a table for each combination of the values in its lists."""
    lists = {key: value if isinstance(value, list) else [value] for key, value in table.items()}
    for key, values in lists.items():
        if not values:
            raise ValueError(f"{said}: {key} = []: a list is a grid, and an empty one leaves nothing to run")
    grids = [dict(zip(lists, values, strict=True)) for values in itertools.product(*lists.values())]
    varied = [key for key, values in lists.items() if len(values) > 1 and key != "name"]
    if "label" in table and isinstance(table["label"], str):
        for one in grids:  # a label stands for one; of a grid each says where in it
            said = ",".join(f"{key}={one[key]}" for key in varied)
            one["label"] = " ".join(filter(None, (table["label"], said)))
    return grids


def _settings(kind: Any, table: Any, said: str) -> Any:
    """Return the settings that a table says, checked by their annotations."""
    if not isinstance(table, dict):
        raise ValueError(f"{said} is no table")
    hints = get_type_hints(kind, include_extras=True)
    names = [each.name for each in dataclasses.fields(kind)]
    _known(table, names, said)
    return kind(**{key: _checked(value, hints[key], f"{said} {key}") for key, value in table.items()})


def _checked(value: Any, hint: Any, said: str) -> Any:
    plain, rule = get_args(hint)[:2]
    if get_origin(plain) is tuple:
        values = value if isinstance(value, list) else [value]
        if not values:
            raise ValueError(f"{said} = []: expected at least one number")
        return tuple(_number(each, float, rule, said) for each in values)
    if rule is ORDERS:
        if value not in ORDERS.words:
            raise ValueError(f"{said} = {value!r}: expected {ORDERS}{nearest(str(value), ORDERS.words)}")
        return value
    kind = get_args(plain)[0] if isinstance(plain, UnionType) else plain
    return _number(value, kind, rule, said)


def _number(value: Any, kind: type, rule: Any, said: str) -> Any:
    whole = kind is int
    if isinstance(value, bool) or not isinstance(value, (int,) if whole else (int, float)) or value not in rule:
        raise ValueError(f"{said} = {value!r}: expected a {'whole ' * whole}number {rule}")
    return kind(value)


def _text(table: Mapping[str, Any], key: str, said: str) -> str | None:
    value = table.get(key)
    if value is not None and not (isinstance(value, str) and value):
        raise ValueError(f"{said}: {key} = {value!r}: expected a text")
    return value


def _tables(tables: Mapping[str, Any], name: str, source: str) -> list[dict[str, Any]]:
    found = tables.get(name, [])
    if not (isinstance(found, list) and all(isinstance(each, dict) for each in found)):
        raise ValueError(f"{source}: {name} is no list of tables: head each with [[{name}]]")
    return found


def _known(table: Mapping[str, Any], names: Sequence[str], said: str) -> None:
    for key in table:
        if key not in names:
            hint = nearest(key, names) or f"; it takes {', '.join(names)}"
            raise ValueError(f"{said} has no {key!r}{hint}")


def _once(names: list[str], what: str, remedy: str) -> None:
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"{what} {name!r} is there twice: {remedy}")


def _override(tables: dict[str, Any], text: str) -> None:
    """Put one ``key.key=value`` into the tables of a file."""
    path, equals, value = text.partition("=")
    first, _, rest = path.strip().partition(".")
    wanted, _, key = rest.rpartition(".")
    if not equals or not key or first not in TABLES:
        raise ValueError(
            f"--set {text!r}: expected run.KEY=VALUE, targets.KEY=VALUE, problem[.NAME].KEY=VALUE or"
            " solver.NAME.KEY=VALUE"
        )
    if first in ("run", "targets"):
        if wanted:
            raise ValueError(f"--set {text!r}: [{first}] has no tables in it: leave out {wanted!r}")
        tables.setdefault(first, {})[key] = _value(value)
        return
    entries = tables.setdefault(first, [{}] if first == "problem" else [])
    titles = ("name", "label") if first == "solver" else ("objective", "data")
    there = [name for entry in entries for title in titles for name in _as_list(entry.get(title)) if name]
    chosen = [entry for entry in entries if not wanted or any(wanted in _as_list(entry.get(t)) for t in titles)]
    if not chosen:
        hint = nearest(wanted, there) or f"; there are {', '.join(dict.fromkeys(there))}"
        raise ValueError(f"--set {text!r}: the study has no {first} {wanted!r}{hint}")
    for entry in chosen:
        entry[key] = _value(value)


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _value(text: str) -> Any:
    """Return what a TOML file would read, or the text itself where it is no TOML value."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text.strip()
