"""Steepest descent with the step length of Barzilai & Borwein (1988), which imitates a quasi-Newton step.

The length is kept in the direction, ``d = -alpha g``, so that the first trial of every search is ``t = 1``; with the
non-monotone Armijo search this is the global method of Raydan (1997).

======= =============================================================== ==========================================
long    ``s's / s'y``                                                   Barzilai & Borwein (1988), equation 5
short   ``s'y / y'y``                                                   equation 6
conic   ``s's / (6 (f_old - f) + 4 g's + 2 g_old's)``, if near `long`   the curvature at x of the cubic through both
                                                                        points along s
retards one of the last five `long` lengths, drawn at random            Friedlander, Martinez, Molina & Raydan (1999)
======= =============================================================== ==========================================
"""

import math
from typing import Annotated, NamedTuple

import numpy as np

from solvers.jit import compiled, part
from solvers.options import Between, Choice
from solvers.vectors import dot

LONG, SHORT, CONIC, RETARDS = range(4)
KEPT = 5


class BarzilaiBorwein(NamedTuple):
    """Settings of the Barzilai-Borwein length."""

    length: Annotated[
        int,
        Choice(("long", "short", "conic", "retards")),
        "long: s's / s'y; short: s'y / y'y; conic: with values of f; retards: one of the last five, at random",
    ] = LONG
    seed: Annotated[int, Between(0), "of the random choice among the last lengths"] = 0


class Memory(NamedTuple):
    """The length of the next step, the last `KEPT` lengths, random numbers, and two counters.

    `counts` holds how many lengths were learnt since the last time that all were dropped, and how many were drawn.
    """

    alpha: np.ndarray
    recent: np.ndarray
    draws: np.ndarray
    counts: np.ndarray


@compiled
def uniform_draws(seed):
    """Return 1000 numbers from (0, 1), which are used in turn and then again: the generator of Park & Miller (1988)."""
    draws = np.empty(1000)
    state = seed % 2147483646 + 1
    for i in range(-10, 1000):  # the first numbers of small seeds are small
        state = 48271 * state % 2147483647
        if i >= 0:
            draws[i] = state / 2147483647
    return draws


@part
def new_memory(n, settings):
    """Return a memory with ``alpha = 1``."""
    draws = uniform_draws(settings.seed) if settings.length == RETARDS else np.empty(0)
    return Memory(np.ones(1), np.ones(KEPT), draws, np.zeros(2, np.int64))


@part
def propose(memory, settings, here):
    """Return ``-alpha g``."""
    return -memory.alpha[0] * here.g


@part
def guarded(numerator, denominator):
    """Return the quotient, or 1 where it is out of (1e-10, 1e10]; NaN, from 0 / 0, stays NaN."""
    if denominator == 0.0:
        return np.nan if numerator == 0.0 else 1.0
    alpha = numerator / denominator
    return 1.0 if alpha <= 1e-10 or alpha > 1e10 else alpha


@part
def conic_length(step, long):
    """Return the length that uses values of f too, where it is within a factor of 1000 of `long`."""
    curvature = 6.0 * (step.f_old - step.f_new) + 4.0 * dot(step.g_new, step.s) + 2.0 * dot(step.g_old, step.s)
    if curvature == 0.0:
        return long
    conic = dot(step.s, step.s) / curvature
    return conic if 0.001 * long < conic < 1000.0 * long else long


@part
def drawn(memory, long):
    """Keep `long` in place of the oldest length, and return one of those kept."""
    learnt, used = memory.counts[0], memory.counts[1]
    memory.recent[learnt % KEPT] = long
    kept = min(learnt + 1, KEPT)
    draw = memory.draws[used % memory.draws.size]
    memory.counts[1] = used + 1
    return memory.recent[max(math.ceil(draw * kept), 1) - 1]


@part
def learn(memory, settings, step):
    """Set alpha from the last step."""
    if settings.length == SHORT:
        alpha = guarded(dot(step.s, step.y), dot(step.y, step.y))
    else:
        alpha = guarded(dot(step.s, step.s), dot(step.s, step.y))
        if settings.length == CONIC:
            alpha = conic_length(step, alpha)
        elif settings.length == RETARDS:
            alpha = drawn(memory, alpha)
    memory.alpha[0] = alpha
    memory.counts[0] += 1


@part
def forget(memory):
    """Return to ``alpha = 1``."""
    learnt = memory.alpha[0] != 1.0
    memory.alpha[0] = 1.0
    memory.counts[0] = 0
    return learnt
