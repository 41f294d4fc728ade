"""An optimisation workbench: check a gradient, minimise, prove the answer, compare solvers, report.

Everything a user needs is here; nothing is imported before it is used, and nothing compiled before it is called.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from solvers.objective import ContractError as ContractError
    from solvers.objective import NotEvaluable as NotEvaluable
    from solvers.objective import RowObjective as RowObjective
    from solvers.status import Status as Status
    from workbench import matlab as matlab
    from workbench.batch import BatchResult as BatchResult
    from workbench.batch import minimize_batch as minimize_batch
    from workbench.certificate import Certificate as Certificate
    from workbench.certificate import certify as certify
    from workbench.certified import minimize as minimize
    from workbench.data import Dataset as Dataset
    from workbench.data import list_datasets as list_datasets
    from workbench.data import load_dataset as load_dataset
    from workbench.gradient_check import check_gradient as check_gradient
    from workbench.matlab.minfunc import minfunc as minfunc
    from workbench.objectives.softmax import SoftmaxObjective as SoftmaxObjective

__version__ = "0.1.0"

_HOME = {
    "BatchResult": "workbench.batch",
    "Certificate": "workbench.certificate",
    "ContractError": "solvers.objective",
    "Dataset": "workbench.data",
    "NotEvaluable": "solvers.objective",
    "RowObjective": "solvers.objective",
    "SoftmaxObjective": "workbench.objectives.softmax",
    "Status": "solvers.status",
    "certify": "workbench.certificate",
    "check_gradient": "workbench.gradient_check",
    "list_datasets": "workbench.data",
    "load_dataset": "workbench.data",
    "matlab": "workbench.matlab",
    "minfunc": "workbench.matlab.minfunc",
    "minimize": "workbench.certified",
    "minimize_batch": "workbench.batch",
}

__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'workbench' has no attribute {name!r}")
    found = importlib.import_module(_HOME[name])
    if name != "matlab":
        found = getattr(found, name)
    globals()[name] = found  # also where a submodule of the same name was imported on the way
    return found


def __dir__() -> list[str]:
    return __all__
