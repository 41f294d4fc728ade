"""report.md: tables whose rows fit, and text that stays text."""

import re

import pytest

from reports.markdown import escaped, markdown


@pytest.fixture(scope="module")
def text(report):
    return (report / "report.md").read_text(encoding="utf-8")


def test_every_row_of_a_table_has_as_many_cells_as_its_head(text):
    tables = re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE)
    assert len(tables) == 4
    for table in tables:
        bars = {len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}
        assert len(bars) == 1


def test_the_headline_the_optimum_the_command_and_the_figures_are_there(text, report):
    assert text.startswith("# softmax regression\n\nsoftmax regression · digits")
    assert "**f\\*** (certificate): f\\* certified: it is 2. Relative error at most 1e-12." in text
    assert "```\nworkbench compare --data digits --solver 'lbfgs:memory=10'\n```" in text
    links = re.findall(r"!\[[^\]]*\]\(([^)]*)\)", text)
    assert len(links) == 7
    assert all((report / link).is_file() for link in links)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a|b", r"a\|b"),
        ("<script>&", "&lt;script&gt;&amp;"),
        ("two\nlines\t!", "two lines !"),
        ("_x_ *y* `z` [l](u) $m$", r"\_x\_ \*y\* \`z\` \[l\](u) \$m\$"),
        ("# no heading", r"\# no heading"),
        ("1e-4 is no list", "1e-4 is no list"),
    ],
)
def test_what_markdown_or_html_would_act_on_is_made_harmless(text, expected):
    assert escaped(text) == expected


def test_a_command_with_backticks_stays_one_block(new_run):
    assert "````\necho ``` done\n````" in markdown(new_run(command="echo ``` done"), [])


def test_no_script_of_the_record_survives(text):
    assert "<script" not in text
    assert "<b>" not in text
