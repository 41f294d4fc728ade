"""A DataFrame on stdout, as text or as JSON."""

import json
import math
from collections.abc import Mapping
from typing import Any

import click
import pandas as pd

from workbench.cli.table import drawn, room


def echo_frame(frame: pd.DataFrame, texts: pd.DataFrame) -> None:
    """Print `texts`, the columns of a table as a person reads them; nothing where `frame` has no rows."""
    if len(frame):
        click.echo(drawn({str(name): [str(text) for text in texts[name]] for name in texts.columns}, room()))


def echo_json(document: Mapping[str, Any]) -> None:
    """Print a document as JSON; tables are lists of rows, infinities and NaN null."""
    click.echo(json.dumps(plain(document), indent=2))


def plain(value: Any) -> Any:
    """Return the value as JSON can hold it."""
    if isinstance(value, pd.DataFrame):
        return [plain(row) for row in value.to_dict(orient="records")]
    if isinstance(value, Mapping):
        return {str(key): plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [plain(entry) for entry in value]
    if hasattr(value, "item"):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value
