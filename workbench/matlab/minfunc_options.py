"""The options of minFunc: one table with name, default, values and meaning, and a reader for what a user gives.

The fields of `Options` *are* the table: ``MaxIter: Annotated[int, Whole(0), "iterations"] = 500`` is the name, the kind
of value, the meaning and the default; `DEFAULTS_OF` has what a method changes.
"""

# ruff: noqa: N815 - the fields have minFunc's own names

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, NamedTuple, get_args, get_origin, get_type_hints

from solvers.options import Between, nearest
from workbench.matlab.option_kinds import (
    Code,
    DisplayMode,
    Function,
    Kind,
    Number,
    Refused,
    Switch,
    Whole,
    Word,
    is_empty,
)

METHODS = {
    "sd": 0,
    "csd": 1,
    "bb": 2,
    "cg": 3,
    "scg": 3,
    "pcg": 4,
    "lbfgs": 5,
    "qnewton": 6,
    "newton0": 7,
    "pnewton0": 7,
    "newton": 8,
    "mnewton": 8,
    "tensor": 9,
}
"""Every method, and the number of its family that ``output.algorithm`` reports."""

DEFAULTS_OF: dict[str, dict[str, Any]] = {
    "sd": {"LS_init": 2},
    "csd": {"c2": 0.2, "Fref": 10, "LS_init": 2},
    "bb": {"LS_type": 0, "Fref": 20},
    "cg": {"c2": 0.2, "LS_init": 2},
    "scg": {"c2": 0.2, "LS_init": 4},
    "pcg": {"c2": 0.2, "LS_init": 2},
    "qnewton": {"Damped": True},
    "pnewton0": {"cgSolve": 1.0},
    "mnewton": {"HessianIter": 5},
}
"""The defaults that differ from the general ones, by method."""

ALIASES = {"corrections": "Corr"}
CASE_SENSITIVE_IN_THE_ORIGINAL = ("LS_type", "LS_interp", "LS_multi")
_FRACTION = Number(Between(0.0, 1.0, open_low=True, open_high=True))
_NOT_NEGATIVE = Number(Between(0.0))


