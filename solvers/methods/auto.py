"""L-BFGS with all that the objective allows, chosen for it."""

import math
import os
from typing import Any

import numpy as np

from solvers.directions import GIVEN, OWN
from solvers.directions.limited_memory_bfgs import LimitedMemoryBFGS
from solvers.method import Method
from solvers.settings import ChoosingSettings, StagedSettings, line_searches
from solvers.stages import Draw, Stages
from solvers.stopping import Stopping

MOST_PAIRS, FEWEST_PAIRS = 200, 5
SHARE = 1 / 16
"""Of the machine's memory that pairs may take."""
ASSUMED = 2**32
"""Bytes of memory, where the system does not tell."""
FROM_MEMORY = 4
"""What a multiply-add on numbers that come from memory, as pairs do, costs in those of an evaluation, in cache."""
MOST_STAGES = 3
LEAST_ROWS = 2000
"""Rows of the smallest stage: below that an evaluation costs next to nothing anyway."""
VARIABLES_PER_ROW = 8
"""At most, of the smallest stage: so few rows are fitted without an error, at a point far from the optimum of all."""


def step(n: int, memory: int) -> int:
    """Return what a step through so many pairs of `n` variables costs: 4 n multiply-adds a pair."""
    return 4 * n * memory * FROM_MEMORY


def pairs(n: int, work: float) -> int:
    """Return how many pairs of `n` variables are worth keeping, up to what still helps.

    They fit into their share of the machine's memory, and a step through them costs no more than an evaluation, which
    costs `work`.
    """
    try:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        memory = ASSUMED
    return max(FEWEST_PAIRS, int(min(MOST_PAIRS, SHARE * memory / (16 * n), work / step(n, 1))))


def stages(n_rows: int, n: int, work: float, rest: float) -> int:
    """Return how many stages leave the smallest enough rows, and its evaluations the larger part of the work.

    There are `n` variables; an evaluation on all rows costs `work`, the rest of an iteration `rest`.
    """
    growth, least = Stages().stage_growth, max(LEAST_ROWS, n / VARIABLES_PER_ROW)
    return sum(n_rows / growth**k >= least and work / growth**k >= rest for k in range(1, MOST_STAGES + 1))


def chosen(settings: ChoosingSettings, fun: Any, x0: np.ndarray) -> tuple[StagedSettings, str]:
    """Return the settings of L-BFGS for an objective, and what they are in words."""
    _, first_step, search, _ = line_searches(LimitedMemoryBFGS())["wolfe"]
    preconditioner = OWN if hasattr(fun, "preconditioner_form") else GIVEN
    work, n = getattr(fun, "work", math.inf), x0.size
    memory = pairs(n, work)
    growing = Stages(stages(getattr(fun, "n_rows", 0), n, work, step(n, memory)), seed=settings.draw.seed)
    direction = LimitedMemoryBFGS(memory=memory, preconditioner=preconditioner)
    made = StagedSettings(settings.stopping, first_step, growing, search, direction)
    said = f"lbfgs memory={direction.memory} stages={growing.stages}"
    return made, said + (" preconditioner=own" if preconditioner == OWN else "")


METHOD = Method(
    name="auto",
    summary="L-BFGS with what the objective allows: stages, preconditioner",
    variants={"": ChoosingSettings(Stopping(), Draw())},
    choose=chosen,
)
