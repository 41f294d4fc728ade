"""The preconditioner: what stands in its place in each method, where it comes from, and what is refused."""

import numpy as np
import pytest
from numba import njit
from smooth import python, quadratic, rosenbrock

import solvers
from solvers.directions import Here, Step, limited_memory_bfgs
from solvers.directions.limited_memory_bfgs import LimitedMemoryBFGS
from solvers.problem import Problem, new_counters

D, B = np.array([1.0, 10.0, 1e3, 1e6]), np.array([1.0, -2.0, 3.0, -4.0])


@njit
def over_diagonal(v, x, d, b):
    """The inverse of the quadratic's Hessian times v."""
    return v / d


@njit
def halved(v, x):
    return 0.5 * v


class Weighed:
    """A quadratic that brings the inverse of its Hessian, times `factor`."""

    def __init__(self, factor=1.0):
        self.factor = factor
        self.asked_at = None

    def __call__(self, x):
        return quadratic(x, D, B)

    def compiled_form(self):
        return quadratic, (D, B)

    def preconditioner_form(self, x0):
        self.asked_at = x0.copy()
        return over_diagonal, (D / self.factor, B)


def test_it_is_the_initial_matrix_of_bfgs_scaled_to_fit_the_newest_pair():
    rng = np.random.default_rng(0)
    P = np.cov(rng.normal(size=(5, 20)))
    problem = Problem(len, (), preconditioner=lambda v, x: P @ v)
    chosen = LimitedMemoryBFGS(memory=3)
    memory = limited_memory_bfgs.new_memory(5, chosen)
    A = np.cov(rng.normal(size=(5, 20))) + np.eye(5)
    pairs = [(s, A @ s) for s in rng.normal(size=(4, 5))]
    g = rng.normal(size=5)
    here = Here(problem, g, 0.0, g, None, 1, new_counters(), 1, -np.inf)
    assert limited_memory_bfgs.propose(memory, chosen, here) == pytest.approx(-P @ g)
    for s, y in pairs:
        limited_memory_bfgs.learn(memory, chosen, Step(1.0, s, s, y, 1.0, 0.0, g, g + y))
    s, y = pairs[-1]
    H = (s @ y) / (y @ P @ y) * P
    for s, y in pairs[-3:]:  # Nocedal & Wright (2006), equation 6.17
        V = np.eye(5) - np.outer(y, s) / (s @ y)
        H = V.T @ H @ V + np.outer(s, s) / (s @ y)
    assert limited_memory_bfgs.propose(memory, chosen, here) == pytest.approx(-H @ g, rel=1e-10)


def test_the_inverse_hessian_of_a_quadratic_leads_to_its_minimum_in_one_step():
    plain = solvers.lbfgs(quadratic, np.ones(4), (D, B), gtol=1e-8)
    found = solvers.lbfgs(quadratic, np.ones(4), (D, B), gtol=1e-8, preconditioner=over_diagonal)
    assert plain.nit > 5
    assert (found.nit, found.nfev) == (1, 2)
    assert found.x == pytest.approx(B / D)


@pytest.mark.parametrize("method", ["lbfgs", "pcg", "pnewton0"])
def test_the_objective_s_own_is_used_where_that_is_asked(method):
    fun = Weighed()
    found = solvers.minimize(fun, np.ones(4), method=method, gtol=1e-8, preconditioner="own")
    given = solvers.minimize(
        quadratic, np.ones(4), (D, B), method=method, gtol=1e-8, preconditioner=lambda v, x, d, b: v / d
    )
    assert (fun.asked_at == np.ones(4)).all()
    assert (found.x == given.x).all()
    assert (found.nit, found.nfev) == (given.nit, given.nfev)
    unasked = Weighed()
    solvers.minimize(unasked, np.ones(4), method=method, gtol=1e-8)
    assert unasked.asked_at is None


@pytest.mark.parametrize("factor", [1e-6, 1e6])
def test_its_scale_does_not_matter_after_the_first_step(factor):
    x0 = np.ones(4)
    assert solvers.lbfgs(Weighed(factor), x0, gtol=1e-8, preconditioner="own").nit <= 3


