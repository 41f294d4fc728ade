"""The page: well-formed, self-contained, and harmless whatever the record holds."""

import re
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

import reports
from reports.attempt import TRACE_COLUMNS
from reports.page import page

ACCURACIES = {"train_accuracy", "test_accuracy"}
VOID = {"meta", "br", "link", "img", "input", "hr"}


class Outline(HTMLParser):
    """Elements of a page with their attributes, texts, and whether every one is closed in order."""

    def __init__(self, text):
        super().__init__()
        self.open, self.elements, self.texts = [], [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs), tuple(self.open)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs), tuple(self.open)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(((self.open or [""])[-1], data.strip()))

    def all(self, tag):
        return [attributes for name, attributes, _ in self.elements if name == tag]


@pytest.fixture(scope="module")
def text(report):
    return (report / "index.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def outline(text):
    return Outline(text)


def rows(text, caption):
    """Cells of each row of the table whose caption begins so, header rows with their spans filled out."""
    table = next(part for part in re.findall(r"<table.*?</table>", text, re.DOTALL) if caption in part)
    return [
        re.findall(r"<t([hd])([^>]*)>(.*?)</t\1>", row, re.DOTALL)
        for row in re.findall(r"<tr.*?</tr>", table, re.DOTALL)
    ]


def test_every_element_is_closed_in_order(outline):
    assert len(outline.elements) > 100


def test_every_id_is_unique_and_every_reference_leads_somewhere(outline):
    ids = [attributes["id"] for _, attributes, _ in outline.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    for name in ("aria-labelledby", "href"):
        for _, attributes, _ in outline.elements:
            target = attributes.get(name, "")
            if name == "aria-labelledby" and target:
                assert target in ids
            if target.startswith("#"):
                assert target[1:] in ids


def test_the_page_fetches_nothing_and_runs_nothing(text, outline):
    assert "http://" not in text
    assert "https://" not in text
    assert "@import" not in text
    assert re.findall(r"url\((?!#)", text) == []
    assert not {tag for tag, _, _ in outline.elements} & {"script", "link", "iframe", "object", "img"}
    for _, attributes, _ in outline.elements:
        assert not any(name.startswith("on") or name == "src" for name in attributes)
    policy = next(entry["content"] for entry in outline.all("meta") if "http-equiv" in entry)
    assert "default-src 'none'" in policy
    assert "script" not in policy
    for image in outline.all("image"):
        assert image["href"].startswith("data:image/png;base64,")


def test_links_lead_to_files_beside_the_page(outline, report):
    links = [entry["href"] for entry in outline.all("a")]
    assert {"results.csv", "trace.csv", "summary.csv", "report.md"} <= set(links)
    assert all((report / link).is_file() for link in links)


def test_every_table_has_a_caption_and_every_header_a_scope(outline):
    assert len(outline.all("table")) == len(outline.all("caption")) == 5
    assert all(header.get("scope") in ("row", "col", "colgroup") for header in outline.all("th"))


def test_every_row_of_the_summary_is_as_wide_as_its_head(text):
    head, targets, *body = rows(text, "Each solver")
    spans = [int((re.findall(r'colspan="(\d+)"', attributes) or [1])[0]) for _, attributes, _ in head]
    assert sum(spans) == 12
    assert [cell[2] for cell in targets] == ["1e-1", "1e-2"]
    assert [len(row) for row in body] == [12] * 4


def test_a_target_that_was_not_reached_is_infinite_and_says_within_what(outline, text):
    titles = [cell["title"] for cell in outline.all("td") if "never" in cell.get("class", "")]
    # 5 times in the summary, and as many expected evaluations.
    assert titles == ["not reached within 30 s and 1,000 evaluations"] * 10
    assert text.count(">∞</td>") == 10


def test_a_failed_solver_is_marked_with_its_reason(text, outline):
    assert [row["class"] for row in outline.all("tr") if row.get("class")] == ["failed"] * 3
    assert "failed: ValueError &amp; &lt;b&gt;bold&lt;/b&gt; at iteration 3" in text


def test_the_summary_stands_before_the_optimum_before_the_figures(text):
    places = [
        text.index(mark) for mark in ("Each solver", "f* certified: it is 2.", 'id="figures"', "Environment", "Again")
    ]
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        ({"f": 2.0, "kind": "certificate", "sentence": "s"}, "certificate"),
        ({"f": 2.0, "kind": "reference run", "sentence": "s"}, "reference run, not a certificate"),
        ({"f": 2.0, "kind": "a dream", "sentence": "s"}, "a dream"),
        (None, "no f*"),
        ({"f": float("nan"), "kind": "certificate"}, "no f*"),
    ],
)
def test_a_reference_run_is_never_called_a_certificate(new_run, reference, words):
    found = re.search(r'<span class="kind (\w+)">([^<]*)</span>', page(new_run(reference=reference), [], []))
    assert found.group(2) == words
    assert found.group(1) == ("certified" if words == "certificate" else "uncertified")


