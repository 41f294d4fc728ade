"""Preconditioned nonlinear conjugate gradients: ``d = s + beta d_old``, where s is the preconditioned ``-g``.

The preconditioner is the problem's own, or limited-memory BFGS. The updates are those of `conjugate_gradient` in the
scalar product of the preconditioner (Hager & Zhang 2006, section 9), with ``g_old's_old < 0``:

==== =====================================================
fr   ``g's / g_old's_old``
pr   ``g'(s - s_old) / g_old's_old``
gn   ``max(-fr, min(pr, fr))``, Gilbert & Nocedal (1992)
==== =====================================================
"""

from typing import Annotated, NamedTuple

import numpy as np

from solvers.directions import GIVEN, Preconditioner, limited_memory_bfgs
from solvers.jit import part
from solvers.options import Between, Choice
from solvers.problem import preconditioned
from solvers.remarks import remark
from solvers.vectors import dot, overwrite

FR, PR, GN = range(3)

USES_PRECONDITIONER = True


class PreconditionedConjugateGradient(NamedTuple):
    """Settings of preconditioned conjugate gradients; those of pairs are used without a preconditioner only."""

    update: Annotated[int, Choice(("fr", "pr", "gn")), "the formula of beta"] = GN
    memory: Annotated[int, Between(1), "pairs kept"] = 100
    curvature: Annotated[float, Between(0.0, 1.0), "a pair is stored only if s'y exceeds this part of |s| |y|"] = 1e-10
    curvature_floor: Annotated[float, Between(0.0), "and only if s'y exceeds this"] = 0.0
    preconditioner: Preconditioner = GIVEN


class Memory(NamedTuple):
    """The last direction, gradient and preconditioned ``-g``, the pairs, and two notes.

    The notes: directions made since the last restart, and whether the preconditioner is the problem's own.
    """

    d: np.ndarray
    g: np.ndarray
    s: np.ndarray
    pairs: limited_memory_bfgs.Memory
    notes: np.ndarray


MADE, FROM_PROBLEM = range(2)


@part
def new_memory(n, settings):
    """Return a memory for `n` variables."""
    pairs = limited_memory_bfgs.new_memory(n, settings)
    return Memory(np.zeros(n), np.zeros(n), np.zeros(n), pairs, np.zeros(2, np.int64))


@part
def _inverse(given, memory, problem, x, v):
    """Return the inverse of the Hessian, or what stands for it, times `v`."""
    if given is None:
        return limited_memory_bfgs.apply_inverse(memory.pairs, v)
    memory.notes[FROM_PROBLEM] = 1
    return preconditioned(problem, x, v)


@part
def factor(update, g, s, s_old, scale):
    """Return beta."""
    fr, pr = dot(g, s) / scale, dot(g, s - s_old) / scale
    if update == FR:
        return fr
    return pr if update == PR else max(-fr, min(pr, fr))


@part
def propose(memory, settings, here):
    """Return the conjugate direction, or the preconditioned ``-g`` where a restart is due."""
    g = here.g
    s = _inverse(here.problem.preconditioner, memory, here.problem, here.x, -g)
    d = s.copy()
    if memory.notes[MADE] > 0:
        scale = dot(memory.g, memory.s)
        if scale != 0.0:  # it underflows
            d = s + factor(settings.update, g, s, memory.s, scale) * memory.d
        if dot(g, d) > -here.progress:
            remark("Restarting CG")
            memory.notes[MADE] = 0
            d = s.copy()
    overwrite(memory.d, d)
    overwrite(memory.g, g)
    overwrite(memory.s, s)
    memory.notes[MADE] += 1
    return d


@part
def learn(memory, settings, step):
    """Take in the pair of an accepted step, unless the problem has its own preconditioner."""
    if memory.notes[FROM_PROBLEM] == 0:
        limited_memory_bfgs.take_pair(memory.pairs, settings, step.s, step.y)


@part
def forget(memory):
    """Start anew from ``-g``, or from the problem's own preconditioner."""
    learnt = limited_memory_bfgs.forget(memory.pairs) or memory.notes[MADE] > 1
    memory.notes[MADE] = 0
    return learnt