@dataclass(frozen=True)
class Options:
    """What a run was asked for, complete and checked; an infinite limit is the largest int64."""

    Display: Annotated[str, DisplayMode(), "what is printed"] = "iter"
    Method: Annotated[str, Word(tuple(METHODS), otherwise="lbfgs"), "the direction"] = "lbfgs"
    MaxFunEvals: Annotated[int, Whole(0, limit=True), "evaluations, looked at after each line search"] = 1000
    MaxIter: Annotated[int, Whole(0, limit=True), "iterations"] = 500
    optTol: Annotated[float, _NOT_NEGATIVE, "stop when no entry of the gradient is larger"] = 1e-5
    progTol: Annotated[float, _NOT_NEGATIVE, "stop when slope, step or change of f is smaller"] = 1e-9
    Corr: Annotated[int, Whole(1), "pairs kept by L-BFGS, also as preconditioner (alias Corrections)"] = 100
    c1: Annotated[float, _FRACTION, "sufficient decrease (Armijo)"] = 1e-4
    c2: Annotated[float, _FRACTION, "curvature (Wolfe)"] = 0.9
    LS_type: Annotated[int, Code((0, 1, 2)), "line search: 0 Armijo, 1 bracketing Wolfe, 2 Moré-Thuente (SciPy's)"] = 1
    LS_interp: Annotated[
        int,
        Code((0, 1, 2, 3)),
        "Armijo: 0 halving, 1 polynomial in values, 2 with slopes; "
        "Wolfe: 0 and 1 bisection and extension, 2 cubic, 3 mixed",
    ] = 2
    LS_multi: Annotated[bool, Switch(), "Armijo: interpolate the previous trial as well"] = False
    LS_init: Annotated[
        int,
        Code((0, 1, 2, 3, 4)),
        "first trial: 0 one, 1 equal slopes, 2 quadratic in f, 3 twice the last step, 4 Newton along d",
    ] = 0
    Fref: Annotated[int, Whole(0), "Armijo: values whose largest is the reference; 0 and 1 are monotone"] = 1
    numDiff: Annotated[
        int, Code((0, 1, 2), otherwise=2, unlisted=(3,)), "derivatives: 0 given, 1 forward, 2 central"
    ] = 0
    useComplex: Annotated[
        bool, Switch(), "complex step: derivatives under numDiff, Hessian products in newton0 and pnewton0 without"
    ] = False
    DerivativeCheck: Annotated[bool, Switch(words=True), "compare the derivatives with differences at x0"] = False
    outputFcn: Annotated[Callable[..., Any] | None, Function(), "called before, in and after the iterations"] = None
    useMex: Annotated[bool, Switch(), "nothing: there are no mex files to choose"] = True
    cgUpdate: Annotated[
        int,
        Code((0, 1, 2, 3), otherwise=3),
        "beta: 0 Fletcher-Reeves, 1 Polak-Ribière, 2 Hestenes-Stiefel, 3 Gilbert-Nocedal",
    ] = 2
    HvFunc: Annotated[Callable[..., Any] | None, Function(), "Hessian times v: `HvFunc(v, x, *args)`"] = None
    precFunc: Annotated[Callable[..., Any] | None, Function(), "preconditioner: `precFunc(v, x, *args)`"] = None
    Damped: Annotated[bool, Switch(), "damped update (lbfgs, qnewton with qnUpdate 0 and 1)"] = False
    qnUpdate: Annotated[
        int,
        Code((0, 1, 2, 3, 4, 5)),
        "0 BFGS, 1 SR1, 2 Hoshino, 3 self-scaling BFGS, 4 Oren, 5 McCormick-Huang",
    ] = 3
    initialHessType: Annotated[int, Code((0, 1)), "qnewton begins with 0 the identity, 1 a scaled one"] = 1
    bbType: Annotated[int, Code((0, 1, 2, 3)), "step of bb: 0 s'y/y'y, 1 s's/s'y, 2 conic, 3 with retards"] = 0
    cycle: Annotated[int, Whole(0), "csd: iterations that share a step length"] = 3
    HessianModify: Annotated[
        int,
        Code((0, 1, 2, 3, 4, 5), otherwise=5),
        "indefinite Hessian (newton, mnewton): 0 shift, 1 and 2 modified Cholesky, 3 eigenvalues, 4 LDL', "
        "5 negative curvature",
    ] = 0
    cgSolve: Annotated[
        float,
        Number(Between(-math.inf), finite=True),
        "newton: 0 direct, else CG: 1 plain, 2 diagonal, 3 L-BFGS, other positive SSOR(cgSolve), negative "
        "incomplete Cholesky(-cgSolve); newton0: 1 preconditions",
    ] = 0.0
    HessianIter: Annotated[int, Whole(1), "iterations that share a Hessian (newton, mnewton, tensor)"] = 1
    LS_saveHessiancomp: Annotated[bool, Switch(), "no Hessian at the inner trials of a line search"] = True
    useNegCurv: Annotated[bool, Switch(), "newton0, pnewton0: follow negative curvature that CG finds"] = True
    strict: Annotated[bool, Switch(), "behave as the original where that is possible (not an option of minFunc)"] = (
        False
    )

    @property
    def family(self) -> int:
        """The number that ``output.algorithm`` reports."""
        return METHODS[self.Method]

    @property
    def order(self) -> int:
        """The highest derivative that the method asks of the objective: 1, 2 or 3."""
        return max(1, self.family - 6)


class Declared(NamedTuple):
    """One row of the table."""

    name: str
    kind: Kind
    default: Any
    by_method: dict[str, Any]
    meaning: str


@functools.cache
def table() -> dict[str, Declared]:
    """Return every option by its name."""
    hints = get_type_hints(Options, include_extras=True)
    rows = {}
    for field in dataclasses.fields(Options):
        assert get_origin(hints[field.name]) is Annotated
        _, kind, meaning = get_args(hints[field.name])
        changed = {method: own[field.name] for method, own in DEFAULTS_OF.items() if field.name in own}
        rows[field.name] = Declared(field.name, kind, field.default, changed, meaning)
    return rows


