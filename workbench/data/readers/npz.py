"""NumPy archives (.npz): arrays under agreed names, dense or in the three parts of a CSR matrix.

Names of the arrays, each with an optional prefix ``NAME_`` where one archive holds several sets:

* features: ``X``, or ``X_data``, ``X_indices``, ``X_indptr``, ``X_shape``, or those four without ``X_``;
* labels: ``y``; with ``classes``, an array of names, integer labels are positions in it and the names take their place;
* test split: ``X_test`` or its four parts, also ``test_data`` and so on; ``y_test`` or ``test_y``;
* ``feature_names``: one name per column.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.data.archive import Archive
from workbench.data.errors import DataError, did_you_mean, listed
from workbench.data.reader import Reader
from workbench.data.samples import Samples

if TYPE_CHECKING:
    from pathlib import Path

_PARTS = ("data", "indices", "indptr", "shape")


def read(path: Path, member: str | None = None) -> Samples:
    """The arrays of an archive; ``member`` names one set of an archive of several.

    Raises
    ------
    DataError
        The file is no such archive, is damaged, or lacks features or labels; the arrays it has are named.
    """
    with Archive(path) as archive:
        prefix = _prefix(archive, member)
        X = _features(archive, (f"{prefix}X",), (f"{prefix}X_", prefix))
        y = archive.get(f"{prefix}y")
        X_test = _features(archive, (f"{prefix}X_test",), (f"{prefix}X_test_", f"{prefix}test_"))
        y_test = archive.get(f"{prefix}y_test", f"{prefix}test_y")
        classes = archive.get(f"{prefix}classes")
        names = archive.get(f"{prefix}feature_names")
        if X is None or y is None:
            has_many = f"{prefix}Y" in archive.names
            hint = "; Y with several labels per row is not supported" if has_many else ""
            raise DataError(
                f"{path.name} has no {prefix}{'y' if y is None else 'X'}{hint}: it holds {listed(archive.names)}"
            )
    if (X_test is None) != (y_test is None):
        raise DataError(f"{path.name} has one of X_test and y_test without the other: it holds {listed(archive.names)}")
    return Samples(
        X,
        _named(y, classes, path.name),
        X_test,
        None if y_test is None else _named(y_test, classes, path.name),
        feature_names=None if names is None else tuple(str(name) for name in names.ravel()),
    )


def _prefix(archive: Archive, member: str | None) -> str:
    """``"NAME_"`` for a named set; ``""`` for the only set of an archive."""
    sets = sorted(name[:-2] for name in archive.names if name.endswith("_y") and name != "test_y")
    if member is not None:
        if member not in sets:
            raise DataError(
                f"{archive.name} holds no set '{member}'{did_you_mean(member, sets)} it holds {listed(sets)}"
            )
        return f"{member}_"
    if sets and "y" not in archive.names:
        raise DataError(
            f"{archive.name} holds several sets: name one, as in '{archive.name}:{sets[0]}'; it holds {listed(sets)}"
        )
    return ""


def _features(archive: Archive, dense: tuple[str, ...], sparse: tuple[str, ...]) -> Any:
    found = archive.get(*dense)
    if found is not None:
        return found
    for stem in sparse:
        parts = [archive.get(stem + part) for part in _PARTS]
        if all(part is not None for part in parts):
            return _csr(archive.name, stem, *parts)
    return None


def _csr(file: str, stem: str, data: Any, indices: Any, indptr: Any, shape: Any) -> Any:
    from scipy.sparse import csr_array

    if any(part.dtype.kind not in "iu" or part.ndim != 1 for part in (indices, indptr, shape)) or len(shape) != 2:
        raise DataError(
            f"{file}: {stem}indices, {stem}indptr and {stem}shape must be vectors of integers, {stem}shape of two"
        )
    if data.dtype.kind not in "biuf":
        raise DataError(f"{file}: {stem}data is {data.dtype}, expected numbers")
    try:
        X = csr_array((data, indices, indptr), shape=(int(shape[0]), int(shape[1])))
        X.check_format(full_check=True)
    except (ValueError, OverflowError) as error:
        raise DataError(f"{file}: {stem}data, indices, indptr and shape make no CSR matrix: {error}") from None
    return X


def _named(y: Any, classes: Any, file: str) -> Any:
    """The labels, replaced by their names where they are positions in ``classes``."""
    if classes is None or y.dtype.kind not in "iu" or y.size == 0:
        return y
    if classes.ndim != 1 or y.min() < 0 or y.max() >= len(classes):
        raise DataError(f"{file}: labels from {y.min()} to {y.max()} are no positions in its {classes.size} classes")
    return classes[y]


READER = Reader((".npz",), read, frozenset({"member"}))
