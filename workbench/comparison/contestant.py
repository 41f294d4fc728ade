"""A contestant: a solver with the options it runs with, as ``lbfgs:memory=10,damped=true`` names it.

``minfunc:lbfgs:Corr=10`` names a method of minFunc, and ``scipy:L-BFGS-B:maxcor=30`` another library's, each with
options of its own: the prefix names a family (see `workbench.peers.family`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from solvers.result import Result

ON_F_AND_G, ON_ROWS = ("lbfgs", "cg", "gd"), ("sgd",)


class Solver(Protocol):
    """The face of whoever enters a comparison: a method of ours or of minFunc, or a peer."""

    @property
    def name(self) -> str:
        """What a comparison calls it."""
        ...

    @property
    def summary(self) -> str:
        """What it is, in a line."""
        ...

    def options(self) -> Mapping[str, Any]:
        """Return the options that it takes."""
        ...

    def settings(self, **options: Any) -> Any:
        """Return the options checked, or raise TypeError or ValueError."""
        ...

    def prepare(self, fun: Any, x0: Any, **options: Any) -> float:
        """Load and compile what a run would need, and return the seconds that this took."""
        ...

    def __call__(self, fun: Any, x0: Any, **options: Any) -> "Result":
        """Minimise."""
        ...


@dataclass(frozen=True)
class Contestant:
    """A solver and its options; the label is the text that names both, without blanks."""

    label: str
    method: Solver
    options: dict[str, Any] = field(default_factory=dict)

    def unfit(self, objective: Any) -> str:
        """Return why it cannot minimise this objective, where that is known before it runs, or nothing."""
        asked = getattr(self.method, "unfit", None)
        return str(asked(objective)) if asked is not None else ""


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
    """Return the contestant that ``name`` or ``name:option=value,option=value`` names, or a family's prefix and either.

    Raises
    ------
    TypeError, ValueError
        For a name or an option that does not exist, or a value that does not fit; the nearest valid name is offered.
    """
    from workbench.peers.family import family, prefixes

    name, _, listed = text.partition(":")
    found: Solver
    if name.strip() in prefixes():
        word, _, listed = listed.partition(":")
        found = family(name.strip()).member(word.strip())
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
