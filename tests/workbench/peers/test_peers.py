"""Every peer that is installed, on small problems: it comes to our optimum, and its result is one of ours in form."""

import json
from dataclasses import replace

import numpy as np
import pytest

from solvers.methods import method
from solvers.status import Status
from workbench.peers.family import peers
from workbench.peers.parity import Form

NAMES = [peer.name for peer in peers()]
EXACT = ("scipy", "sklearn:lbfgs", "sklearn:newton", "sklearnex", "statsmodels", "jax", "torch:LBFGS", "cyanure")
SYMMETRIC, FIXED = Form(), Form(symmetric=False)
FORMS = {
    "symmetric": SYMMETRIC,
    "a class fixed": FIXED,
    "two classes": Form(n_classes=2),
    "two classes, one fixed": Form(n_classes=2, symmetric=False),
    "no penalty": Form(symmetric=False, penalised=False),
    "weighted": Form(weighted=True),
    "a sum": Form(reduction="sum"),
    "no intercept": Form(intercept=False),
    "penalised intercept": Form(penalised_intercept=True),
    "float32": Form(dtype="float32"),
    "sparse": Form(sparse=True),
}


@pytest.mark.parametrize("name", NAMES)
def test_it_comes_to_our_optimum_with_a_history_of_our_f(name, installed):
    peer = installed(name)
    form = next(form for form in FORMS.values() if not peer.unfit(form.problem(0.05)))
    fun = form.problem(0.05)
    found = peer(fun, fun.x0, **{"gtol": 1e-7, "max_iter": 1000, **peer.tight})
    best = method("lbfgs")(fun, fun.x0, gtol=1e-9).fun
    assert -1e-12 < found.fun - best < (1e-10 if name.startswith(EXACT) else 1e-6)
    assert found.method == name
    assert found.traced in ("iterates", "budgets")
    if name.startswith(EXACT):
        assert (found.status, found.success) == (Status.CLAIMED, True), found.message
    history = found.history
    assert (history["nit"].iloc[0], history["nit"].iloc[-1]) == (0, found.nit)
    assert (history["nit"].diff().iloc[1:] > 0).all()
    assert (history["seconds"].diff().iloc[1:] >= 0.0).all()
    assert history["f"].iloc[0] == pytest.approx(np.log(fun.n_classes))
    assert history["f"].iloc[-1] == found.fun == fun(found.x)[0]
    assert history["grad_inf"].iloc[-1] == np.abs(found.jac).max()


@pytest.mark.parametrize("name", NAMES)
def test_limits_are_kept(name, installed):
    peer = installed(name)
    form = next(form for form in FORMS.values() if not peer.unfit(form.problem(0.05)))
    fun = form.problem(0.05)
    few = peer(fun, fun.x0, gtol=1e-12, max_iter=2)
    assert (few.nit, few.status, few.success) == (2, Status.ITERATIONS, False)
    few = peer(fun, fun.x0, gtol=1e-12, max_evals=3)
    assert few.nfev <= 3
    assert few.status == Status.EVALUATIONS
    short = peer(fun, fun.x0, gtol=1e-12, max_time=1e-9)
    assert short.status == Status.TIME
    assert short.nit <= 1


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith(("scipy", "torch"))])
def test_f_and_g_of_any_objective_are_enough(name, installed):
    peer = installed(name)

    def rosenbrock(x):
        u, v = x[1] - x[0] ** 2, 1.0 - x[0]
        return 10.0 * u**2 + v**2, np.array([-40.0 * x[0] * u - 2.0 * v, 20.0 * u])

    x0 = np.array([-0.5, 0.5])
    if peer.unfit(rosenbrock):
        assert name.startswith("scipy:trust")
        assert peer.unfit(rosenbrock).startswith("needs hessp(theta, v)")
        return
    small_steps = {"lr": 1e-3} if name == "torch:SGD" else {}
    found = peer(rosenbrock, x0, gtol=1e-6, max_iter=300, max_evals=2000, **small_steps)
    assert found.history["f"].iloc[0] == rosenbrock(x0)[0]
    if not name.startswith(("torch:SGD", "torch:Adam")):
        np.testing.assert_allclose(found.x, 1.0, atol=1e-4)
    assert found.fun < 0.9 * rosenbrock(x0)[0]


@pytest.mark.parametrize("name", [name for name in NAMES if not name.startswith("torch")])
def test_the_same_run_twice_gives_the_same_bits(name, installed):
    peer = installed(name)
    form = next(form for form in FORMS.values() if not peer.unfit(form.problem(0.05)))
    fun = form.problem(0.05)
    one, two = (peer(fun, fun.x0, gtol=1e-6, max_iter=5) for _ in range(2))
    np.testing.assert_array_equal(one.x, two.x)
    np.testing.assert_array_equal(one.trace[:, [0, 1, 3, 4]], two.trace[:, [0, 1, 3, 4]])


