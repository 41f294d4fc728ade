"""Stored runs of a solver comparison, read into DataFrames and written as tables, figures and pages.

``load(where)`` gives the :class:`~reports.run.Run`, ``summary(run)`` its table, ``build(run)`` its report;
``Store`` is written to while a comparison runs. Nothing here solves anything.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reports.columns import digest
    from reports.report import build
    from reports.run import Run, load
    from reports.store import Store
    from reports.tables.summary import summary

__all__ = ["Run", "Store", "build", "digest", "load", "summary"]

# Imported at first use: pandas, SQLAlchemy and matplotlib would make `import reports` cost a second.
_HOMES = {
    "Run": "reports.run",
    "Store": "reports.store",
    "build": "reports.report",
    "digest": "reports.columns",
    "load": "reports.run",
    "summary": "reports.tables.summary",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'reports' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
