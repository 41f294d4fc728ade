"""``workbench check-gradient``: built-in objectives, functions of one's own, and what is wrong with either."""

import numpy as np
import pytest

MINE = '''
import numpy as np
from numba import njit

print("imported")
x0 = np.array([1.0, -2.0, 3.0])


def good(x):
    print("called")
    return float(x @ x), 2.0 * x


def faulty(x):
    g = 2.0 * x
    g[1] *= 1.01
    return float(x @ x), g


@njit
def compiled_good(x):
    print("called")
    return (x * x).sum(), 2.0 * x


@njit
def compiled_faulty(x):
    g = 2.0 * x
    g[1] *= 1.01
    return (x * x).sum(), g


@njit
def untypable(x):
    return x.no_such_attribute, x


def with_data(theta, X, y):
    """Logistic regression, one intercept less than the data suggest."""
    sign = np.where(y == 1, 1.0, -1.0)
    z = sign * (X @ theta)
    return float(np.logaddexp(0.0, -z).sum()), -X.T @ (sign / (1.0 + np.exp(z)))


def raises(x):
    return good(x)[0] / 0, x


def leaves(x):
    raise SystemExit("gone")


def short(x):
    return float(x @ x), 2.0 * x[:2]


def nothing(x):
    x @ x


def single(x):
    return float(x @ x)
'''


@pytest.fixture
def mine(tmp_path):
    """A file of functions, some of them faulty."""
    (tmp_path / "mine.py").write_text(MINE)
    return "mine.py"


@pytest.mark.parametrize("options", [[], ["--l2", "0"], ["--coordinates", "3"]], ids=" ".join)
def test_the_built_in_objective_passes(options, workbench):
    outcome = workbench("check-gradient", "softmax", "--data", "iris", *options)
    assert outcome.code == 0
    assert outcome.err.startswith("checking: ")
    assert "evaluations of " in outcome.err
    assert outcome.err.count("\n") == 1
    assert outcome.out.startswith("PASS")


@pytest.mark.compiled
def test_softmax_on_digits_passes_in_every_coordinate(workbench):
    found = workbench("check-gradient", "softmax", "--data", "digits", "--json")
    assert found.code == 0
    assert (found.json["verdict"], found.json["n_checked"], found.json["n_failed"]) == ("PASS", 585, 0)
    assert {"pixel_0_4", "intercept"} <= {row["feature"] for row in found.json["table"]}


def test_json_has_a_row_for_each_coordinate_named_by_class_and_feature(workbench):
    found = workbench("check-gradient", "softmax", "--data", "iris", "--json").json
    rows = found["table"]
    assert [row["coordinate"] for row in rows] == list(range(10))
    assert rows[0]["class"] == "setosa"
    assert rows[0]["feature"] == "sepal length (cm)"
    assert rows[-1]["feature"] == "intercept"
    assert found["scipy_check_grad"] < 1e-5
    assert all(row["relative_error"] < 1e-6 for row in rows)


def test_a_point_of_ones_own_is_where_it_is_checked(workbench, tmp_path):
    np.save(tmp_path / "zero.npy", np.zeros(10))
    found = workbench("check-gradient", "softmax", "--data", "iris", "--at", "zero.npy", "--json").json
    assert found["f"] == pytest.approx(np.log(3))


def test_the_random_point_depends_on_the_seed(workbench):
    def f(seed):
        return workbench("check-gradient", "softmax", "--data", "iris", "--seed", seed, "--json").json["f"]

    assert f(1) == f(1) != f(2)


def test_theta_of_the_wrong_length_says_which_length_it_looks_like(refused, tmp_path):
    np.save(tmp_path / "full.npy", np.zeros(650))
    line = refused("check-gradient", "softmax", "--data", "digits", "--at", "full.npy")
    assert "expected 585 = 65 × 9, got 650 = 65 × 10: the fixed class has no entries" in line


@pytest.mark.parametrize("name", ["good", pytest.param("compiled_good", marks=pytest.mark.compiled)])
def test_a_function_of_ones_own_is_checked_at_the_x0_of_its_file(name, mine, workbench):
    outcome = workbench("check-gradient", f"{mine}:{name}", "--json")
    assert outcome.code == 0
    assert outcome.json["verdict"] == "PASS"
    assert outcome.json["f"] == 14.0
    assert "imported" in outcome.err, "what the file prints must not stand in the JSON"
    assert "called" in outcome.err


@pytest.mark.parametrize("name", ["faulty", pytest.param("compiled_faulty", marks=pytest.mark.compiled)])
def test_a_planted_fault_is_found_and_named(name, mine, workbench):
    outcome = workbench("check-gradient", f"{mine}:{name}")
    assert outcome.code == 1
    assert outcome.out.startswith("FAIL  1 of 3 coordinates")
    found = workbench("check-gradient", f"{mine}:{name}", "--json")
    assert found.code == 1
    assert [row["coordinate"] for row in found.json["table"] if row["verdict"] == "fail"] == [1]


