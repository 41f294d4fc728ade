"""Data sets: a name or a file becomes checked arrays with a fingerprint."""

from workbench.data.catalogue import DatasetInfo, list_datasets
from workbench.data.dataset import Dataset
from workbench.data.errors import DataError, MissingFileError
from workbench.data.load import load_dataset

__all__ = ["DataError", "Dataset", "DatasetInfo", "MissingFileError", "list_datasets", "load_dataset"]
