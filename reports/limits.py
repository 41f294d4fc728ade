"""Limits of a comparison of two runs: by how much times and gaps may grow."""

import re
from dataclasses import dataclass
from difflib import get_close_matches


@dataclass(frozen=True)
class Limits:
    """What may not be exceeded: the ratio of times, and by how much a gap may grow."""

    time: float | None = None
    gap: float | None = None

    @classmethod
    def read(cls, text: str) -> "Limits":
        """Return the limits that ``time:1.2x,gap:1e-6`` says.

        Raises
        ------
        ValueError
            For a limit on something else, or one that is no number in its range.
        """
        found: dict[str, float] = {}
        for item in filter(None, (item.strip() for item in text.split(","))):
            name, colon, value = (part.strip() for part in item.partition(":"))
            if name not in ("time", "gap"):
                near = get_close_matches(name, ("time", "gap"), n=1)
                hint = f"did you mean {near[0]!r}?" if near else "expected time:1.2x or gap:1e-6"
                raise ValueError(f"{item!r} is no limit: {hint}")
            form = r"\d+(\.\d*)?([eE][+-]?\d+)?" + ("x?" if name == "time" else "")
            if not colon or not re.fullmatch(form, value) or (name == "time" and float(value.rstrip("x")) < 1.0):
                expected = "a ratio from 1, such as time:1.2x" if name == "time" else "a difference, such as gap:1e-6"
                raise ValueError(f"{item!r} is no limit: expected {expected}")
            found[name] = float(value.rstrip("x"))
        if not found:
            raise ValueError("no limit is given: expected time:1.2x, gap:1e-6, or both")
        return cls(**found)
