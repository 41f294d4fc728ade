"""How a run ended: one word, one sentence, and whether that is success."""

from enum import IntEnum


class Status(IntEnum):
    """The outcomes of a run. Compiled code returns them as integers."""

    RUNNING = -1
    GRADIENT = 0
    TARGET = 1
    STEP = 2
    DECREASE = 3
    ITERATIONS = 4
    EVALUATIONS = 5
    TIME = 6
    CALLBACK = 7
    INTERRUPTED = 8
    ROUNDING = 9
    LINE_SEARCH = 10
    NOT_FINITE = 11
    UNBOUNDED = 12
    FLAT_DIRECTION = 13
    DIRECTION = 14
    WRONG_GRADIENT = 15
    CLAIMED = 16
    UNREPEATABLE = 17
    RAISED = 18

    @property
    def sentence(self) -> str:
        """What happened, in words."""
        return _SENTENCES[self]

    @property
    def success(self) -> bool:
        """Whether the run ended where it was asked to: a small gradient, or a value as low as the target.

        A run from Python evaluates f and g once more before it says so (`solvers.verification`). Of a solver of another
        library it is what that says of itself.
        """
        return self in (Status.GRADIENT, Status.TARGET, Status.CLAIMED)


_SENTENCES = {
    Status.RUNNING: "still running",
    Status.GRADIENT: "gradient norm below gtol",
    Status.TARGET: "value at or below the target",
    Status.STEP: "step below tolerance",
    Status.DECREASE: "decrease of f below tolerance",
    Status.ITERATIONS: "iteration limit reached",
    Status.EVALUATIONS: "evaluation limit reached",
    Status.TIME: "time limit reached",
    Status.CALLBACK: "stopped by the callback",
    Status.INTERRUPTED: "interrupted",
    Status.ROUNDING: "no lower value can be resolved: f or x is at its rounding floor",
    Status.LINE_SEARCH: "line search found no lower value along a descent direction: f has a kink there, or noise",
    Status.NOT_FINITE: "f or its gradient is not finite",
    Status.UNBOUNDED: "f is unbounded below: it reached minus infinity",
    Status.FLAT_DIRECTION: "slope along the direction below tolerance",
    Status.DIRECTION: "direction is not finite",
    Status.WRONG_GRADIENT: "g is not the gradient of f",
    Status.CLAIMED: "its own rule says that it has converged",
    Status.UNREPEATABLE: "f and g are others when evaluated once more at the same point",
    Status.RAISED: "the objective raised an exception",
}

FAULTS = (Status.NOT_FINITE, Status.RAISED)
"""How a run ends for a fault of the objective: it returns the best point of all, not its last."""
