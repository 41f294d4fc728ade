"""The two loops there are, line-search descent and stochastic epochs, behind one face for whoever drives them."""

import functools
import sys
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numba import typeof, types
from numba.extending import overload

from solvers import descent, second_process, stochastic
from solvers.directions import OWN
from solvers.jit import clock, compiled, part
from solvers.objective import at_start
from solvers.packed import Packed, packed, unaddressed
from solvers.pointer import Pointer
from solvers.problem import Problem, new_counters
from solvers.settings import StochasticSettings
from solvers.shared_search import search_pointer
from solvers.stopping import RUNNING, TIME, outcome
from solvers.trace import WIDTH, new_trace
from solvers.vectors import norm_inf


class Engine(NamedTuple):
    """A loop and what it needs before its first iteration.

    `order` is the highest derivative that it uses. `second_order` says that it keeps a Hessian, `uses_product` and
    `uses_preconditioner` that it calls these if they are given, `interpreted` that Numba cannot compile it.
    """

    new_state: Callable[..., Any]
    new_memory: Callable[..., Any]
    start: Callable[..., Any]
    last_step: Callable[..., Any]
    loop: Callable[..., Any]
    compiled: Any
    second_order: bool
    interpreted: bool
    order: int
    uses_product: bool
    uses_preconditioner: bool


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
    return engine_for(*kinds_of(settings))


def kinds_of(settings: Any) -> tuple[type, ...]:
    """Return the types of the parts that a loop is composed of."""
    if isinstance(settings, StochasticSettings):
        return (StochasticSettings,)
    return type(settings.first_step), type(settings.search), type(settings.direction)


@functools.cache
def engine_for(*kinds: type) -> Engine:
    """Return the engine composed of parts of these types."""
    module: Any = stochastic if kinds == (StochasticSettings,) else descent
    loop, new_state, new_memory = module.compose(*kinds)
    parts = [sys.modules[kind.__module__] for kind in kinds]
    second_order = hasattr(parts[-1], "wants_hessian")
    interpreted = any(getattr(each, "INTERPRETED", False) for each in parts)
    first_step, direction = parts[0], parts[-1]
    return Engine(
        new_state,
        new_memory,
        module.start,
        module.last_step,
        loop,
        compiled(loop),
        second_order,
        interpreted,
        getattr(direction, "ORDER", 1),
        getattr(direction, "USES_PRODUCT", False) or getattr(first_step, "USES_PRODUCT", False),
        getattr(direction, "USES_PRECONDITIONER", False),
    )


_entries: dict[Any, Any] = {}
_pointers: dict[Any, Pointer] = {}


def compiled_entry(settings: Any, problem: Problem) -> tuple[Any, Problem]:
    """Return the machine code of the loop, compiling it or loading it from disk, and the problem as that takes it.

    The entry is called without Numba's own dispatch, which would look all types up again at each call.
    """
    if not isinstance(settings, StochasticSettings):  # those draw from the rows among the args
        problem = packed(problem)
    key = _types(settings, problem)
    if key not in _entries:
        second_process.wait()
        _entries[key] = _compiled_for(settings, problem)
    entry, search = _entries[key]
    return entry, problem._replace(search=search)


def _compiled_for(settings: Any, problem: Problem) -> tuple[Any, Pointer | None]:
    """Return the machine code of the loop, and of its search where that stands alone."""
    engine, search = engine_of(settings), None
    if not isinstance(settings, StochasticSettings):
        search = search_pointer(settings.search, problem, engine.second_order)
    return engine.compiled.compile(_signature(settings, problem._replace(search=search)).args), search


def compile_by_name(kinds: list[str], functions: list[str]) -> None:
    """Compile the loop of settings whose types have these names, for problems that are addresses."""
    empty: Any = Problem(None, (Packed(Problem(None, ()), np.empty(0, np.int64)),))
    _compiled_for(second_process.named(kinds), empty._replace(**{name: unaddressed(name) for name in functions}))


def loop_pointer(settings: Any, problem: Problem) -> Pointer:
    """Return the machine code of the loop for a problem as it is, as a value that other compiled code can call."""
    key = _types(settings, problem)
    pointer = _pointers.get(key)
    if pointer is None:
        pointer = _pointers[key] = Pointer(engine_of(settings).compiled, _signature(settings, problem))
    return pointer


