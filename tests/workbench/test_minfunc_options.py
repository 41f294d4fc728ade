"""The table of minFunc's options, and what is made of the options that a user gives."""

import math
import types
from collections import namedtuple
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.matlab.minfunc_options import DEFAULTS_OF, METHODS, Options, read, table
from workbench.matlab.option_kinds import UNLIMITED

# Every option of the original with its general default, and what the methods change: figures of its release of 2012.
GENERAL = {
    "Display": "iter",
    "Method": "lbfgs",
    "MaxFunEvals": 1000,
    "MaxIter": 500,
    "optTol": 1e-5,
    "progTol": 1e-9,
    "Corr": 100,
    "c1": 1e-4,
    "c2": 0.9,
    "LS_type": 1,
    "LS_interp": 2,
    "LS_multi": 0,
    "LS_init": 0,
    "Fref": 1,
    "numDiff": 0,
    "useComplex": 0,
    "DerivativeCheck": 0,
    "outputFcn": None,
    "useMex": 1,
    "cgUpdate": 2,
    "HvFunc": None,
    "precFunc": None,
    "Damped": 0,
    "qnUpdate": 3,
    "initialHessType": 1,
    "bbType": 0,
    "cycle": 3,
    "HessianModify": 0,
    "cgSolve": 0,
    "HessianIter": 1,
    "LS_saveHessiancomp": 1,
    "useNegCurv": 1,
}
BY_METHOD = {
    "sd": {"LS_init": 2},
    "csd": {"c2": 0.2, "Fref": 10, "LS_init": 2},
    "bb": {"LS_type": 0, "Fref": 20},
    "cg": {"c2": 0.2, "LS_init": 2},
    "scg": {"c2": 0.2, "LS_init": 4},
    "pcg": {"c2": 0.2, "LS_init": 2},
    "lbfgs": {},
    "qnewton": {"Damped": 1},
    "newton0": {},
    "pnewton0": {"cgSolve": 1},
    "newton": {},
    "mnewton": {"HessianIter": 5},
    "tensor": {},
}


@pytest.mark.parametrize("method", BY_METHOD)
def test_every_option_has_the_originals_default_for_every_method(method):
    found = read({"Method": method})
    expected = GENERAL | {"Method": method} | BY_METHOD[method]
    assert {name: getattr(found, name) for name in expected} == expected
    assert {field.name for field in fields(Options)} == {*expected, "strict"}


def test_every_method_has_the_originals_number_and_asks_for_its_derivatives():
    assert {name: read({"Method": name}).family for name in METHODS} == METHODS
    orders = {name: read({"Method": name}).order for name in METHODS}
    assert {name for name, order in orders.items() if order == 2} == {"newton", "mnewton"}
    assert {name for name, order in orders.items() if order == 3} == {"tensor"}
    assert set(METHODS) == set(BY_METHOD)


def test_every_row_of_the_table_says_what_it_means_and_takes_its_own_default():
    for name, row in table().items():
        assert row.meaning
        assert row.kind.expected
        for default in (row.default, *row.by_method.values()):
            assert default is None or row.kind.read(default, strict=False) == default, name


def test_a_value_that_is_given_counts_before_the_default_of_the_method():
    assert read({"Method": "bb", "Fref": 3, "LS_type": 1}).Fref == 3
    assert read({"Method": "pnewton0", "cgSolve": 0}).cgSolve == 0.0


@given(st.sampled_from(sorted(table())), st.data())
def test_the_name_of_an_option_may_have_any_case(name, data):
    spelled = "".join(data.draw(st.sampled_from([letter.lower(), letter.upper()])) for letter in name)
    value = {"Method": "cg", "Display": "full"}.get(name, 1)
    if name in ("HvFunc", "precFunc", "outputFcn"):
        value = len
    if name in ("c1", "c2"):
        value = 0.5
    assert read({spelled: value}) == read({name: value})
    assert getattr(read({spelled: value}), name) == value


def test_words_may_have_any_case():
    assert read({"method": "LBFGS"}).Method == "lbfgs"
    assert read({"DISPLAY": "OFF"}).Display == "off"
    assert read({"DerivativeCheck": "On"}).DerivativeCheck is True


@pytest.mark.parametrize(
    ("display", "mode"),
    [
        (0, "off"),
        (False, "off"),
        ("none", "off"),
        ("off", "off"),
        ("final", "final"),
        ("FULL", "full"),
        ("excessive", "excessive"),
        ("iter", "iter"),
        ("on", "iter"),
        (1, "iter"),
        (True, "iter"),
        ("anything", "iter"),
    ],
)
def test_every_display_of_the_original_has_its_mode(display, mode):
    assert read({"Display": display}).Display == mode


