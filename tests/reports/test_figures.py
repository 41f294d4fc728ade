"""Every figure: drawn where the run has something to draw, skipped where not, the same bytes each time."""

import warnings
from xml.etree import ElementTree

import matplotlib
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text
from recorded import Recorder

import reports
from reports import figures, svg, tinted
from reports.figures import confusion, suboptimality_evaluations, suboptimality_seconds, weights
from reports.outcome import best
from reports.palette import label, style
from reports.plugins import found

FIGURES = found(figures)
SVG = "{http://www.w3.org/2000/svg}"


def drawn(run, figure):
    with svg.look():
        return svg.tree(figure.draw(run).figure, figure.TITLE)


def texts(root):
    return [node.text for node in root.iter(f"{SVG}text")]


def test_the_page_begins_with_suboptimality():
    assert list(FIGURES) == [
        *["suboptimality_seconds", "suboptimality_evaluations", "gradient_norm"],
        *["accuracy_test", "accuracy_train", "weights", "confusion"],
    ]


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_says_what_it_shows_and_from_which_numbers(run, name):
    figure = FIGURES[name]
    assert isinstance(figure.frame(run), pd.DataFrame)
    assert not figure.frame(run).empty
    assert figure.caption(run).endswith(".")
    place, _, what = figure.source(run).partition(": ")
    assert place in ("trace.csv", "results.db")
    assert what


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_is_drawn_with_the_same_bytes_whatever_the_reader_has_configured(run, name):
    first = svg.standalone(drawn(run, FIGURES[name]))
    with matplotlib.rc_context({"font.size": 30, "lines.linewidth": 9, "svg.hashsalt": None, "svg.fonttype": "path"}):
        second = svg.standalone(drawn(run, FIGURES[name]))
    assert first == second
    assert "2026" not in first


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_draws_on_the_axes_it_is_given(run, name):
    ax = Figure().add_subplot()
    assert FIGURES[name].draw(run, ax) is ax
    assert ax.has_data()


@pytest.mark.parametrize("name", [name for name in FIGURES if name not in ("weights", "confusion")])
def test_a_curve_is_told_by_colour_marker_and_dashes_and_named_in_the_legend(run, name, hostile):
    ax = FIGURES[name].draw(run)
    curves = [line for line in ax.get_lines() if line.get_marker() != "None"]
    looks = {
        (line.get_color(), line.get_marker(), line._dash_pattern[1] and tuple(line._dash_pattern[1])) for line in curves
    }
    assert len(looks) == 3
    assert "log scale" in ax.get_xlabel()
    legend = texts(drawn(run, FIGURES[name]))
    for solver in ("lbfgs", hostile, "_gd:$x"):
        assert solver in legend
    assert "broken" not in legend


def test_the_curves_are_the_gaps_of_the_trace(new_run):
    run = new_run(repeats=1)
    for figure, expected in (
        (suboptimality_seconds, [0.1 / 1.5, 0.1, 0.2, 0.4]),  # the start at 0 s stands left of everything else
        (suboptimality_evaluations, [1.0, 2.0, 3.0, 4.0]),
    ):
        ax = figure.draw(run)
        line = next(line for line in ax.get_lines() if len(line.get_xdata()) == 4)
        np.testing.assert_allclose(line.get_xdata(), expected)
        np.testing.assert_allclose(line.get_ydata(), [1.0, 0.5, 0.05, 0.005])
        assert ax.get_xscale() == ax.get_yscale() == "log"
        levels = {float(line.get_ydata()[0]) for line in ax.get_lines() if line.get_marker() == "None"}
        assert levels == {1e-1, 1e-2}


@pytest.mark.parametrize("name", ["suboptimality_seconds", "accuracy_test"])
def test_a_narrow_logarithmic_axis_has_several_labels_and_each_is_its_number(new_run, name):
    ax = FIGURES[name].draw(new_run(repeats=1))
    low, high = ax.get_xlim()
    assert high < 100 * low
    ticks = [tick for tick in ax.get_xticks() if low <= tick <= high]
    labels = [ax.xaxis.get_major_formatter()(tick) for tick in ticks]
    assert len(labels) >= 2
    assert [float(text) for text in labels] == pytest.approx(ticks, rel=1e-2)


def test_a_gap_between_two_powers_of_ten_is_written_with_its_mantissa(record):
    record.refer({"f": 1.0})
    rows = {"nit": [0, 1], "nfev": [1, 2], "seconds": [0.0, 1.0], "f": [1.05, 1.01], "grad_inf": 1.0, "step": 1.0}
    record.add({"solver": "a", "method": "a", "repeat": 0, "f": 1.01}, pd.DataFrame(rows))
    found = texts(drawn(reports.load(record.folder), suboptimality_seconds))
    assert {"2·10⁻²", "10⁻²"} <= set(found)


def test_a_solver_that_diverges_does_not_flatten_the_others(record):
    record.refer({"f": 1.0})
    for solver, f in (("good", [2.0, 1.5, 1.01]), ("bad", [2.0, 1e100, 1e300])):
        rows = {"nit": range(3), "nfev": 1, "seconds": range(3), "f": f, "grad_inf": f, "step": 1.0}
        record.add({"solver": solver, "method": solver, "repeat": 0, "f": f[-1]}, pd.DataFrame(rows))
    ax = suboptimality_seconds.draw(reports.load(record.folder))
    assert ax.get_ylim()[1] == pytest.approx(1e3)
    assert max(ax.get_lines()[1].get_ydata()) > 1e3
    assert "bad" in texts(drawn(reports.load(record.folder), suboptimality_seconds))


