"""A method of minFunc as a contestant: ``minfunc:qnewton``, with minFunc's own options after a second colon."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench.matlab.minfunc_options import Declared

FACE = "minfunc"
SUMMARIES = {
    "sd": "steepest descent",
    "csd": "cyclic steepest descent: a Wolfe step whose length the next steps share",
    "bb": "steepest descent with the step length of Barzilai and Borwein",
    "cg": "nonlinear conjugate gradients",
    "scg": "scaled nonlinear conjugate gradients: the first trial is the Newton step along the direction",
    "pcg": "preconditioned nonlinear conjugate gradients",
    "lbfgs": "limited-memory BFGS",
    "qnewton": "quasi-Newton with a dense matrix: BFGS, SR1 and four self-scaling updates",
    "newton0": "Newton with conjugate gradients on products with the Hessian, which is never formed",
    "pnewton0": "newton0 with a preconditioner",
    "newton": "Newton with the Hessian, modified where it is indefinite",
    "mnewton": "Newton with a Hessian that several iterations share",
    "tensor": "Newton steps of the third-order model",
}
SET_HERE = ("Method", "Display", "DerivativeCheck", "outputFcn", "strict")
"""Options that a comparison has no place for."""


@dataclass(frozen=True)
class MinfuncMethod:
    """One of minFunc's methods, called like those of the solvers.

    Parameters
    ----------
    method : str
        minFunc's word for it.
    """

    method: str

    def __post_init__(self) -> None:
        if self.method not in SUMMARIES:
            from solvers.options import nearest

            names = ", ".join(SUMMARIES)
            raise ValueError(
                f"minFunc has no method {self.method!r}: expected {FACE}:METHOD with one of {names}"
                + nearest(self.method, SUMMARIES)
            )

    @property
    def name(self) -> str:
        """What names it in a comparison."""
        return f"{FACE}:{self.method}"

    @property
    def summary(self) -> str:
        """What it is, in a line."""
        return SUMMARIES[self.method]

    def options(self) -> dict[str, "Declared"]:
        """Return minFunc's options, but for those that a comparison sets itself."""
        from workbench.matlab.minfunc_options import table

        return {name: row for name, row in table().items() if name not in SET_HERE}