def read(options: Any = None, **more: Any) -> Options:
    """Return the options complete and checked.

    Parameters
    ----------
    options : mapping, object with attributes, or None
        minFunc's names in any case; None, ``[]`` and ``''`` stand for the default.
    **more
        Options as keywords.

    Raises
    ------
    TypeError
        For a name that is no option, and a value of the wrong type.
    ValueError
        For a value out of range, and an option that is given twice.

    Notes
    -----
    With ``strict=True`` among the options names are read as the original reads them: those that it does not know are
    ignored, and so are `LS_type`, `LS_interp` and `LS_multi` in any other spelling; of an option given twice the last
    spelling that is not in capitals counts, and `Corr` before `Corrections`. A word that is no method is `lbfgs`, and
    codes that are none have the meaning that the original gives to any other number.
    """
    given = [*given_options(options), *more.items()]
    strict = False
    for name, value in given:
        if isinstance(name, str) and name.lower() == "strict" and not is_empty(value):
            strict = _value("strict", value, strict=False)
    chosen = _as_the_original(given) if strict else _each_once(given)
    values = {name: _value(name, value, strict) for name, value in chosen.items() if not is_empty(value)}
    settled = DEFAULTS_OF.get(values.get("Method", Options.Method), {}) | values
    result = Options(**settled)
    if not strict and result.LS_type != 0 and not result.c1 < result.c2:
        raise ValueError(
            f"minfunc: option c1 is {result.c1:g} and c2 is {result.c2:g}: expected c1 < c2, "
            "without which no step need satisfy the Wolfe conditions"
        )
    return result


def given_options(options: Any, caller: str = "minfunc") -> Iterator[tuple[Any, Any]]:
    """Yield names and values of whatever holds them: a mapping, a named tuple, an object with attributes, nothing."""
    if is_empty(options):
        return
    if isinstance(options, Mapping):
        yield from options.items()
    elif isinstance(options, Options):
        yield from ((name, value) for name, value in dataclasses.asdict(options).items())
    elif isinstance(options, tuple) and hasattr(options, "_asdict"):
        yield from options._asdict().items()
    elif callable(options) or isinstance(options, (str, bytes, int, float, complex, Iterable)):
        raise TypeError(
            f"{caller}: options is {_shown(options)}: expected a dict, or an object whose attributes are the options"
        )
    else:
        yield from ((name, getattr(options, name)) for name in dir(options) if not name.startswith("_"))


def _each_once(given: list[tuple[Any, Any]]) -> dict[str, Any]:
    """Return the values by the names of the table, every name known and given once."""
    names = {name.lower(): name for name in table()} | ALIASES
    chosen: dict[str, Any] = {}
    spelled: dict[str, str] = {}
    for name, value in given:
        if not isinstance(name, str):
            raise TypeError(f"minfunc: the name of an option is {_shown(name)}: expected a string")
        known = names.get(name.lower())
        if known is None:
            raise TypeError(f"minfunc has no option {name!r}{_suggestion(name)}")
        if known in chosen:
            raise ValueError(f"minfunc: option {known} is given twice, as {spelled[known]!r} and {name!r}: give one")
        chosen[known], spelled[known] = value, name
    return chosen


def _suggestion(name: str) -> str:
    if name.lower() == "ls":
        return "; the line search is chosen by 'LS_type', its first trial by 'LS_init'"
    lower = {known.lower(): known for known in (*table(), "Corrections")}
    found = nearest(name.lower(), lower)
    for low, known in lower.items():
        found = found.replace(repr(low), repr(known))
    return found or ", it takes " + ", ".join(table())


def _as_the_original(given: list[tuple[Any, Any]]) -> dict[str, Any]:
    """Return the values that the original finds."""
    capitals: dict[str, Any] = {}
    for last_in_capitals in (True, False):
        for name, value in given:
            if isinstance(name, str) and (name == name.upper()) == last_in_capitals:
                capitals[name.upper()] = value
    exact = dict(given)
    chosen = {name: capitals[name.upper()] for name in table() if name.upper() in capitals}
    for name in CASE_SENSITIVE_IN_THE_ORIGINAL:
        chosen.pop(name, None)
        if name in exact:
            chosen[name] = exact[name]
    if is_empty(chosen.get("Corr")) and "CORRECTIONS" in capitals:
        chosen["Corr"] = capitals["CORRECTIONS"]
    return chosen


def _value(name: str, value: Any, strict: bool) -> Any:
    kind = table()[name].kind
    said = f"minfunc: option {name} is {_shown(value)}: expected {kind.expected}"
    try:
        return kind.read(value, strict)
    except TypeError:
        raise TypeError(said) from None
    except Refused as refused:
        raise ValueError(f"{said}{refused}") from None


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
