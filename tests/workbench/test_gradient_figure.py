"""The figure of a gradient check: what is wrong stands out where it is, and the file depends on the report alone."""

from dataclasses import replace
from xml.etree import ElementTree

import matplotlib
import numpy as np
import pytest

from workbench.gradient_check import check_gradient, figure

D, K = 6, 4
NAMES = [(f"class {k}", f"x{j}" if j < D - 1 else "intercept") for k in range(K - 1) for j in range(D)]
SCALE = np.linspace(-3, 3, D * (K - 1)) + 0.01
SVG = "{http://www.w3.org/2000/svg}"


def exponentials(x):
    return float(np.exp(SCALE * x).sum()), SCALE * np.exp(SCALE * x)


def faulty(x):
    f, g = exponentials(x)
    g = g.reshape(K - 1, D)
    g[1] *= 2
    g[:, -1] = 0
    return f, g.ravel()


def report(fun=exponentials, names=NAMES, **chosen):
    return check_gradient(fun, np.full(SCALE.size, 0.1), names=names, **chosen)


def axes(checked):
    with matplotlib.style.context(["default", figure.LOOK]):
        drawn = figure._figure(checked)
    drawn.canvas.draw()
    return drawn.axes


def image(ax):
    return np.asarray(ax.images[0].get_array())


def words(path):
    return ["".join(node.itertext()) for node in ElementTree.parse(path).iter(f"{SVG}text")]


def test_the_image_shows_the_wrong_class_and_the_wrong_feature():
    _, pattern = axes(report(faulty))
    rgba = image(pattern)
    assert rgba.shape == (D, K - 1, 4)
    wrong = ~np.isclose(rgba, [*matplotlib.colors.to_rgb(figure.RULE), 0.6]).all(axis=2)
    expected = np.zeros((D, K - 1), dtype=bool)
    expected[:, 1] = expected[-1] = True
    assert (wrong == expected).all()
    assert [tick.get_text() for tick in pattern.get_yticklabels()] == [*(f"x{j}" for j in range(D - 1)), "intercept"]


def test_the_colour_is_the_sign_of_the_error():
    checked = report(faulty)
    rgba = image(axes(checked)[1]).transpose(1, 0, 2).reshape(-1, 4)
    failed = checked.table[checked.table["verdict"] == "fail"]
    above = failed["analytic"] > failed["numeric"]
    assert above.any()
    assert not above.all()
    for j, orange in zip(failed["coordinate"], above, strict=True):
        color = figure.VERMILLION if orange else figure.BLUE
        assert tuple(rgba[j][:3]) == pytest.approx(matplotlib.colors.to_rgb(color))


def test_derivatives_stand_against_each_other_with_their_tolerance():
    checked = report(faulty)
    ax = axes(checked)[0]
    marks = {bars.get_label(): bars for bars in ax.containers}
    assert list(marks) == ["pass, 10", "fail, 8"]
    failed = checked.table[checked.table["verdict"] == "fail"]
    x, y = marks["fail, 8"].lines[0].get_data()
    assert x.tolist() == failed["numeric"].tolist()
    assert y.tolist() == failed["analytic"].tolist()
    heights = [bar[1, 1] - bar[0, 1] for bar in marks["fail, 8"].lines[2][0].get_segments()]
    assert heights == pytest.approx(2 * failed["tolerance"].to_numpy(), rel=1e-3)
    assert ax.get_xlim() == ax.get_ylim()


def test_without_names_there_is_no_image():
    assert len(axes(report(names=None))) == 1


def test_coordinates_that_were_not_checked_stay_empty():
    checked = report(coordinates=[0, 7, 17])
    rgba = image(axes(checked)[1])
    assert rgba.shape == (3, 3, 4)
    assert (rgba[..., 3] > 0).tolist() == np.eye(3, dtype=bool).tolist()


def test_a_sample_of_numbered_features_is_in_the_order_of_the_numbers():
    names = [(str(k), str(j) if j < D - 1 else "intercept") for k in range(K - 1) for j in range(D)]
    pattern = axes(report(names=names, coordinates=[4, 5, 6, 14]))[1]
    assert [tick.get_text() for tick in pattern.get_yticklabels()] == ["0", "2", "4", "intercept"]


def test_a_wrong_feature_is_named_among_many():
    n = 200

    def fun(x):
        g = np.ones(n)
        g[101] = 3
        return float(x.sum()), g

    pattern = axes(check_gradient(fun, np.zeros(n), names=[("one", f"x{j}") for j in range(n)]))[1]
    shown = [tick.get_text() for tick in pattern.get_yticklabels()]
    assert "x101" in shown
    assert len(shown) <= figure.MOST_FEATURES + 1


