"""Stored runs of a solver comparison, read into DataFrames and written as tables, figures and pages.

``load(folder)`` gives the :class:`~reports.run.Run`, ``summary(run)`` its table, ``build(run)`` its report;
``Recorder`` writes the record while a comparison runs. Nothing here solves anything.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reports.record import Recorder
    from reports.report import build
    from reports.run import Run, load
    from reports.tables.summary import summary

__all__ = ["Recorder", "Run", "build", "load", "summary"]

# Imported at first use: pandas, SQLAlchemy and matplotlib would make `import reports` cost a second.
_HOMES = {
    "Recorder": "reports.record",
    "Run": "reports.run",
    "build": "reports.report",
    "load": "reports.run",
    "summary": "reports.tables.summary",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'reports' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
