"""The two loops there are, line-search descent and stochastic epochs, behind one face for whoever drives them."""

import functools
from collections.abc import Callable, Hashable
from typing import Any, NamedTuple

import numpy as np
from numba import typeof, types

from solvers import descent, stochastic
from solvers.jit import clock, compiled, part
from solvers.settings import StochasticSettings
from solvers.stopping import RUNNING, TIME, outcome
from solvers.trace import new_trace
from solvers.vectors import norm_inf


class Engine(NamedTuple):
    """A loop and what it needs before its first iteration."""

    new_state: Callable[..., Any]
    new_memory: Callable[..., Any]
    start: Callable[..., Any]
    loop: Callable[..., Any]
    compiled: Any


class Solution(NamedTuple):
    """What a solver returns inside compiled code: `status` is a ``Status`` as an integer."""

    x: np.ndarray
    f: float
    g: np.ndarray
    grad_inf: float
    nit: int
    nfev: int
    status: int


def engine_of(settings: Any) -> Engine:
    """Return the engine of `settings`; their types say which."""
    if isinstance(settings, StochasticSettings):
        return _engine(StochasticSettings)
    kinds: tuple[type, type] = (type(settings.search), type(settings.direction))
    return _engine(*kinds)


@functools.cache
def _engine(*kinds: Hashable) -> Engine:
    module: Any = stochastic if kinds == (StochasticSettings,) else descent
    loop, new_memory = module.compose(*kinds)
    return Engine(module.new_state, new_memory, module.start, loop, compiled(loop))


_entries: dict[Any, Any] = {}


def compiled_entry(settings: Any, pointer_type: Any, args: tuple[Any, ...]) -> Any:
    """Return the machine code of the loop for objectives of one type, compiling it or loading it from disk.

    The entry is called without Numba's own dispatch, which would look all types up again at each call.
    """
    key = (type(settings), *map(type, settings), pointer_type)
    entry = _entries.get(key)
    if entry is None:
        engine = engine_of(settings)
        g = np.zeros(1)
        state = engine.new_state(g, g)
        memory = engine.new_memory(1, settings, args)
        signature = (
            pointer_type,
            typeof(args),
            typeof(settings),
            types.float64,
            typeof(state),
            typeof(memory),
            typeof(engine.start(RUNNING, 0.0, 0.0)),
            typeof(new_trace(0)),
            types.float64,
            types.int64,
        )
        entry = _entries[key] = engine.compiled.compile(signature)
    return entry


@functools.cache
def solver(*kinds: Hashable) -> Callable[..., Any]:
    """Return a whole run as one function for compiled callers: no clock slices, no trace, no callback."""
    new_state, new_memory, start, loop, _ = _engine(*kinds)
    advance = part(loop)

    def solve(fun, x0, args, settings):
        began = clock()
        f, g = fun(x0.copy(), *args)
        stopping = settings.stopping
        state = new_state(x0, g)
        memory = new_memory(x0.size, settings, args)
        status = outcome(stopping, stopping.gtol, 0, 1, f, norm_inf(g))
        progress = advance(
            fun,
            args,
            settings,
            stopping.gtol,
            state,
            memory,
            start(status, f, clock() - began),
            np.empty((0, 6)),
            began + stopping.max_time,
            stopping.max_iter,
        )
        status = progress.status if progress.status != RUNNING else TIME
        return Solution(state.x, progress.f, state.g, norm_inf(state.g), state.nit[0], state.nfev[0], status)

    return part(solve)
