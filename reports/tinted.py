"""Tinted matrices: entries drawn as more or less opaque colour, so that they read on light and dark paper alike."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb

from reports.palette import BLUE, INK, VERMILLION


def tinted(values: np.ndarray, largest: float) -> np.ndarray:
    """RGBA of `values`: zero and NaN are clear, ``+largest`` is full vermillion, ``-largest`` is full blue.

    Parameters
    ----------
    values : ndarray of shape (n_rows, n_columns)
    largest : float
        The absolute value of full colour; shared between matrices that are to be compared.

    Returns
    -------
    ndarray of shape (n_rows, n_columns, 4), dtype uint8
    """
    share = np.nan_to_num(np.clip(values / (largest or 1.0), -1.0, 1.0))
    colors = np.where((share > 0)[..., None], to_rgb(VERMILLION), to_rgb(BLUE))
    rgba: np.ndarray = np.rint(255 * np.concatenate([colors, np.abs(share)[..., None]], axis=-1)).astype(np.uint8)
    return rgba


def draw_scale(ax: Axes, largest: float, words: str) -> None:
    """Draw the colours' scale from ``-largest`` to ``largest`` right of `ax`."""
    scale = ax.inset_axes((1.03, 0.0, 0.035, 1.0))
    levels = np.linspace(largest, -largest, 101)[:, None]
    scale.imshow(
        tinted(levels, largest), extent=(0, 1, -largest, largest), aspect="auto", interpolation="none", origin="upper"
    )
    scale.grid(False)
    scale.set_xticks([])
    scale.yaxis.tick_right()
    scale.yaxis.set_label_position("right")
    scale.set_ylabel(words, color=INK)
    for side in scale.spines.values():
        side.set_visible(False)
