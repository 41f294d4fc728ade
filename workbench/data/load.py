"""Loading: a name of the catalogue or a file becomes a checked, split and scaled data set."""

from __future__ import annotations

import operator
import os
from dataclasses import replace
from typing import TYPE_CHECKING

from workbench.data.border import checked
from workbench.data.catalogue import builtins
from workbench.data.dataset import Dataset
from workbench.data.errors import DataError
from workbench.data.own_file import samples_in
from workbench.data.scaling import AS_GIVEN, STANDARDISED
from workbench.data.search import search
from workbench.data.split import stratified_rows

if TYPE_CHECKING:
    from workbench.data.samples import Samples


def load_dataset(
    name_or_path: str | os.PathLike[str],
    *,
    data_dir: str | os.PathLike[str] | None = None,
    target: str | None = None,
    test_fraction: float = 0.2,
    seed: int = 0,
    download: bool = True,
    standardize: bool | None = None,
) -> Dataset:
    """Load a built-in data set by name, or your own from a file.

    Parameters
    ----------
    name_or_path : str or path
        A name from `list_datasets`, or a file: CSV or TSV, Parquet, NumPy ``.npz`` (``"file.npz:name"`` for one of
        several sets in it), svmlight, or the images of an IDX pair. Text and IDX may be packed with gzip.
        A name of the catalogue wins over a file of that name; write ``./digits`` for the file.
    data_dir : path, optional
        Where to look first, before the folder that the environment variable ``WORKBENCH_DATA`` names: for the files of
        ``mnist`` and ``fashion-mnist``, in a subfolder of that name or in the folder itself, and for a relative path.
    target : str, optional
        The column that holds the labels; needed for CSV, TSV and Parquet, an error elsewhere.
    test_fraction : float, default 0.2
        Share of rows held out, stratified by class, from sources without a test split of their own; 0 holds out none.
        Every class keeps a row for training.
    seed : int, default 0
        Which rows are held out.
    download : bool, default True
        Whether ``mnist`` and ``fashion-mnist`` may be downloaded, once, if they are on no disk.
    standardize : bool, optional
        Whether features are shifted and scaled by the training rows' mean and population standard deviation. None,
        the default, leaves it to the data set: ``wine`` and ``breast_cancer`` are, all others not. True replaces the
        data set's own scaling.

    Returns
    -------
    Dataset
        With finite float64 features and its preprocessing in words.

    Raises
    ------
    DataError
        A ``ValueError``: the name is unknown, or the data cannot be used; one line says what to do.
    MissingFileError
        A ``DataError`` and ``FileNotFoundError``: there is no such file.
    TypeError
        ``name_or_path`` is neither text nor a path, or ``seed`` is no integer.

    Examples
    --------
    >>> import workbench as wb
    >>> print(wb.load_dataset("digits"))
    digits 1,437 + 360 × 64 · 10 classes
    """
    if not isinstance(name_or_path, str | os.PathLike):
        raise TypeError(f"name_or_path is a {type(name_or_path).__name__}, expected the name of a data set or a path")
    if not 0.0 <= test_fraction < 1.0:
        raise DataError(f"test_fraction is {test_fraction}, expected a share from 0 (no test rows) to below 1")
    if not 0 <= operator.index(seed) < 2**32:
        raise DataError(f"seed is {seed}, expected an integer from 0 to 2**32 - 1")
    where = search(data_dir, download)
    text = os.fspath(name_or_path)
    entry = builtins().get(text) if isinstance(name_or_path, str) else None
    if entry is None:
        samples = samples_in(text, target, where)
    elif target is not None:
        raise DataError(f"{text} has its own labels: target= names the label column of a table in a file")
    else:
        found = entry.read(where)
        samples = replace(found, name=found.name or entry.name, title=found.title or entry.title)
    return _assembled(checked(samples), test_fraction, seed, standardize)


def _assembled(samples: Samples, test_fraction: float, seed: int, standardize: bool | None) -> Dataset:
    X, y, X_test, y_test = samples.X, samples.y, samples.X_test, samples.y_test
    if X_test is None:
        train, test = stratified_rows(y, test_fraction, seed)
        if len(test):
            X, y, X_test, y_test = X[train], y[train], X[test], y[test]
    scaling = samples.scaling
    if standardize:
        scaling = STANDARDISED
    elif standardize is False and scaling is STANDARDISED:
        scaling = AS_GIVEN
    X, X_test = scaling.apply(X, X_test)
    return Dataset(
        name=samples.name,
        title=samples.title,
        X=X,
        y=y,
        X_test=X_test,
        y_test=y_test,
        feature_names=samples.feature_names,
        image_shape=samples.image_shape,
        preprocessing=scaling.sentence,
    )
