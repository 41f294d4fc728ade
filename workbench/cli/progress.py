"""Progress of a comparison: a bar on a terminal's stderr, silence in a pipe."""

import sys
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars


class Progress:
    """A bar with as many steps as there are cells, and a few words on what goes on."""

    def __init__(self, cells: int) -> None:
        self._bars = Bars(
            SpinnerColumn(),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.description}"),
            console=Console(stderr=True),
            transient=True,
            redirect_stdout=False,  # results go to stdout, wherever that leads
            disable=not sys.stderr.isatty(),
        )
        self._task = self._bars.add_task("", total=cells)

    def say(self, words: str) -> None:
        """Say what goes on."""
        self._bars.update(self._task, description=escape(words))

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
