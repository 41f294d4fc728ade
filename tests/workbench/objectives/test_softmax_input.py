"""Softmax regression takes data as they come, leaves them as they were, and says what is wrong with them."""

import functools
import pickle

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

import workbench as wb
from workbench.objectives.softmax import SoftmaxObjective

RNG = np.random.default_rng(1)
X = np.round(RNG.normal(size=(9, 3)), 1)
Y = np.array([0, 1, 2, 0, 1, 2, 0, 0, 1])
WEIGHT = RNG.uniform(0.5, 2.0, 9)
THETA = RNG.normal(size=8)


@functools.cache
def expected():
    return SoftmaxObjective(X, Y, l2=0.1, sample_weight=WEIGHT)(THETA)


def same_answer(fun):
    f, g = fun(THETA)
    assert f == pytest.approx(expected()[0], rel=1e-14)
    assert g == pytest.approx(expected()[1], rel=1e-12, abs=1e-14)


@pytest.mark.parametrize(
    "table",
    [
        np.asfortranarray(X),
        np.repeat(X, 2, axis=0)[::2],
        X.T.copy().T,
        X.tolist(),
        pd.DataFrame(X, columns=list("abc"), index=range(5, 14)),
        sparse.csr_matrix(X),
        sparse.csc_array(X),
        sparse.coo_array(X),
    ],
    ids=["fortran", "strided", "transposed", "list", "frame", "csr_matrix", "csc", "coo"],
)
def test_a_table_in_any_layout_gives_the_same_answer(table):
    same_answer(SoftmaxObjective(table, Y, l2=0.1, sample_weight=WEIGHT))


def test_entries_that_stand_twice_are_added():
    halves = sparse.coo_array(X / 2)
    row, column = halves.coords
    double = (np.r_[halves.data, halves.data], (np.r_[row, row], np.r_[column, column]))
    same_answer(SoftmaxObjective(sparse.coo_array(double, shape=X.shape), Y, l2=0.1, sample_weight=WEIGHT))


def test_wide_indices_are_indices_too():
    table = sparse.csr_array(X)
    table.indices, table.indptr = table.indices.astype(np.int64), table.indptr.astype(np.int64)
    same_answer(SoftmaxObjective(table, Y, l2=0.1, sample_weight=WEIGHT))


def test_integers_and_booleans_are_numbers():
    for table in (np.arange(27).reshape(9, 3), X > 0):
        f, g = SoftmaxObjective(table, Y)(THETA)
        f_of_floats, g_of_floats = SoftmaxObjective(table.astype(float), Y)(THETA)
        assert f == f_of_floats
        assert np.array_equal(g, g_of_floats)


@pytest.mark.parametrize(
    "labels",
    [
        np.array(["cat", "dog", "eel"])[Y],
        np.array([-3, 0, 8])[Y],
        np.array([1.0, 2.0, 3.0])[Y],
        np.array(["cat", "dog", "eel"], object)[Y],
        Y.astype(np.uint8),
        Y.tolist(),
        pd.Categorical.from_codes(Y, ["cat", "dog", "eel"]),
        pd.Series(np.array(["cat", "dog", "eel"])[Y]),
    ],
    ids=["text", "negative", "floats", "objects", "uint8", "list", "categorical", "series"],
)
def test_labels_of_any_kind_are_encoded_and_given_back(labels):
    fun = SoftmaxObjective(X, labels, l2=0.1, sample_weight=WEIGHT)
    same_answer(fun)
    predicted = fun.predict(THETA, X)
    assert predicted.dtype == fun.classes.dtype
    assert set(predicted) <= set(labels)
    assert np.array_equal(fun.classes[fun.scores(THETA, X).argmax(axis=1)], predicted)
    assert fun.accuracy(THETA, X, labels) == np.mean(predicted == np.asarray(labels))


def test_true_and_false_are_labels():
    fun = SoftmaxObjective(X, Y == 1, reference=True)
    assert fun.classes.tolist() == [False, True]
    assert fun.reference == 1
    assert fun.predict(np.array([1.0, 0.0, 0.0, 0.0]), [[-1.0, 0, 0], [1.0, 0, 0]]).tolist() == [True, False]
    assert SoftmaxObjective(X, Y == 1, reference=False).reference == 0