def test_the_gap_of_an_optimum_at_zero_is_called_absolute(new_run):
    assert "absolute" in suboptimality_seconds.draw(new_run(reference__f=0.0)).get_ylabel()


def test_without_an_optimum_there_is_no_suboptimality(new_run):
    assert suboptimality_seconds.frame(new_run(reference=None)).empty


def test_the_best_solver_is_the_lowest_f_whatever_it_says_of_itself(record):
    for solver, f, success, error in [("a", 2.0, True, ""), ("b", 1.0, False, ""), ("c", 0.5, True, "raised")]:
        record.add({"solver": solver, "method": solver, "repeat": 3, "f": f, "success": success, "error": error})
    assert best(reports.load(record.folder)) == ("b", 3)


def test_every_class_has_its_image_on_one_symmetric_scale(run):
    root = drawn(run, weights)
    assert {"0", "_one", "$2^{"} <= set(texts(root))
    rgba = tinted.tinted(np.array([[2.0, -2.0, 0.0, np.nan, 1.0, 9.0]]), 2.0)[0]
    assert rgba[:, 3].tolist() == [255, 255, 0, 0, 128, 255]
    assert rgba[0, 0] > rgba[0, 2]  # orange for the class
    assert rgba[1, 2] > rgba[1, 0]  # blue against it


def test_few_features_that_are_no_pixels_are_a_heat_map_with_their_names(new_run):
    names = ["sepal", "$petal", "<b>", "_width"]
    run = new_run(problem__data__image_shape=None, problem__data__feature_names=names)
    assert set(names) <= set(texts(drawn(run, weights)))
    assert weights.frame(run).loc["0", "sepal"] == 0.5


def test_many_features_that_are_no_pixels_have_no_figure(record):
    record.add({"solver": "a", "method": "a", "repeat": 0, "f": 1.0}, None, {"weights": np.ones((3, 500))})
    run = reports.load(record.folder)
    assert weights.frame(run).empty
    assert confusion.frame(run).empty


def test_the_confusion_matrix_shows_every_count_with_its_class(run):
    frame = confusion.frame(run)
    assert frame.loc["_one", "0"] == 1
    assert (frame.index.name, frame.columns.name) == ("true", "predicted")
    ax = confusion.draw(run)
    counts = {(text.get_position(), text.get_text()) for text in ax.texts}
    assert counts == {((0, 0), "2"), ((0, 1), "1"), ((1, 1), "1"), ((2, 2), "2")}
    assert "test set" in confusion.caption(run)


def test_without_a_test_set_the_confusion_is_that_of_the_training_set(new_run):
    assert "training set" in confusion.caption(new_run(problem__data__n_test=0))


def test_a_hundred_classes_and_their_long_names_still_fit(tmp_path):
    meta = {
        "problem": {"data": {"classes": [f"a very long class name {i}" for i in range(100)], "image_shape": [3, 5]}}
    }
    with Recorder(tmp_path / "r", meta) as record:
        arrays = {"weights": np.ones((100, 15)), "confusion": np.eye(100, dtype=int)}
        record.add({"solver": "a", "method": "a", "repeat": 0, "f": 1.0}, None, arrays)
    run = reports.load(tmp_path / "r")
    for figure in (weights, confusion):
        assert len(svg.standalone(drawn(run, figure))) < 200_000


def test_a_script_that_the_font_lacks_is_kept_as_text_without_a_warning(new_run):
    run = new_run(problem__data__classes=["一", "\u0e01", "x\x00\ny"])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = texts(drawn(run, confusion))
    assert {"一", "\u0e01", "x  y"} <= set(found)


def test_series_differ_in_more_than_colour():
    looks = [style(index) for index in range(40)]
    assert len(set(looks)) == 40
    assert len({(look.marker, look.dashes) for look in looks}) == 40


def test_a_label_is_one_short_line():
    assert label("a\tb\nc\u202ed") == "a b c d"
    assert len(label("x" * 100)) == 36


def test_an_inline_figure_follows_the_page(run):
    root = drawn(run, suboptimality_seconds)
    part = svg.inline(root, "here", "here-caption")
    parsed = ElementTree.fromstring(part)
    assert parsed.get("role") == "img"
    assert parsed.get("aria-labelledby") == "here-caption"
    assert "var(--ink)" in part
    assert "http" not in part
    assert "font-family" not in part
    ids = [node.get("id") for node in parsed.iter() if node.get("id")]
    assert ids
    assert all(identity.startswith("here-") for identity in ids)
    pointers = [node.get("href") for node in parsed.iter("use")]
    assert pointers
    assert {pointer[1:] for pointer in pointers} <= set(ids)


def test_a_figure_in_a_file_has_white_paper_and_a_title(run):
    root = ElementTree.fromstring(svg.standalone(drawn(run, confusion)))
    assert root.find(f"{SVG}title").text == "Confusion matrix"
    assert root.find(f"{SVG}rect").get("fill") == "#ffffff"


def test_nothing_is_read_as_mathematics(run):
    ax = suboptimality_seconds.draw(run)
    assert [
        text.get_text() for text in ax.figure.findobj(Text) if text.get_text().count("$") and text.get_parse_math()
    ] == []
