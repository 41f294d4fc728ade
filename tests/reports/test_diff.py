"""Two runs side by side: a change is told from noise, a lost result from a slow one."""

import numpy as np
import pandas as pd
import pytest
from recorded import Recorder

from reports import quantile
from reports.diff import conditions, diff, exceeded
from reports.limits import Limits
from reports.run import load

ONE_TENTH = Limits(time=1.1)


@pytest.fixture
def timed(tmp_path):
    """Function that records a run: for each solver the seconds of its repeats to gap 0.1, and its final gap."""
    count = iter(range(1000))

    def record(solvers, gaps=None, flags="", **meta):
        known = {"reference": {"f": 1.0}, "targets": [0.1], "problem": {"l2": 1}, **meta}
        with Recorder(tmp_path / f"run-{next(count)}", known) as recorder:
            for solver, times in solvers.items():
                for repeat, seconds in enumerate(times):
                    f = 1.0 + (gaps or {}).get(solver, 0.01)
                    rows = {"nit": [0, 1], "nfev": [1, 2], "seconds": [0.0, seconds], "f": [9.0, 1.05], "grad_inf": 1.0}
                    trace = pd.DataFrame(rows | {"step": 1.0})
                    if not np.isfinite(seconds):
                        trace, f = trace.iloc[:1], np.nan
                    row = {"solver": solver, "method": "m", "repeat": repeat, "f": f, "flags": flags}
                    recorder.add(row | ({} if np.isfinite(seconds) else {"error": "raised"}), trace)
        return load(recorder.folder)

    return record


def test_the_ratio_is_that_of_the_medians_and_its_interval_is_around_it(timed):
    frame = diff(timed({"a": [1.0, 1.1, 0.9, 1.0]}), timed({"a": [2.0, 2.2, 1.9, 2.1]}))
    (row,) = frame.to_dict("records")
    assert (row["seconds A"], row["seconds B"]) == (1.0, 2.05)
    assert row["ratio"] == 2.05
    assert 1.9 / 1.1 <= row["low"] < 2.05 < row["high"] <= 2.2 / 0.9
    (sentence,) = exceeded(frame, Limits(time=1.5))
    assert sentence.startswith("problem · a: 2.05 times the seconds to gap 1e-1 [")
    assert exceeded(frame, Limits(time=2.0)) == []
    assert exceeded(frame, Limits()) == []


def test_noise_alone_breaks_no_limit(timed, monkeypatch):
    """100 runs against themselves, with a fifth of noise; without the interval a third of them would fail."""
    monkeypatch.setattr(quantile, "RESAMPLES", 200)
    random = np.random.default_rng(1)
    naive = honest = 0
    run = timed({"a": [1.0] * 5})
    from reports import diff as module

    for _ in range(100):
        times = np.exp(0.2 * random.standard_normal((2, 5)))
        monkeypatch.setattr(module, "_seconds", lambda *_: list(next(both)))  # noqa: B023
        both = iter(times)
        frame = diff(run, run)
        naive += frame["ratio"].item() > 1.1
        honest += len(exceeded(frame, ONE_TENTH))
    assert naive > 20
    assert honest <= 2


def test_a_change_beyond_noise_is_found(timed):
    random = np.random.default_rng(2)
    before, after = (list(scale * np.exp(0.05 * random.standard_normal(7))) for scale in (1.0, 1.5))
    assert len(exceeded(diff(timed({"a": before}), timed({"a": after})), Limits(time=1.2))) == 1


@pytest.mark.parametrize(("before", "after"), [([1.0], [9.0]), ([1.0, 1.0], [9.0, 9.0]), ([1.0] * 5, [9.0] * 2)])
def test_too_few_repeats_are_not_judged_and_it_is_said(timed, before, after):
    frame = diff(timed({"a": before}), timed({"a": after}))
    assert frame["note"].item().startswith(f"{len(before)} and {len(after)} repeats: at least 3 of each are needed")
    assert frame["ratio"].item() == 9.0
    assert exceeded(frame, Limits(time=1.2)) == []


