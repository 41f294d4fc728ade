"""A method: a name, a sentence, and the compositions of parts that its options choose from."""

import functools
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
from numba import config
from numba.core.errors import TypingError
from numba.extending import overload

from solvers.directions import GIVEN, OWN
from solvers.driver import Observer, run
from solvers.engine import compiled_entry, engine_for, engine_of, solver
from solvers.jit import clock
from solvers.objective import Objective, own_preconditioner, own_product, resolve, swapped
from solvers.options import Option, declared, nearest
from solvers.problem import with_first_order, with_second_order
from solvers.result import Result
from solvers.second_process import beside
from solvers.settings import StagedSettings, StochasticSettings
from solvers.staging import Tighten, run_staged

WARM_UP = 3
"""Iterations after which an interpreted loop has called every compiled part that it calls as a rule."""


@dataclass(frozen=True, eq=False)
class Method:
    """A solver: call it as a function, or name it to ``scipy.optimize.minimize(fun, x0, jac=True, method=...)``.

    Parameters
    ----------
    name, summary : str
        What it is called, and what it is in one line.
    variants : mapping of str to settings
        The compositions, with this method's defaults; the first is the default.
    selector : str
        The option that names the variant; empty where there is only one.
    selector_doc : str
        What that option means.
    required : mapping of str to str, optional
        The option that a variant does not go without, where its default is none.
    complete : callable, optional
        Fills in what only the objective knows: ``complete(settings, variant, objective) -> settings``.
    choose : callable, optional
        Makes the settings of a loop from this method's, with a word on them for the result:
        ``choose(settings, fun, x0) -> settings, said``.

    Notes
    -----
    Inside a function compiled by ``numba.njit`` the same call ``lbfgs(fun, x0, args, settings)`` is compiled into it;
    `settings` come from `settings` below, as a global or an argument, and a ``Solution`` tuple comes back.
    """

    name: str
    summary: str
    variants: Mapping[str, Any]
    selector: str = ""
    selector_doc: str = ""
    required: Mapping[str, str] = field(default_factory=dict)
    complete: Callable[[Any, str, Objective], Any] | None = None
    choose: Callable[[Any, Any, np.ndarray], tuple[Any, str]] | None = None
    __name__: str = field(init=False, default="")

    def __post_init__(self) -> None:
        object.__setattr__(self, "__name__", self.name)
        if not config.DISABLE_JIT:
            _compile_into_callers(self)

    @functools.cache  # noqa: B019 - a method lives as long as the process
    def options(self, variant: str | None = None) -> Mapping[str, Option]:
        """Return the options of a variant, without the one that selects it."""
        settings = self.variants[variant or next(iter(self.variants))]
        return MappingProxyType({name: option for part in settings for name, option in declared(part).items()})

    def settings(self, **options: Any) -> Any:
        """Return the settings tuple for these options; what is not named keeps its default.

        Raises
        ------
        TypeError
            For an option that the method does not have, or a value of the wrong kind.
        ValueError
            For a value out of range, or an option missing that the variant requires.
        """
        variant = self._variant(options)
        known = self.options(variant)
        missing = self.required.get(variant)
        if missing is not None and missing not in options:
            option = known[missing]
            raise ValueError(
                f"{self.name} with {self.selector}={variant!r} needs {missing}=: {option.doc}, a number {option.rule}"
            )
        settings = self.variants[variant]
        for name, value in options.items():
            if name == self.selector:
                continue
            if name not in known:
                raise TypeError(self._unknown(name, variant, known))
            encoded = known[name].encode(value, self.name)
            for index, part in enumerate(settings):
                if name in part._fields:
                    settings = settings._replace(**{settings._fields[index]: part._replace(**{name: encoded})})
        return settings

    def _variant(self, options: Mapping[str, Any]) -> str:
        default = next(iter(self.variants))
        if not self.selector:
            return default
        chosen = options.get(self.selector, default)
        if chosen not in self.variants:
            raise ValueError(
                f"{self.name}: option {self.selector}={chosen!r}: expected one of {', '.join(self.variants)}"
                + nearest(str(chosen), self.variants)
            )
        return str(chosen)

    def _unknown(self, name: str, variant: str, known: Mapping[str, Option]) -> str:
        for other in self.variants:
            if name in self.options(other):
                return f"{self.name}: option {name!r} belongs to {self.selector}={other!r}, not to {variant!r}"
        names = [*known, self.selector] if self.selector else list(known)
        return f"{self.name} has no option {name!r}{nearest(name, names) or ', it takes ' + ', '.join(sorted(names))}"

    def __call__(
        self,
        fun: Any,
        x0: Any,
        args: tuple[Any, ...] = (),
        settings: Any = None,
        *,
        jac: Any = True,
        hess: Any = None,
        hessp: Any = None,
        bounds: Any = None,
        constraints: Any = (),
        callback: Any = None,
        tol: float | None = None,
        observer: Observer | None = None,
        preconditioner: Any = None,
        tighten: Tighten | None = None,
        **options: Any,
    ) -> Result:
        """Minimise ``f, g = fun(x, *args)`` from `x0`.

        Parameters
        ----------
        fun : callable
            Returns f and its gradient; for ``newton`` and ``mnewton`` also the Hessian, for ``tensor`` also the third
            derivatives. Compiled by ``numba.njit`` (with the other functions, if any) the whole loop runs compiled;
            plain Python runs the same source interpreted.
        x0 : array_like, shape (n,)
            The start.
        args : tuple
            What else `fun` takes.
        settings : tuple, optional
            From `Method.settings`; instead of options.
        jac : True or callable
            As in SciPy: a function of its own for the gradient.
        hess : callable, optional
            ``hess(x, *args)``, for methods that use the Hessian, where `fun` does not return it.
        hessp : callable, optional
            ``hessp(x, v, *args)``, the Hessian times v, as in SciPy; for ``newton0`` and ``pnewton0``.
        bounds, constraints
            Must be left alone: these methods take none.
        preconditioner : callable or str, optional
            ``preconditioner(v, x, *args)``, about the inverse of the Hessian times v; for ``lbfgs``, ``pcg`` and
            ``pnewton0``. ``"own"``: that of the objective, such as a `SoftmaxObjective`; making it is part of the run.
        callback : callable, optional
            ``callback(intermediate_result)`` or ``callback(xk)``, as in SciPy, after each iteration; a true return
            value or StopIteration ends the run. Control then returns to Python at each iteration, else every 50 ms.
        tol : float, optional
            Another name for ``gtol``, which SciPy uses.
        observer : callable, optional
            ``observer(nit, seconds, x)`` at each return of control, outside the clock.
        tighten : callable, optional
            Called, outside the clock, with the result of a run that has reached ``gtol``: the smaller one that it
            returns is gone on to; None ends the run.
        **options
            See `Method.options`.

        Returns
        -------
        Result

        Raises
        ------
        TypeError, ValueError
            For a mistake in the call; the message says what was found, what was expected and what to do.
        """
        for name, value in (("bounds", bounds), ("constraints", constraints or None)):
            if value is not None:
                raise ValueError(f"{self.name} minimises without {name}: leave it out")
        if tol is not None:
            options.setdefault("gtol", tol)
        if isinstance(preconditioner, str):
            options["preconditioner"], preconditioner = preconditioner, None
        if settings is not None and options:
            raise TypeError(f"{self.name} got settings and options ({', '.join(options)}): give one of them")
        variant = self._variant(options)
        if settings is None:
            settings = self.settings(**options) if options else self.variants[variant]
        start = as_start(x0)
        said = ""
        if self.choose:
            settings, said = self.choose(settings, fun, start)
        objective = self._objective(settings, fun, start, args, jac, hess, hessp, preconditioner)
        settings = self._completed(settings, variant, objective)
        call, finer_one = _callback(callback), getattr(fun, "finer", None)
        stages = isinstance(settings, StagedSettings) and settings.stages.stages > 0
        if stages or tighten is not None or (finer_one and not isinstance(settings, StochasticSettings)):
            own = getattr(getattr(settings, "direction", None), "preconditioner", GIVEN) == OWN

            def finer(objective: Objective) -> Objective | None:
                other = finer_one and finer_one()
                if not other:
                    return None
                given = settings
                if own:
                    given = settings._replace(direction=settings.direction._replace(preconditioner=GIVEN))
                made = self._objective(given, other, start, args, jac, hess, hessp, preconditioner)
                return made.preconditioned_like(objective) if own else made

            def anew(objective: Objective, x: np.ndarray) -> Objective:
                if not own:
                    return objective
                began = clock()
                _, own_args = own_preconditioner(fun, x)
                return objective.preconditioned_by(own_args)._replace(seconds=clock() - began)

            found = run_staged(self.name, objective, settings, start, call, observer, tighten, finer, anew)
        else:
            found = run(self.name, objective, settings, start, call, observer)
        found["method"] = f"{self.name}{said and ': '}{said}"
        return found

    def _objective(
        self,
        settings: Any,
        fun: Any,
        x0: np.ndarray,
        args: tuple[Any, ...],
        jac: Any = True,
        hess: Any = None,
        hessp: Any = None,
        preconditioner: Any = None,
    ) -> Objective:
        """Return the objective with the functions that this method uses; refuse those that it does not."""
        engine = engine_of(settings)
        for name, value, used in (
            ("hess", hess, engine.order > 1),
            ("hessp", hessp, engine.uses_product),
            ("preconditioner", preconditioner, engine.uses_preconditioner),
        ):
            if value is not None and not used:
                raise ValueError(f"{self.name} minimises without {name}: leave it out")
        chosen = getattr(settings, "direction", None)
        given_args, seconds = None, 0.0
        if getattr(chosen, "preconditioner", GIVEN) == OWN:
            if preconditioner is not None:
                raise ValueError(f"{self.name} got a preconditioner, and settings that choose 'own': leave one of them")
            began = clock()
            preconditioner, given_args = own_preconditioner(fun, x0)
            seconds = clock() - began
        product = None
        if engine.uses_product:
            product = swapped(hessp) if hessp is not None else own_product(fun)
        given = {"fun": True, "product": product is not None, "preconditioner": preconditioner is not None}
        made = engine.interpreted or getattr(engine.compiled, "overloads", None)  # or the loop is there already
        with beside(settings, [name for name in given if given[name] and engine.order == 1 and not made]):
            found = resolve(
                fun,
                x0,
                args,
                jac,
                hess=hess,
                order=engine.order,
                product=product,
                preconditioner=preconditioner,
                preconditioner_args=given_args,
            )
        return found._replace(seconds=seconds)

    def _completed(self, settings: Any, variant: str, objective: Objective) -> Any:
        stages = isinstance(settings, StagedSettings) and settings.stages.stages > 0
        if objective.n_rows == 0 and (stages or isinstance(settings, StochasticSettings)):
            raise TypeError(
                f"{self.name}{' with stages' * stages} needs an objective that can be evaluated on a subset of rows:"
                " wrap it as solvers.RowObjective(fun, n_rows, args) with fun(x, rows, *args)"
            )
        return self.complete(settings, variant, objective) if self.complete else settings

    def ready(self, fun: Any, x0: np.ndarray, args: tuple[Any, ...] = (), **options: Any) -> tuple[Objective, Any]:
        """Return the objective and the settings that a run from `x0` would have; errors as in a call."""
        settings = self.settings(**options)
        if self.choose:
            settings, _ = self.choose(settings, fun, x0)
        objective = self._objective(settings, fun, x0, args)
        return objective, self._completed(settings, self._variant(options), objective)

    def prepare(self, fun: Any, x0: Any, args: tuple[Any, ...] = (), **options: Any) -> float:
        """Compile what a run would need, or load it from disk, and return the seconds that this took.

        For an objective in plain Python that is a run of a few iterations. What a run in float32 goes on with where
        rounding ends it is part of it.
        """
        began = clock()
        finer = getattr(fun, "finer", lambda: None)()
        start = as_start(x0)
        objective, settings = self.ready(fun, start, args, **options)
        if objective.compiled is not None and not engine_of(settings).interpreted:
            compiled_entry(settings, objective.compiled)
        else:  # the loop is interpreted, but what it calls is compiled at the first call
            stopping = settings.stopping._replace(gtol=0.0, max_iter=WARM_UP)
            run(self.name, objective, settings._replace(stopping=stopping), start)
        if finer is not None and not isinstance(settings, StochasticSettings):  # which stay as they are
            finer(start)
            self.prepare(finer, start, args, **options)
        return clock() - began


