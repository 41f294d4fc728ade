"""A DataFrame as a Parquet file."""

from pathlib import Path

import pandas as pd


def write_parquet(frame: pd.DataFrame, path: Path) -> None:
    """Write `frame` to `path`.

    Raises
    ------
    ValueError
        pyarrow is not installed.
    """
    try:
        frame.to_parquet(path, engine="pyarrow", index=False)
    except ImportError as error:
        raise ValueError("Parquet needs pyarrow: install it with pip install 'minfunc-workbench[parquet]'") from error