def test_a_target_that_is_not_reached_any_more_is_a_broken_limit_and_one_never_reached_is_none(timed):
    never, once = {"a": [np.inf] * 3}, {"a": [1.0] * 3}
    limits = Limits(time=1.2, gap=1e-6)
    lost = exceeded(diff(timed(once), timed(never)), limits)
    assert lost[0] == "problem · a: ∞ times the seconds to gap 1e-1 [∞, ∞], limit 1.2"
    assert lost[1] == "problem · a: the gap was 1e-2 and is –, limit 1e-06 more"
    assert exceeded(diff(timed(never), timed(once)), limits) == []
    assert exceeded(diff(timed(never), timed(never)), limits) == []
    assert diff(timed(never), timed(never))["ratio"].item() == 1.0


def test_a_gap_is_counted_from_the_same_optimum(timed):
    before = timed({"a": [1.0] * 3}, {"a": 1e-3})
    after = timed({"a": [1.0] * 3}, {"a": 2e-3}, reference={"f": 1.002})
    frame = diff(before, after)
    assert frame["gap A"].item() == pytest.approx(1e-3)
    assert frame["gap B"].item() == pytest.approx(2e-3), "counted from the f* of A, not from its own"
    assert exceeded(frame, Limits(gap=0.9e-3)) == ["problem · a: the gap was 1e-3 and is 2e-3, limit 0.0009 more"]
    assert exceeded(frame, Limits(gap=1.1e-3)) == []


def test_flagged_times_are_compared_with_nothing(timed):
    frame = diff(timed({"a": [1.0] * 3}), timed({"a": [9.0] * 3}, flags="contended"))
    assert frame["note"].item() == "not ranked in B: contended"
    assert exceeded(frame, Limits(time=1.2)) == []


def test_what_is_in_one_run_alone_is_a_row_that_says_so(timed):
    one = timed({"a": [1.0] * 3, "b": [1.0] * 3})
    frame = diff(one, timed({"c": [1.0] * 3, "a": [1.0] * 3}))
    assert frame[["solver", "note"]].to_numpy().tolist() == [["a", ""], ["b", "only in A"], ["c", "only in B"]]
    other = timed({"a": [1.0] * 3}, problem={"objective": "other"})
    assert diff(one, other)[["problem", "note"]].to_numpy().tolist() == [
        ["problem", "only in A"],
        ["other", "only in B"],
    ]
    assert exceeded(diff(one, other), Limits(1.0, 0.0)) == []


def test_problems_of_one_name_that_are_not_the_same_are_not_judged(timed):
    frame = diff(timed({"a": [1.0] * 3}), timed({"a": [9.0] * 3}, problem={"l2": 2}))
    assert frame["note"].item() == "the problem is not the same"
    assert exceeded(frame, Limits(time=1.2)) == []


def test_conditions_that_differ_are_named(timed):
    one = timed({}, environment={"python": "3.11", "threads": {"blas": 2}})
    other = timed({}, environment={"python": "3.12", "threads": {"blas": 2}, "cores": 4})
    assert conditions(one, other) == ["python: 3.11, then 3.12", "cores: unknown, then 4"]
    assert conditions(one, one) == []


def test_limits_are_read_from_one_text():
    assert Limits.read("time:1.2x,gap:1e-6") == Limits(1.2, 1e-6)
    assert Limits.read(" gap:0 ") == Limits(None, 0.0)
    assert Limits.read("time:2") == Limits(2.0, None)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("tmie:1.2x", "'tmie:1.2x' is no limit: did you mean 'time'"),
        ("memory:3", "'memory:3' is no limit: expected time:1.2x or gap:1e-6"),
        ("time", "'time' is no limit: expected a ratio from 1, such as time:1.2x"),
        ("time:0.5x", "expected a ratio from 1"),
        ("time:nan", "expected a ratio from 1"),
        ("gap:-1", "expected a difference, such as gap:1e-6"),
        ("gap:1e-6x", "expected a difference"),
        ("", "no limit is given"),
    ],
)
def test_a_limit_that_says_nothing_is_refused(text, message):
    with pytest.raises(ValueError, match=message):
        Limits.read(text)
