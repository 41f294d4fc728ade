"""Parquet: a table of typed columns, one of which holds the labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.data import bounded
from workbench.data.columns import feature_block, label_column, target_index
from workbench.data.errors import DataError
from workbench.data.reader import Reader
from workbench.data.samples import Samples
from workbench.data.signatures import require_signature

if TYPE_CHECKING:
    from pathlib import Path


def _is_text(column: Any) -> bool:
    flat = column.max_repetition_level == 0
    return flat and column.physical_type == "BYTE_ARRAY" and column.logical_type.type in ("STRING", "NONE", "ENUM")


def read(path: Path, target: str | None = None) -> Samples:
    """A table of numbers with the label column ``target``. Needs pyarrow.

    Raises
    ------
    DataError
        The file is no such table, promises more than its size can hold, or pyarrow is not installed.
    """
    require_signature(path, b"PAR1", "a Parquet file")
    try:
        import pyarrow as pa
        import pyarrow.parquet
    except ImportError:
        raise DataError(
            f"{path.name}: reading Parquet needs pyarrow; install it with pip install 'minfunc-workbench[parquet]'"
        ) from None

    try:
        with pa.parquet.ParquetFile(path) as file:
            about = file.metadata
            groups = (about.row_group(group).total_byte_size for group in range(about.num_row_groups))
            size = max(8 * about.num_rows * about.num_columns, sum(groups))
            limit = bounded.unpacked_limit(path.stat().st_size)
            if size > limit:
                raise bounded.too_much(
                    path.name, f"promises {about.num_rows:,} rows × {about.num_columns:,} columns", limit
                )
            text = [column.path for column in map(about.schema.column, range(about.num_columns)) if _is_text(column)]
        # Text stays a dictionary: written out, one long word repeated in every row would fill the memory.
        with pa.parquet.ParquetFile(path, read_dictionary=text) as file:
            frame = file.read().to_pandas()
    except (pa.ArrowException, OSError) as error:
        raise DataError(f"{path.name} is damaged: {str(error).splitlines()[0]}") from None
    frame.columns = columns = [str(name) for name in frame.columns]
    label = columns[target_index(columns, target, path.name)]
    features = [name for name in columns if name != label]
    return Samples(
        feature_block(frame[features], path.name), label_column(frame[label], label), feature_names=tuple(features)
    )


READER = Reader((".parquet", ".pq"), read, frozenset({"target"}))