def test_x0_may_be_a_function(workbench, tmp_path):
    (tmp_path / "f.py").write_text(
        "import numpy as np\ndef x0(): return np.ones(4)\ndef fun(x): return float(x @ x), 2 * x\n"
    )
    assert workbench("check-gradient", "f.py:fun", "--json").json["n_coordinates"] == 4


def test_the_size_of_a_random_point_can_be_given_instead(workbench, mine):
    assert workbench("check-gradient", f"{mine}:good", "--size", 7, "--json").json["n_coordinates"] == 7


def test_with_data_the_function_gets_rows_and_labels(workbench, mine, tmp_path):
    generator = np.random.default_rng(0)
    np.savez(tmp_path / "two.npz", X=generator.standard_normal((30, 3)), y=np.arange(30) % 2)
    outcome = workbench("check-gradient", f"{mine}:with_data", "--data", "two.npz", "--json")
    assert (outcome.code, outcome.json["n_coordinates"]) == (0, 3)


def test_with_data_and_no_x0_the_length_is_that_of_softmax(workbench, tmp_path):
    (tmp_path / "f.py").write_text("def fun(x, X, y): return float(x @ x), 2 * x\n")
    assert workbench("check-gradient", "f.py:fun", "--data", "iris", "--json").json["n_coordinates"] == 10


@pytest.mark.parametrize(
    ("function", "said"),
    [
        ("goood", "mine.py defines no function 'goood'; did you mean 'good'?"),
        ("zzz", "it defines good, faulty,"),
        ("x0", "mine.py defines no function 'x0'"),
        ("raises", "mine.py, line 46, raised: ZeroDivisionError: float division by zero"),
        ("leaves", "raised: SystemExit: gone"),
        ("short", "g has shape (2,), expected (3,)"),
        ("nothing", "fun returned None, expected the pair (f, g)"),
        ("single", "fun returned a float, expected the pair (f, g)"),
        pytest.param("untypable", "mine.py, line ", marks=pytest.mark.compiled),
    ],
)
def test_a_function_that_does_not_work_is_blamed_by_name_and_line(function, said, mine, workbench):
    outcome = workbench("check-gradient", f"{mine}:{function}")
    assert (outcome.code, outcome.out) == (2, "")
    last = outcome.err.splitlines()[-1]
    assert last.startswith("workbench: ")
    assert said in last
    assert "Traceback" not in outcome.err


@pytest.mark.compiled
def test_what_the_compiler_says_is_cut_down_to_its_reason(mine, workbench):
    line = workbench("check-gradient", f"{mine}:untypable").err.splitlines()[-1]
    assert "TypingError: Unknown attribute 'no_such_attribute'" in line
    assert "\x1b" not in line
    assert "Failed in nopython" not in line


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("def fun(x)  return 1", "broken.py, line 1, does not run: SyntaxError"),
        ("import numpy\nimport no_such_module", "broken.py, line 2, does not run: ModuleNotFoundError"),
        ("\n\nraise RuntimeError('boom')", "broken.py, line 3, does not run: RuntimeError: boom"),
        ("import sys\nsys.exit(3)", "broken.py, line 2, does not run: SystemExit: 3"),
        ("fun = 3", "broken.py defines no function 'fun'"),
        ("def fun(x): return 1.0, x", "broken.py:fun needs a point: define x0 in the file, or give --at"),
        ("x0 = 'abc'\ndef fun(x): return 1.0, x", "x0 has dtype <U3, expected real numbers"),
    ],
)
def test_a_file_that_does_not_work_is_blamed_by_line(content, said, refused, tmp_path):
    (tmp_path / "broken.py").write_text(content)
    assert said in refused("check-gradient", "broken.py:fun")


