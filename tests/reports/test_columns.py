"""Numbers, words and documents survive the round trip through a store."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from recorded import Recorder

from reports.columns import digest, plain
from reports.run import load

NUMBERS = ("nit", "nfev", "seconds", "oracle_seconds", "memory_mb", "canary", "f", "grad_inf", "gap", "gap_bound")
floats = st.floats(width=64)


def same(found, expected):
    """Equal as numbers, NaN to NaN; the sign of zero is SQLite's to lose."""
    return found == expected or (math.isnan(found) and math.isnan(expected))


@pytest.fixture(scope="module")
def open_record(tmp_path_factory):
    with Recorder(tmp_path_factory.mktemp("columns") / "run") as record:
        yield record


@settings(max_examples=25, deadline=None)
@given(row=st.fixed_dictionaries(dict.fromkeys(NUMBERS, floats)), curve=st.lists(floats, min_size=1, max_size=9))
def test_nan_infinities_and_every_other_float_survive(open_record, row, curve):
    trace = pd.DataFrame(dict.fromkeys(("nfev", "seconds", "f", "grad_inf", "step", "rho"), curve))
    key = open_record.add({"solver": "a", "method": "a", "repeat": 0, **row}, trace.assign(nit=range(len(curve))))
    run = load(open_record.folder)
    assert run.results["key"].tolist() == [key]
    assert all(same(run.results[name].item(), value) for name, value in row.items())
    for name in ("nfev", "f", "rho"):
        assert all(map(same, run.trace[name], curve))


@settings(max_examples=20, deadline=None)
@given(text=st.text(alphabet=st.characters(), max_size=20))
def test_a_text_survives_or_is_escaped_where_no_database_takes_it(open_record, text):
    open_record.add({"solver": "a", "method": "a", "repeat": 0, "message": text})
    found = load(open_record.folder).results["message"].item()
    assert found == text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\x00")


def test_a_document_may_hold_what_numpy_counts_in_and_nothing_beyond_json():
    document = {"f": np.float64(0.5), "n": np.int64(3), "limit": np.inf, "x": np.arange(2)}
    assert plain(document, "it") == {"f": 0.5, "n": 3, "limit": math.inf, "x": [0, 1]}
    with pytest.raises(ValueError, match="it holds a set, expected what JSON can hold"):
        plain({"classes": {1, 2}}, "it")


def test_a_digest_is_that_of_the_value_whatever_the_order_of_its_keys():
    assert digest({"a": 1, "b": [1.5, None]}) == digest({"b": [1.5, None], "a": 1})
    assert digest({"a": 1}) != digest({"a": 2})
    assert digest({}) == "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
