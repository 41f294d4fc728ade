"""Stages: iterations on growing subsets of the rows before those on all of them, with what was learnt kept.

While the iterate is far from the optimum a part of the rows shows the way as well as all of them, at a part of the
cost; the pairs of L-BFGS are approximately those of the whole. (Byrd, Chin, Nocedal & Wu 2012, Math. Program. 134,
section 5, grow the sample with the accuracy; here the sizes are fixed beforehand.)
"""

from typing import Annotated, NamedTuple

import numpy as np

from solvers.options import Between


class Stages(NamedTuple):
    """Settings of the stages; each subset holds the one before, the last has ``1 / stage_growth`` of the rows."""

    stages: Annotated[int, Between(0), "subsets of the rows to iterate on before all of them; 0: none"] = 0
    stage_iterations: Annotated[int, Between(1), "iterations on each subset"] = 15
    stage_growth: Annotated[float, Between(1.0, open_low=True), "each is so many times the last"] = 3.0
    seed: Annotated[int, Between(0, 2**31 - 3), "of the rows that are drawn for them"] = 0


class Draw(NamedTuple):
    """Settings of who has the stages chosen: what is drawn at random."""

    seed: Annotated[int, Between(0, 2**31 - 3), "of the rows that are drawn for stages"] = 0


def subsets(stages: Stages, rows: np.ndarray) -> list[np.ndarray]:
    """Return the rows of each stage, in their order, from the smallest to the largest; at least one row each."""
    if stages.stages == 0:
        return []
    order = np.random.default_rng(stages.seed).permutation(rows.size)
    counts = [max(1, int(rows.size / stages.stage_growth**k)) for k in range(stages.stages, 0, -1)]
    return [rows[np.sort(order[:count])] for count in counts]
