"""What a loop minimises: f and its gradient, and the further functions that some methods use."""

from typing import Any, NamedTuple

import numpy as np

from solvers.jit import by_presence, nanoseconds, part
from solvers.pointer import call

COUNTED, GRADIENTS, HESSIANS, TENSORS, ORACLE, LATEST, END, ILLEGAL = range(8)
"""Places in the counters ``nfev`` of a run: evaluations as a method counts them, then true calls of each function; the
nanoseconds spent in them, the time when the latest came back, and when the run is to end; and how many trials in a row
had no finite value and slope."""

OTHER_LENGTH = "the gradient changed its length from one evaluation to the next"
"""Said in compiled code, whose types know how many dimensions an array has, but not how long it is."""

FOREVER = np.iinfo(np.int64).max


@part
def new_counters():
    """Return the counters of a run before its first evaluation."""
    counters = np.zeros(8, np.int64)
    counters[END] = FOREVER
    return counters


@part
def end_of(max_time, seconds):
    """Return the time of `nanoseconds` at which a run is to end that has used so many `seconds`."""
    left = 1e9 * (max_time - seconds)
    return nanoseconds() + int(left) if left < 1e18 else FOREVER


@part
def is_over(nfev):
    """Whether the latest evaluation came back when the time was over: no further one is made."""
    return nfev[LATEST] >= nfev[END]


@part
def came_back(nfev, began):
    """Note that an evaluation that began at a time of `nanoseconds` is done."""
    now = nanoseconds()
    nfev[ORACLE] += now - began
    nfev[LATEST] = now


class Problem(NamedTuple):
    """The functions of a problem, plain or pointers to machine code, with what else they take.

    One that is not given is None. Which are given is part of the tuple's type: compiled code contains no trace of those
    that are not.

    =====================  ==================================================================================
    ``fun``                ``fun(x, *args) -> f, g``; None: the next one gives them
    ``with_hessian``       ``with_hessian(x, *args) -> f, g, H``; None: the next one gives them
    ``with_tensor``        ``with_tensor(x, *args) -> f, g, H, T``
    ``product``            ``product(v, x, *args) -> H(x) v``
    ``preconditioner``     ``preconditioner(v, x, *args)``, about the inverse of H(x) times v; it takes
                           ``preconditioner_args`` instead where there are some
    ``complex_gradient``   ``complex_gradient(z, *args) -> g`` at a complex point
    ``search``             no function of the problem, but the line search on it: see `solvers.shared_search`
    =====================  ==================================================================================
    """

    fun: Any
    args: tuple[Any, ...]
    with_hessian: Any = None
    with_tensor: Any = None
    product: Any = None
    preconditioner: Any = None
    complex_gradient: Any = None
    preconditioner_args: tuple[Any, ...] | None = None
    search: Any = None

    def functions(self) -> dict[str, Any]:
        """Return the functions that are given, by their names."""
        named = {name: value for name, value in self._asdict().items() if not isinstance(value, tuple)}
        return {name: value for name, value in named.items() if value is not None}


@part
def with_first_order(fun, args):
    """Return the problem of a function that gives f and g; compiled code knows no defaults of a tuple's fields."""
    return Problem(fun, args, None, None, None, None, None, None, None)


@part
def with_second_order(fun, args):
    """Return the problem of a function that gives f, g and H."""
    return Problem(None, args, fun, None, None, None, None, None, None)


@part
def _call(function, problem, x):
    return function(x, *problem.args)


@part
def _four(problem, x):
    return problem.with_tensor(x, *problem.args)


@part
def _first_three(nothing, problem, x):
    f, g, H, _ = _four(problem, x)
    return f, g, H


_three = by_presence(_call, _first_three)


@part
def _first_two(nothing, problem, x):
    f, g, _ = _three(problem.with_hessian, problem, x)
    return f, g


_two = by_presence(_call, _first_two)


@part
def gradient(problem, x, nfev):
    """Return f and g at `x`."""
    nfev[GRADIENTS] += 1
    began = nanoseconds()
    f, g = _two(problem.fun, problem, x)
    came_back(nfev, began)
    return f, g


@part
def hessian(problem, x, nfev):
    """Return f, g and H at `x`."""
    nfev[HESSIANS] += 1
    began = nanoseconds()
    f, g, H = _three(problem.with_hessian, problem, x)
    came_back(nfev, began)
    return f, g, H


@part
def tensor(problem, x, nfev):
    """Return f, g, H and T at `x`."""
    nfev[TENSORS] += 1
    began = nanoseconds()
    f, g, H, T = _four(problem, x)
    came_back(nfev, began)
    return f, g, H, T


@part
def _by_its_own(preconditioner_args, problem, x, v):
    return call(problem.preconditioner, (v, x, *preconditioner_args))


@part
def _by_those_of_all(nothing, problem, x, v):
    return call(problem.preconditioner, (v, x, *problem.args))


_preconditioned = by_presence(_by_its_own, _by_those_of_all)


@part
def preconditioned(problem, x, v):
    """Return the problem's preconditioner at `x` times `v`, a new array."""
    return _preconditioned(problem.preconditioner_args, problem, x, v)


@part
def gradient_at_complex(problem, z, nfev):
    """Return g at the complex point `z`."""
    nfev[GRADIENTS] += 1
    began = nanoseconds()
    g = problem.complex_gradient(z, *problem.args)
    came_back(nfev, began)
    return g


@part
def product_of(product, problem, x, v, nfev):
    """Return the Hessian at `x` times `v` by the problem's own `product`."""
    began = nanoseconds()
    Hv = product(v, x, *problem.args)
    came_back(nfev, began)
    return Hv