def test_a_module_beside_the_file_can_be_imported(workbench, tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "parts_of_mine.py").write_text("def square(x): return float(x @ x), 2 * x\n")
    (tmp_path / "sub" / "whole.py").write_text("from parts_of_mine import square as fun\n")
    assert workbench("check-gradient", "sub/whole.py:fun", "--size", 2).code == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("nofile.py:fun", "there is no file nofile.py"),
        ("nofile.py", "name the function in nofile.py too: nofile.py:FUNCTION"),
        ("sofmax", "did you mean 'softmax'?"),
        ("softmax --data digitz", "did you mean 'digits'?"),
        ("softmax --l2 -1", "-1.0 is not in the range"),
        ("softmax --l2 nan", "nan is no finite number"),
        ("softmax --size 3", "--size is for functions of yours"),
        ("softmax --at nowhere.npy", "'nowhere.npy' does not exist"),
        ("one.py:fun --l2 1", "--l2 is for built-in objectives"),
        ("one.py:fun --target kind", "give --data too"),
        ("one.py:fun --size 3 --at point.npy", "leave it out with --at"),
    ],
)
def test_options_that_do_not_go_together_are_refused(arguments, said, refused, tmp_path):
    (tmp_path / "one.py").write_text("def fun(x): return float(x @ x), 2 * x\n")
    np.save(tmp_path / "point.npy", np.zeros(3))
    assert said in refused("check-gradient", *arguments.split())


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"hello", "at.npy is no array of numbers: expected what numpy.save writes"),
        (b"", "at.npy is no array of numbers"),
        (np.array([{}, 1], dtype=object), "at.npy is no array of numbers"),
        (np.array(["a", "b"]), "at.npy holds no array of real numbers"),
        (np.array([1j]), "at.npy holds no array of real numbers"),
        (np.full(10, np.nan), "x0 is not finite: x0[0] = nan"),
        (np.zeros((5, 2)), "expected 10 = 5 × 2"),
    ],
    ids=["text", "empty", "objects", "words", "complex", "nan", "matrix"],
)
def test_a_point_that_is_none_is_refused(content, said, refused, tmp_path):
    if isinstance(content, bytes):
        (tmp_path / "at.npy").write_bytes(content)
    else:
        np.save(tmp_path / "at.npy", content)
    assert said in refused("check-gradient", "softmax", "--data", "iris", "--at", "at.npy")


def test_an_archive_of_several_arrays_is_no_point(refused, tmp_path):
    np.savez(tmp_path / "at.npz", a=np.zeros(10))
    assert "holds no array of real numbers" in refused("check-gradient", "softmax", "--data", "iris", "--at", "at.npz")


@pytest.mark.parametrize("name", ["error.png", "error.svg"])
def test_a_picture_is_drawn_where_it_is_asked_for(name, mine, workbench, tmp_path):
    assert workbench("check-gradient", f"{mine}:faulty", "--plot", name).code == 1
    assert (tmp_path / name).stat().st_size > 1000


def test_a_picture_of_another_kind_is_refused_before_anything_is_done(mine, workbench, tmp_path):
    found = workbench("check-gradient", f"{mine}:faulty", "--plot", "error.jpg")
    assert (found.code, found.out) == (2, "")
    assert "error.jpg: expected a file ending in .png or .svg" in found.err
    assert not (tmp_path / "error.jpg").exists()


SOFTMAX = '''
import numpy as np


def stable(theta, X, y):
    """Mean negative log-likelihood, the last class at zero, an intercept in each class."""
    X = np.column_stack([X, np.ones(len(X))])
    classes, codes = np.unique(y, return_inverse=True)
    W = theta.reshape(classes.size - 1, X.shape[1])
    A = np.column_stack([X @ W.T, np.zeros(len(X))])
    A -= A.max(axis=1, keepdims=True)
    rows = np.arange(len(X))
    logs = A - np.log(np.exp(A).sum(axis=1, keepdims=True))
    P = np.exp(logs)
    f = -logs[rows, codes].mean()
    P[rows, codes] -= 1.0
    return f, (P[:, :-1].T @ X / len(X)).ravel()


def overflowing(theta, X, y):
    f, g = stable(theta, X, y)
    return f + 0.0 * np.exp(np.abs(X).max() * np.abs(theta).max()), g
'''


def test_f_itself_is_checked_where_it_is_asked_for(workbench, tmp_path):
    (tmp_path / "port.py").write_text(SOFTMAX)
    right = workbench("check-gradient", "port.py:stable", "--data", "iris", "--values")
    assert (right.code, right.out.count("\n  ok    "), right.out.count("\n  FAIL  ")) == (0, 5, 0)
    assert "value at zero: f(0) = 1.0986123 = log K (log 3): the mean over the samples" in right.out
    wrong = workbench("check-gradient", "port.py:overflowing", "--data", "iris", "--values", "--json")
    assert (wrong.code, wrong.json["ok"]) == (1, True)
    assert [found["name"] for found in wrong.json["values"] if not found["ok"]] == ["large scores"]


@pytest.mark.parametrize("arguments", [["mine.py:good"], ["softmax", "--data", "iris"]], ids=" ".join)
def test_f_is_checked_for_a_function_of_the_data_only(arguments, mine, workbench):
    found = workbench("check-gradient", *arguments, "--values")
    assert (found.code, found.out) == (2, "")
    assert "f is checked for a function of yours that takes --data" in found.err
