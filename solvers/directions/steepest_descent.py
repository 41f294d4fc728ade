"""Steepest descent: ``d = -g`` (Cauchy 1847)."""

from typing import NamedTuple

from solvers.jit import part


class SteepestDescent(NamedTuple):
    """Settings of steepest descent: none."""


@part
def new_memory(n, settings):
    """Nothing is kept."""
    return ()


@part
def propose(memory, settings, here):
    """Return ``-g``."""
    return -here.g


@part
def learn(memory, settings, step):
    """Nothing is learnt."""


@part
def forget(memory):
    """There is nothing to drop."""
    return False
