"""A DataFrame as CSV that reads back as the same numbers."""

import pandas as pd


def csv(frame: pd.DataFrame) -> str:
    """Text of `frame`; NaN is empty, infinities are "inf" and "-inf"."""
    return frame.to_csv(index=False, float_format=_shortest)


def _shortest(x: float) -> str:
    """Shortest text that reads back as the same float."""
    return repr(float(x)).removesuffix(".0")
