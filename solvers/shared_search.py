"""A line search as machine code of its own, called through a pointer: one for all methods that search this way.

Compiled into a loop, as it is for callers that are compiled themselves, it is compiled anew for each method, and takes
as long as half the rest. The pointer is handed to the loop in its problem.
"""

import functools
import sys
from typing import Any

import numpy as np
from numba import typeof, types

from solvers.directions import NEVER
from solvers.jit import POINTED_AT, by_presence, compiled, part
from solvers.pointer import Pointer, call
from solvers.problem import Problem, new_counters
from solvers.ray import Found, Ray, Trial


@part
def evaluable(problem):
    """Return what a search uses of a problem, so that the rest makes no difference to it."""
    return Problem(problem.fun, problem.args, problem.with_hessian, problem.with_tensor, None, None, None, None, None)


def searching(find: Any) -> Any:
    """Return ``(search, *args)``: `find` of the arguments, or the pointer `search` where it is not None."""

    @part
    def by_pointer(search, ray, settings, start, reference, t, last_call):
        return call(search, (ray, settings, start, reference, t, last_call))

    @part
    def by_itself(nothing, ray, settings, start, reference, t, last_call):
        return find(ray, settings, start, reference, t, last_call)

    return by_presence(by_pointer, by_itself)


@functools.cache
def _compiled_find(module: str) -> Any:
    return compiled(sys.modules[module].find, **POINTED_AT)


_known: dict[Any, Pointer] = {}


def search_pointer(settings: Any, problem: Problem, second_order: bool) -> Pointer:
    """Return the pointer to the search of these settings on problems of this type, compiled or loaded from disk."""
    # The search may have parts of its own, whose types count too.
    functions = evaluable(problem).functions()
    kinds = [(name, function.type) for name, function in functions.items()]
    key = type(settings), *map(type, settings), *kinds, typeof(problem.args)
    if key not in _known:
        vector, H = np.zeros(1), np.zeros((1, 1)) if second_order else None
        ray = Ray(evaluable(problem), vector, vector, new_counters(), 0, NEVER, H)
        trial = Trial(0.0, 0.0, 0.0, vector, H)
        given = typeof(ray), typeof(settings), typeof(trial), types.float64, types.float64, types.int64
        _known[key] = Pointer(_compiled_find(type(settings).__module__), typeof(Found(trial, True))(*given))
    return _known[key]