@pytest.mark.parametrize("empty", [None, [], (), "", np.zeros((0, 0))], ids=repr)
def test_an_empty_value_is_the_default(empty):
    assert read({"Method": "cg", "c2": empty, "Corr": empty}) == read({"Method": "cg"})
    assert read(empty) == Options()


@dataclass
class Dataclass:
    MaxIter: int = 7
    Method: str = "cg"


class Attributes:
    MaxIter = 7

    def __init__(self):
        self.Method = "cg"


@pytest.mark.parametrize(
    "options",
    [
        {"MaxIter": 7, "Method": "cg"},
        types.MappingProxyType({"MaxIter": 7, "Method": "cg"}),
        types.SimpleNamespace(MaxIter=7, Method="cg"),
        Dataclass(),
        Attributes(),
        namedtuple("Tuple", "MaxIter Method")(7, "cg"),
        {"MaxIter": np.array([[7]]), "Method": np.array(["cg"])},
        {"MaxIter": 7.0, "Method": "cg"},
        {"MaxIter": np.int32(7), "Method": np.str_("cg")},
        read({"MaxIter": 7, "Method": "cg"}),
    ],
    ids=lambda options: type(options).__name__,
)
def test_options_may_be_any_object_that_holds_them(options):
    assert read(options) == read(MaxIter=7, Method="cg")


def test_an_infinite_limit_is_the_largest_whole_number():
    found = read({"MaxIter": math.inf, "MaxFunEvals": np.inf})
    assert (found.MaxIter, found.MaxFunEvals) == (UNLIMITED, UNLIMITED)


def test_corrections_is_another_name_of_corr():
    assert read({"corrections": 5}).Corr == 5


REFUSED = [
    ({"LS": 4}, TypeError, "minfunc has no option 'LS'; the line search is chosen by 'LS_type'"),
    ({"MaxItr": 3}, TypeError, "minfunc has no option 'MaxItr'; did you mean 'MaxIter'?"),
    ({"ls_tipe": 3}, TypeError, "minfunc has no option 'ls_tipe'; did you mean 'LS_type'?"),
    ({"x": 3}, TypeError, "minfunc has no option 'x', it takes Display, Method, "),
    ({3: 4}, TypeError, "minfunc: the name of an option is 3: expected a string"),
    ({"Method": "lbgfs"}, ValueError, "expected one of sd, csd, .*; did you mean 'lbfgs'?"),
    ({"Method": 3}, TypeError, "option Method is 3: expected one of sd"),
    ({"MaxIter": "7"}, TypeError, "option MaxIter is '7': expected a whole number, at least 0, or inf"),
    ({"MaxIter": 2.5}, ValueError, "option MaxIter is 2.5: expected a whole number"),
    ({"MaxIter": -1}, ValueError, "option MaxIter is -1: expected a whole number, at least 0"),
    ({"MaxIter": True}, TypeError, "option MaxIter is True: expected a whole number"),
    ({"MaxIter": [1, 2]}, TypeError, "option MaxIter is .*: expected a whole number"),
    ({"MaxIter": 1j}, TypeError, "option MaxIter is 1j: expected a whole number"),
    ({"Corr": 0}, ValueError, "option Corr is 0: expected a whole number, at least 1"),
    ({"Corr": math.inf}, ValueError, "option Corr is inf: expected a whole number, at least 1$"),
    ({"Corr": 5, "Corrections": 5}, ValueError, "option Corr is given twice, as 'Corr' and 'Corrections': give one"),
    ({"MaxIter": 5, "maxiter": 5}, ValueError, "option MaxIter is given twice, as 'MaxIter' and 'maxiter': give one"),
    ({"optTol": math.nan}, ValueError, "option optTol is nan: expected a number, at least 0"),
    ({"progTol": -1e-9}, ValueError, "option progTol is -1e-09: expected a number, at least 0"),
    ({"c1": 0}, ValueError, r"option c1 is 0: expected a number, in \(0, 1\)"),
    ({"c2": 1}, ValueError, r"option c2 is 1: expected a number, in \(0, 1\)"),
    ({"c1": 0.95}, ValueError, "option c1 is 0.95 and c2 is 0.9: expected c1 < c2"),
    ({"LS_interp": 4}, ValueError, "option LS_interp is 4: expected one of 0, 1, 2, 3"),
    ({"numDiff": 3}, ValueError, "option numDiff is 3: expected one of 0, 1, 2"),
    ({"cgSolve": math.inf}, ValueError, "option cgSolve is inf: expected a finite number"),
    ({"useComplex": 2}, ValueError, "option useComplex is 2: expected 0 or 1"),
    ({"Damped": "on"}, TypeError, "option Damped is 'on': expected 0 or 1"),
    ({"DerivativeCheck": "onn"}, ValueError, "expected 0 or 1, 'off' or 'on'; did you mean 'on'?"),
    ({"HvFunc": "hv"}, TypeError, "option HvFunc is 'hv': expected a function"),
    ({"Display": [1, 2]}, TypeError, "option Display is .*: expected 'off', 'none' or 0"),
    ({"strict": "yes"}, TypeError, "option strict is 'yes': expected 0 or 1"),
    (5, TypeError, "options is 5: expected a dict, or an object whose attributes are the options"),
    ("MaxIter", TypeError, "options is 'MaxIter': expected a dict"),
    ([("MaxIter", 5)], TypeError, "options is .*: expected a dict"),
    (Attributes, TypeError, "options is .*: expected a dict"),
]