def _types(settings: Any, problem: Problem) -> Any:
    """Return what the machine code depends on; faster than the signature itself."""
    kinds = [(name, function.type) for name, function in problem.functions().items()]
    # The search (last but one) may have parts of its own, whose types count too.
    return type(settings), *map(type, settings), *map(type, settings[-2]), *kinds


def _signature(settings: Any, problem: Problem) -> Any:
    """Return the signature of the loop."""
    engine = engine_of(settings)
    g = np.zeros(1)
    H = np.zeros((1, 1)) if engine.second_order else None
    progress = typeof(engine.start(RUNNING, 0.0, 0.0))
    return progress(
        typeof(problem),
        typeof(settings),
        types.float64,
        typeof(engine.new_state(settings, g, g, H, new_counters())),
        typeof(engine.new_memory(1, settings, problem.args)),
        progress,
        typeof(new_trace(0)),
        types.float64,
        types.int64,
    )


@part
def _accept(settings):
    pass


@part
def _refuse_own(settings):
    if settings.direction.preconditioner == OWN:
        raise ValueError("inside compiled code a function offers no preconditioner of its own: leave out 'own'")


@part
def _refuse_stages(settings):
    if settings.stages.stages > 0:
        raise ValueError("inside compiled code a function has no rows to draw stages from: leave out 'stages'")


@functools.cache
def whole_run(*kinds: type) -> Callable[..., Any]:
    """Return a whole run as one function for compiled callers: no clock slices, no trace, no callback.

    ``(advance, problem, x0, settings, gtol, deadline)`` gives a `Solution`; `advance` is the loop of these parts, or
    the pointer to it, and `deadline` a time of `clock`.
    """
    engine = engine_for(*kinds)
    new_state, new_memory, start = engine.new_state, engine.new_memory, engine.start
    second_order = True if engine.second_order else None
    refuse_own = _refuse_own if "preconditioner" in kinds[-1]._fields else _accept  # type: ignore[attr-defined]

    def solve(advance, problem, x0, settings, gtol, deadline):
        began = clock()
        refuse_own(settings)
        f, g, H, nfev = at_start(second_order, problem, x0.copy())
        if g.size != x0.size:  # a pointer's type says how many dimensions g has, not how long it is
            raise ValueError("fun returned a gradient of another length than x0")
        stopping = settings.stopping
        state = new_state(settings, x0, g, H, nfev)
        memory = new_memory(x0.size, settings, problem.args)
        status = outcome(stopping, gtol, 0, 1, f, norm_inf(g))
        progress = advance(
            problem,
            settings,
            gtol,
            state,
            memory,
            start(status, f, clock() - began),
            np.empty((0, WIDTH)),
            deadline,
            stopping.max_iter,
        )
        status = progress.status if progress.status != RUNNING else TIME
        return Solution(state.x, progress.f, state.g, norm_inf(state.g), state.nit[0], state.nfev[0], status)

    return part(solve)


def solve(advance, problem, x0, settings, gtol, deadline):
    """Return the `Solution` of a whole run; in compiled code the type of `settings` says which."""
    return whole_run(*kinds_of(settings))(advance, problem, x0, settings, gtol, deadline)


@overload(solve)
def _compiled_solve(advance, problem, x0, settings, gtol, deadline):
    run = whole_run(*kinds_of_type(settings))
    return lambda advance, problem, x0, settings, gtol, deadline: run(advance, problem, x0, settings, gtol, deadline)


def kinds_of_type(settings: Any) -> tuple[type, ...]:
    """Return what `kinds_of` returns of settings of this Numba type."""
    kind: type = settings.instance_class
    if kind is StochasticSettings:
        return (kind,)
    return tuple(settings.types[place].instance_class for place in (1, -2, -1))


@functools.cache
def solver(*kinds: type, staged: bool = False) -> Callable[..., Any]:
    """Return `whole_run` within its own settings alone: it takes the `Problem` whole, x0 and the settings."""
    run, advance = whole_run(*kinds), part(engine_for(*kinds).loop)
    refuse_stages = _refuse_stages if staged else _accept

    def solve(problem, x0, settings):
        refuse_stages(settings)
        return run(advance, problem, x0, settings, settings.stopping.gtol, clock() + settings.stopping.max_time)

    return part(solve)
