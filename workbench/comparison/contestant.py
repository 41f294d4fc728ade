"""A contestant: a solver with the options it runs with, as ``lbfgs:memory=10,damped=true`` names it."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from solvers.method import Method

DEFAULTS = ("lbfgs", "cg", "gd", "sgd")


@dataclass(frozen=True)
class Contestant:
    """A method and its options."""

    label: str
    method: "Method"
    options: dict[str, Any] = field(default_factory=dict)


def contestant(text: str) -> Contestant:
    """Return the contestant that ``name`` or ``name:option=value,option=value`` names.

    Raises
    ------
    TypeError, ValueError
        For a name or an option that does not exist, or a value that does not fit; the nearest valid name is offered.
    """
    from solvers.methods import method

    name, _, listed = text.partition(":")
    found = method(name.strip())
    options: dict[str, Any] = {}
    for item in filter(None, (item.strip() for item in listed.split(","))):
        key, equals, value = (part.strip() for part in item.partition("="))
        if not equals or not value:
            raise ValueError(f"solver {text!r}: {item!r} is no option=value")
        if key in options:
            raise ValueError(f"solver {text!r}: option {key!r} is given twice")
        options[key] = _value(value)
    found.settings(**options)
    return Contestant(text.strip(), found, options)


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