def test_slopes_of_widely_different_sizes_have_logarithmic_axes():
    size = np.logspace(-4, 4, 18)
    wide = check_gradient(lambda x: (float(size @ x), size.copy()), np.zeros(18))
    assert axes(wide)[0].get_xscale() == "symlog"
    assert axes(report())[0].get_xscale() == "linear"


def test_what_cannot_be_judged_is_marked():
    def edge(x):
        return float(np.sum(x**1.5)), 1.5 * np.sqrt(x)

    checked = check_gradient(edge, np.r_[0.0, np.ones(3)], names=[("a", f"x{j}") for j in range(4)])
    assert checked.verdict == "INCONCLUSIVE"
    left, right = axes(checked)
    assert [line.get_ydata().tolist() for line in right.lines] == [[0]]
    assert "1 without a numeric derivative" in [text.get_text() for text in left.get_legend().get_texts()]


def test_all_zero_is_drawn():
    checked = check_gradient(lambda x: (5.0, np.zeros(3)), np.ones(3))
    assert axes(checked)[0].get_xlim() == (-1.1, 1.1)


@pytest.mark.parametrize(
    ("fun", "coordinates", "title"),
    [
        (exponentials, None, "PASS: of 18 coordinates checked 18 right"),
        (faulty, None, "FAIL: of 18 coordinates checked 8 wrong, 10 right"),
    ],
)
def test_the_title_says_the_verdict(tmp_path, fun, coordinates, title):
    assert title in words(figure.draw(report(fun, coordinates=coordinates), tmp_path / "check.svg"))


def test_the_title_tells_of_a_direction_that_disagrees(tmp_path):
    def fun(x):
        f, g = exponentials(x)
        g[:] = np.where(np.arange(g.size) == 3, -g, g)
        return f, g

    checked = report(fun, coordinates=2)
    start, *others = checked.points
    unfound = replace(start, table=start.table[start.table["verdict"] == "pass"].head(2))
    path = figure.draw(replace(checked, points=(unfound, *others)), tmp_path / "check.svg")
    assert "FAIL: of 2 coordinates checked 2 right; a random direction disagrees" in words(path)


def test_the_file_is_the_same_whatever_the_reader_has_configured(tmp_path):
    first = figure.draw(report(faulty), tmp_path / "first.svg").read_bytes()
    with matplotlib.rc_context({"font.size": 30, "lines.linewidth": 9, "svg.fonttype": "path", "svg.hashsalt": None}):
        second = figure.draw(report(faulty), str(tmp_path / "second.svg")).read_bytes()
        assert matplotlib.rcParams["font.size"] == 30
    assert first == second


def test_a_png_is_written(tmp_path):
    path = figure.draw(report(), tmp_path / "check.PNG")
    assert path.read_bytes().startswith(b"\x89PNG")


def test_names_are_text_not_mathematics(tmp_path):
    names = [(f"$k_{k}$", "$x^{") if j == 0 else (f"$k_{k}$", f"字{j}") for k in range(K - 1) for j in range(D)]
    path = figure.draw(report(names=names), tmp_path / "check.svg")
    assert "$x^{" in words(path)
    assert figure.draw(report(names=names), tmp_path / "check.png").stat().st_size > 0


def test_another_ending_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"check\.pdf ends in '\.pdf', expected one of \.png, \.svg"):
        figure.draw(report(), tmp_path / "check.pdf")


@pytest.mark.parametrize("suffix", [".png", ".svg"])
def test_directions_are_drawn_where_no_coordinate_was_checked_by_itself(tmp_path, suffix):
    names = [(k, j) for k in range(3) for j in range(800)]
    report = check_gradient(lambda x: (float(x @ x), 2 * x), np.ones(2400), names=names)
    assert report.table.empty
    path = figure.draw(report, tmp_path / f"figure{suffix}")
    assert path.stat().st_size > 5_000
    if suffix == ".svg":
        assert "PASS: 2,400 coordinates, along random directions" in path.read_text()
        assert "pass, 3" in path.read_text()


def test_the_point_that_shows_the_error_is_drawn(tmp_path):
    def right_at_zero(x):
        return float(x @ x), 1.0 * x

    report = check_gradient(right_at_zero, np.zeros(4))
    assert [point.verdict for point in report.points] == ["PASS", "FAIL", "FAIL"]
    path = figure.draw(report, tmp_path / "figure.svg")
    assert "FAIL: of 4 coordinates checked at a random point 4 wrong, 0 right" in path.read_text()