# ---- not copied, not touched


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_data_that_are_ready_are_not_copied(dtype):
    table = X.astype(dtype)
    fun = SoftmaxObjective(table, Y, sample_weight=WEIGHT)
    assert np.shares_memory(fun.X, table)
    assert np.shares_memory(fun.compiled_form()[1][1], table)
    assert np.shares_memory(fun.sample_weight, WEIGHT)
    rows = sparse.csr_array(table)
    kernel_rows = SoftmaxObjective(rows, Y).compiled_form()[1][1]
    for mine, given in zip(kernel_rows[:3], (rows.data, rows.indices, rows.indptr), strict=True):
        assert np.shares_memory(mine, given)


def everything(fun):
    """Call all that reads the data."""
    same = fun(THETA)
    fun.hessp(THETA, THETA)
    fun.subset(THETA, [0, 4])
    fun.certificate(THETA)
    fun.predict(THETA, fun.X)
    fun.accuracy(THETA, fun.X, Y)
    fun.confusion(THETA, fun.X, Y)
    assert fun.lipschitz > 0
    assert fun(THETA)[0] == same[0]


def test_read_only_arrays_and_memory_maps_work(tmp_path):
    np.save(tmp_path / "X.npy", X)
    mapped = np.load(tmp_path / "X.npy", mmap_mode="r")
    weight = WEIGHT.copy()
    weight.flags.writeable = False
    fun = SoftmaxObjective(mapped, Y, l2=0.1, sample_weight=weight)
    assert np.shares_memory(fun.X, mapped)
    same_answer(fun)
    everything(fun)
    theta = THETA.copy()
    theta.flags.writeable = False
    same_answer(lambda _: fun(theta))


def test_read_only_compressed_rows_work():
    rows = sparse.csr_array(X)
    for part in (rows.data, rows.indices, rows.indptr):
        part.flags.writeable = False
    fun = SoftmaxObjective(rows, Y, l2=0.1, sample_weight=WEIGHT)
    same_answer(fun)
    everything(fun)


def test_nothing_that_was_given_is_modified():
    rng = np.random.default_rng(0)
    columns = rng.permuted(np.tile(range(3), (9, 1)), axis=1)[:, :2]  # not in order
    shuffled = sparse.csr_array((rng.normal(size=18), columns.ravel(), range(0, 19, 2)), shape=(9, 3))
    for table in (X.copy(), np.asfortranarray(X), shuffled):
        given = [*(table.data, table.indices, table.indptr)] if sparse.issparse(table) else [table]
        labels, weight, theta, rows = Y.copy(), WEIGHT.copy(), THETA.copy(), np.array([3, 1])
        given += [labels, weight, theta, rows]
        before = [array.copy() for array in given]
        fun = SoftmaxObjective(table, labels, l2=0.1, sample_weight=weight)
        everything(fun)
        wb.minimize(fun, theta, max_iter=3)
        fun.subset(theta, rows)
        fun.hessp(theta, theta)
        for array, copy in zip(given, before, strict=True):
            assert np.array_equal(array, copy)


def test_what_is_returned_is_the_callers_own():
    fun = SoftmaxObjective(X, Y)
    _, g = fun(THETA)
    g[:] = 0.0
    assert fun(THETA)[1].any()
    W, b = fun.weights(THETA)
    W[:], b[:] = 0.0, 0.0
    assert fun.weights(THETA)[0].any()


def test_an_objective_survives_pickling():
    fun = SoftmaxObjective(X, Y, l2=0.1, sample_weight=WEIGHT)
    same_answer(fun)
    assert fun.lipschitz == pickle.loads(pickle.dumps(fun)).lipschitz
    same_answer(pickle.loads(pickle.dumps(fun)))


# ---- mistakes


def made(**changes):
    arguments = {"X": X, "y": Y} | changes
    return lambda: SoftmaxObjective(arguments.pop("X"), arguments.pop("y"), **arguments)


def with_nan(row, column):
    table = X.copy()
    table[row, column] = np.nan
    return table


