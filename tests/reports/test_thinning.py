"""Thinned curves look like the whole ones."""

import numpy as np
import pytest

from reports.thinning import POINTS_PER_FIGURE, columns, kept, marked


def test_a_short_curve_is_drawn_whole():
    assert kept(np.arange(40.0), np.zeros(40), 10).tolist() == list(range(40))


def test_every_column_keeps_its_ends_and_its_extremes():
    u = np.linspace(0.0, 1.0, 10_000)
    v = np.random.default_rng(0).standard_normal(10_000)
    points = kept(u, v, 100)
    assert len(points) <= 400
    assert (np.diff(points) > 0).all()
    column = np.minimum((u * 100).astype(int), 99)
    for index in range(100):
        whole, drawn = np.flatnonzero(column == index), points[column[points] == index]
        assert (drawn[0], drawn[-1]) == (whole[0], whole[-1])
        assert (v[drawn].min(), v[drawn].max()) == (v[whole].min(), v[whole].max())


def test_a_curve_without_width_keeps_its_extremes():
    v = np.sin(np.arange(1000.0))
    points = kept(np.ones(1000), v, 10)
    assert v[points].max() == v.max()
    assert len(points) <= 4


@pytest.mark.parametrize("n_curves", [1, 10, 100])
def test_all_curves_of_a_figure_share_one_budget(n_curves):
    assert 4 * columns(n_curves) * n_curves <= POINTS_PER_FIGURE


def test_markers_are_spread_over_the_width_and_stand_at_the_end():
    u = np.concatenate([np.linspace(0.0, 0.1, 900), np.linspace(0.1, 1.0, 100)])
    marks = marked(u, 5, 0.0)
    assert u[marks] == pytest.approx([0.0, 0.2, 0.4, 0.6, 0.8, 1.0], abs=0.01)
    assert marked(np.array([]), 5, 0.0) == []