def test_a_run_that_diverges_ends_where_it_does(installed):
    steep = installed("torch:SGD")(lambda x: (float(x @ x) ** 2, 4.0 * float(x @ x) * x), np.full(2, 9.0), max_iter=200)
    assert (steep.status, steep.success) == (Status.NOT_FINITE, False)
    assert steep.nit < 20
    assert steep.message.startswith("f or its gradient is not finite: f = ")


def test_jax_compiles_nothing_while_a_clock_runs(installed, small):
    peer = installed("jax:optax")
    import jax

    peer.prepare(small, small.x0)
    compiled = []
    jax.monitoring.register_event_duration_secs_listener(lambda event, *_, **__: compiled.append(event))
    peer(small, small.x0)
    assert not [event for event in compiled if "backend_compile" in event]


def test_max_evals_holds_within_a_line_search(installed, small):
    found = installed("scipy:CG")(small, small.x0, gtol=1e-12, max_evals=4)
    assert (found.nfev, found.status) == (4, Status.EVALUATIONS)
    assert found.nit < 4


def test_an_option_of_the_librarys_own_reaches_it(installed, small):
    peer = installed("scipy:L-BFGS-B")
    one, ten = (peer(small, small.x0, gtol=1e-9, maxcor=pairs) for pairs in (1, 10))
    assert one.nit > ten.nit
    early = peer(small, small.x0, gtol=1e-9, ftol=1e-2)
    assert early.nit < ten.nit
    assert "REDUCTION OF F" in early.message


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"maxcorr": 3}, "scipy:L-BFGS-B has no option 'maxcorr'; did you mean 'maxcor'?"),
        ({"maxcor": 0}, "option maxcor=0: expected a number at least 1"),
        ({"hello": 0}, "it takes ftol, gtol, max_evals, max_iter, max_time, maxcor, maxls"),
    ],
)
def test_options_are_checked(options, said, installed):
    with pytest.raises((TypeError, ValueError)) as raised:
        installed("scipy:L-BFGS-B").settings(**options)
    assert said in str(raised.value)


def test_defaults_are_settings_of_their_own():
    for peer in peers():
        known = peer.settings()
        assert peer.settings(**known) == known
        assert set(known) == set(peer.options())
        assert json.dumps(known)
        assert peer.settings(**peer.tight)


@pytest.mark.parametrize(
    ("name", "form", "reason"),
    [
        ("sklearn:lbfgs", FIXED, "penalises all classes: it needs the symmetric form"),
        ("sklearn:lbfgs", Form(penalised_intercept=True), "leaves intercepts without a penalty"),
        ("sklearn:SGD", SYMMETRIC, "needs two classes: for 4 it is no softmax"),
        ("sklearn:newton-cholesky", Form(penalised=False), "needs a penalty: l2 > 0"),
        ("cyanure:auto", Form(weighted=True), "takes no sample weights"),
        ("statsmodels:MNLogit", SYMMETRIC, "has no penalty: it needs l2 = 0"),
        ("jax:optax", Form(sparse=True), "takes no sparse rows"),
        ("sklearnex:lbfgs", Form(sparse=True), "takes no sparse rows"),
    ],
)
def test_what_a_peer_cannot_take_is_told_before_it_runs(name, form, reason, installed):
    peer = installed(name)
    fun = form.problem(0.05)
    assert peer.unfit(fun).startswith(reason)
    with pytest.raises(ValueError, match=reason.split(":")[0]) as raised:
        peer(fun, fun.x0, gtol=1e-5)
    assert str(raised.value).startswith(name)


def test_a_matrix_that_is_too_large_is_not_factorised(installed):
    fun = Form().problem(0.05)
    fun.shape = (1000, 4)
    fun.n_classes = 1000
    assert "would factorise a dense matrix of 4,000 rows" in installed("sklearn:newton-cholesky").unfit(fun)


@pytest.mark.parametrize("name", [name for name in NAMES if not name.startswith(("scipy", "torch"))])
def test_a_model_needs_data(name, installed):
    assert installed(name).unfit(lambda x: (0.0, x)).startswith("needs softmax regression")


def test_a_library_that_is_absent_is_a_reason():
    (peer,) = [peer for peer in peers() if peer.name == "torch:LBFGS"]
    absent = replace(peer, library=replace(peer.library, modules=("no_such_module",)))
    reason = "is not installed (no_such_module not found): pip install 'minfunc-workbench[torch]'"
    assert absent.unfit(lambda x: (0.0, x)) == reason
    with pytest.raises(ValueError, match="torch:LBFGS is not installed"):
        absent.prepare(lambda x: (0.0, x), np.zeros(2))


def test_names_are_distinct_and_every_peer_has_a_line():
    assert len(set(NAMES)) == len(NAMES) >= 13
    for peer in peers():
        assert peer.summary
        assert "\n" not in peer.summary