@pytest.mark.parametrize(("options", "error", "sentence"), REFUSED, ids=lambda value: repr(value)[:40])
def test_what_is_no_option_or_no_value_is_refused_in_one_line(options, error, sentence):
    with pytest.raises(error, match=sentence) as caught:
        read(options)
    assert "\n" not in str(caught.value)


def test_the_same_option_as_an_entry_and_a_keyword_is_given_twice():
    with pytest.raises(ValueError, match="option MaxIter is given twice"):
        read({"MaxIter": 5}, MaxIter=5)


def test_c1_may_exceed_c2_where_no_wolfe_condition_is_asked_for():
    assert read({"c1": 0.95, "LS_type": 0}).c1 == 0.95


# ---- strict


def strict(**options):
    return read({"strict": True, **options})


def test_strict_ignores_what_the_original_ignores():
    assert strict(LS=4, MaxItr=3, ls_interp=0, LS_TYPE=0, ls_multi=1) == strict()
    assert strict(LS_interp=0).LS_interp == 0


def test_strict_takes_an_unknown_method_for_lbfgs():
    assert strict(Method="nonsense").Method == "lbfgs"


def test_strict_takes_an_unlisted_code_for_what_the_original_takes_it_for():
    assert strict(cgUpdate=4).cgUpdate == 3
    assert strict(HessianModify=7).HessianModify == 5
    assert [strict(numDiff=code).numDiff for code in (1, 2, 3, 4)] == [1, 2, 3, 2]
    assert strict(DerivativeCheck="yes").DerivativeCheck is False
    assert strict(DerivativeCheck=2).DerivativeCheck is False
    assert strict(Damped=2).Damped is True


def test_strict_takes_of_two_spellings_the_last_that_is_not_in_capitals():
    assert strict(MaxIter=5, maxiter=6).MaxIter == 6
    assert strict(maxiter=6, MAXITER=7).MaxIter == 6
    assert strict(MAXITER=7).MaxIter == 7
    assert strict(Corr=5, Corrections=6).Corr == 5
    assert strict(Corrections=6, Corr=[]).Corr == 6


def test_strict_is_itself_an_option_in_any_case():
    assert read({"STRICT": 1, "LS": 4}).strict is True
    assert read(types.SimpleNamespace(Strict=True, LS=4)).strict is True


def test_the_table_of_defaults_by_method_names_known_options_only():
    for method, own in DEFAULTS_OF.items():
        assert method in METHODS
        assert set(own) <= set(table())


# ---- documentation


def shown(value):
    if value is None or isinstance(value, str):
        return f"`{value!r}`" if value else "none"
    return f"{value:g}"


def row(option):
    """The option's row in the documentation."""
    changed = {}
    for method, value in option.by_method.items():
        changed.setdefault(shown(value), []).append(method)
    own = "; ".join(f"{value}: {', '.join(methods)}" for value, methods in changed.items())
    default = shown(option.default) + (f" ({own})" if own else "")
    return f"| `{option.name}` | {option.kind.expected} | {default} | {option.meaning} |"


def test_the_documentation_has_the_table_as_it_is():
    page = (Path(__file__).parents[2] / "docs" / "minfunc.md").read_text(encoding="utf-8")
    lines = page.partition("| option | values | default | meaning |\n|---|---|---|---|\n")[2].splitlines()
    assert lines[: len(table())] == [row(option) for option in table().values()]
    assert not lines[len(table())].startswith("|")
