"""A contestant: a solver with the options it runs with, as ``lbfgs:memory=10,damped=true`` names it.

``minfunc:lbfgs:Corr=10`` names a method of minFunc, with minFunc's own options.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from solvers.method import Method
    from workbench.comparison.minfunc_method import MinfuncMethod

ON_F_AND_G, ON_ROWS = ("lbfgs", "cg", "gd"), ("sgd",)


@dataclass(frozen=True)
class Contestant:
    """A method and its options; the label is the text that names both, without blanks."""

    label: str
    method: "Method | MinfuncMethod"
    options: dict[str, Any] = field(default_factory=dict)


def defaults(objective: Any) -> tuple[str, ...]:
    """Return the names of those that run where none is named: of all that the objective is enough for, ours."""
    return ON_F_AND_G + (ON_ROWS if objective.n_rows else ())


def contestants(texts: Sequence[str]) -> list[Contestant]:
    """Return the contestants that the texts name, each once.

    Raises
    ------
    TypeError, ValueError
        As `contestant`, and for one that is named twice.
    """
    found: dict[str, Contestant] = {}
    for text in texts:
        one = contestant(text)
        if one.label in found:
            raise ValueError(f"solver {one.label!r} is named twice: name it once, and use repeats to run it more often")
        found[one.label] = one
    return list(found.values())


def contestant(text: str) -> Contestant:
    """Return the contestant that ``name`` or ``name:option=value,option=value`` names, or ``minfunc:`` and either.

    Raises
    ------
    TypeError, ValueError
        For a name or an option that does not exist, or a value that does not fit; the nearest valid name is offered.
    """
    name, _, listed = text.partition(":")
    found: Method | MinfuncMethod
    if name.strip() == "minfunc":
        from workbench.comparison import minfunc_method

        name, _, listed = listed.partition(":")
        found = minfunc_method.MinfuncMethod(name.strip())
    else:
        from solvers.methods import method

        found = method(name.strip())
    words: dict[str, str] = {}
    for item in filter(None, (item.strip() for item in listed.split(","))):
        key, equals, value = (part.strip() for part in item.partition("="))
        if not equals or not key or not value:
            raise ValueError(f"solver {text!r}: {item!r} is no option=value")
        if key in words:
            raise ValueError(f"solver {text!r}: option {key!r} is given twice")
        words[key] = value
    options = {key: _value(value) for key, value in words.items()}
    found.settings(**options)
    label = ":".join(filter(None, (found.name, ",".join(f"{key}={value}" for key, value in words.items()))))
    return Contestant(label, found, options)


def _value(text: str) -> Any:
    """Return a number or a truth value where the text is one, else the text."""
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