@pytest.mark.compiled
@pytest.mark.parametrize("damped", [False, True])
def test_compiled_and_interpreted_runs_have_the_same_bits(damped):
    options = {"gtol": 1e-9, "damped": damped, "memory": 3}
    x0 = np.array([-1.2, 1.0, 0.3])
    compiled = solvers.lbfgs(rosenbrock, x0, preconditioner=halved, **options)
    interpreted = solvers.lbfgs(python(rosenbrock), x0, preconditioner=python(halved), **options)
    assert (compiled.trace[:, [0, 1, 3, 4, 5]] == interpreted.trace[:, [0, 1, 3, 4, 5]]).all()
    assert (compiled.x == interpreted.x).all()
    assert compiled.success


@pytest.mark.parametrize("factor", [-1.0, 0.0, np.nan])
def test_where_one_leads_nowhere_or_uphill_the_gradient_is_followed(factor):
    small = np.array([1.0, 2.0]), np.array([1.0, -2.0])
    found = solvers.lbfgs(quadratic, np.ones(2), small, preconditioner=lambda v, x, d, b: factor * v)
    assert found.success
    assert found.x == pytest.approx([1.0, -1.0], abs=1e-4)


@pytest.mark.parametrize(("stages", "after"), [(1, 1), (2, 2), (3, 2)])
def test_stages_have_it_taken_anew_where_they_have_come_to(stages, after):
    points = []

    class Rows(Weighed):
        n_rows = 64

        def __call__(self, x):
            return quadratic(x, D, B)

        def compiled_form(self):
            return lambda x, rows, d, b: quadratic(x, d, b), (np.arange(64), D, B)

        def preconditioner_form(self, x0):
            points.append(x0.copy())
            return lambda v, x, scale: v / scale, (D + 1.0,)

    x0 = np.array([1.0, 2.0, 3.0, 4.0])
    options = {"stage_iterations": 1, "gtol": 1e-12, "max_iter": 30}
    found = solvers.lbfgs(Rows(), x0, stages=stages, preconditioner="own", **options)
    assert len(points) == 2
    first, second = points
    part_of_it = solvers.lbfgs(Rows(), x0, stages=stages, preconditioner="own", **options | {"max_iter": after})
    assert (first == x0).all()
    assert (second == part_of_it.x).all()
    assert found.success


def test_the_time_that_it_takes_is_part_of_the_run(monkeypatch):
    seconds = iter(np.arange(0.0, 1e6, 10.0))
    monkeypatch.setattr("solvers.method.clock", lambda: next(seconds))
    own = solvers.lbfgs(Weighed(), np.ones(4), preconditioner="own")
    assert own.trace[0, 2] >= 10.0
    assert solvers.lbfgs(Weighed(), np.ones(4)).seconds < 10.0


@pytest.mark.parametrize(
    ("method", "options", "sentence"),
    [
        ("lbfgs", {"preconditioner": "own"}, r"preconditioner='own' needs an objective with preconditioner_form\(x0\)"),
        ("lbfgs", {"preconditioner": "owm"}, "expected one of given, own; did you mean 'own'"),
        ("cg", {"preconditioner": "own"}, "cg has no option 'preconditioner'"),
        ("cg", {"preconditioner": halved}, "cg minimises without preconditioner"),
        (
            "lbfgs",
            {"preconditioner": halved, "settings": solvers.lbfgs.settings(preconditioner="own")},
            "lbfgs got a preconditioner, and settings that choose 'own'",
        ),
    ],
)
def test_what_cannot_be_is_refused(method, options, sentence):
    with pytest.raises((TypeError, ValueError), match=sentence):
        solvers.minimize(rosenbrock, np.zeros(2), method=method, **options)


OWN = solvers.lbfgs.settings(preconditioner="own")


@pytest.mark.compiled
def test_inside_compiled_code_there_is_none_to_choose():
    lbfgs = solvers.lbfgs

    @njit
    def inside(d, b):
        return lbfgs(quadratic, np.zeros(2), (d, b), OWN).f

    with pytest.raises(ValueError, match="offers no preconditioner of its own"):
        inside(np.ones(2), np.ones(2))
