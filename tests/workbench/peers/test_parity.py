"""Parity: every peer minimises our f in every form that it takes; one that minimises another is caught and named."""

from dataclasses import replace

import numpy as np
import pytest

from workbench.peers import coding, penalty
from workbench.peers.demands import first
from workbench.peers.family import peers
from workbench.peers.parity import UNPROVEN, Form, form_of, parity

NAMES = [peer.name for peer in peers()]
FORMS = {
    "a class fixed": Form(symmetric=False),
    "two classes": Form(n_classes=2),
    "two classes, one fixed": Form(n_classes=2, symmetric=False),
    "no penalty, symmetric": Form(penalised=False),
    "weighted": Form(weighted=True),
    "a weighted sum": Form(weighted=True, reduction="sum"),
    "a sum": Form(reduction="sum"),
    "no intercept": Form(intercept=False),
    "two classes, no intercept, weighted": Form(n_classes=2, intercept=False, weighted=True),
    "penalised intercept": Form(penalised_intercept=True),
    "float32": Form(dtype="float32"),
    "sparse": Form(sparse=True),
}


@pytest.mark.parametrize("name", NAMES)
def test_a_peer_minimises_our_f(name, installed):
    found = parity(installed(name))
    assert found.ok, found.sentence
    assert found.sentence.startswith("minimises our f: where it comes to rest our gradient is ")
    assert found.share < UNPROVEN


# One of each way of fitting that every installation has; the other libraries are in the long tests.
SAMPLE = ("sklearn:lbfgs", "sklearn:newton-cg", "sklearn:saga", "sklearn:SGD")


PAIRS = [
    (peer.name, form)
    for peer in peers()
    for form, problem in {form: FORMS[form].problem(0.05) for form in FORMS}.items()
    if not first(peer.demands, problem)
]


@pytest.mark.parametrize(("name", "form"), [pair for pair in PAIRS if pair[0] in SAMPLE])
def test_it_does_so_in_every_form_that_it_takes(name, form, installed):
    found = parity(installed(name), FORMS[form].problem(0.05))
    assert found.ok, found.sentence


@pytest.mark.long
@pytest.mark.parametrize(("name", "form"), [pair for pair in PAIRS if pair[0] not in SAMPLE])
def test_all_others_do_so_in_every_form_that_they_take(name, form, installed):
    found = parity(installed(name), FORMS[form].problem(0.05))
    assert found.ok, found.sentence


@pytest.mark.parametrize("form", [Form(), *FORMS.values()])
def test_the_form_of_a_small_problem_is_its_own(form):
    assert form_of(form.problem(0.05)) == form


# ---- negative controls


@pytest.mark.parametrize(
    ("factor", "named"),
    [(1 / 600, "l2 / (2 n)"), (1 / 300, "l2 / n"), (0.5, "l2 / 2"), (2.0, "2 l2"), (300.0, "n l2"), (1.1, "1.1 l2")],
)
@pytest.mark.parametrize("name", ["sklearn:lbfgs", "sklearn:newton-cg", "sklearn:saga"])
def test_an_adapter_with_another_penalty_is_caught_and_named(name, factor, named, installed, monkeypatch):
    peer = installed(name)
    right = penalty.of_difference
    monkeypatch.setattr(penalty, "of_difference", lambda objective: factor * right(objective))
    found = parity(peer)
    assert not found.ok
    assert found.sentence.startswith("minimises another f")
    assert found.sentence.endswith(f"the weight of its penalty is {named}")
    assert found.ratio == pytest.approx(factor, rel=1e-3)
    if name == "sklearn:lbfgs":
        assert found.error > 1e-4, "its own loss tells too"


def test_an_adapter_with_another_order_of_classes_is_caught(installed, monkeypatch):
    right = coding.theta
    monkeypatch.setattr(coding, "theta", lambda objective, W, b: right(objective, W[::-1], b[::-1]))
    found = parity(installed("sklearn:newton-cg"))
    assert not found.ok
    assert "look at classes, intercepts and weights of rows" in found.sentence


def test_an_adapter_that_forgets_weights_of_rows_is_caught(installed):
    peer = installed("sklearn:newton-cg")

    def forgetful(task):
        fitting = peer.adapter(task)
        fitting.sample_weight = None
        return fitting

    fun = Form(weighted=True).problem(0.05)
    assert parity(peer, fun).ok
    assert not parity(replace(peer, adapter=forgetful), fun).ok


def test_an_adapter_that_forgets_the_intercept_is_caught(installed):
    peer = installed("sklearn:newton-cg")

    def forgetful(task):
        fitting = peer.adapter(task)
        fitting.options["fit_intercept"] = False
        return fitting

    assert not parity(replace(peer, adapter=forgetful)).ok


def test_a_loss_of_its_own_that_is_another_is_caught_though_its_point_is_right(installed):
    peer = installed("sklearn:lbfgs")

    def other(task):
        fitting = peer.adapter(task)
        fitting.own_loss = lambda theta: float(np.abs(theta).sum())
        return fitting

    found = parity(replace(peer, adapter=other))
    assert not found.ok
    assert found.share < UNPROVEN
    assert found.error > 1e-2


def test_whatever_a_peer_raises_is_a_reason_against_it(installed):
    def broken(task):
        raise RuntimeError("no kernel image")

    found = parity(replace(installed("sklearn:lbfgs"), adapter=broken))
    assert (found.ok, found.sentence) == (False, "RuntimeError: no kernel image")


def test_of_a_library_that_is_absent_nothing_is_proven(installed):
    peer = installed("sklearn:lbfgs")
    absent = replace(peer, library=replace(peer.library, modules=("no_such_module",), extra="peers"))
    found = parity(absent)
    assert not found.ok
    assert found.sentence.startswith("is not installed (no_such_module not found)")
