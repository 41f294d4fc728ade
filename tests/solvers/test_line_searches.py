"""Line searches: their conditions hold where they say so, and they cost as many evaluations as they count."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solvers.directions import NEVER
from solvers.options import declared
from solvers.problem import Problem, new_counters
from solvers.ray import Ray, Trial
from solvers.searches import armijo, fixed, wolfe
from solvers.searches.armijo import Armijo
from solvers.searches.fixed import Fixed
from solvers.searches.wolfe import Wolfe


def valley(t):
    return (t - 1.0) ** 2, 2.0 * (t - 1.0)


def quartic(t):
    return (t - 2.0) ** 4 + 0.1 * (t - 2.0) ** 2, 4.0 * (t - 2.0) ** 3 + 0.2 * (t - 2.0)


def more_thuente(t, beta=2.0):
    """Function 5.1 of Moré & Thuente (1994)."""
    return -t / (t * t + beta), (t * t - beta) / (t * t + beta) ** 2


def ripples(t):
    return 0.1 * math.sin(12.0 * t) + (t - 1.5) ** 2, 1.2 * math.cos(12.0 * t) + 2.0 * (t - 1.5)


def edge(t):
    """Falls towards the edge of its domain, NaN beyond it."""
    return (-t - 0.01 * math.log(1.0 - t), -1.0 + 0.01 / (1.0 - t)) if t < 1.0 else (math.nan, math.nan)


def falling(t):
    return -t, -1.0


def bottomless(t):
    return (-t, -1.0) if t < 5.0 else (-math.inf, -1.0)


FUNCTIONS = [valley, quartic, more_thuente, ripples, edge]


def ray_of(phi, counter=None):
    """A one-dimensional problem whose ray is `phi`."""

    def fun(x):
        if counter is not None:
            counter.append(float(x[0]))
        f, slope = phi(float(x[0]))
        return f, np.array([slope])

    f, slope = phi(0.0)
    ray = Ray(Problem(fun, ()), np.zeros(1), np.ones(1), new_counters(), 0, NEVER, None)
    return ray, Trial(0.0, f, slope, np.array([slope]), None)


def search(module, chosen, phi, t, last_call=1000):
    calls = []
    ray, start = ray_of(phi, calls)
    assert start.slope < 0.0
    found = module.find(ray, chosen, start, start.f, t, last_call)
    assert len(calls) == ray.calls[0], "every evaluation is counted, and no other"
    assert len(set(calls)) == len(calls), "no point is evaluated twice"
    return found, start, len(calls)


@pytest.mark.parametrize("t", [1e-3, 0.1, 1.0, 10.0, 1e3])
@pytest.mark.parametrize("interpolation", [0, 1])
@pytest.mark.parametrize("c2", [0.1, 0.9])
@pytest.mark.parametrize("phi", FUNCTIONS)
def test_a_wolfe_step_meets_the_strong_wolfe_conditions(phi, c2, interpolation, t):
    chosen = Wolfe(c2=c2, interpolation=interpolation, max_trials=60)
    found, start, calls = search(wolfe, chosen, phi, t)
    assert found.ok
    trial = found.trial
    assert (trial.f, trial.slope) == phi(trial.t)
    assert trial.f <= start.f + chosen.c1 * trial.t * start.slope
    assert abs(trial.slope) <= c2 * abs(start.slope)
    assert calls <= 60


@pytest.mark.parametrize("t", [1e-3, 1.0, 1e3])
@pytest.mark.parametrize("interpolation", [0, 1, 2])
@pytest.mark.parametrize("phi", FUNCTIONS)
def test_an_armijo_step_lies_below_its_line(phi, interpolation, t):
    chosen = Armijo(interpolation=interpolation)
    found, start, _ = search(armijo, chosen, phi, t)
    assert found.ok
    assert found.trial.f <= start.f + chosen.c1 * found.trial.t * start.slope
    assert found.trial.t <= t


def test_the_first_step_is_taken_where_it_is_good_enough():
    assert search(wolfe, Wolfe(), valley, 1.0)[2] == 1
    assert search(armijo, Armijo(), valley, 1.0)[2] == 1


def test_a_parabola_is_solved_by_one_interpolation():
    found, _, calls = search(wolfe, Wolfe(c2=0.1), valley, 5.0)
    assert calls == 2
    assert found.trial.t == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize(("module", "chosen"), [(wolfe, Wolfe()), (armijo, Armijo())])
def test_a_search_ends_within_its_trials_and_within_the_run_s_evaluations(module, chosen):
    def rising(t):
        return (0.0, -1.0) if t == 0.0 else (1.0, 1.0)

    found, _, calls = search(module, chosen, rising, 1.0)
    assert not found.ok
    assert calls <= chosen.max_trials
    assert search(module, chosen, rising, 1.0, last_call=3)[2] == 3


def test_a_function_that_falls_for_ever_ends_after_the_allowed_trials_at_its_lowest_point():
    found, _, calls = search(wolfe, Wolfe(max_trials=8), falling, 1.0)
    assert found.ok
    assert calls == 8
    assert found.trial.t >= 1e6


@pytest.mark.parametrize(("module", "chosen"), [(wolfe, Wolfe()), (armijo, Armijo()), (fixed, Fixed(7.0))])
def test_minus_infinity_is_handed_on_for_the_run_to_report(module, chosen):
    found, _, _ = search(module, chosen, bottomless, 7.0)
    assert found.ok
    assert found.trial.f == -math.inf


@pytest.mark.parametrize(("module", "chosen"), [(wolfe, Wolfe()), (armijo, Armijo())])
def test_a_function_that_is_nan_everywhere_else_fails_at_its_start(module, chosen):
    def nowhere(t):
        return (0.0, -1.0) if t == 0.0 else (math.nan, math.nan)

    found, start, _ = search(module, chosen, nowhere, 1.0)
    assert not found.ok
    assert found.trial is start


def test_a_non_monotone_search_accepts_what_lies_below_an_earlier_value():
    ray, start = ray_of(lambda t: (t, -1.0))  # rises, although its slope says otherwise
    assert not armijo.find(ray, Armijo(), start, start.f, 1.0, 100).ok
    found = armijo.find(ray, Armijo(window=5), start, start.f + 2.0, 1.0, 1000)
    assert found.ok
    assert found.trial.t == 1.0


def test_where_f_is_flat_to_rounding_the_slopes_decide():
    def flat(t):
        return 1.0, t - 1.0  # a parabola of height 1e-17 on top of 1

    found, _, _ = search(wolfe, Wolfe(c2=0.1), flat, 1.0)
    assert found.ok
    assert found.trial.t == 1.0
    assert search(armijo, Armijo(floor=0.0), flat, 1.0)[0].trial.t < 1e-10


@settings(max_examples=200, deadline=None)
@given(
    centre=st.floats(1e-3, 1e3),
    stiffness=st.floats(1e-3, 1e3),
    skew=st.floats(-0.9, 0.9),
    t=st.floats(1e-4, 1e4),
    c2=st.floats(0.05, 0.95),
)
def test_any_bowl_is_searched_to_the_strong_wolfe_conditions(centre, stiffness, skew, t, c2):
    def bowl(u):
        z = (u - centre) / centre
        return stiffness * (z * z + skew * z * z * z / (1.0 + z * z)), stiffness / centre * (
            2.0 * z + skew * (3.0 * z * z + z * z * z * z) / (1.0 + z * z) ** 2
        )

    if bowl(0.0)[1] >= 0.0:
        return
    found, start, _ = search(wolfe, Wolfe(c2=c2, max_trials=60), bowl, t)
    assert found.ok
    assert abs(found.trial.slope) <= c2 * abs(start.slope)


def test_each_option_of_a_search_says_what_it_is():
    for chosen in (Wolfe(), Armijo(), Fixed()):
        assert declared(chosen).keys() == set(chosen._fields) - {"progress", "unbounded", "lowest", "outside"}
        assert all(option.doc for option in declared(chosen).values())
