"""Progress of a comparison: a bar on a terminal's stderr, silence in a pipe."""

import sys
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars


class Progress:
    """A bar with as many steps as there are cells."""

    def __init__(self, cells: int) -> None:
        self._bars = Bars(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=Console(stderr=True),
            transient=True,
            disable=not sys.stderr.isatty(),
        )
        self._task = self._bars.add_task("compiling", total=cells)

    def optimum(self) -> None:
        """Say that the optimum is still being looked for."""
        self._bars.update(self._task, description="optimum f*")

    def contestant(self, label: str, seconds: float, nit: int) -> None:
        """Say which contestant runs, and how far it is."""
        self._bars.update(self._task, description=f"{label} · iteration {nit:,} · {seconds:.1f} s")

    def done(self) -> None:
        """Count a finished cell."""
        self._bars.advance(self._task)

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._bars.stop()