def test_every_figure_is_named_and_described(outline):
    figures = outline.all("svg")
    assert len(figures) == 7
    assert all(entry["role"] == "img" and entry["aria-labelledby"] for entry in figures)
    assert len(outline.all("figcaption")) == 7


def test_a_script_from_the_record_is_shown_and_never_runs(new_run, hostile):
    names = ["title", "headline", "command", "created", "state"]
    run = new_run(
        **dict.fromkeys(names, hostile),
        environment={hostile: {hostile: hostile}},
        problem__data__classes=[hostile, '"><img src=x onerror=alert(1)>', "{{ 7 * 7 }}"],
        reference__kind=hostile,
        reference__sentence=hostile,
    )
    found = reports.build(run).read_text(encoding="utf-8")
    outline = Outline(found)
    assert not {tag for tag, _, _ in outline.elements} & {"script", "img"}
    assert not any("onerror" in attributes for _, attributes, _ in outline.elements)
    assert found.count("&lt;script&gt;") >= 15
    assert "{{ 7 * 7 }}" in found


def test_the_commands_to_repeat_and_to_regenerate_are_exact(outline):
    codes = [text for tag, text in outline.texts if tag == "code"]
    assert codes == [
        "workbench compare --data digits --solver 'lbfgs:memory=10'",
        "workbench report 2026-11-20T12-00-00_softmax-digits",
    ]


def test_a_page_of_a_problem_without_accuracies_weights_and_bounds_is_silent_on_them(recording):
    record = recording(reference={"f": 1.0, "f_start": 9.0, "kind": "reference run"}, targets=[1e-2])
    curve = {"nit": [0, 1], "nfev": [1, 2], "seconds": [0.0, 0.1], "f": [9.0, 1.01], "grad_inf": [8.0, 0.1]}
    numbers = {"f": 1.01, "grad_inf": 0.1, "nit": 1, "nfev": 2}
    trace = pd.DataFrame(curve).assign(**dict.fromkeys(set(TRACE_COLUMNS) - {*curve, *ACCURACIES}, np.nan))
    record.add({"solver": "lbfgs", "method": "lbfgs", "repeat": 0, **numbers}, trace, {"theta": np.zeros(2)})
    text = reports.build(record.folder).read_text()
    head, _, body = rows(text, "Each solver")
    assert [cell[2] for cell in head][-2:] == ["f", "‖∇f‖∞"]
    assert len(body) == 8
    for absent in ("train", "accuracy", "Weights", "Confusion", "certified bound"):
        assert absent not in text.partition("</style>")[2]
    assert len(Outline(text).all("figure")) == 3


def test_a_run_that_is_not_complete_says_so(new_run, text):
    assert 'class="state"' not in text
    assert '<strong class="state">interrupted</strong>' in page(new_run(state="interrupted"), [], [])


def test_a_run_without_a_cell_or_meta_data_has_a_page(record):
    found = page(reports.load(record.folder), [], [])
    Outline(found)
    assert "No solver finished." in found
