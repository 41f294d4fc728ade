"""Any problem, however scaled, conditioned, flat or broken: no hang, no crash, no warning, no false success."""

import functools
import warnings

import numpy as np
import pytest
from fault_kinds import N_ROWS
from fault_runs import SOLVERS
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import solvers
import workbench
from solvers import Status

GTOL = 1e-6
DENSE = ("newton", "mnewton", "tensor", "minfunc:newton")


class AnyProblem:
    """A function drawn at random: a quadratic of any condition and scale, with plateaus, jumps, or a quartic part."""

    def __init__(self, seed, n, condition, scale, kind):
        rng = np.random.default_rng(seed)
        self.kind, self.scale = kind, scale
        d = 10.0 ** rng.uniform(-condition, 0.0, n)
        u = rng.normal(size=n)
        self.u = u / np.linalg.norm(u)
        self.d, self.b, self.x0 = d, rng.normal(size=n) * d, rng.normal(size=n) * 10.0 ** rng.uniform(-3.0, 3.0)

    def reflected(self, v):
        """Householder's reflection: the axes of the quadratic are not those of x."""
        return v - 2.0 * self.u * (self.u @ v)

    def __call__(self, x, nargout=2):
        z = self.reflected(x)
        f, g, h = float((0.5 * self.d * z**2 - self.b * z).sum()), self.d * z - self.b, self.d.copy()
        third = np.zeros_like(z)
        if self.kind == "quartic":
            f, g, h, third = f + float((z**4).sum()), g + 4.0 * z**3, h + 12.0 * z**2, 24.0 * z
        elif self.kind == "saturating":
            root = np.sqrt(1.0 + f * f)
            h, g, f = h / root, g / root, f / root  # the Hessian without its rank-one part: an approximation
        elif self.kind == "plateaus":
            flat = np.abs(z) > 2.0
            f, g, h = float(np.minimum(z**2, 4.0).sum()), np.where(flat, 0.0, 2.0 * z), np.where(flat, 0.0, 2.0)
        elif self.kind == "jumps":
            f += float(np.floor(np.abs(z)).sum())
        elif self.kind == "kinks":
            f, g = f + float(np.abs(z).sum()), g + np.sign(z)
        elif self.kind == "concave":
            f, g, h = -f, -g, -h
        outputs = [self.scale * f, self.scale * self.reflected(g)]
        if nargout > 2:
            Q = np.eye(x.size) - 2.0 * np.outer(self.u, self.u)
            outputs.append(self.scale * (Q * h) @ Q)
        if nargout > 3:
            outputs.append(self.scale * np.einsum("l,il,jl,kl->ijk", third, Q, Q, Q))
        return tuple(outputs)


PROBLEMS = st.builds(
    AnyProblem,
    seed=st.integers(0, 2**32 - 1),
    n=st.integers(1, 50),
    condition=st.floats(0.0, 16.0),
    scale=st.floats(-150.0, 150.0).map(lambda exponent: 10.0**exponent),
    kind=st.sampled_from(["quadratic", "quartic", "saturating", "plateaus", "jumps", "kinks", "concave"]),
)


def solved(solver, problem):
    name, _, rest = solver.partition(":")
    if name == "minfunc":
        options = {"Method": rest, "Display": "off", "optTol": GTOL, "MaxIter": 60, "MaxFunEvals": 200}
        return workbench.minfunc(problem, problem.x0, options)
    options = dict(each.split("=") for each in rest.split(",") if each)
    if "step_size" in options:
        options["step_size"] = float(options["step_size"])
    fun = solvers.RowObjective(lambda x, rows: problem(x), N_ROWS) if name == "sgd" else problem
    return solvers.minimize(fun, problem.x0, method=name, gtol=GTOL, max_iter=60, max_evals=200, **options)


def check(solver, problem):
    with warnings.catch_warnings(), np.errstate(all="warn", under="ignore"):
        warnings.simplefilter("error")
        result = solved(solver, problem)
    assert isinstance(result.status, Status)
    if not solver.startswith("minfunc"):  # its line searches finish
        assert result.nfev <= 201
    assert result.success == (result.status == Status.GRADIENT)
    if result.success:
        assert np.abs(problem(result.x)[1]).max() <= GTOL


@functools.cache
def checking(solver, examples):
    """The property for one solver."""

    @settings(max_examples=examples, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @example(problem=AnyProblem(0, 1, 16.0, 1e150, "quartic"))
    @example(problem=AnyProblem(1, 5, 16.0, 1e-150, "jumps"))
    @given(problem=PROBLEMS)
    def holds(problem):
        check(solver, problem)

    return holds


@pytest.mark.parametrize("solver", SOLVERS)
def test_any_problem_ends_with_a_true_status(solver):
    checking(solver, 3 if solver in DENSE else 5)()


@pytest.mark.long
@pytest.mark.parametrize("solver", SOLVERS)
def test_each_of_two_thousand_problems_ends_with_a_true_status(solver):
    checking(solver, 2000)()