def as_start(x0: Any) -> np.ndarray:
    """Return `x0` as a vector of float64.

    Raises
    ------
    TypeError, ValueError
        When it is not a finite real vector.
    """
    x = np.asarray(x0)
    if x.dtype.kind not in "fiu":
        raise TypeError(f"x0 has dtype {x.dtype}: expected real numbers")
    if x.ndim != 1 or x.size == 0:
        raise ValueError(f"x0 has shape {x.shape}: expected one dimension with at least one entry")
    x = np.ascontiguousarray(x, dtype=np.float64)
    if not np.isfinite(x).all():
        index = int(np.flatnonzero(~np.isfinite(x))[0])
        raise ValueError(f"x0[{index}] is {x[index]}: expected finite numbers")
    return x


def _callback(callback: Any) -> Callable[[Result], bool] | None:
    """Return the user's callback in one form: called with the result so far, true to stop."""
    if callback is None:
        return None
    by_result = set(inspect.signature(callback).parameters) == {"intermediate_result"}

    def call(result: Result) -> bool:
        try:
            answer = callback(intermediate_result=result) if by_result else callback(result.x)
        except StopIteration:
            return True
        return isinstance(answer, (bool, np.bool_)) and bool(answer)

    return call


def _compile_into_callers(method: Method) -> None:
    """Let ``method(fun, x0, args, settings)`` be compiled into functions that ``numba.njit`` compiles."""
    default = next(iter(method.variants.values()))

    @overload(method, strict=False)
    def typed(fun, x0, args=(), settings=None):
        if method.choose:
            raise TypingError(f"{method.name} chooses by what an objective offers: inside compiled code name a method")
        given = getattr(settings, "instance_class", None)
        if given is None:
            solve, problem_of = _whole_run(type(default), [type(part) for part in default])
            return lambda fun, x0, args=(), settings=None: solve(problem_of(fun, args), x0, default)
        solve, problem_of = _whole_run(given, [kind.instance_class for kind in settings.types])
        return lambda fun, x0, args=(), settings=None: solve(problem_of(fun, args), x0, settings)


def _whole_run(kind: type, parts: list[type]) -> tuple[Any, Any]:
    """Return the run as a function for compiled callers, and what makes a problem of a function and its args."""
    kinds = (StochasticSettings,) if kind is StochasticSettings else (parts[1], *parts[-2:])
    problem_of = with_second_order if engine_for(*kinds).second_order else with_first_order
    return solver(*kinds, staged=kind is StagedSettings), problem_of