INDICES = "expected a vector of indices from 0 to 8, with at least one"
FUN = SoftmaxObjective(X, Y)
WIDE = SoftmaxObjective(np.zeros((10, 64)), range(10))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (made(X=X[0]), ValueError, "X has shape (3,): expected two dimensions, samples in rows"),
        (
            made(X=with_nan(4, 2)),
            ValueError,
            "X has nan at row 4, column 2: expected finite numbers; drop or fill them",
        ),
        (made(y=Y[1:]), ValueError, "X has 9 rows and y has 8 labels: expected a label for each row"),
        (made(y=0 * Y), ValueError, "y has one class only, 0: expected two or more"),
        (made(X=X[:1], y=[0]), ValueError, "y has one class only, 0: expected two or more"),
        (
            made(sample_weight=-WEIGHT),
            ValueError,
            f"sample_weight[0] is {-WEIGHT[0]}: expected finite numbers of at least 0",
        ),
        (made(l2=-1e-4), ValueError, "l2=-0.0001: expected a finite number of at least 0"),
        (made(l2=np.nan), ValueError, "l2=nan: expected a finite number of at least 0"),
        (made(l2=np.inf), ValueError, "l2=inf: expected a finite number of at least 0"),
        (made(l2="1"), ValueError, "l2='1': expected a finite number of at least 0"),
        (made(l2=None), ValueError, "l2=None: expected a finite number of at least 0"),
        (made(reduction="average"), ValueError, "reduction='average': expected 'mean' or 'sum'"),
        (made(precision="single"), ValueError, "precision='single': expected 'data' or 'double'"),
        (made(reference=3), ValueError, "reference=3 is no class: expected 'last', None or one of 0, 1, 2"),
        (made(reference="first"), ValueError, "reference='first' is no class: expected 'last', None or one of 0, 1, 2"),
        (made(reference=[0, 1]), ValueError, "reference=[0, 1] is no class: expected 'last', None or one of 0, 1, 2"),
        (lambda: FUN(np.zeros(7)), ValueError, "theta has shape (7,): expected 8 = 4 × 2"),
        (lambda: FUN(np.zeros((2, 4))), ValueError, "theta has shape (2, 4): expected 8 = 4 × 2"),
        (lambda: FUN(1.0), ValueError, "theta has shape (1,): expected 8 = 4 × 2"),
        (lambda: FUN(np.zeros(8) + 0j), TypeError, "theta has dtype complex128: expected real numbers"),
        (lambda: FUN(["0"] * 8), TypeError, "theta has dtype <U1: expected real numbers"),
        (
            lambda: WIDE(np.zeros(650)),
            ValueError,
            "theta has shape (650,): expected 585 = 65 × 9, got 650 = 65 × 10: the fixed class has no entries",
        ),
        (
            lambda: WIDE(np.zeros(576)),
            ValueError,
            "theta has shape (576,): expected 585 = 65 × 9, got 576 = 64 × 9: each class has an intercept too",
        ),
        (lambda: FUN.hessp(THETA, THETA[1:]), ValueError, "theta has shape (7,): expected 8 = 4 × 2"),
        (lambda: FUN.weights(THETA[1:]), ValueError, "theta has shape (7,): expected 8 = 4 × 2"),
        (lambda: FUN.certificate(THETA[1:]), ValueError, "theta has shape (7,): expected 8 = 4 × 2"),
        (lambda: wb.minimize(FUN, THETA[1:]), ValueError, "theta has shape (7,): expected 8 = 4 × 2"),
        (
            lambda: FUN.subset(THETA, [9]),
            ValueError,
            f"rows has 9: {INDICES}",
        ),
        (
            lambda: FUN.subset(THETA, Y == 0),
            TypeError,
            f"rows has dtype bool: {INDICES}; numpy.flatnonzero turns a mask into them",
        ),
        (lambda: FUN.predict(THETA, X[:, 1:]), ValueError, "X has 2 columns: expected 3, as in the samples of the fit"),
        (lambda: FUN.predict(THETA, X[0]), ValueError, "X has shape (3,): expected two dimensions, samples in rows"),
        (
            lambda: FUN.scores(THETA, [[0, np.inf, 0]]),
            ValueError,
            "X has inf at row 0, column 1: expected finite numbers; drop or fill them",
        ),
        (
            lambda: FUN.accuracy(THETA, X[:, 1:], Y),
            ValueError,
            "X has 2 columns: expected 3, as in the samples of the fit",
        ),
        (
            lambda: FUN.accuracy(THETA, X, Y[:1]),
            ValueError,
            "X has 9 rows and y has shape (1,): expected a label for each row",
        ),
        (
            lambda: FUN.accuracy(THETA, X, Y[:, None]),
            ValueError,
            "X has 9 rows and y has shape (9, 1): expected a label for each row",
        ),
        (
            lambda: FUN.confusion(THETA, X, Y[:1]),
            ValueError,
            "X has 9 rows and y has shape (1,): expected a label for each row",
        ),
    ],
)
def test_a_mistake_is_told_in_one_line(call, error, message):
    with pytest.raises(error) as raised:
        call()
    assert str(raised.value) == message


def test_many_classes_are_not_all_listed():
    with pytest.raises(ValueError, match=r"one of 0, 1, 2, 3, 4, 5, 6, 7, 8, 9$"):
        SoftmaxObjective(np.zeros((30, 1)), range(30), reference=99)
