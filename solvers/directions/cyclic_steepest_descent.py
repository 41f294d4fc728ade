"""Cyclic steepest descent: one length serves a whole cycle of steps.

Dai, Hager, Schittkowski & Zhang (2006) repeat a Barzilai-Borwein length; here, as in minFunc, it is the step of a line
search along ``-g``. The first step of a cycle is searched along ``-g``, and the step found becomes the length alpha of
the others, ``d = -alpha g``. It belongs with the search of the same cycle, which changes from one rule to the other.
"""

from typing import Annotated, NamedTuple

import numpy as np

from solvers.jit import part
from solvers.options import Between

FIRST, SECOND, LATER = range(3)


class CyclicSteepestDescent(NamedTuple):
    """Settings of cyclic steepest descent."""

    cycle: Annotated[int, Between(0), "steps in a cycle; 1: every step repeats the last; 0: one cycle without end"] = 3


class Memory(NamedTuple):
    """The length alpha, and the last step."""

    alpha: np.ndarray
    t: np.ndarray


@part
def phase(nit, cycle):
    """Return which step of its cycle the one after `nit` iterations is."""
    place = (nit + 1) % cycle if cycle > 0 else nit + 1
    second = 2 % cycle if cycle > 0 else 2
    if place == 1:
        return FIRST
    return SECOND if place == second else LATER


@part
def new_memory(n, settings):
    """Return a memory with ``alpha = 1``."""
    return Memory(np.ones(1), np.ones(1))


@part
def propose(memory, settings, here):
    """Return ``-alpha g``."""
    place = phase(here.nit, settings.cycle)
    if place == FIRST:
        memory.alpha[0] = 1.0
    elif place == SECOND:
        memory.alpha[0] = memory.t[0]
    return -memory.alpha[0] * here.g


@part
def learn(memory, settings, step):
    """Keep the step."""
    memory.t[0] = step.t


@part
def forget(memory):
    """Return to ``alpha = 1``."""
    learnt = memory.alpha[0] != 1.0
    memory.alpha[0] = 1.0
    memory.t[0] = 1.0
    return learnt
